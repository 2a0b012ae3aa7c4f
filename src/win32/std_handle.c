/* SPDX-License-Identifier: MIT */
/* The standard handles: made of descriptors 0, 1 and 2 when they are first asked for. A descriptor
 * that is closed has none (NULL), as a Windows program without a console. */
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
    error_set(ERROR_INVALID_HANDLE);
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

/* A terminal's mode in the words of a console. Output is always processed, wrapped, and understands
 * escapes. */
BOOL WINAPI GetConsoleMode(HANDLE console, LPDWORD mode)
{
    struct terminal_mode terminal;
    if (!error_from_status(nt_file_get(handle_number(console), 0, INFO_TERMINAL, &terminal))) {
        error_set(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    if (!terminal.input)
        *mode = ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT |
                ENABLE_VIRTUAL_TERMINAL_PROCESSING;
    else
        *mode = (terminal.lines ? ENABLE_LINE_INPUT : 0) | (terminal.echo ? ENABLE_ECHO_INPUT : 0) |
                (terminal.signals ? ENABLE_PROCESSED_INPUT : 0);
    return TRUE;
}

BOOL WINAPI SetConsoleMode(HANDLE console, DWORD mode)
{
    struct terminal_mode terminal;
    if (!error_from_status(nt_file_get(handle_number(console), 0, INFO_TERMINAL, &terminal))) {
        error_set(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    if (!terminal.input) {
        bool processed = mode & ENABLE_PROCESSED_OUTPUT;
        return error_from_status(processed ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
    }
    if ((mode & ENABLE_ECHO_INPUT) && !(mode & ENABLE_LINE_INPUT))
        return error_from_status(
            STATUS_INVALID_PARAMETER); /* echo only with lines, as documented */
    terminal.lines = mode & ENABLE_LINE_INPUT;
    terminal.echo = mode & ENABLE_ECHO_INPUT;
    terminal.signals = mode & ENABLE_PROCESSED_INPUT;
    return error_from_status(nt_file_set(handle_number(console), 0, INFO_TERMINAL, &terminal));
}
