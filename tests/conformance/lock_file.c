/* SPDX-License-Identifier: MIT */
/* LockFile, LockFileEx, UnlockFile(Ex): shared and exclusive, ranges, waiting, who is kept out.
 * Rules: spec section 9 (Files) and the pages of the functions. */
#include "../tap.h"

static HANDLE one, two;
static const char *name;

static void ranges(void)
{
    char byte;
    DWORD done;
    ok(LockFile(one, 10, 0, 20, 0), "LockFile 10..29");
    fails_with(LockFile(two, 20, 0, 5, 0), ERROR_LOCK_VIOLATION, "an overlapping lock of another handle is 33");
    ok(LockFile(two, 30, 0, 5, 0), "a neighbour is free");
    fails_with(LockFile(one, 15, 0, 1, 0), ERROR_LOCK_VIOLATION, "locks of the same handle conflict as well");
    SetFilePointer(two, 15, NULL, FILE_BEGIN);
    fails_with(ReadFile(two, &byte, 1, &done, NULL), ERROR_LOCK_VIOLATION, "reading a locked range is 33");
    fails_with(WriteFile(two, "x", 1, &done, NULL), ERROR_LOCK_VIOLATION, "writing too");
    SetFilePointer(two, 5, NULL, FILE_BEGIN);
    ok(ReadFile(two, &byte, 1, &done, NULL) && done == 1, "outside it works");
    SetFilePointer(one, 15, NULL, FILE_BEGIN);
    ok(ReadFile(one, &byte, 1, &done, NULL), "the owner reads");
    fails_with(UnlockFile(one, 10, 0, 10, 0), ERROR_NOT_LOCKED, "unlocking a part is 158");
    fails_with(UnlockFile(two, 10, 0, 20, 0), ERROR_NOT_LOCKED, "or another's");
    ok(UnlockFile(one, 10, 0, 20, 0), "unlock exactly");
    ok(UnlockFile(two, 30, 0, 5, 0), "and the other");
    ok(LockFile(one, 0xfffffff0, 0x1000, 100, 0), "far past the end");
    ok(UnlockFile(one, 0xfffffff0, 0x1000, 100, 0), "unlock");
    /* A lock goes with its handle. */
    HANDLE third = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    ok(LockFile(third, 0, 0, 100, 0), "lock by a third handle");
    CloseHandle(third);
    ok(LockFile(one, 0, 0, 100, 0), "free after its close");
    UnlockFile(one, 0, 0, 100, 0);
}

static void shared_locks(void)
{
    OVERLAPPED ov;
    char byte;
    DWORD done;
    memset(&ov, 0, sizeof ov);
    ov.Offset = 40;
    ok(LockFileEx(one, LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &ov), "a shared lock");
    ok(LockFileEx(two, LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &ov), "another");
    fails_with(LockFileEx(two, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &ov),
               ERROR_LOCK_VIOLATION, "no exclusive one beside them (33)");
    SetFilePointer(two, 45, NULL, FILE_BEGIN);
    ok(ReadFile(two, &byte, 1, &done, NULL), "reading is allowed");
    /* No one may write under a shared lock, its owner neither. */
    fails_with(WriteFile(two, "x", 1, &done, NULL), ERROR_LOCK_VIOLATION, "writing is not (33)");
    ok(UnlockFileEx(one, 0, 10, 0, &ov), "unlock one");
    ok(UnlockFileEx(two, 0, 10, 0, &ov), "and the other");
    fails_with(UnlockFileEx(two, 0, 10, 0, &ov), ERROR_NOT_LOCKED, "twice is 158");
}

static DWORD WINAPI locks_and_waits(void *handle)
{
    OVERLAPPED ov;
    memset(&ov, 0, sizeof ov);
    return LockFileEx(handle, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &ov) ? 0 : GetLastError();
}

static void waiting(void)
{
    OVERLAPPED ov;
    memset(&ov, 0, sizeof ov);
    ok(LockFileEx(one, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &ov), "lock");
    HANDLE thread = thread_start(locks_and_waits, two);
    ok(stays_unsignalled(thread), "a synchronous LockFileEx waits");
    ok(UnlockFile(one, 0, 0, 10, 0), "unlock");
    is_int(thread_join(thread), 0, "it has the lock");
    fails_with(LockFile(one, 0, 0, 10, 0), ERROR_LOCK_VIOLATION, "truly");
    ok(UnlockFile(two, 0, 0, 10, 0), "unlock");
}

static void overlapped_wait(void)
{
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED ov, none;
    DWORD done;
    memset(&ov, 0, sizeof ov);
    memset(&none, 0, sizeof none);
    ov.hEvent = event_manual();
    ok(LockFile(one, 0, 0, 10, 0), "somebody holds the lock");
    fails_with(LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &ov),
               ERROR_LOCK_VIOLATION, "LOCKFILE_FAIL_IMMEDIATELY is 33");
    fails_with(LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &ov), ERROR_IO_PENDING, "else it pends (997)");
    ok(stays_unsignalled(ov.hEvent), "while the lock is held");
    ok(UnlockFile(one, 0, 0, 10, 0), "unlock");
    ok(signalled_soon(ov.hEvent), "then it completes");
    ok(GetOverlappedResult(file, &ov, &done, FALSE), "with success");
    ok(UnlockFileEx(file, 0, 10, 0, &none), "and holds it");
    CloseHandle(ov.hEvent);
    CloseHandle(file);
}

int main(void)
{
    tap_begin();
    name = temp_name("lock");
    one = file_with_pattern(name, 100, 0);
    two = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    part(ranges);
    part(shared_locks);
    part(waiting);
    part(overlapped_wait);
    CloseHandle(one);
    CloseHandle(two);
    DeleteFileA(name);
    return tap_end();
}
