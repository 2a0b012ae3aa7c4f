/* SPDX-License-Identifier: MIT */
/* The program of the UAS driver: who the disk is, and its first words (each holds its own offset), read on all streams at once. */
#include <windows.h>
#include <cfgmgr32.h>
#include <stdio.h>
#include <string.h>
#include <winioctl.h>

#include "uas_test.h"

int main(void)
{
    static WCHAR list[4096];
    static DWORD words[UAS_STREAMS * UAS_PIECE / 4];
    char identity[36];
    DWORD bytes;
    if (CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_UAS_TEST, NULL, list, sizeof list / sizeof *list,
                                      CM_GET_DEVICE_INTERFACE_LIST_PRESENT) != CR_SUCCESS || list[0] == 0) {
        printf("no disk, or its driver did not start\n");
        return 2;
    }
    HANDLE disk = CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (!DeviceIoControl(disk, IOCTL_UAS_INQUIRY, NULL, 0, identity, sizeof identity, &bytes, NULL) || bytes != sizeof identity ||
        memcmp(identity + 8, "QEMU", 4) != 0) {
        printf("INQUIRY: error %u\n", (unsigned)GetLastError());
        return 1;
    }
    printf("INQUIRY: %.8s %.16s\n", identity + 8, identity + 16);
    for (int round = 0; round < 20; round++) {
        memset(words, 0xee, sizeof words);
        if (!DeviceIoControl(disk, IOCTL_UAS_READ, NULL, 0, words, sizeof words, &bytes, NULL) || bytes != sizeof words) {
            printf("READ: error %u\n", (unsigned)GetLastError());
            return 1;
        }
        for (DWORD i = 0; i < sizeof words / sizeof *words; i++)
            if (words[i] != i * 4) {
                printf("the disk's word %u is %u\n", (unsigned)i, (unsigned)words[i]);
                return 1;
            }
    }
    printf("%u bytes on %u streams at once, twenty times, as they are on the disk\n", (unsigned)sizeof words, UAS_STREAMS);
    return CloseHandle(disk) ? 0 : 1;
}
