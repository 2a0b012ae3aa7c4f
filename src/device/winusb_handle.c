/* SPDX-License-Identifier: MIT */
/* Interface handles: WinUsb_Initialize gives the one of a function's first interface,
 * WinUsb_GetAssociatedInterface those of the others. Behind each stands the device handle, which is
 * looked up anew by every call. */
#include <stdlib.h>

#include "device/winusb_handle.h"
#include "drivers/winusb_file.h"

enum { HANDLE_MAGIC = 0x42535557 };

struct winusb_handle *winusb_handle_from(WINUSB_INTERFACE_HANDLE handle)
{
    struct winusb_handle *own = handle;
    if (own != NULL && handle != INVALID_HANDLE_VALUE && own->magic == HANDLE_MAGIC)
        return own;
    error_set(ERROR_INVALID_HANDLE);
    return NULL;
}

struct winusb_file *winusb_reference_device(uint64_t device)
{
    struct object *object;
    int32_t status = handle_reference(device, &file_type, 0, &object);
    if (status == STATUS_SUCCESS) {
        struct winusb_file *winusb = winusb_file_of(container_of(object, struct file, object));
        if (winusb != NULL)
            return winusb;
        object_dereference(object);
    }
    error_set(ERROR_INVALID_HANDLE);
    return NULL;
}

struct winusb_file *winusb_reference(const struct winusb_handle *handle)
{
    return winusb_reference_device(handle->device);
}

void winusb_release(struct winusb_file *winusb)
{
    object_dereference(&winusb->file.object);
}

static struct winusb_handle *handle_make(uint64_t device, uint8_t number, bool associated)
{
    struct winusb_handle *handle = malloc(sizeof *handle);
    if (handle == NULL) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    *handle = (struct winusb_handle){HANDLE_MAGIC, number, associated, device};
    return handle;
}

BOOL WINAPI WinUsb_Initialize(HANDLE DeviceHandle, PWINUSB_INTERFACE_HANDLE InterfaceHandle)
{
    if (InterfaceHandle == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    struct winusb_file *winusb = winusb_reference_device(handle_number(DeviceHandle));
    if (winusb == NULL)
        return FALSE;
    uint8_t number;
    struct winusb_handle *handle = NULL;
    if (atomic_load(&winusb->file.flags) & FILE_SYNCHRONOUS) {
        error_set(ERROR_INVALID_HANDLE); /* only overlapped handles */
    } else if (winusb_interface_number(winusb, 0, &number) != STATUS_SUCCESS) {
        error_set(ERROR_BAD_DEVICE);
    } else if ((handle = handle_make(handle_number(DeviceHandle), number, false)) != NULL) {
        winusb_policies_default(winusb);
        *InterfaceHandle = handle;
    }
    winusb_release(winusb);
    return handle != NULL;
}

BOOL WINAPI WinUsb_Free(WINUSB_INTERFACE_HANDLE InterfaceHandle)
{
    struct winusb_handle *handle = winusb_handle_from(InterfaceHandle);
    if (handle == NULL)
        return FALSE;
    if (handle->associated) {
        uint32_t saved = error_get();
        struct winusb_file *winusb =
            winusb_reference(handle); /* the device handle may be closed already */
        if (winusb != NULL) {
            winusb_interface_give(winusb, handle->number);
            winusb_release(winusb);
        }
        error_set(saved);
    }
    handle->magic = 0;
    free(handle);
    return TRUE;
}

BOOL WINAPI WinUsb_GetAssociatedInterface(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                                          UCHAR AssociatedInterfaceIndex,
                                          PWINUSB_INTERFACE_HANDLE AssociatedInterfaceHandle)
{
    struct winusb_handle *handle = winusb_handle_from(InterfaceHandle), *made = NULL;
    if (handle == NULL)
        return FALSE;
    if (AssociatedInterfaceHandle == NULL || AssociatedInterfaceIndex == UINT8_MAX) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    struct winusb_file *winusb = winusb_reference(handle);
    if (winusb == NULL)
        return FALSE;
    uint8_t number;
    /* Index 0 is the interface behind the first one. */
    int32_t status = winusb_interface_number(winusb, AssociatedInterfaceIndex + 1u, &number);
    if (status == STATUS_SUCCESS)
        status = winusb_interface_take(winusb, number);
    if (status != STATUS_SUCCESS) {
        error_from_status(status);
    } else if ((made = handle_make(handle->device, number, true)) == NULL) {
        winusb_interface_give(winusb, number);
    } else {
        *AssociatedInterfaceHandle = made;
    }
    winusb_release(winusb);
    return made != NULL;
}

BOOL WINAPI WinUsb_SetCurrentAlternateSetting(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                                              UCHAR SettingNumber)
{
    struct winusb_handle *handle = winusb_handle_from(InterfaceHandle);
    struct winusb_file *winusb = handle == NULL ? NULL : winusb_reference(handle);
    if (winusb == NULL)
        return FALSE;
    BOOL done = error_from_status(winusb_set_alternate(winusb, handle->number, SettingNumber));
    winusb_release(winusb);
    return done;
}

BOOL WINAPI WinUsb_GetCurrentAlternateSetting(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                                              PUCHAR SettingNumber)
{
    struct winusb_handle *handle = winusb_handle_from(InterfaceHandle);
    if (handle != NULL && SettingNumber == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    struct winusb_file *winusb = handle == NULL ? NULL : winusb_reference(handle);
    if (winusb == NULL)
        return FALSE;
    BOOL done = error_from_status(winusb_get_alternate(winusb, handle->number, SettingNumber));
    winusb_release(winusb);
    return done;
}
