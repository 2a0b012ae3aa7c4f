/* SPDX-License-Identifier: MIT */
/* The standard handles as pipes or files. Rules: the GetStdHandle page. */
#include "../tap.h"

static void output(void)
{
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE), error = GetStdHandle(STD_ERROR_HANDLE);
    ok(out && out != INVALID_HANDLE_VALUE, "standard output");
    ok(error && error != INVALID_HANDLE_VALUE, "standard error");
    DWORD type = GetFileType(out), done = 0;
    ok(type == FILE_TYPE_PIPE || type == FILE_TYPE_DISK || type == FILE_TYPE_CHAR, "has a type (%u)", (unsigned)type);
    ok(WriteFile(out, "# by WriteFile\n", 15, &done, NULL) && done == 15, "WriteFile to it");
    ok(GetStdHandle(STD_OUTPUT_HANDLE) == out, "asked twice it is the same");
}

static void replaced(void)
{
    const char *name = temp_name("std");
    HANDLE old = GetStdHandle(STD_INPUT_HANDLE);
    HANDLE file = file_with_pattern(name, 10, 0);
    ok(SetStdHandle(STD_INPUT_HANDLE, file), "SetStdHandle");
    ok(GetStdHandle(STD_INPUT_HANDLE) == file, "GetStdHandle gives it back");
    char buffer[16];
    DWORD done = 0;
    ok(ReadFile(GetStdHandle(STD_INPUT_HANDLE), buffer, 16, &done, NULL) && done == 10, "and it reads");
    SetStdHandle(STD_INPUT_HANDLE, old);
    CloseHandle(file);
    DeleteFileA(name);
}

static void bad(void)
{
    SetLastError(0xdead);
    ok(GetStdHandle(12345) == INVALID_HANDLE_VALUE, "an unknown number is INVALID_HANDLE_VALUE");
    is_int(GetLastError(), ERROR_INVALID_HANDLE, "6");
    DWORD mode;
    const char *name = temp_name("notconsole");
    HANDLE file = file_with_pattern(name, 1, 0);
    fails_with(GetConsoleMode(file, &mode), ERROR_INVALID_HANDLE, "a file is no console: 6");
    CloseHandle(file);
    DeleteFileA(name);
}

int main(void)
{
    tap_begin();
    part(output);
    part(replaced);
    part(bad);
    return tap_end();
}
