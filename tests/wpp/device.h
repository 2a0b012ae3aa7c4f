/* SPDX-License-Identifier: MIT */
#include "public.h"

EXTERN_C_START

typedef enum _BOARD_STATE {
    BoardAbsent, // before the hardware is prepared
    BoardIdle,
    BoardServing = 5,
    BoardGone
} BOARD_STATE;

typedef struct _DEVICE_CONTEXT {
    WDFUSBDEVICE UsbDevice;
    BOARD_STATE State;
    ULONG PrivateDeviceData;
} DEVICE_CONTEXT, *PDEVICE_CONTEXT;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, DeviceGetContext)

NTSTATUS TracedBoardCreateDevice(_Inout_ PWDFDEVICE_INIT DeviceInit);
EVT_WDF_DEVICE_PREPARE_HARDWARE TracedBoardEvtDevicePrepareHardware;

EXTERN_C_END
