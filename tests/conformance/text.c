/* SPDX-License-Identifier: MIT */
/* Code pages, the lstr functions, FormatMessage, the environment. Rules: the pages of the functions. */
#include "../tap.h"
#include <shellapi.h>

static const WCHAR wide[] = {'a', 0xe4, 0x20ac, 0xd83d, 0xde00, 0}; /* a, a-umlaut, euro, a face */
static const char narrow[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";

static void utf8(void)
{
    WCHAR w[16];
    char n[16];
    is_int(MultiByteToWideChar(CP_UTF8, 0, narrow, -1, NULL, 0), 6, "how many units, with the end");
    is_int(MultiByteToWideChar(CP_UTF8, 0, narrow, -1, w, 16), 6, "converted");
    ok(!memcmp(w, wide, sizeof wide), "to UTF-16");
    is_int(MultiByteToWideChar(CP_UTF8, 0, narrow, 3, w, 16), 2, "a length counts bytes, no end is added");
    is_int(WideCharToMultiByte(CP_UTF8, 0, wide, -1, n, 16, NULL, NULL), 11, "and back");
    ok(!strcmp(n, narrow), "to UTF-8");
    fails_with(MultiByteToWideChar(CP_UTF8, 0, narrow, -1, w, 5), ERROR_INSUFFICIENT_BUFFER, "no room: 122");
    fails_with(WideCharToMultiByte(CP_UTF8, 0, wide, -1, n, 10, NULL, NULL), ERROR_INSUFFICIENT_BUFFER,
               "no room: 122");
    fails_with(MultiByteToWideChar(CP_UTF8, 0, narrow, 0, w, 5), ERROR_INVALID_PARAMETER,
               "a length of 0 is 87");
    fails_with(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xff", -1, w, 5),
               ERROR_NO_UNICODE_TRANSLATION, "bad bytes are 1113 when asked");
    is_int(MultiByteToWideChar(CP_UTF8, 0, "\xff", 1, w, 5), 1, "and replaced when not");
    is_int(w[0], 0xfffd, "by U+FFFD");
    const WCHAR lone[] = {0xd800, 0};
    fails_with(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, lone, -1, n, 16, NULL, NULL),
               ERROR_NO_UNICODE_TRANSLATION, "a lone surrogate too");
    fails_with(WideCharToMultiByte(CP_UTF8, 0, wide, -1, n, 16, "?", NULL), ERROR_INVALID_PARAMETER,
               "CP_UTF8 takes no default character");
}

static void latin(void)
{
    WCHAR w[8];
    char n[8];
    BOOL used = FALSE;
    is_int(MultiByteToWideChar(1252, 0, "\x80\xe4", 2, w, 8), 2, "Windows-1252");
    ok(w[0] == 0x20ac && w[1] == 0xe4, "its euro and its umlaut");
    is_int(WideCharToMultiByte(1252, 0, wide, 3, n, 8, NULL, &used), 3, "and back");
    ok(!memcmp(n, "a\xe4\x80", 3) && !used, "all of it is there");
    const WCHAR greek[] = {0x3b1};
    is_int(WideCharToMultiByte(1252, WC_NO_BEST_FIT_CHARS, greek, 1, n, 8, "_", &used), 1, "what is not");
    ok(n[0] == '_' && used, "becomes the default character, and is told");
}

static void lstr(void)
{
    char n[8] = "ab";
    WCHAR w[8];
    is_int(lstrlenA("abc") + lstrlenW(wide), 8, "lstrlen counts units");
    is_int(lstrlenA(NULL), 0, "and survives NULL");
    lstrcatA(n, "cd");
    ok(!strcmp(n, "abcd"), "lstrcat");
    ok(lstrcpynA(n, "wxyz", 3) == n && !strcmp(n, "wx"), "lstrcpyn cuts and ends");
    lstrcpynW(w, wide, 3);
    ok(w[1] == 0xe4 && w[2] == 0, "wide too");
    is_int(lstrcmpiA("HELLO", "hello"), 0, "lstrcmpi");
    ok(lstrcmpA("a", "b") < 0, "lstrcmp");
    const WCHAR upper[] = {'A', 0xc4, 0};
    const WCHAR lower[] = {'a', 0xe4, 0};
    is_int(lstrcmpiW(upper, lower), 0, "without case");
    is_int(CompareStringOrdinal(upper, -1, lower, -1, TRUE), CSTR_EQUAL, "CompareStringOrdinal");
    is_int(CompareStringOrdinal(upper, -1, lower, -1, FALSE), CSTR_LESS_THAN, "with it");
    char text[] = "MiXed";
    ok(!strcmp(CharUpperA(text), "MIXED") && !strcmp(CharLowerA(text), "mixed"), "CharUpper, CharLower");
    ok((ULONG_PTR)CharUpperA((LPSTR)(ULONG_PTR)'q') == 'Q', "of one character");
}

static DWORD format(DWORD flags, const char *message, char *buffer, DWORD size, ...)
{
    va_list list;
    va_start(list, size);
    DWORD length = FormatMessageA(flags | FORMAT_MESSAGE_FROM_STRING, message, 0, 0, buffer, size, &list);
    va_end(list);
    return length;
}

static void messages(void)
{
    char text[256], *allocated = NULL;
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                  ERROR_FILE_NOT_FOUND, 0, text, sizeof text, NULL);
    ok(length > 10 && length == strlen(text) && !strcmp(text + length - 3, ".\r\n"), "a system message");
    DWORD same = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                    FORMAT_MESSAGE_ALLOCATE_BUFFER,
                                NULL, ERROR_FILE_NOT_FOUND, 0, (LPSTR)&allocated, 0, NULL);
    ok(same == length && !strcmp(allocated, text), "allocated");
    LocalFree(allocated);
    fails_with(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x2fffffff, 0, text, sizeof text, NULL),
               ERROR_MR_MID_NOT_FOUND, "an unknown number is 317");
    fails_with(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, 5, 0, text, 3,
                              NULL),
               ERROR_INSUFFICIENT_BUFFER, "no room is 122");
    is_int(format(0, "%1 and %2!d!, %1%%%n", text, sizeof text, "this", 42), 20, "inserts");
    ok(!strcmp(text, "this and 42, this%\r\n"), "in any order");
    format(0, "[%1!5s!][%2!-5s!][%3!04x!]", text, sizeof text, "ab", "cd", 255);
    ok(!strcmp(text, "[   ab][cd   ][00ff]"), "with printf formats");
    format(FORMAT_MESSAGE_IGNORE_INSERTS, "%1 stays", text, sizeof text);
    ok(!strcmp(text, "%1 stays"), "ignored when asked");
    DWORD_PTR array[2] = {(DWORD_PTR) "x", 7};
    FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, "%1-%2!u!%0 cut", 0, 0, text,
                   sizeof text, (va_list *)array);
    ok(!strcmp(text, "x-7"), "from an array; %%0 ends the message");
    WCHAR wide_text[64];
    DWORD units = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                 ERROR_ACCESS_DENIED, 0, wide_text, 64, NULL);
    ok(units > 5 && wide_text[units] == 0 && wide_text[0] == 'A', "wide");
}

static void environment(void)
{
    char text[64];
    WCHAR wide_text[64];
    const WCHAR name[] = {'O', 'v', 'l', '_', 'T', 'e', 's', 't', 0};
    fails_with(GetEnvironmentVariableA("OVL_TEST", text, sizeof text), ERROR_ENVVAR_NOT_FOUND,
               "a variable that is not there: 203");
    ok(SetEnvironmentVariableA("OVL_TEST", "value"), "set");
    is_int(GetEnvironmentVariableA("OVL_TEST", text, sizeof text), 5, "its length");
    ok(!strcmp(text, "value"), "its value");
    is_int(GetEnvironmentVariableA("OVL_TEST", text, 5), 6, "too small: the size that is needed");
    is_int(GetEnvironmentVariableW(name, wide_text, 64), 5, "names have no case; wide");
    is_int(ExpandEnvironmentStringsA("<%OVL_TEST%|%NOT_THERE_AT_ALL%>", text, sizeof text), 27, "expanded");
    ok(!strcmp(text, "<value|%NOT_THERE_AT_ALL%>"), "unknown ones stay");
    ok(SetEnvironmentVariableA("OVL_TEST", NULL), "removed");
    ok(!GetEnvironmentVariableA("OVL_TEST", text, sizeof text), "gone");
}

static int splits(const char *line, int want, ...)
{
    WCHAR wide_line[128];
    char text[128];
    int count = 0, same = 1;
    va_list list;
    MultiByteToWideChar(CP_UTF8, 0, line, -1, wide_line, 128);
    WCHAR **arguments = CommandLineToArgvW(wide_line, &count);
    va_start(list, want);
    for (int i = 0; i < want && i < count; i++) {
        WideCharToMultiByte(CP_UTF8, 0, arguments[i], -1, text, sizeof text, NULL, NULL);
        same &= !strcmp(text, va_arg(list, char *));
    }
    va_end(list);
    LocalFree(arguments);
    return same && count == want;
}

/* The examples of the documented rules. */
static void command_lines(void)
{
    ok(splits("p a b  c", 4, "p", "a", "b", "c"), "blanks separate");
    ok(splits("p \"a b c\" d e", 4, "p", "a b c", "d", "e"), "quotes keep them");
    ok(splits("p \"ab\\\"c\" \"\\\\\" d", 4, "p", "ab\"c", "\\", "d"), "backslashes before quotes");
    ok(splits("p a\\\\\\b d\"e f\"g h", 4, "p", "a\\\\\\b", "de fg", "h"), "and elsewhere");
    ok(splits("p a\\\\\\\"b c d", 4, "p", "a\\\"b", "c", "d"), "three before a quote");
    ok(splits("p a\\\\\\\\\"b c\" d e", 4, "p", "a\\\\b c", "d", "e"), "four before a quote");
    ok(splits("\"c:\\my dir\\p\" x", 2, "c:\\my dir\\p", "x"), "the program's name is only quoted");
    ok(splits("p \"\"", 2, "p", ""), "an empty argument");
}

int main(void)
{
    tap_begin();
    part(utf8);
    part(latin);
    part(lstr);
    part(messages);
    part(environment);
    part(command_lines);
    return tap_end();
}
