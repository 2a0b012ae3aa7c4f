/* SPDX-License-Identifier: MIT */
#ifndef _WDFCOLLECTION_H_
#define _WDFCOLLECTION_H_
#include "wdfobject.h"
OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfCollectionCreate, (PWDF_OBJECT_ATTRIBUTES CollectionAttributes, WDFCOLLECTION *Collection),
           (CollectionAttributes, Collection))
WDF_METHOD(ULONG, WdfCollectionGetCount, (WDFCOLLECTION Collection), (Collection))
WDF_METHOD(NTSTATUS, WdfCollectionAdd, (WDFCOLLECTION Collection, WDFOBJECT Object), (Collection, Object))
WDF_METHOD(VOID, WdfCollectionRemove, (WDFCOLLECTION Collection, WDFOBJECT Item), (Collection, Item))
WDF_METHOD(VOID, WdfCollectionRemoveItem, (WDFCOLLECTION Collection, ULONG Index), (Collection, Index))
WDF_METHOD(WDFOBJECT, WdfCollectionGetItem, (WDFCOLLECTION Collection, ULONG Index), (Collection, Index))
WDF_METHOD(WDFOBJECT, WdfCollectionGetFirstItem, (WDFCOLLECTION Collection), (Collection))
WDF_METHOD(WDFOBJECT, WdfCollectionGetLastItem, (WDFCOLLECTION Collection), (Collection))
OVL_END_C
#endif
