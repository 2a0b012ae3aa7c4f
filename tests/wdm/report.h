/* SPDX-License-Identifier: MIT */
/* How a test driver tells its program what it found: CHECK in the driver adds a line, IOCTL_REPORT n runs part n and gives the
 * lines back, which report_program.c prints as TAP. A part that does not exist is STATUS_NO_MORE_ENTRIES. A driver includes this,
 * defines Parts (NULL ends it), and calls ReportStart from DriverEntry. */
#ifndef REPORT_H
#define REPORT_H

#define IOCTL_REPORT CTL_CODE(0x22, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define REPORT_BYTES 16384
#define REPORT_LINK  L"\\\\.\\OvlReport"

#ifdef _WDM_
#include <ntstrsafe.h>

struct Part {
    const char *Name;
    VOID (*Run)(VOID);
};
extern const struct Part Parts[];

static char *ReportAt;
static size_t ReportRoom;
static const char *ReportPart;
static PDRIVER_OBJECT ReportDriver;
static PDEVICE_OBJECT ReportDevice;

#define CHECK(condition, text)                                                                                  \
    ReportAdd((condition) != 0, text, __LINE__)

static VOID ReportAdd(BOOLEAN Good, const char *Text, int Line)
{
    char Why[64] = "";
    if (!Good)
        RtlStringCbPrintfA(Why, sizeof Why, " (line %d)", Line);
    RtlStringCbPrintfExA(ReportAt, ReportRoom, &ReportAt, &ReportRoom, 0, "%sok - %s: %s%s\n", Good ? "" : "not ",
                         ReportPart, Text, Why);
}

static NTSTATUS NTAPI ReportDispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Information = 0;
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        ULONG Part = *(ULONG *)Irp->AssociatedIrp.SystemBuffer, Count = 0;
        while (Parts[Count].Name != NULL)
            Count++;
        if (Part >= Count) {
            Status = STATUS_NO_MORE_ENTRIES;
        } else {
            ReportAt = (char *)Irp->AssociatedIrp.SystemBuffer;
            ReportRoom = Stack->Parameters.DeviceIoControl.OutputBufferLength;
            ReportPart = Parts[Part].Name;
            Parts[Part].Run();
            Irp->IoStatus.Information = (ULONG_PTR)(ReportAt - (char *)Irp->AssociatedIrp.SystemBuffer);
        }
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS ReportStart(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlReport");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlReport");
    ReportDriver = Driver;
    NTSTATUS Status = IoCreateDevice(Driver, 0, &Name, 0x22, 0, FALSE, &ReportDevice);
    if (!NT_SUCCESS(Status))
        return Status;
    Driver->MajorFunction[IRP_MJ_CREATE] = ReportDispatch;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ReportDispatch;
    return IoCreateSymbolicLink(&Link, &Name);
}

static VOID ReportStop(VOID)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlReport");
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(ReportDevice);
}
#endif
#endif
