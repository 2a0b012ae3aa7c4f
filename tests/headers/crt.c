/* SPDX-License-Identifier: MIT */
/* Microsoft's C runtime as a program meets it, in char and in TCHAR, through ovcc. */
#include <windows.h>
#include <tchar.h>
#include <conio.h>
#include <direct.h>
#include <errno.h>
#include <io.h>
#include <malloc.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strsafe.h>
#include <time.h>

#pragma comment(lib, "kernel32.lib")
#pragma warning(disable : 4996)

static int failures;
#define CHECK(condition)                                                     \
    do {                                                                     \
        if (!(condition)) {                                                  \
            failures++;                                                      \
            printf("not ok - %s:%d: %s\n", __FILE__, __LINE__, #condition); \
        }                                                                    \
    } while (0)

static unsigned __stdcall thread_ex(void *value)
{
    *(int *)value = 7;
    _endthreadex(5);
    return 0;
}

static void __cdecl thread_simple(void *event)
{
    SetEvent((HANDLE)event);
}

static void threads(void)
{
    int value = 0;
    unsigned id = 0;
    DWORD code = 0;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, thread_ex, &value, 0, &id);
    HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);

    CHECK(thread && id);
    CHECK(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 5 && value == 7);
    CloseHandle(thread);
    CHECK(_beginthread(thread_simple, 0, event) != (uintptr_t)-1);
    CHECK(WaitForSingleObject(event, 10000) == WAIT_OBJECT_0);
    CloseHandle(event);
}

static void secure_strings(void)
{
    TCHAR text[8];
    char narrow[8];

    CHECK(_tcscpy_s(text, 8, _T("abc")) == 0 && _tcscat_s(text, 8, _T("def")) == 0);
    CHECK(!_tcscmp(text, _T("abcdef")) && _tcslen(text) == 6);
    CHECK(_tcscat_s(text, 8, _T("too long")) == ERANGE && !text[0]);
    CHECK(_tcsncpy_s(text, 8, _T("123456789"), _TRUNCATE) == STRUNCATE && !_tcscmp(text, _T("1234567")));
    CHECK(_stprintf_s(text, 8, _T("%d"), 42) == 2 && !_tcsicmp(text, _T("42")));
    CHECK(_stprintf_s(text, 8, _T("%s"), _T("123456789")) == -1 && !text[0]);
    CHECK(_sntprintf_s(text, 8, _TRUNCATE, _T("%s"), _T("123456789")) == -1 && _tcslen(text) == 7);
    memset(narrow, 'x', sizeof(narrow));
    CHECK(_snprintf(narrow, 3, "%s", "abcdef") == -1 && !memcmp(narrow, "abcx", 4));
    CHECK(_snprintf(narrow, 3, "abc") == 3 && narrow[3] == 'x');
    CHECK(snprintf(narrow, 4, "abcdef") == 6 && !strcmp(narrow, "abc"));
    CHECK(memcpy_s(narrow, 2, "abc", 3) == ERANGE && !narrow[0]);
    CHECK(_tcsrchr(_T("a/b/c"), '/')[1] == 'c' && _tcsstr(_T("abcabd"), _T("abd"))[2] == 'd');
    CHECK(!_tcsnicmp(_T("ABCx"), _T("abcy"), 3));
    CHECK(_tcstol(_T("-123z"), NULL, 10) == -123 && _ttoi(_T("77")) == 77);
    CHECK(_tcstod(_T("2.5"), NULL) == 2.5 && _tcstoui64(_T("0xffffffffff"), NULL, 16) == 0xffffffffffull);
    CHECK(!_tcscmp(_itot(-255, text, 10), _T("-255")) && !_tcscmp(_ultot(255, text, 16), _T("ff")));
}

static void safe_strings(void)
{
    TCHAR text[6], *end;
    size_t left;

    CHECK(StringCchCopy(text, 6, _T("abc")) == S_OK && StringCchCat(text, 6, _T("de")) == S_OK);
    CHECK(StringCchCat(text, 6, _T("f")) == STRSAFE_E_INSUFFICIENT_BUFFER && !_tcscmp(text, _T("abcde")));
    CHECK(StringCbPrintf(text, sizeof(text), _T("%05d"), 42) == S_OK && !_tcscmp(text, _T("00042")));
    CHECK(StringCchPrintfEx(text, 6, &end, &left, 0, _T("%s"), _T("ab")) == S_OK && end == text + 2 && left == 4);
    CHECK(StringCchLength(text, 6, &left) == S_OK && left == 2);
    CHECK(StringCchLength(_T("abcdef"), 3, &left) == STRSAFE_E_INVALID_PARAMETER);
}

static void sizes_of_long(void)
{
    DWORD pair[2] = {0, 0x5a5a5a5a};
    unsigned __int64 big;
    char text[64];

    CHECK(sscanf("4000000000", "%lu", &pair[0]) == 1 && pair[0] == 4000000000u && pair[1] == 0x5a5a5a5a);
    CHECK(sscanf_s("123456789012", "%I64u", &big) == 1 && big == 123456789012ull);
    CHECK(sprintf(text, "%ld %lu %08lX", -1, 4000000000u, 0xBADu) == 22 && !strcmp(text, "-1 4000000000 00000BAD"));
    CHECK(wsprintfA(text, "%u %s", 7u, "x") == 3 && !strcmp(text, "7 x"));
}

static void memory_and_bits(void)
{
    char *block = _aligned_malloc(100, 256);

    CHECK(block && (uintptr_t)block % 256 == 0);
    block = _aligned_realloc(block, 5000, 512);
    CHECK(block && (uintptr_t)block % 512 == 0);
    _aligned_free(block);
    CHECK(_byteswap_ulong(0x11223344) == 0x44332211 && _rotr(1, 1) == 0x80000000u && _rotl64(1, 63) == 1ull << 63);
    int numbers[5];
    CHECK(_countof(numbers) == 5);
}

static void time_and_environment(void)
{
    time_t zero = 0;
    struct tm parts;
    char text[32], *copy;
    size_t size;

    CHECK(gmtime_s(&parts, &zero) == 0 && parts.tm_year == 70);
    CHECK(asctime_s(text, sizeof(text), &parts) == 0 && !strncmp(text, "Thu Jan  1", 10));
    CHECK(_putenv_s("OVL_TEST", "value") == 0 && getenv_s(&size, text, sizeof(text), "OVL_TEST") == 0 && size == 6);
    CHECK(_dupenv_s(&copy, &size, "OVL_TEST") == 0 && !strcmp(copy, "value"));
    free(copy);
    CHECK(_putenv_s("OVL_TEST", "") == 0 && !getenv("OVL_TEST"));
    CHECK(_putenv("OVL_TEST=other") == 0 && !strcmp(getenv("OVL_TEST"), "other"));
    CHECK(_putenv("OVL_TEST=") == 0 && !getenv("OVL_TEST") && _putenv("OVL_TEST") == -1);
    CHECK(SecureZeroMemory(text, sizeof(text)) == text && !text[0]);
}

static void files(void)
{
    FILE *file = NULL;
    TCHAR line[32];
    DWORD written = 0;

    CHECK(_tfopen_s(&file, _T("crt_\x65.txt"), _T("wb")) == 0);
    _ftprintf(file, _T("%s %d\n"), _T("line"), 1);
    fflush(file);
    HANDLE handle = (HANDLE)_get_osfhandle(_fileno(file));
    CHECK(handle != INVALID_HANDLE_VALUE && GetFileType(handle) == FILE_TYPE_DISK);
    CHECK(_get_osfhandle(_fileno(file)) == (intptr_t)handle);
    CHECK(WriteFile(handle, "two\n", 4, &written, NULL) && written == 4);
    CHECK(_filelength(_fileno(file)) == 11);
    fclose(file);
    CHECK((file = _tfopen(_T("crt_e.txt"), _T("r"))) != NULL);
    CHECK(_fgetts(line, 32, file) && !_tcscmp(line, _T("line 1\n")));
    fclose(file);
    CHECK(_tremove(_T("crt_e.txt")) == 0 && _tfopen_s(&file, _T("crt_e.txt"), _T("r")) == ENOENT);
    CHECK(_get_osfhandle(-1) == -1 && errno == EBADF);
}

/* Names as GetTempPath gives them, with a drive and backslashes, reach the files of CreateFile. */
static void names_of_files(void)
{
    TCHAR folder[MAX_PATH], path[MAX_PATH], moved[MAX_PATH], pattern[MAX_PATH], drive[_MAX_DRIVE], dir[_MAX_DIR];
    TCHAR name[_MAX_FNAME], extension[_MAX_EXT];
    struct _tfinddata_t found;
    struct _stat status;
    FILE *file;
    int entries = 0;

    CHECK(GetTempPath(MAX_PATH, folder) && folder[1] == _T(':'));
    _stprintf_s(path, MAX_PATH, _T("%scrt_%u.one"), folder, (unsigned)GetCurrentProcessId());
    _stprintf_s(moved, MAX_PATH, _T("%scrt_%u.two"), folder, (unsigned)GetCurrentProcessId());
    CHECK((file = _tfopen(path, _T("w"))) != NULL && fputs("four", file) >= 0 && !fclose(file));
    CHECK(GetFileAttributes(path) != INVALID_FILE_ATTRIBUTES && _taccess(path, 0) == 0);
    CHECK(_tstat(path, &status) == 0 && status.st_size == 4 && (status.st_mode & _S_IFREG));
    CHECK(_trename(path, moved) == 0 && _taccess(path, 0) == -1 && errno == ENOENT);
    _stprintf_s(pattern, MAX_PATH, _T("%scrt_%u.*"), folder, (unsigned)GetCurrentProcessId());
    intptr_t search = _tfindfirst(pattern, &found);
    CHECK(search != -1 && found.size == 4 && !(found.attrib & _A_SUBDIR) && found.time_write == status.st_mtime);
    do
        entries++;
    while (!_tfindnext(search, &found));
    CHECK(errno == ENOENT && entries == 1 && !_tcscmp(moved + _tcslen(folder), found.name) && !_findclose(search));
    int fd = _topen(moved, _O_RDWR | _O_APPEND | _O_BINARY);
    CHECK(fd >= 0 && _write(fd, "five!", 5) == 5 && _filelength(fd) == 9 && _close(fd) == 0);
    _tsplitpath(moved, drive, dir, name, extension);
    CHECK(!_tcscmp(drive, _T("C:")) && dir[0] == _T('\\') && !_tcscmp(extension, _T(".two")));
    _tmakepath(path, drive, dir, name, _T("two"));
    CHECK(!_tcscmp(path, moved) && _tfullpath(path, _T("C:\\a\\..\\b.c"), MAX_PATH) && !_tcscmp(path, _T("C:\\b.c")));
    CHECK(!_tmakepath_s(path, 6, NULL, _T("d"), _T("n"), _T("e")) && !_tcscmp(path, _T("d\\n.e")));
    CHECK(_tmakepath_s(path, 5, NULL, _T("d"), _T("n"), _T("e")) == ERANGE && !path[0]);
    CHECK(_tsplitpath_s(_T("long.x"), NULL, 0, NULL, 0, name, 4, NULL, 0) == ERANGE && !name[0]);
    CHECK(_tremove(moved) == 0 && !_tfopen(moved, _T("r")) && errno == ENOENT);
    CHECK((file = _tfopen(_T("NUL"), _T("w"))) != NULL && !fclose(file));
    _stprintf_s(path, MAX_PATH, _T("%scrt_%u.dir"), folder, (unsigned)GetCurrentProcessId());
    CHECK(!_tmkdir(path) && _tmkdir(path) == -1 && errno == EEXIST && !_trmdir(path));
    CHECK(_tfindfirst(_T("C:\\tmp\\no such*"), &found) == -1 && errno == ENOENT);
}

static int handled;
static void on_invalid(const wchar_t *e, const wchar_t *f, const wchar_t *n, unsigned l, unsigned long r)
{
    (void)e, (void)f, (void)n, (void)l, (void)r;
    handled++;
}

static void guarded_blocks(void)
{
    volatile int steps = 0;

    for (int i = 0; i < 2; i++) {
        __try {
            steps += 1;
            if (i == 0)
                continue;
            __leave;
        } __finally {
            steps += 10;
        }
    }
    CHECK(steps == 22);
    _try {
        RaiseException(0xE0000001, 0, 0, NULL);
    } _except (EXCEPTION_EXECUTE_HANDLER) {
        steps++;
    }
    CHECK(steps == 23 && MessageBeep(MB_OK) && Beep(440, 0) && !Beep(36, 0) && GetLastError() == ERROR_INVALID_PARAMETER);
    __try {
        steps = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        steps = 2;
    }
    CHECK(steps == 1);
    char text[2];
    _set_invalid_parameter_handler(on_invalid);
    CHECK(strcpy_s(text, 2, "long") == ERANGE && handled == 1);
    _set_invalid_parameter_handler(NULL);
}

int __cdecl _tmain(int argc, TCHAR **argv)
{
    CHECK(argc == 2 && !_tcscmp(argv[1], _T("\u00e9")) && __argc == 2);
    threads();
    secure_strings();
    safe_strings();
    sizes_of_long();
    memory_and_bits();
    time_and_environment();
    files();
    names_of_files();
    guarded_blocks();
    _tprintf(_T("%s - C runtime, TCHAR of %u bytes\n"), failures ? _T("not ok") : _T("ok"), (unsigned)sizeof(TCHAR));
    return failures != 0;
}
