/* SPDX-License-Identifier: MIT */
/* CreateFile: what each disposition does and which last error it leaves, bad arguments, directories,
 * wide names, CreateFile2. Rules: the CreateFile page, and the table of device kinds. */
#include "../tap.h"

static HANDLE open_with(const char *name, DWORD access, DWORD disposition)
{
    SetLastError(0xdead);
    return CreateFileA(name, access, 0, NULL, disposition, FILE_ATTRIBUTE_NORMAL, NULL);
}

static DWORD size_of(const char *name)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    return GetFileAttributesExA(name, GetFileExInfoStandard, &data) ? data.nFileSizeLow : 0xffffffff;
}

static void dispositions(void)
{
    const char *name = temp_name("disposition");
    DeleteFileA(name);

    /* Failure is INVALID_HANDLE_VALUE and never NULL. */
    no_handle(open_with(name, GENERIC_READ, OPEN_EXISTING), ERROR_FILE_NOT_FOUND,
              "OPEN_EXISTING of a missing file is 2");
    no_handle(open_with(name, GENERIC_WRITE, TRUNCATE_EXISTING), ERROR_FILE_NOT_FOUND,
              "TRUNCATE_EXISTING of a missing file is 2");

    HANDLE file = open_with(name, GENERIC_READ | GENERIC_WRITE, CREATE_NEW);
    ok(file != INVALID_HANDLE_VALUE, "CREATE_NEW makes it");
    ok(write_all(file, "hello", 5), "and it can be written");
    CloseHandle(file);
    no_handle(open_with(name, GENERIC_WRITE, CREATE_NEW), ERROR_FILE_EXISTS,
              "CREATE_NEW of an existing file is 80");

    /* OPEN_ALWAYS: existed -> success and last error 183, contents kept. */
    file = open_with(name, GENERIC_READ, OPEN_ALWAYS);
    DWORD error = GetLastError();
    ok(file != INVALID_HANDLE_VALUE, "OPEN_ALWAYS opens an existing file");
    is_int(error, ERROR_ALREADY_EXISTS, "with last error 183");
    CloseHandle(file);
    is_int(size_of(name), 5, "and keeps what is in it");

    /* CREATE_ALWAYS: existed -> success and 183, contents gone. */
    file = open_with(name, GENERIC_WRITE, CREATE_ALWAYS);
    error = GetLastError();
    ok(file != INVALID_HANDLE_VALUE, "CREATE_ALWAYS replaces an existing file");
    is_int(error, ERROR_ALREADY_EXISTS, "with last error 183");
    ok(write_all(file, "abc", 3), "it can be written");
    CloseHandle(file);
    is_int(size_of(name), 3, "the old contents are gone");

    file = open_with(name, GENERIC_WRITE, TRUNCATE_EXISTING);
    ok(file != INVALID_HANDLE_VALUE, "TRUNCATE_EXISTING opens it");
    CloseHandle(file);
    is_int(size_of(name), 0, "and leaves no bytes");
    /* Wine opens it; the CreateFile page says that the caller must have GENERIC_WRITE. */
    no_handle(open_with(name, GENERIC_READ, TRUNCATE_EXISTING), ERROR_INVALID_PARAMETER,
              "TRUNCATE_EXISTING needs GENERIC_WRITE (87)");

    file = open_with(name, GENERIC_READ, OPEN_EXISTING);
    ok(file != INVALID_HANDLE_VALUE, "OPEN_EXISTING opens it");
    CloseHandle(file);
    ok(DeleteFileA(name), "DeleteFile");

    /* Created -> last error 0. */
    file = open_with(name, GENERIC_WRITE, OPEN_ALWAYS);
    error = GetLastError();
    ok(file != INVALID_HANDLE_VALUE, "OPEN_ALWAYS makes a missing file");
    is_int(error, 0, "with last error 0");
    CloseHandle(file);
    DeleteFileA(name);
    file = open_with(name, GENERIC_WRITE, CREATE_ALWAYS);
    error = GetLastError();
    ok(file != INVALID_HANDLE_VALUE, "CREATE_ALWAYS makes a missing file");
    is_int(error, 0, "with last error 0");
    CloseHandle(file);
    DeleteFileA(name);
    fails_with(DeleteFileA(name), ERROR_FILE_NOT_FOUND, "DeleteFile of a missing file is 2");
}

static void bad_arguments(void)
{
    no_handle(open_with("test-bad.tmp", GENERIC_READ, 0), ERROR_INVALID_PARAMETER, "disposition 0 is 87");
    no_handle(open_with("test-bad.tmp", GENERIC_READ, 6), ERROR_INVALID_PARAMETER, "disposition 6 is 87");
    no_handle(open_with("test-no-such-directory/x.tmp", GENERIC_READ, OPEN_EXISTING), ERROR_PATH_NOT_FOUND,
              "a missing directory is 3");
    no_handle(open_with("test-no-such-directory\\x.tmp", GENERIC_WRITE, CREATE_ALWAYS),
              ERROR_PATH_NOT_FOUND, "also when creating, and with backslashes");
    SetLastError(0xdead);
    HANDLE file = open_with("", GENERIC_READ, OPEN_EXISTING);
    ok(file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PATH_NOT_FOUND, "an empty name is 3");
}

static void directories(void)
{
    const char *name = temp_name("directory");
    ok(CreateDirectoryA(name, NULL), "CreateDirectory");
    fails_with(CreateDirectoryA(name, NULL), ERROR_ALREADY_EXISTS, "a second time is 183");
    /* A directory opens only with FILE_FLAG_BACKUP_SEMANTICS. */
    no_handle(open_with(name, GENERIC_READ, OPEN_EXISTING), ERROR_ACCESS_DENIED,
              "a directory without the backup flag is 5");
    HANDLE directory = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS,
                                   NULL);
    ok(directory != INVALID_HANDLE_VALUE, "with it, it opens");
    BY_HANDLE_FILE_INFORMATION info;
    memset(&info, 0, sizeof info);
    ok(GetFileInformationByHandle(directory, &info), "GetFileInformationByHandle works on it");
    ok(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY, "and says directory");
    CloseHandle(directory);
    is_int(GetFileAttributesA(name) & FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_DIRECTORY,
           "GetFileAttributes says directory");
    ok(RemoveDirectoryA(name), "RemoveDirectory");
    is_int(GetFileAttributesA(name), INVALID_FILE_ATTRIBUTES, "then it is gone");
}

static void access_rights(void)
{
    const char *name = temp_name("access");
    char byte = 0;
    DWORD done = 7;
    CloseHandle(file_with_pattern(name, 10, 0));

    HANDLE file = open_with(name, GENERIC_READ, OPEN_EXISTING);
    fails_with(WriteFile(file, "x", 1, &done, NULL), ERROR_ACCESS_DENIED, "write at a read handle is 5");
    is_int(done, 0, "the count was set to 0 first");
    /* Wine says 87; the SetEndOfFile page asks for GENERIC_WRITE, and a missing right is access denied. */
    fails_with(SetEndOfFile(file), ERROR_ACCESS_DENIED, "SetEndOfFile needs GENERIC_WRITE (5)");
    fails_with(FlushFileBuffers(file), ERROR_ACCESS_DENIED, "FlushFileBuffers needs GENERIC_WRITE (5)");
    CloseHandle(file);

    file = open_with(name, GENERIC_WRITE, OPEN_EXISTING);
    done = 7;
    fails_with(ReadFile(file, &byte, 1, &done, NULL), ERROR_ACCESS_DENIED, "read at a write handle is 5");
    is_int(done, 0, "the count was set to 0 first");
    ok(FlushFileBuffers(file), "FlushFileBuffers with GENERIC_WRITE");
    CloseHandle(file);

    /* Access 0: attributes only. */
    file = open_with(name, 0, OPEN_EXISTING);
    ok(file != INVALID_HANDLE_VALUE, "access 0 opens for attributes");
    LARGE_INTEGER size = {0};
    ok(GetFileSizeEx(file, &size), "GetFileSizeEx needs no read access");
    is_int(size.QuadPart, 10, "and gives the size");
    fails_with(ReadFile(file, &byte, 1, &done, NULL), ERROR_ACCESS_DENIED, "but no reading (5)");
    CloseHandle(file);

    /* FILE_APPEND_DATA without FILE_WRITE_DATA writes at the end, wherever the pointer is. */
    file = open_with(name, FILE_APPEND_DATA | SYNCHRONIZE, OPEN_EXISTING);
    ok(write_all(file, "end", 3), "append access writes");
    CloseHandle(file);
    is_int(size_of(name), 13, "at the end of the file");
    DeleteFileA(name);
}

static void wide_names(void)
{
    static const WCHAR name[] = {'t', 'e', 's', 't', '-', 0x00e9, 0x4e2d, 0xd83d, 0xde00, '.', 't', 'm', 'p', 0};
    HANDLE file = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    ok(file != INVALID_HANDLE_VALUE, "a name with accents, Chinese and a surrogate pair");
    CloseHandle(file);
    is_int(GetFileAttributesW(name) == INVALID_FILE_ATTRIBUTES, 0, "is found again");
    CREATEFILE2_EXTENDED_PARAMETERS extra;
    memset(&extra, 0, sizeof extra);
    extra.dwSize = sizeof extra;
    extra.dwFileFlags = FILE_FLAG_OVERLAPPED;
    file = CreateFile2(name, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, &extra);
    ok(file != INVALID_HANDLE_VALUE, "CreateFile2 opens it");
    char byte;
    DWORD done;
    fails_with(ReadFile(file, &byte, 1, &done, NULL), ERROR_INVALID_PARAMETER,
               "and takes FILE_FLAG_OVERLAPPED from its parameters");
    CloseHandle(file);
    file = CreateFile2(name, GENERIC_READ, 0, OPEN_EXISTING, NULL);
    ok(file != INVALID_HANDLE_VALUE, "CreateFile2 without parameters");
    CloseHandle(file);
    ok(DeleteFileW(name), "DeleteFileW");
}

static void case_and_slashes(void)
{
    const char *directory = temp_name("Dir");
    char path[128], other[128];
    CreateDirectoryA(directory, NULL);
    snprintf(path, sizeof path, "%s\\MixedCase.TXT", directory);
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    ok(file != INVALID_HANDLE_VALUE, "backslash separates");
    CloseHandle(file);
    snprintf(other, sizeof other, "%s/mixedcase.txt", directory);
    file = CreateFileA(other, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    ok(file != INVALID_HANDLE_VALUE, "slash separates too, and case is ignored when looking for a name");
    CloseHandle(file);
    ok(DeleteFileA(path), "delete the file");
    ok(RemoveDirectoryA(directory), "and the directory");
}

int main(void)
{
    tap_begin();
    part(dispositions);
    part(bad_arguments);
    part(directories);
    part(access_rights);
    part(wide_names);
    part(case_and_slashes);
    return tap_end();
}
