/* SPDX-License-Identifier: MIT */
/* Console text: UTF-16 in the calls, UTF-8 on the terminal, and what Windows does by attributes and
 * positions by the escape sequences that terminals understand. A handle that is no terminal is
 * refused with ERROR_INVALID_HANDLE, as Windows refuses a redirected one; programs then use
 * WriteFile. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/utf16.h"
#include "nt/file.h"
#include "win32/face.h"

static int console_descriptor(HANDLE console)
{
    DWORD mode;
    int fd;

    if (!GetConsoleMode(console, &mode))
        return -1;
    if (!error_from_status(nt_file_get(handle_number(console), 0, INFO_DESCRIPTOR, &fd)))
        return -1;
    return fd;
}

/* All of it, or FALSE with the last error of the write. */
static BOOL console_put(HANDLE console, const char *text, size_t length)
{
    while (length) {
        DWORD done = 0;
        if (!WriteFile(console, text, (DWORD)length, &done, NULL))
            return FALSE;
        text += done;
        length -= done;
    }
    return TRUE;
}

BOOL WINAPI WriteConsoleA(HANDLE console, const VOID *text, DWORD length, LPDWORD written,
                          LPVOID reserved)
{
    if (written)
        *written = 0;
    if (console_descriptor(console) < 0 || !console_put(console, text, length))
        return FALSE;
    if (written)
        *written = length;
    return TRUE;
}

BOOL WINAPI WriteConsoleW(HANDLE console, const VOID *text, DWORD length, LPDWORD written,
                          LPVOID reserved)
{
    size_t bytes = utf8_from_utf16(NULL, 0, text, length);
    char *narrow;
    BOOL result;

    if (written)
        *written = 0;
    if (console_descriptor(console) < 0)
        return FALSE;
    narrow = malloc(bytes + 1);
    if (!narrow) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    utf8_from_utf16(narrow, bytes, text, length);
    result = console_put(console, narrow, bytes);
    free(narrow);
    if (result && written)
        *written = length;
    return result;
}

BOOL WINAPI ReadConsoleA(HANDLE console, LPVOID buffer, DWORD length, LPDWORD read, LPVOID control)
{
    return console_descriptor(console) >= 0 && ReadFile(console, buffer, length, read, NULL);
}

/* A byte of UTF-8 never makes more than one unit, so a line that fits in bytes fits in units. A
 * character that the end of the read cut is completed byte by byte. */
BOOL WINAPI ReadConsoleW(HANDLE console, LPVOID buffer, DWORD length, LPDWORD read, LPVOID control)
{
    char *narrow;
    DWORD done = 0, more;
    size_t units;

    if (console_descriptor(console) < 0)
        return FALSE;
    narrow = malloc((size_t)length + 4);
    if (!narrow) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    if (!ReadFile(console, narrow, length, &done, NULL)) {
        free(narrow);
        return FALSE;
    }
    for (int missing = 3; missing && done; missing--) {
        size_t start = done;
        while (start && start + 4 > done && ((unsigned char)narrow[start - 1] & 0xc0) == 0x80)
            start--;
        unsigned char first = start ? (unsigned char)narrow[start - 1] : 0;
        size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
        if (!start || done - start + 1 >= need ||
            !ReadFile(console, narrow + done, 1, &more, NULL) || !more)
            break;
        done += more;
    }
    units = utf16_from_utf8(buffer, length, narrow, done);
    if (read)
        *read = (DWORD)(units < length ? units : length);
    free(narrow);
    return TRUE;
}

UINT WINAPI GetConsoleCP(void)
{
    return CP_UTF8;
}

UINT WINAPI GetConsoleOutputCP(void)
{
    return CP_UTF8;
}

/* There is one code page. */
static BOOL code_page_set(UINT page)
{
    if (page == CP_UTF8 || page == CP_ACP)
        return TRUE;
    error_set(ERROR_INVALID_PARAMETER);
    return FALSE;
}

BOOL WINAPI SetConsoleCP(UINT page)
{
    return code_page_set(page);
}

BOOL WINAPI SetConsoleOutputCP(UINT page)
{
    return code_page_set(page);
}

static BOOL console_sequence(HANDLE console, const char *sequence)
{
    return console_descriptor(console) >= 0 && console_put(console, sequence, strlen(sequence));
}

/* The title goes to the terminal of the standard output or error, whichever is one. */
BOOL WINAPI SetConsoleTitleA(LPCSTR title)
{
    HANDLE console = GetStdHandle(STD_OUTPUT_HANDLE);
    char sequence[600];

    if (console_descriptor(console) < 0)
        console = GetStdHandle(STD_ERROR_HANDLE);
    if (strlen(title) > sizeof(sequence) - 8) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    snprintf(sequence, sizeof(sequence), "\033]0;%s\007", title);
    return console_sequence(console, sequence);
}

BOOL WINAPI SetConsoleTitleW(LPCWSTR title)
{
    char narrow[600];
    size_t length = utf8_from_utf16(narrow, sizeof(narrow) - 1, title, utf16_length(title));

    if (length >= sizeof(narrow)) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    narrow[length] = 0;
    return SetConsoleTitleA(narrow);
}

/* Windows' bits are blue, green, red; the terminal's are red, green, blue. */
static int terminal_colour(unsigned bits)
{
    return (int)((bits & 1) << 2 | (bits & 2) | (bits & 4) >> 2);
}

BOOL WINAPI SetConsoleTextAttribute(HANDLE console, WORD attributes)
{
    char sequence[32];
    unsigned front = attributes & 0xf, back = attributes >> 4 & 0xf;

    /* Grey on black is how a console begins: the terminal's own colours. */
    if (front == (FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE) && !back)
        return console_sequence(console, "\033[0m");
    snprintf(sequence, sizeof(sequence), "\033[%d;%dm",
             terminal_colour(front) + (front & 8 ? 90 : 30),
             terminal_colour(back) + (back & 8 ? 100 : 40));
    return console_sequence(console, sequence);
}

BOOL WINAPI SetConsoleCursorPosition(HANDLE console, COORD position)
{
    char sequence[32];

    if (position.X < 0 || position.Y < 0) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    snprintf(sequence, sizeof(sequence), "\033[%d;%dH", position.Y + 1, position.X + 1);
    return console_sequence(console, sequence);
}

/* The size is the terminal's; where its cursor is only the terminal knows, so the position is 0. */
BOOL WINAPI GetConsoleScreenBufferInfo(HANDLE console, PCONSOLE_SCREEN_BUFFER_INFO info)
{
    struct winsize size;
    int fd = console_descriptor(console);

    if (fd < 0)
        return FALSE;
    if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row) {
        size.ws_col = 80;
        size.ws_row = 25;
    }
    *info = (CONSOLE_SCREEN_BUFFER_INFO){
        .dwSize = {(SHORT)size.ws_col, (SHORT)size.ws_row},
        .wAttributes = FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE,
        .srWindow = {0, 0, (SHORT)(size.ws_col - 1), (SHORT)(size.ws_row - 1)},
        .dwMaximumWindowSize = {(SHORT)size.ws_col, (SHORT)size.ws_row},
    };
    return TRUE;
}

BOOL WINAPI FlushConsoleInputBuffer(HANDLE console)
{
    int fd = console_descriptor(console);

    if (fd < 0)
        return FALSE;
    tcflush(fd, TCIFLUSH);
    return TRUE;
}

/* The bell goes to the terminal even where output is redirected. */
static void bell(void)
{
    int fd = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, "\a", 1) < 0) { /* a sound that is not heard is no error */
    }
    close(fd);
}

BOOL WINAPI Beep(DWORD frequency, DWORD duration)
{
    if (frequency < 0x25 || frequency > 0x7fff) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    bell();
    Sleep(duration); /* documented: does not return before the sound ends */
    return TRUE;
}

BOOL WINAPI MessageBeep(UINT type)
{
    (void)type;
    bell();
    return TRUE;
}
