/* SPDX-License-Identifier: MIT */
/* A driver that writes the events of its manifest from DriverEntry and leaves. */
#include <ntddk.h>

#include "events.h"

OVL_STATIC_ASSERT(KEYWORD_WRITE == 0x10 && TASK_START == 3 && LEVEL_CHATTY == 17, "constants have their values");
OVL_STATIC_ASSERT(DeviceFailed_value == 1, "events have their numbers");

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    static const UCHAR Data[] = {0xde, 0xad};
    GUID Activity = OVL_TEST_PROVIDER;
    UNREFERENCED_PARAMETER(Driver);
    UNREFERENCED_PARAMETER(RegistryPath);
    EventWritePlain(NULL); /* not registered: nothing */
    EventRegisterOvl_Test();
    EventWriteDeviceFailed(NULL, L"left", (ULONG)STATUS_UNSUCCESSFUL, (SHORT)-5);
    EventWriteDataSeen(&Activity, 2, Data, "text", &Activity, 0.5, TRUE);
    EventWritePlain(NULL);
    EventWriteNamed(NULL, &Activity, 1, 2); /* fields may be called anything */
    DbgPrint("descriptor %u %u %u %u %u %u %I64x\n", DeviceFailed.Id, DeviceFailed.Version, DeviceFailed.Channel, DeviceFailed.Level,
             DeviceFailed.Opcode, DeviceFailed.Task, DeviceFailed.Keyword);
    EventUnregisterOvl_Test();
    EventWritePlain(NULL);
    return STATUS_UNSUCCESSFUL;
}
