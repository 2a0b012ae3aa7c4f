/* SPDX-License-Identifier: MIT */
/* Collections: objects in the order they were added, each referenced while it is in. The driver synchronises, as documented; the lock only
 * keeps the array whole. */
#include <stdlib.h>
#include <string.h>

#include "wdf/driver.h"

struct wdf_collection {
    struct wdf_object object;
    struct lock lock;
    struct wdf_object **items;
    ULONG count, room;
};

static void collection_dispose(struct wdf_object *object)
{
    struct wdf_collection *collection = container_of(object, struct wdf_collection, object);
    for (ULONG i = 0; i < collection->count; i++)
        wdf_object_dereference(collection->items[i]);
    collection->count = 0;
    free(collection->items);
    collection->items = NULL;
}

static const struct wdf_class wdf_collection_class = {.name = "WDFCOLLECTION", .size = sizeof(struct wdf_collection),
                                                      .dispose = collection_dispose};

NTSTATUS NTAPI ovl_WdfCollectionCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES CollectionAttributes,
                                       WDFCOLLECTION *Collection)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_object *object,
        *parent = wdf_attributes_parent(DriverGlobals, CollectionAttributes, &driver->object, WDF_CALLER);
    *Collection = NULL;
    NTSTATUS status = wdf_object_create(driver, &wdf_collection_class, CollectionAttributes, parent, WDF_CALLER, &object);
    if (NT_SUCCESS(status))
        *Collection = (WDFCOLLECTION)(void *)object;
    return status;
}

ULONG NTAPI ovl_WdfCollectionGetCount(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection)
{
    return WDF_HANDLE(DriverGlobals, Collection, wdf_collection)->count;
}

static bool collection_grow(struct wdf_collection *collection)
{
    if (collection->count < collection->room)
        return true;
    ULONG room = collection->room == 0 ? 8 : collection->room * 2;
    struct wdf_object **items = wdf_allocate(room * sizeof *items);
    if (items == NULL)
        return false;
    if (collection->count != 0)
        memcpy(items, collection->items, collection->count * sizeof *items);
    free(collection->items);
    collection->items = items;
    collection->room = room;
    return true;
}

NTSTATUS NTAPI ovl_WdfCollectionAdd(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, WDFOBJECT Object)
{
    struct wdf_collection *collection = WDF_HANDLE(DriverGlobals, Collection, wdf_collection);
    struct wdf_object *object = wdf_object_of(DriverGlobals, Object, NULL, WDF_CALLER);
    lock_acquire(&collection->lock);
    bool room = collection_grow(collection);
    if (room) {
        wdf_object_reference(object);
        collection->items[collection->count++] = object;
    }
    lock_release(&collection->lock);
    return room ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* With the lock held. NULL: not there. */
static struct wdf_object *collection_take(struct wdf_collection *collection, ULONG index)
{
    if (index >= collection->count)
        return NULL;
    struct wdf_object *taken = collection->items[index];
    collection->count--;
    memmove(&collection->items[index], &collection->items[index + 1], (collection->count - index) * sizeof taken);
    return taken;
}

VOID NTAPI ovl_WdfCollectionRemoveItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, ULONG Index)
{
    struct wdf_collection *collection = WDF_HANDLE(DriverGlobals, Collection, wdf_collection);
    lock_acquire(&collection->lock);
    struct wdf_object *taken = collection_take(collection, Index);
    lock_release(&collection->lock);
    if (taken != NULL)
        wdf_object_dereference(taken);
}

VOID NTAPI ovl_WdfCollectionRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, WDFOBJECT Item)
{
    struct wdf_collection *collection = WDF_HANDLE(DriverGlobals, Collection, wdf_collection);
    struct wdf_object *taken = NULL;
    lock_acquire(&collection->lock);
    for (ULONG i = 0; i < collection->count && taken == NULL; i++)
        if (collection->items[i] == Item)
            taken = collection_take(collection, i);
    lock_release(&collection->lock);
    if (taken != NULL)
        wdf_object_dereference(taken);
}

static WDFOBJECT collection_at(struct wdf_collection *collection, ULONG index, bool last)
{
    lock_acquire(&collection->lock);
    if (last)
        index = collection->count - 1;
    WDFOBJECT found = index < collection->count ? collection->items[index] : NULL;
    lock_release(&collection->lock);
    return found;
}

WDFOBJECT NTAPI ovl_WdfCollectionGetItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, ULONG Index)
{
    return collection_at(WDF_HANDLE(DriverGlobals, Collection, wdf_collection), Index, false);
}

WDFOBJECT NTAPI ovl_WdfCollectionGetFirstItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection)
{
    return collection_at(WDF_HANDLE(DriverGlobals, Collection, wdf_collection), 0, false);
}

WDFOBJECT NTAPI ovl_WdfCollectionGetLastItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection)
{
    return collection_at(WDF_HANDLE(DriverGlobals, Collection, wdf_collection), 0, true);
}
