/* SPDX-License-Identifier: MIT */
#ifndef _WDFFILEOBJECT_H_
#define _WDFFILEOBJECT_H_
#include "wdfobject.h"
OVL_BEGIN_C
WDF_METHOD(PUNICODE_STRING, WdfFileObjectGetFileName, (WDFFILEOBJECT FileObject), (FileObject))
WDF_METHOD(ULONG, WdfFileObjectGetFlags, (WDFFILEOBJECT FileObject), (FileObject))
WDF_METHOD(WDFDEVICE, WdfFileObjectGetDevice, (WDFFILEOBJECT FileObject), (FileObject))
WDF_METHOD(PFILE_OBJECT, WdfFileObjectWdmGetFileObject, (WDFFILEOBJECT FileObject), (FileObject))
OVL_END_C
#endif
