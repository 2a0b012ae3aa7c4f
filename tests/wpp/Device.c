/* SPDX-License-Identifier: MIT */
#include "driver.h"
#include "device.tmh"

#ifdef ALLOC_PRAGMA
#pragma alloc_text (PAGE, TracedBoardCreateDevice)
#pragma alloc_text (PAGE, TracedBoardEvtDevicePrepareHardware)
#endif

NTSTATUS
TracedBoardCreateDevice(
    _Inout_ PWDFDEVICE_INIT DeviceInit
    )
{
    WDF_PNPPOWER_EVENT_CALLBACKS pnpPowerCallbacks;
    WDF_OBJECT_ATTRIBUTES   deviceAttributes;
    PDEVICE_CONTEXT deviceContext;
    WDFDEVICE device;
    NTSTATUS status;

    PAGED_CODE();

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnpPowerCallbacks);
    pnpPowerCallbacks.EvtDevicePrepareHardware = TracedBoardEvtDevicePrepareHardware;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &pnpPowerCallbacks);

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&deviceAttributes, DEVICE_CONTEXT);

    status = WdfDeviceCreate(&DeviceInit, &deviceAttributes, &device);

    if (NT_SUCCESS(status)) {
        deviceContext = DeviceGetContext(device);
        deviceContext->PrivateDeviceData = 0;
        deviceContext->State = BoardIdle;

        status = WdfDeviceCreateDeviceInterface(device, &GUID_DEVINTERFACE_TracedBoard, NULL);

        if (NT_SUCCESS(status)) {
            status = TracedBoardQueueInitialize(device);
        }
    }
    TraceFailure(status);
    TraceFailure(STATUS_DEVICE_DATA_ERROR);

    return status;
}

NTSTATUS
TracedBoardEvtDevicePrepareHardware(
    _In_ WDFDEVICE Device,
    _In_ WDFCMRESLIST ResourceList,
    _In_ WDFCMRESLIST ResourceListTranslated
    )
{
    NTSTATUS status;
    PDEVICE_CONTEXT pDeviceContext;
    WDF_USB_DEVICE_CREATE_CONFIG createParams;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS configParams;
    DECLARE_CONST_UNICODE_STRING(name, L"board \u00e9");
    PCWSTR nobody = NULL;

    UNREFERENCED_PARAMETER(ResourceList);
    UNREFERENCED_PARAMETER(ResourceListTranslated);

    PAGED_CODE();

    TraceEvents(TRACE_LEVEL_INFORMATION, TRACE_DEVICE, "%!FUNC! Entry");

    status = STATUS_SUCCESS;
    pDeviceContext = DeviceGetContext(Device);

    if (pDeviceContext->UsbDevice == NULL) {
        WDF_USB_DEVICE_CREATE_CONFIG_INIT(&createParams, USBD_CLIENT_CONTRACT_VERSION_602);

        status = WdfUsbTargetDeviceCreateWithParameters(Device, &createParams, WDF_NO_OBJECT_ATTRIBUTES, &pDeviceContext->UsbDevice);

        if (!NT_SUCCESS(status)) {
            TraceEvents(TRACE_LEVEL_ERROR, TRACE_DEVICE, "WdfUsbTargetDeviceCreateWithParameters failed 0x%x", status);
            return status;
        }
    }

    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(&configParams, 0, NULL);
    status = WdfUsbTargetDeviceSelectConfig(pDeviceContext->UsbDevice, WDF_NO_OBJECT_ATTRIBUTES, &configParams);

    if (!NT_SUCCESS(status)) {
        TraceEvents(TRACE_LEVEL_ERROR, TRACE_DEVICE, "WdfUsbTargetDeviceSelectConfig failed 0x%x", status);
        return status;
    }

    pDeviceContext->State = BoardServing;
    TraceEvents(TRACE_LEVEL_WARNING, TRACE_DEVICE, "%wZ %ws %s is %!BoardState!, %!BoardSwitches!, %!Answer! %!Answer!; %!GUID! %d%% %I64x %!bool! %!irql!",
                &name, L"wide", nobody, pDeviceContext->State, 5, 2, 9, &GUID_DEVINTERFACE_TracedBoard, -7, 0x123456789abcdefULL, TRUE,
                KeGetCurrentIrql());
    DoTraceMessage(TRACE_DEVICE, "%!FILE!(%!LINE!) %!FLAGS! %!HRESULT! %!HRESULT! %!WINERROR! %!TIMESTAMP! %!delta!", (HRESULT)0x80004005,
                   (HRESULT)0x80070005, 2, 132223104000000000LL, 90061000LL);
    TraceEvents(TRACE_LEVEL_INFORMATION, TRACE_DEVICE, "%!FUNC! Exit, %!LEVEL! %!STATUS! %!STATUS!", status, 0xC0FFEE00);

    return status;
}
