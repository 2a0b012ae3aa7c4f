/* SPDX-License-Identifier: MIT */
/* Attributes, times and information of files. Rules: spec section 9 (Files) and the pages of the functions. */
#include "../tap.h"

static void read_only(void)
{
    const char *name = temp_name("ro");
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_READONLY, NULL);
    ok(file != INVALID_HANDLE_VALUE && write_all(file, "x", 1), "a file created read-only can be written by its creator");
    CloseHandle(file);
    ok(GetFileAttributesA(name) & FILE_ATTRIBUTE_READONLY, "GetFileAttributes says read-only");
    no_handle(CreateFileA(name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL), ERROR_ACCESS_DENIED,
              "opening it for writing is 5");
    no_handle(CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL), ERROR_ACCESS_DENIED,
              "replacing it is 5");
    file = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    ok(file != INVALID_HANDLE_VALUE, "for reading it opens");
    CloseHandle(file);
    ok(SetFileAttributesA(name, FILE_ATTRIBUTE_NORMAL), "SetFileAttributes");
    is_int(GetFileAttributesA(name) & FILE_ATTRIBUTE_READONLY, 0, "not read-only any more");
    ok(DeleteFileA(name), "delete");
    SetLastError(0xdead);
    is_int(GetFileAttributesA(name), INVALID_FILE_ATTRIBUTES, "a missing file");
    is_int(GetLastError(), ERROR_FILE_NOT_FOUND, "is 2");
    fails_with(SetFileAttributesA(name, FILE_ATTRIBUTE_NORMAL), ERROR_FILE_NOT_FOUND, "setting too");
}

static ULONGLONG stamp(FILETIME t)
{
    return (ULONGLONG)t.dwHighDateTime << 32 | t.dwLowDateTime;
}

static void information(void)
{
    const char *name = temp_name("info");
    HANDLE file = file_with_pattern(name, 12345, 0);
    BY_HANDLE_FILE_INFORMATION info, again;
    memset(&info, 0, sizeof info);
    ok(GetFileInformationByHandle(file, &info), "GetFileInformationByHandle");
    is_int(info.nFileSizeLow, 12345, "the size");
    is_int(info.nFileSizeHigh, 0, "its high part");
    is_int(info.nNumberOfLinks, 1, "one link");
    is_int(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY, 0, "no directory");
    HANDLE second = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    ok(GetFileInformationByHandle(second, &again) && again.nFileIndexLow == info.nFileIndexLow &&
           again.nFileIndexHigh == info.nFileIndexHigh && again.dwVolumeSerialNumber == info.dwVolumeSerialNumber,
       "a second open has the same identity");
    CloseHandle(second);
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    LONGLONG age = (LONGLONG)(stamp(now) - stamp(info.ftLastWriteTime));
    ok(age > -20000000 && age < 600000000, "written just now");

    FILE_STANDARD_INFO standard;
    memset(&standard, 0, sizeof standard);
    ok(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard), "FileStandardInfo");
    ok(standard.EndOfFile.QuadPart == 12345 && !standard.Directory && !standard.DeletePending, "as it is");
    FILE_BASIC_INFO basic;
    memset(&basic, 0, sizeof basic);
    ok(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic), "FileBasicInfo");
    ok((ULONGLONG)basic.LastWriteTime.QuadPart == stamp(info.ftLastWriteTime), "the same time");
    fails_with(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, 4), ERROR_BAD_LENGTH, "too small is 24");

    FILE_END_OF_FILE_INFO end;
    end.EndOfFile.QuadPart = 500;
    ok(SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end), "FileEndOfFileInfo");
    is_int(GetFileSize(file, NULL), 500, "sets the size");
    CloseHandle(file);
    WIN32_FILE_ATTRIBUTE_DATA data;
    ok(GetFileAttributesExA(name, GetFileExInfoStandard, &data) && data.nFileSizeLow == 500, "GetFileAttributesEx");
    DeleteFileA(name);
}

static void times(void)
{
    const char *name = temp_name("times");
    HANDLE file = file_with_pattern(name, 1, 0);
    SYSTEMTIME when = {2001, 2, 0, 3, 4, 5, 6, 0}, back;
    FILETIME set, got;
    memset(&back, 0, sizeof back);
    ok(SystemTimeToFileTime(&when, &set), "SystemTimeToFileTime");
    ok(stamp(set) == 126256467060000000ULL, "3 February 2001, 04:05:06");
    ok(FileTimeToSystemTime(&set, &back) && back.wYear == 2001 && back.wMonth == 2 && back.wDay == 3 &&
           back.wHour == 4 && back.wMinute == 5 && back.wSecond == 6 && back.wDayOfWeek == 6,
       "and back; it was a Saturday");
    ok(SetFileTime(file, NULL, NULL, &set), "SetFileTime");
    ok(GetFileTime(file, NULL, NULL, &got) && stamp(got) == stamp(set), "GetFileTime");
    CloseHandle(file);
    WIN32_FILE_ATTRIBUTE_DATA data;
    ok(GetFileAttributesExA(name, GetFileExInfoStandard, &data) && stamp(data.ftLastWriteTime) == stamp(set),
       "it stays after the close");
    DeleteFileA(name);
}

int main(void)
{
    tap_begin();
    part(read_only);
    part(information);
    part(times);
    return tap_end();
}
