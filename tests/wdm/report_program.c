/* SPDX-License-Identifier: MIT */
/* The program of the reporting drivers (report.h): loads the driver, runs its parts, prints their lines, unloads it. */
#include "../tap.h"

#include <winioctl.h>

#include "overlapped.h"
#include "report.h"

static void lines_print(char *text, DWORD length)
{
    text[length] = '\0';
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        InterlockedIncrement(&tap_checks);
        if (strncmp(line, "not ", 4) == 0)
            InterlockedIncrement(&tap_failures);
        printf("%s\n", line);
    }
}

int main(int argc, char **argv)
{
    struct ovl_driver *driver;
    tap_begin();
    if (argc < 2 || ovl_driver_load(argv[1], &driver) != 0) {
        printf("Bail out! the driver cannot be loaded\n");
        return 3;
    }
    HANDLE device = CreateFileW(REPORT_LINK, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    ok(device != INVALID_HANDLE_VALUE, "the driver's device opens");
    for (DWORD number = 0;; number++) {
        static char text[REPORT_BYTES + 1];
        DWORD bytes = 0;
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
        if (!DeviceIoControl(device, IOCTL_REPORT, &number, sizeof number, text, REPORT_BYTES, &bytes, NULL)) {
            ok(GetLastError() == ERROR_NO_MORE_ITEMS, "all parts ran");
            break;
        }
        ok(bytes != 0, "part %u checked something", number);
        lines_print(text, bytes);
    }
    CloseHandle(device);
    is_int(ovl_driver_unload(driver), 0, "the driver unloads");
    return tap_end();
}
