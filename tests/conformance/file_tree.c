/* SPDX-License-Identifier: MIT */
/* The tree of names: moving, copying, renaming by handle, finding, full names, temporary names,
 * room on a volume. Rules: the pages of the functions. */
#include "../tap.h"

static char work[MAX_PATH];

static void make(const char *name, const char *text)
{
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    write_all(file, text, (DWORD)strlen(text));
    CloseHandle(file);
}

static int contains(const char *name, const char *text)
{
    char buffer[64] = "";
    DWORD done = 0;
    HANDLE file = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return 0;
    ReadFile(file, buffer, sizeof buffer - 1, &done, NULL);
    CloseHandle(file);
    return done == strlen(text) && !memcmp(buffer, text, done);
}

static int exists(const char *name)
{
    return GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES;
}

static void moving(void)
{
    make("one.tmp", "one");
    make("two.tmp", "two");
    ok(MoveFileA("one.tmp", "three.tmp"), "MoveFile");
    ok(!exists("one.tmp") && contains("three.tmp", "one"), "has another name then");
    fails_with(MoveFileA("three.tmp", "two.tmp"), ERROR_ALREADY_EXISTS,
               "onto an existing file is 183");
    fails_with(MoveFileA("one.tmp", "four.tmp"), ERROR_FILE_NOT_FOUND, "a missing file is 2");
    fails_with(MoveFileA("two.tmp", "nowhere\\x.tmp"), ERROR_PATH_NOT_FOUND,
               "to a missing directory is 3");
    ok(MoveFileExA("three.tmp", "two.tmp", MOVEFILE_REPLACE_EXISTING), "MoveFileEx replaces");
    ok(!exists("three.tmp") && contains("two.tmp", "one"), "what was there");
    ok(MoveFileA("two.tmp", "TWO.TMP"), "a change of case alone");

    HANDLE file =
        CreateFileA("two.tmp", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    fails_with(MoveFileA("two.tmp", "five.tmp"), ERROR_SHARING_VIOLATION,
               "open without FILE_SHARE_DELETE: 32");
    CloseHandle(file);
    ok(CreateDirectoryA("moving", NULL) && MoveFileA("moving", "moved") && exists("moved"),
       "a directory moves too");
    ok(RemoveDirectoryA("moved") && DeleteFileA("two.tmp"), "clean up");
}

static void copying(void)
{
    make("source.tmp", "contents");
    ok(CopyFileA("source.tmp", "copy.tmp", TRUE) && contains("copy.tmp", "contents"), "CopyFile");
    fails_with(CopyFileA("source.tmp", "copy.tmp", TRUE), ERROR_FILE_EXISTS,
               "an existing one, if so asked, is 80");
    make("copy.tmp", "something longer than that");
    ok(CopyFileA("source.tmp", "copy.tmp", FALSE) && contains("copy.tmp", "contents"),
       "else it is replaced");
    fails_with(CopyFileA("missing.tmp", "copy.tmp", FALSE), ERROR_FILE_NOT_FOUND,
               "a missing source is 2");
    DeleteFileA("copy.tmp");
    DeleteFileA("source.tmp");
}

/* A handle with DELETE access renames and deletes what it has open. */
static void by_handle(void)
{
    static const WCHAR target[] = {'r', 'e', 'n', 'a', 'm', 'e', 'd', '.', 't', 'm', 'p'};
    union {
        FILE_RENAME_INFO info;
        char room[sizeof(FILE_RENAME_INFO) + sizeof target];
    } rename;
    make("handle.tmp", "handle");
    HANDLE file = CreateFileA("handle.tmp", GENERIC_READ | DELETE, 7, NULL, OPEN_EXISTING, 0, NULL);
    memset(&rename, 0, sizeof rename);
    rename.info.FileNameLength = sizeof target;
    memcpy(rename.info.FileName, target, sizeof target);
    ok(SetFileInformationByHandle(file, FileRenameInfo, &rename, sizeof rename), "FileRenameInfo");
    ok(exists("renamed.tmp") && !exists("handle.tmp"), "renames");

    FILE_STANDARD_INFO standard;
    ok(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard),
       "FileStandardInfo");
    ok(standard.EndOfFile.QuadPart == 6 && !standard.DeletePending && !standard.Directory,
       "says what it is");
    FILE_DISPOSITION_INFO disposition = {TRUE};
    ok(SetFileInformationByHandle(file, FileDispositionInfo, &disposition, sizeof disposition),
       "disposition: delete");
    ok(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard) &&
           standard.DeletePending,
       "it is pending");
    no_handle(CreateFileA("renamed.tmp", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL),
              ERROR_ACCESS_DENIED, "and cannot be opened any more (5)");
    disposition.DeleteFile = FALSE;
    ok(SetFileInformationByHandle(file, FileDispositionInfo, &disposition, sizeof disposition),
       "taken back");
    CloseHandle(file);
    ok(exists("renamed.tmp"), "it stays");
    file = CreateFileA("renamed.tmp", DELETE, 7, NULL, OPEN_EXISTING, 0, NULL);
    disposition.DeleteFile = TRUE;
    ok(SetFileInformationByHandle(file, FileDispositionInfo, &disposition, sizeof disposition),
       "delete again");
    CloseHandle(file);
    ok(!exists("renamed.tmp"), "it goes with the last handle");

    make("handle.tmp", "handle");
    file = CreateFileA("handle.tmp", GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    fails_with(
        SetFileInformationByHandle(file, FileDispositionInfo, &disposition, sizeof disposition),
        ERROR_ACCESS_DENIED, "without DELETE access it is 5");
    FILE_END_OF_FILE_INFO end;
    end.EndOfFile.QuadPart = 3;
    ok(SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end), "FileEndOfFileInfo");
    ok(GetFileSize(file, NULL) == 3, "sets the size");
    fails_with(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, 4), ERROR_BAD_LENGTH,
               "too small a structure is 24");
    CloseHandle(file);
    DeleteFileA("handle.tmp");
}

static int find_count(const char *pattern, DWORD *error)
{
    WIN32_FIND_DATAA data;
    int count = 0;
    HANDLE find = FindFirstFileA(pattern, &data);
    if (find == INVALID_HANDLE_VALUE) {
        *error = GetLastError();
        return 0;
    }
    do
        count++;
    while (FindNextFileA(find, &data));
    *error = GetLastError();
    FindClose(find);
    return count;
}

static void finding(void)
{
    DWORD error = 0;
    CreateDirectoryA("find", NULL);
    make("find\\Alpha.txt", "a");
    make("find\\beta.txt", "bb");
    make("find\\gamma.dat", "ccc");
    is_int(find_count("find\\*.txt", &error), 2, "*.txt finds two");
    is_int(error, ERROR_NO_MORE_FILES, "then 18");
    is_int(find_count("find\\*", &error), 5, "* finds all, with . and ..");
    is_int(find_count("find\\*.*", &error), 5, "*.* too");
    is_int(find_count("find\\?????.*", &error), 2, "question marks count");
    is_int(find_count("find\\*.none", &error), 0, "no match");
    is_int(error, ERROR_FILE_NOT_FOUND, "is 2");
    is_int(find_count("nowhere\\*", &error), 0, "no directory");
    is_int(error, ERROR_PATH_NOT_FOUND, "is 3");
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA("find\\ALPHA.TXT", &data);
    ok(find != INVALID_HANDLE_VALUE && !strcmp(data.cFileName, "Alpha.txt"),
       "case is ignored, and given as it is");
    ok(data.nFileSizeLow == 1 && !(data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY),
       "with size and attributes");
    ok(FindClose(find), "FindClose");
    fails_with(FindClose(INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE,
               "FindClose of no handle is 6");
    fails_with(RemoveDirectoryA("find"), ERROR_DIR_NOT_EMPTY,
               "a directory that is not empty is 145");
    DeleteFileA("find\\Alpha.txt");
    DeleteFileA("find\\beta.txt");
    DeleteFileA("find\\gamma.dat");
    ok(RemoveDirectoryA("find"), "RemoveDirectory");
    fails_with(RemoveDirectoryA("find"), ERROR_FILE_NOT_FOUND, "a second time is 2");
    make("file.tmp", "x");
    fails_with(RemoveDirectoryA("file.tmp"), ERROR_DIRECTORY, "of a file is 267");
    DeleteFileA("file.tmp");
}

static void names(void)
{
    char full[MAX_PATH], *part = NULL;
    DWORD length = GetFullPathNameA("dir\\..\\name.txt", sizeof full, full, &part);
    ok(length > 8 && length == strlen(full), "GetFullPathName");
    ok(part && !strcmp(part, "name.txt"), "points to the last part");
    ok(!strncmp(full, work, strlen(work)), "is below the current directory");
    is_int(GetFullPathNameA("name.txt", 3, full, NULL), (DWORD)strlen(work) + 10,
           "too small: the room it needs");
    ok(GetFullPathNameA("C:\\a\\.\\b\\..\\*.c", sizeof full, full, &part) &&
           !strcmp(full, "C:\\a\\*.c"),
       "a pattern is made full as well");
    WCHAR wide[MAX_PATH];
    is_int(GetCurrentDirectoryW(MAX_PATH, wide), (DWORD)strlen(work), "GetCurrentDirectoryW");

    char directory[MAX_PATH], name[MAX_PATH];
    length = GetTempPathA(sizeof directory, directory);
    ok(length > 0 && directory[length - 1] == '\\', "GetTempPath ends in a backslash");
    UINT unique = GetTempFileNameA(".", "xyzwvu", 0, name);
    ok(unique != 0 && exists(name), "GetTempFileName makes a file");
    ok(strstr(name, "xyz") && !strstr(name, "xyzw"), "three letters of the prefix");
    DeleteFileA(name);
    is_int(GetTempFileNameA(".", "x", 0x12, name), 0x12, "with a number it makes none");
    ok(!exists(name), "indeed");
    fails_with(GetTempFileNameA("nowhere", "x", 0, name), ERROR_DIRECTORY, "no directory is 267");

    make("final.tmp", "x");
    HANDLE file = CreateFileA("final.tmp", 0, 7, NULL, OPEN_EXISTING, 0, NULL);
    length = GetFinalPathNameByHandleA(file, full, sizeof full, 0);
    ok(length == strlen(full) && !strncmp(full, "\\\\?\\", 4) && strstr(full, "final.tmp"),
       "GetFinalPathNameByHandle");
    CloseHandle(file);
    DeleteFileA("final.tmp");
}

static void volume(void)
{
    ULARGE_INTEGER available, total, free;
    DWORD sectors = 0, bytes = 0, free_clusters, clusters = 0;
    ok(GetDiskFreeSpaceExA(NULL, &available, &total, &free), "GetDiskFreeSpaceEx");
    ok(total.QuadPart >= free.QuadPart && free.QuadPart >= available.QuadPart,
       "in the right order");
    ok(GetDiskFreeSpaceA(NULL, &sectors, &bytes, &free_clusters, &clusters) && sectors && bytes &&
           clusters,
       "GetDiskFreeSpace");
    ok(bytes && !(bytes & (bytes - 1)), "a sector is a power of two");
    UINT type = GetDriveTypeA("C:\\");
    ok(type > DRIVE_NO_ROOT_DIR && type <= DRIVE_RAMDISK, "C: is a drive");
    is_int(GetDriveTypeA("\\\\?\\C:\\no-such-directory-here\\"), DRIVE_NO_ROOT_DIR,
           "a missing root is 1");
    ok(GetLogicalDrives() & 4, "GetLogicalDrives has it");
}

int main(void)
{
    tap_begin();
    const char *name = temp_name("tree");
    char start[MAX_PATH];
    GetCurrentDirectoryA(sizeof start, start);
    ok(CreateDirectoryA(name, NULL) && SetCurrentDirectoryA(name), "a directory of its own");
    GetCurrentDirectoryA(sizeof work, work);
    part(moving);
    part(copying);
    part(by_handle);
    part(finding);
    part(names);
    part(volume);
    ok(SetCurrentDirectoryA(start) && RemoveDirectoryA(name), "everything is cleaned up");
    return tap_end();
}
