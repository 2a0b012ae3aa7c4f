/* SPDX-License-Identifier: MIT */
/* Share modes: every pair of access and sharing, against the rule itself. Rules: the CreateFile page. */
#include "../tap.h"

static DWORD share_needed(DWORD access)
{
    return ((access & GENERIC_READ) ? FILE_SHARE_READ : 0) | ((access & GENERIC_WRITE) ? FILE_SHARE_WRITE : 0) |
           ((access & DELETE) ? FILE_SHARE_DELETE : 0);
}

/* Each access with each share mode, against each other: 64 x 64 opens. The second open succeeds when each
 * side's access is allowed by the other side's share mode. An open for attributes alone conflicts with nobody. */
static void all_pairs(void)
{
    static const DWORD accesses[8] = {0,
                                      GENERIC_READ,
                                      GENERIC_WRITE,
                                      DELETE,
                                      GENERIC_READ | GENERIC_WRITE,
                                      GENERIC_READ | DELETE,
                                      GENERIC_WRITE | DELETE,
                                      GENERIC_READ | GENERIC_WRITE | DELETE};
    const char *name = temp_name("share");
    CloseHandle(file_with_pattern(name, 10, 0));
    int wrong = 0, wrong_error = 0;
    for (int a = 0; a < 64; a++) {
        DWORD access1 = accesses[a / 8], share1 = (DWORD)(a % 8);
        HANDLE first = CreateFileA(name, access1, share1, NULL, OPEN_EXISTING, 0, NULL);
        if (first == INVALID_HANDLE_VALUE)
            wrong++;
        for (int b = 0; b < 64; b++) {
            DWORD access2 = accesses[b / 8], share2 = (DWORD)(b % 8);
            int want = !access1 || !access2 ||
                       (!(share_needed(access1) & ~share2) && !(share_needed(access2) & ~share1));
            SetLastError(0);
            HANDLE second = CreateFileA(name, access2, share2, NULL, OPEN_EXISTING, 0, NULL);
            if ((second != INVALID_HANDLE_VALUE) != want) {
                if (wrong++ < 5)
                    note("access %x share %x, then access %x share %x: want %d", (unsigned)access1, (unsigned)share1,
                         (unsigned)access2, (unsigned)share2, want);
            } else if (!want && GetLastError() != ERROR_SHARING_VIOLATION) {
                wrong_error++;
            }
            if (second != INVALID_HANDLE_VALUE)
                CloseHandle(second);
        }
        CloseHandle(first);
    }
    is_int(wrong, 0, "4096 pairs of opens: as the rule says");
    is_int(wrong_error, 0, "refused ones with 32");
    DeleteFileA(name);
}

/* Sharing lasts until the last handle of the open is closed, and is per file, not per name. */
static void lifetime(void)
{
    const char *name = temp_name("life");
    char other[80];
    snprintf(other, sizeof other, ".\\%s", name);
    HANDLE self = GetCurrentProcess(), copy = NULL;
    HANDLE first = CreateFileA(name, GENERIC_READ, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DuplicateHandle(self, first, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    CloseHandle(first);
    no_handle(CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL), ERROR_SHARING_VIOLATION,
              "a duplicate keeps the file exclusive");
    no_handle(CreateFileA(other, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL), ERROR_SHARING_VIOLATION,
              "by another spelling of the name too");
    no_handle(CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_ALWAYS, 0, NULL), ERROR_SHARING_VIOLATION,
              "OPEN_ALWAYS too");
    no_handle(CreateFileA(name, GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL), ERROR_SHARING_VIOLATION,
              "and CREATE_ALWAYS, which must not empty it first");
    CloseHandle(copy);
    first = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    ok(first != INVALID_HANDLE_VALUE, "free afterwards");
    CloseHandle(first);
    first = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    ok(first != INVALID_HANDLE_VALUE, "a failed or closed open leaves nothing behind");
    CloseHandle(first);
    DeleteFileA(name);
}

int main(void)
{
    tap_begin();
    part(all_pairs);
    part(lifetime);
    return tap_end();
}
