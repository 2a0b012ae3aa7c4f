/* SPDX-License-Identifier: MIT */
#ifndef _WDFSTRING_H_
#define _WDFSTRING_H_
#include "wdfobject.h"
OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfStringCreate,
           (PCUNICODE_STRING UnicodeString, PWDF_OBJECT_ATTRIBUTES StringAttributes, WDFSTRING *String),
           (UnicodeString, StringAttributes, String))
WDF_METHOD(VOID, WdfStringGetUnicodeString, (WDFSTRING String, PUNICODE_STRING UnicodeString), (String, UnicodeString))
OVL_END_C
#endif
