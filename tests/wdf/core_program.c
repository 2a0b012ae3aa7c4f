/* SPDX-License-Identifier: MIT */
/* The program of the core driver: loads it, prints what it found out about itself, and sees its files and devices from outside. */
#include "../tap.h"

#include <winioctl.h>

#include "core_test.h"
#include "overlapped.h"

static HANDLE open_core(const WCHAR *name)
{
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static BOOL control(HANDLE device, DWORD code, void *out, DWORD room)
{
    DWORD bytes;
    return DeviceIoControl(device, code, NULL, 0, out, room, &bytes, NULL) && bytes == room;
}

static struct core_counts counts(HANDLE device)
{
    struct core_counts got = {0};
    ok(control(device, IOCTL_CORE_COUNTS, &got, sizeof got), "the driver's counts");
    return got;
}

static void run_parts(HANDLE device)
{
    for (DWORD number = 0;; number++) {
        static char text[CORE_BYTES + 1];
        DWORD bytes = 0;
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
        if (!DeviceIoControl(device, IOCTL_CORE_PART, &number, sizeof number, text, CORE_BYTES, &bytes, NULL)) {
            ok(GetLastError() == ERROR_NO_MORE_ITEMS && number > 0, "all parts ran");
            return;
        }
        ok(bytes != 0, "part %u checked something", number);
        text[bytes] = '\0';
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            InterlockedIncrement(&tap_checks);
            if (strncmp(line, "not ", 4) == 0)
                InterlockedIncrement(&tap_failures);
            printf("%s\n", line);
        }
    }
}

static void test_files(HANDLE device)
{
    struct core_counts before = counts(device);
    ok(open_core(CORE_LINK L"\\refused") == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PATH_NOT_FOUND,
       "the driver refuses an open by its name");
    struct core_counts after = counts(device);
    ok(after.refused == before.refused + 1 && after.cleanups == before.cleanups && after.closes == before.closes,
       "which gets neither cleanup nor close");
    ok(after.file_objects == before.file_objects, "and its file object is gone");
    HANDLE second = open_core(CORE_LINK L"\\sub\\name");
    ok(second != INVALID_HANDLE_VALUE, "a second file opens");
    after = counts(device);
    ok(after.creates == before.creates + 1 && after.file_objects == before.file_objects + 1, "with a file object of its own");
    HANDLE twin;
    DuplicateHandle(GetCurrentProcess(), second, GetCurrentProcess(), &twin, 0, FALSE, DUPLICATE_SAME_ACCESS);
    CloseHandle(second);
    ok(counts(device).cleanups == before.cleanups, "a duplicate keeps it open");
    CloseHandle(twin);
    after = counts(device);
    ok(after.cleanups == before.cleanups + 1 && after.closes == before.closes + 1, "the last close is cleanup and close, in that order");
    ok(after.file_objects == before.file_objects, "and the end of its file object");
}

int main(int argc, char **argv)
{
    struct ovl_driver *driver = NULL;
    if (argc < 2)
        return 2;
    tap_begin();
    is_int((int)ovl_driver_load(argv[1], &driver), 0, "the driver loads");
    HANDLE device = open_core(CORE_LINK);
    ok(device != INVALID_HANDLE_VALUE, "its control device opens");
    run_parts(device);
    test_files(device);
    ok(open_core(CORE_LATE) == INVALID_HANDLE_VALUE, "a device that is not finished does not open");
    ok(control(device, IOCTL_CORE_FINISH, NULL, 0), "it is finished");
    HANDLE late = open_core(CORE_LATE);
    ok(late != INVALID_HANDLE_VALUE, "and opens");
    ok(!control(late, IOCTL_CORE_FINISH, NULL, 0) && GetLastError() == ERROR_INVALID_FUNCTION, "without a queue it refuses requests");
    ok(ovl_driver_unload(driver) == ERROR_BUSY, "a driver with open files stays");
    ok(control(device, IOCTL_CORE_DELETE, NULL, 0), "the driver deletes that device while a file is open on it");
    ok(!control(late, IOCTL_CORE_FINISH, NULL, 0) && GetLastError() == ERROR_NO_SUCH_DEVICE, "which serves nothing any more");
    ok(open_core(CORE_LATE) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND, "and has lost its name");
    CloseHandle(late);
    if (argc > 2)
        ok(control(device, IOCTL_CORE_LEAK, NULL, 0), "it leaks a reference");
    CloseHandle(device);
    is_int((int)ovl_driver_unload(driver), 0, "it unloads");
    ok(open_core(CORE_LINK) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND, "its devices are gone");
    is_int((int)ovl_driver_load(argv[1], &driver), 0, "it loads once more");
    is_int((int)ovl_driver_unload(driver), 0, "and unloads");
    return tap_end();
}
