/* SPDX-License-Identifier: MIT */
/* Deleting: FILE_FLAG_DELETE_ON_CLOSE, DeleteFile of an open file, disposition by handle, rename.
 * Rules: the pages of CreateFile, DeleteFile, SetFileInformationByHandle, MoveFileEx. */
#include "../tap.h"

static int exists(const char *name)
{
    return GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES;
}

static void by_flag(void)
{
    const char *name = temp_name("doc");
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE | DELETE, 7, NULL, CREATE_NEW,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    ok(file != INVALID_HANDLE_VALUE, "FILE_FLAG_DELETE_ON_CLOSE");
    ok(exists(name), "the file is there while it is open");
    ok(write_all(file, "data", 4), "and works");
    HANDLE second = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    ok(second != INVALID_HANDLE_VALUE, "a second open with FILE_SHARE_DELETE");
    CloseHandle(second);
    ok(exists(name), "its close deletes nothing");
    no_handle(CreateFileA(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL),
              ERROR_SHARING_VIOLATION, "without FILE_SHARE_DELETE: 32");
    HANDLE self = GetCurrentProcess(), copy = NULL;
    DuplicateHandle(self, file, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    CloseHandle(file);
    ok(exists(name), "a duplicate keeps it");
    CloseHandle(copy);
    ok(!exists(name), "the last close deletes it");
}

static void while_open(void)
{
    const char *name = temp_name("del");
    HANDLE file = file_with_pattern(name, 10, 0); /* shares delete */
    char byte = 0;
    DWORD done = 0;
    ok(DeleteFileA(name), "DeleteFile of a file that is open with FILE_SHARE_DELETE");
    ok(ReadFile(file, &byte, 1, &done, NULL) && done == 1 && byte == (char)pattern_byte(0), "the handle still reads");
    CloseHandle(file);
    ok(!exists(name), "after the close it is gone");
    file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL, CREATE_NEW, 0, NULL);
    ok(file != INVALID_HANDLE_VALUE, "the name is free");
    fails_with(DeleteFileA(name), ERROR_SHARING_VIOLATION, "without FILE_SHARE_DELETE DeleteFile is 32");
    CloseHandle(file);
    ok(DeleteFileA(name), "closed it can be deleted");
    CreateDirectoryA(name, NULL);
    fails_with(DeleteFileA(name), ERROR_ACCESS_DENIED, "a directory is 5");
    RemoveDirectoryA(name);
    file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_READONLY, NULL);
    CloseHandle(file);
    fails_with(DeleteFileA(name), ERROR_ACCESS_DENIED, "a read-only file is 5");
    ok(SetFileAttributesA(name, FILE_ATTRIBUTE_NORMAL), "made writable");
    ok(DeleteFileA(name), "it can be deleted");
}

static void by_disposition(void)
{
    const char *name = temp_name("disp");
    HANDLE file = CreateFileA(name, GENERIC_WRITE | DELETE, 7, NULL, CREATE_NEW, 0, NULL);
    FILE_DISPOSITION_INFO info = {TRUE};
    ok(SetFileInformationByHandle(file, FileDispositionInfo, &info, sizeof info), "FileDispositionInfo");
    info.DeleteFile = FALSE;
    ok(SetFileInformationByHandle(file, FileDispositionInfo, &info, sizeof info), "taken back");
    CloseHandle(file);
    ok(exists(name), "nothing is deleted");
    file = CreateFileA(name, DELETE, 7, NULL, OPEN_EXISTING, 0, NULL);
    info.DeleteFile = TRUE;
    ok(SetFileInformationByHandle(file, FileDispositionInfo, &info, sizeof info), "again");
    CloseHandle(file);
    ok(!exists(name), "deleted at close");
    file = CreateFileA(name, GENERIC_WRITE, 7, NULL, CREATE_NEW, 0, NULL);
    fails_with(SetFileInformationByHandle(file, FileDispositionInfo, &info, sizeof info), ERROR_ACCESS_DENIED,
               "without DELETE access it is 5");
    CloseHandle(file);
    DeleteFileA(name);
}

static void moving(void)
{
    char from[64], to[64];
    strcpy(from, temp_name("from"));
    strcpy(to, temp_name("to"));
    CloseHandle(file_with_pattern(from, 10, 0));
    ok(MoveFileA(from, to), "MoveFile");
    ok(!exists(from) && exists(to), "moved");
    CloseHandle(file_with_pattern(from, 20, 0));
    fails_with(MoveFileA(from, to), ERROR_ALREADY_EXISTS, "an existing target is 183");
    ok(MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING), "MOVEFILE_REPLACE_EXISTING replaces it");
    HANDLE file = CreateFileA(to, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    is_int(GetFileSize(file, NULL), 20, "by the new one");
    CloseHandle(file);
    fails_with(MoveFileA(from, to), ERROR_FILE_NOT_FOUND, "a missing source is 2");
    DeleteFileA(to);
}

int main(void)
{
    tap_begin();
    part(by_flag);
    part(while_open);
    part(by_disposition);
    part(moving);
    return tap_end();
}
