/* SPDX-License-Identifier: MIT */
/* broken_program DRIVER RULE: loads the driver, has it break the rule, closes, unloads. What the verifier says of it is verifier.py's
 * affair; the exit status here is 0 when the calls went through, 3 when they did not. */
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>
#include <string.h>

#include "broken.h"
#include "overlapped.h"

static int unload(struct ovl_driver *driver)
{
    uint32_t error = ovl_driver_unload(driver);
    if (error != 0)
        printf("not unloaded: %u\n", error);
    return error == 0 ? 0 : 3;
}

int main(int argc, char **argv)
{
    struct ovl_driver *driver;
    DWORD bytes;
    if (argc < 3 || ovl_driver_load(argv[1], &driver) != 0)
        return 3;
    HANDLE device = CreateFileW(BROKEN_LINK, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED held = {0}, asked = {0};
    held.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    asked.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (strcmp(argv[2], "clean") == 0) /* a request that is cancelled is no fault */
        DeviceIoControl(device, IOCTL_HOLD, NULL, 0, NULL, 0, NULL, &held);
    BOOL good = DeviceIoControl(device, IOCTL_BREAK, argv[2], (DWORD)strlen(argv[2]) + 1, NULL, 0, NULL, &asked) ||
                (GetLastError() == ERROR_IO_PENDING && GetOverlappedResult(device, &asked, &bytes, TRUE));
    if (!good && GetLastError() == ERROR_NOT_FOUND)
        printf("the driver does not know %s\n", argv[2]);
    if (strcmp(argv[2], "request-not-completed") == 0)
        DeviceIoControl(device, IOCTL_HOLD, NULL, 0, NULL, 0, NULL, &held);
    CancelIoEx(device, NULL);
    if (strcmp(argv[2], "clean") == 0)
        GetOverlappedResult(device, &held, &bytes, TRUE);
    CloseHandle(device);
    return unload(driver);
}
