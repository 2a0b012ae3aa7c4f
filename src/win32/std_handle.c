/* SPDX-License-Identifier: MIT */
/* The standard handles: made of descriptors 0, 1 and 2 when they are first asked for. A descriptor that is closed
 * has none (NULL), as a Windows program without a console. */
#include "base/lock.h"
#include "nt/open.h"
#include "win32/face.h"

static struct lock std_lock;
static struct {
    HANDLE handle;
    bool made;
} std_handles[3];

/* 0 input, 1 output, 2 error: the constants count down from -10. */
static bool std_index(DWORD which, DWORD *index)
{
    *index = STD_INPUT_HANDLE - which;
    if (*index < 3)
        return true;
    error_set(ERROR_INVALID_PARAMETER);
    return false;
}

HANDLE WINAPI GetStdHandle(DWORD which)
{
    DWORD index;
    uint64_t number;
    if (!std_index(which, &index))
        return INVALID_HANDLE_VALUE;
    lock_acquire(&std_lock);
    if (!std_handles[index].made) {
        std_handles[index].made = true;
        if (nt_open_descriptor((int)index, &number) == STATUS_SUCCESS)
            std_handles[index].handle = handle_pointer(number);
    }
    HANDLE handle = std_handles[index].handle;
    lock_release(&std_lock);
    return handle;
}

BOOL WINAPI SetStdHandle(DWORD which, HANDLE handle)
{
    DWORD index;
    if (!std_index(which, &index))
        return FALSE;
    lock_acquire(&std_lock);
    std_handles[index].made = true;
    std_handles[index].handle = handle;
    lock_release(&std_lock);
    return TRUE;
}
