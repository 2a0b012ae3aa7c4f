/* SPDX-License-Identifier: MIT */
/* String objects: a counted string with a handle, empty when it was made of nothing. */
#include "wdf/string_object.h"

#include <stdlib.h>
#include <string.h>

#include "wdf/driver.h"

static void string_destroy(struct wdf_object *object)
{
    free(container_of(object, struct wdf_string, object)->text.Buffer);
}

const struct wdf_class wdf_string_class = {.name = "WDFSTRING", .size = sizeof(struct wdf_string), .passive = true,
                                           .destroy = string_destroy};

NTSTATUS wdf_string_set(struct wdf_string *string, const UNICODE_STRING *text)
{
    if (text->Length > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR) || text->Length % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER;
    WCHAR *copy = wdf_allocate((size_t)text->Length + sizeof(WCHAR));
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (text->Length != 0)
        memcpy(copy, text->Buffer, text->Length);
    free(string->text.Buffer);
    string->text.Buffer = copy;
    string->text.Length = text->Length;
    string->text.MaximumLength = (USHORT)(text->Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfStringCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PCUNICODE_STRING UnicodeString,
                                   PWDF_OBJECT_ATTRIBUTES StringAttributes, WDFSTRING *String)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_object *object,
        *parent = wdf_attributes_parent(DriverGlobals, StringAttributes, &driver->object, WDF_CALLER);
    *String = NULL;
    NTSTATUS status = wdf_object_create(driver, &wdf_string_class, StringAttributes, parent, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_string *string = container_of(object, struct wdf_string, object);
    if (UnicodeString != NULL)
        status = wdf_string_set(string, UnicodeString);
    if (NT_SUCCESS(status))
        *String = (WDFSTRING)(void *)string;
    else
        wdf_object_abandon(object);
    return status;
}

/* The text lives as long as the object. */
VOID NTAPI ovl_WdfStringGetUnicodeString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFSTRING String, PUNICODE_STRING UnicodeString)
{
    *UnicodeString = WDF_HANDLE(DriverGlobals, String, wdf_string)->text;
}
