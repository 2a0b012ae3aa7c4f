/* SPDX-License-Identifier: MIT */
/* The numbers of USB control codes and the interface classes that USB devices, hubs and controllers register. */
#ifndef __USBIODEF_H__
#define __USBIODEF_H__
#include "ovl_types.h"
#include "devioctl.h"

#define USB_SUBMIT_URB                            0
#define USB_RESET_PORT                            1
#define USB_GET_ROOTHUB_PDO                       3
#define USB_GET_PORT_STATUS                       4
#define USB_ENABLE_PORT                           5
#define USB_GET_HUB_COUNT                         6
#define USB_CYCLE_PORT                            7
#define USB_GET_HUB_NAME                          8
#define USB_IDLE_NOTIFICATION                     9
#define USB_RECORD_FAILURE                        10
#define USB_GET_BUS_INFO                          264
#define USB_GET_CONTROLLER_NAME                   265
#define USB_GET_BUSGUID_INFO                      266
#define USB_GET_PARENT_HUB_INFO                   267
#define USB_GET_DEVICE_HANDLE                     268
#define USB_GET_DEVICE_HANDLE_EX                  269
#define USB_GET_TT_DEVICE_HANDLE                  270
#define USB_GET_TOPOLOGY_ADDRESS                  271
#define USB_IDLE_NOTIFICATION_EX                  272
#define USB_REQ_GLOBAL_SUSPEND                    273
#define USB_REQ_GLOBAL_RESUME                     274
#define USB_GET_HUB_CONFIG_INFO                   275
#define USB_REGISTER_COMPOSITE_DEVICE             0
#define USB_UNREGISTER_COMPOSITE_DEVICE           1
#define USB_REQUEST_REMOTE_WAKE_NOTIFICATION      2
#define HCD_GET_STATS_1                           255
#define HCD_DIAGNOSTIC_MODE_ON                    256
#define HCD_DIAGNOSTIC_MODE_OFF                   257
#define HCD_GET_ROOT_HUB_NAME                     258
#define HCD_GET_DRIVERKEY_NAME                    265
#define HCD_GET_STATS_2                           266
#define HCD_DISABLE_PORT                          268
#define HCD_ENABLE_PORT                           269
#define HCD_USER_REQUEST                          270
#define HCD_TRACE_READ_REQUEST                    275
#define USB_GET_NODE_INFORMATION                  258
#define USB_GET_NODE_CONNECTION_INFORMATION       259
#define USB_GET_DESCRIPTOR_FROM_NODE_CONNECTION   260
#define USB_GET_NODE_CONNECTION_NAME              261
#define USB_DIAG_IGNORE_HUBS_ON                   262
#define USB_DIAG_IGNORE_HUBS_OFF                  263
#define USB_GET_NODE_CONNECTION_DRIVERKEY_NAME    264
#define USB_GET_HUB_CAPABILITIES                  271
#define USB_GET_NODE_CONNECTION_ATTRIBUTES        272
#define USB_HUB_CYCLE_PORT                        273
#define USB_GET_NODE_CONNECTION_INFORMATION_EX    274
#define USB_RESET_HUB                             275
#define USB_GET_HUB_CAPABILITIES_EX               276
#define USB_GET_HUB_INFORMATION_EX                277
#define USB_GET_PORT_CONNECTOR_PROPERTIES         278
#define USB_GET_NODE_CONNECTION_INFORMATION_EX_V2 279
#define GUID_CLASS_USBHUB                         GUID_DEVINTERFACE_USB_HUB
#define GUID_CLASS_USB_DEVICE                     GUID_DEVINTERFACE_USB_DEVICE
#define GUID_CLASS_USB_HOST_CONTROLLER            GUID_DEVINTERFACE_USB_HOST_CONTROLLER
#define FILE_DEVICE_USB                           FILE_DEVICE_UNKNOWN
#define USB_CTL(id)                               CTL_CODE(FILE_DEVICE_USB,(id), METHOD_BUFFERED, FILE_ANY_ACCESS)
#define USB_KERNEL_CTL(id)                        CTL_CODE(FILE_DEVICE_USB,(id), METHOD_NEITHER, FILE_ANY_ACCESS)
#define USB_KERNEL_CTL_BUFFERED(id)               CTL_CODE(FILE_DEVICE_USB,(id), METHOD_BUFFERED, FILE_ANY_ACCESS)

DEFINE_GUID(GUID_DEVINTERFACE_USB_HUB, 0xF18A0E88, 0xC30C, 0x11D0, 0x88, 0x15, 0x00, 0xA0, 0xC9, 0x06, 0xBE, 0xD8);
DEFINE_GUID(GUID_DEVINTERFACE_USB_DEVICE, 0xA5DCBF10, 0x6530, 0x11D2, 0x90, 0x1F, 0x00, 0xC0, 0x4F, 0xB9, 0x51, 0xED);
DEFINE_GUID(GUID_DEVINTERFACE_USB_HOST_CONTROLLER, 0x3ABF6F2D, 0x71C4, 0x462A, 0x8A, 0x92, 0x1E, 0x68, 0x61, 0xE6, 0xAF, 0x27);
DEFINE_GUID(GUID_USB_WMI_STD_DATA, 0x4E623B20, 0xCB14, 0x11D1, 0xB3, 0x31, 0x00, 0xA0, 0xC9, 0x59, 0xBB, 0xD2);
DEFINE_GUID(GUID_USB_WMI_STD_NOTIFICATION, 0x4E623B20, 0xCB14, 0x11D1, 0xB3, 0x31, 0x00, 0xA0, 0xC9, 0x59, 0xBB, 0xD2);
DEFINE_GUID(GUID_USB_WMI_DEVICE_PERF_INFO, 0x66C1AA3C, 0x499F, 0x49A0, 0xA9, 0xA5, 0x61, 0xE2, 0x35, 0x9F, 0x64, 0x7);
DEFINE_GUID(GUID_USB_WMI_NODE_INFO, 0x9C179357, 0xDC7A, 0x4F41, 0xB6, 0x6B, 0x32, 0x3B, 0x9D, 0xDC, 0xB5, 0xB1);
DEFINE_GUID(GUID_USB_WMI_TRACING, 0x3A61881B, 0xB4E6, 0x4BF9, 0xAE, 0xF, 0x3C, 0xD8, 0xF3, 0x94, 0xE5, 0x2F);
DEFINE_GUID(GUID_USB_TRANSFER_TRACING, 0x681EB8AA, 0x403D, 0x452C, 0x9F, 0x8A, 0xF0, 0x61, 0x6F, 0xAC, 0x95, 0x40);
DEFINE_GUID(GUID_USB_PERFORMANCE_TRACING, 0xD5DE77A6, 0x6AE9, 0x425C, 0xB1, 0xE2, 0xF5, 0x61, 0x5F, 0xD3, 0x48, 0xA9);
DEFINE_GUID(GUID_USB_WMI_SURPRISE_REMOVAL_NOTIFICATION, 0x9BBBF831, 0xA2F2, 0x43B4, 0x96, 0xD1, 0x86, 0x94, 0x4B, 0x59, 0x14, 0xB3);

typedef VOID (*USB_IDLE_CALLBACK)(PVOID Context);

typedef struct _USB_IDLE_CALLBACK_INFO {
    USB_IDLE_CALLBACK IdleCallback;
    PVOID IdleContext;
} USB_IDLE_CALLBACK_INFO, *PUSB_IDLE_CALLBACK_INFO;

#endif
