/* SPDX-License-Identifier: MIT */
/* Questions about open files and changes through their handles, by information class and by the
 * older calls. */
#include <stddef.h>
#include <string.h>

#include "base/utf16.h"
#include "drivers/path.h"
#include "nt/file.h"
#include "win32/path_name.h"

static int32_t get(HANDLE file, enum file_info info, void *data)
{
    return nt_file_get(handle_number(file), 0, info, data);
}

BOOL WINAPI GetFileInformationByHandle(HANDLE file, LPBY_HANDLE_FILE_INFORMATION info)
{
    struct file_basic basic;
    struct file_standard standard;
    struct file_identity identity;
    int32_t status = get(file, INFO_BASIC, &basic);
    if (status == STATUS_SUCCESS)
        status = get(file, INFO_STANDARD, &standard);
    if (status == STATUS_SUCCESS)
        status = get(file, INFO_IDENTITY, &identity);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    *info = (BY_HANDLE_FILE_INFORMATION){
        .dwFileAttributes = basic.attributes,
        .ftCreationTime = filetime_from(basic.creation),
        .ftLastAccessTime = filetime_from(basic.access),
        .ftLastWriteTime = filetime_from(basic.write),
        .dwVolumeSerialNumber = (DWORD)(identity.volume ^ identity.volume >> 32),
        .nFileSizeHigh = (DWORD)(standard.end_of_file >> 32),
        .nFileSizeLow = (DWORD)standard.end_of_file,
        .nNumberOfLinks = standard.links,
        .nFileIndexHigh = (DWORD)(identity.index >> 32),
        .nFileIndexLow = (DWORD)identity.index,
    };
    return TRUE;
}

/* The name below the drive, as many units as fit. */
static int32_t get_name(HANDLE file, PFILE_NAME_INFO info, DWORD size)
{
    char path[PATH_BYTES], windows[PATH_BYTES + 8];
    int32_t status = get(file, INFO_NAME, path);
    if (status != STATUS_SUCCESS)
        return status;
    size_t length = name_to_windows(name_table_system(), path, windows, sizeof windows);
    const char *below = windows;
    if (length > 2 && windows[1] == ':')
        below += 2;
    size_t room = (size - offsetof(FILE_NAME_INFO, FileName)) / sizeof(char16_t);
    size_t needed = utf16_from_utf8((char16_t *)info->FileName, room, below, strlen(below));
    info->FileNameLength = (DWORD)(needed * sizeof(char16_t));
    return needed > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static int32_t get_basic(HANDLE file, PFILE_BASIC_INFO info)
{
    struct file_basic basic;
    int32_t status = get(file, INFO_BASIC, &basic);
    if (status != STATUS_SUCCESS)
        return status;
    memset(info, 0, sizeof *info);
    info->CreationTime.QuadPart = (LONGLONG)basic.creation;
    info->LastAccessTime.QuadPart = (LONGLONG)basic.access;
    info->LastWriteTime.QuadPart = (LONGLONG)basic.write;
    info->ChangeTime.QuadPart = (LONGLONG)basic.change;
    info->FileAttributes = basic.attributes;
    return STATUS_SUCCESS;
}

static int32_t get_standard(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class, void *data)
{
    struct file_standard standard;
    int32_t status = get(file, INFO_STANDARD, &standard);
    if (status != STATUS_SUCCESS)
        return status;
    if (class == FileCompressionInfo) {
        PFILE_COMPRESSION_INFO info = data;
        memset(info, 0, sizeof *info);
        info->CompressedFileSize.QuadPart = (LONGLONG)standard.allocation;
        return STATUS_SUCCESS;
    }
    PFILE_STANDARD_INFO info = data;
    memset(info, 0, sizeof *info);
    info->AllocationSize.QuadPart = (LONGLONG)standard.allocation;
    info->EndOfFile.QuadPart = (LONGLONG)standard.end_of_file;
    info->NumberOfLinks = standard.links;
    info->DeletePending = standard.delete_pending;
    info->Directory = standard.directory;
    return STATUS_SUCCESS;
}

static int32_t get_tag(HANDLE file, PFILE_ATTRIBUTE_TAG_INFO info)
{
    struct file_basic basic;
    int32_t status = get(file, INFO_BASIC, &basic);
    if (status == STATUS_SUCCESS) {
        info->FileAttributes = basic.attributes;
        info->ReparseTag =
            basic.attributes & FILE_ATTRIBUTE_REPARSE_POINT ? IO_REPARSE_TAG_SYMLINK : 0;
    }
    return status;
}

static int32_t get_id(HANDLE file, PFILE_ID_INFO info)
{
    struct file_identity identity;
    int32_t status = get(file, INFO_IDENTITY, &identity);
    if (status != STATUS_SUCCESS)
        return status;
    memset(info, 0, sizeof *info);
    info->VolumeSerialNumber = identity.volume;
    memcpy(&info->FileId, &identity.index, sizeof identity.index);
    return STATUS_SUCCESS;
}

BOOL WINAPI GetFileInformationByHandleEx(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class, LPVOID data,
                                         DWORD size)
{
    static const DWORD least[MaximumFileInfoByHandleClass] = {
        [FileBasicInfo] = sizeof(FILE_BASIC_INFO),
        [FileStandardInfo] = sizeof(FILE_STANDARD_INFO),
        [FileNameInfo] = sizeof(FILE_NAME_INFO),
        [FileNormalizedNameInfo] = sizeof(FILE_NAME_INFO),
        [FileCompressionInfo] = sizeof(FILE_COMPRESSION_INFO),
        [FileAttributeTagInfo] = sizeof(FILE_ATTRIBUTE_TAG_INFO),
        [FileIdInfo] = sizeof(FILE_ID_INFO),
    };
    int32_t status;
    if ((unsigned)class >= MaximumFileInfoByHandleClass || least[class] == 0)
        status = STATUS_INVALID_PARAMETER;
    else if (size < least[class])
        status = STATUS_INFO_LENGTH_MISMATCH;
    else if (class == FileBasicInfo)
        status = get_basic(file, data);
    else if (class == FileStandardInfo || class == FileCompressionInfo)
        status = get_standard(file, class, data);
    else if (class == FileAttributeTagInfo)
        status = get_tag(file, data);
    else if (class == FileIdInfo)
        status = get_id(file, data);
    else
        status = get_name(file, data, size);
    return error_from_status(status);
}

static int32_t set(HANDLE file, DWORD access, enum file_info info, const void *data)
{
    return nt_file_set(handle_number(file), access, info, data);
}

/* 0 leaves a time as it is, and so does -1, which also asks that this handle no longer changes it.
 */
static uint64_t time_or_none(LONGLONG time)
{
    return time == -1 ? 0 : (uint64_t)time;
}

static int32_t set_basic(HANDLE file, const FILE_BASIC_INFO *info)
{
    struct file_basic basic = {
        .creation = time_or_none(info->CreationTime.QuadPart),
        .access = time_or_none(info->LastAccessTime.QuadPart),
        .write = time_or_none(info->LastWriteTime.QuadPart),
        .attributes = info->FileAttributes,
    };
    return set(file, FILE_WRITE_ATTRIBUTES, INFO_BASIC, &basic);
}

static int32_t set_rename(HANDLE file, const FILE_RENAME_INFO *info, DWORD size)
{
    struct name name;
    size_t room = size - offsetof(FILE_RENAME_INFO, FileName);
    if (info->RootDirectory != NULL || info->FileNameLength == 0 || info->FileNameLength > room ||
        info->FileNameLength % sizeof(char16_t) != 0)
        return STATUS_INVALID_PARAMETER;
    int32_t status = name_resolve_wide(name_table_system(), (const char16_t *)info->FileName,
                                       info->FileNameLength / sizeof(char16_t), &name);
    if (status == STATUS_SUCCESS && name.kind != DEVICE_FILE)
        status = STATUS_OBJECT_NAME_INVALID;
    if (status != STATUS_SUCCESS)
        return status;
    path_locate(name.text);
    struct file_rename rename = {.target = name.text, .replace = info->ReplaceIfExists};
    return set(file, DELETE, INFO_RENAME, &rename);
}

BOOL WINAPI SetFileInformationByHandle(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class, LPVOID data,
                                       DWORD size)
{
    static const DWORD least[MaximumFileInfoByHandleClass] = {
        [FileBasicInfo] = sizeof(FILE_BASIC_INFO),
        [FileRenameInfo] = sizeof(FILE_RENAME_INFO),
        [FileDispositionInfo] = sizeof(FILE_DISPOSITION_INFO),
        [FileDispositionInfoEx] = sizeof(FILE_DISPOSITION_INFO_EX),
        [FileAllocationInfo] = sizeof(FILE_ALLOCATION_INFO),
        [FileEndOfFileInfo] = sizeof(FILE_END_OF_FILE_INFO),
    };
    enum { DISPOSITION_DELETE = 1 };
    int32_t status;
    bool delete;
    if ((unsigned)class >= MaximumFileInfoByHandleClass || least[class] == 0)
        status = STATUS_INVALID_PARAMETER;
    else if (size < least[class])
        status = STATUS_INFO_LENGTH_MISMATCH;
    else if (class == FileBasicInfo)
        status = set_basic(file, data);
    else if (class == FileRenameInfo)
        status = set_rename(file, data, size);
    else if (class == FileAllocationInfo || class == FileEndOfFileInfo)
        status = set(file, FILE_WRITE_DATA,
                     class == FileEndOfFileInfo ? INFO_END_OF_FILE : INFO_ALLOCATION,
                     &((PFILE_END_OF_FILE_INFO)data)->EndOfFile.QuadPart);
    else {
        delete = class == FileDispositionInfo
                     ? ((PFILE_DISPOSITION_INFO)data)->DeleteFile != 0
                     : ((PFILE_DISPOSITION_INFO_EX)data)->Flags & DISPOSITION_DELETE;
        status = set(file, DELETE, INFO_DISPOSITION, &delete);
    }
    return error_from_status(status);
}

BOOL WINAPI GetFileTime(HANDLE file, LPFILETIME creation, LPFILETIME access, LPFILETIME write)
{
    struct file_basic basic;
    int32_t status = get(file, INFO_BASIC, &basic);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    if (creation != NULL)
        *creation = filetime_from(basic.creation);
    if (access != NULL)
        *access = filetime_from(basic.access);
    if (write != NULL)
        *write = filetime_from(basic.write);
    return TRUE;
}

/* A creation time cannot be changed on Linux; it is taken and forgotten, as on file systems without
 * one. */
BOOL WINAPI SetFileTime(HANDLE file, const FILETIME *creation, const FILETIME *access,
                        const FILETIME *write)
{
    struct file_basic basic = {
        .access = access == NULL ? 0 : time_or_none((LONGLONG)filetime_to(access)),
        .write = write == NULL ? 0 : time_or_none((LONGLONG)filetime_to(write)),
    };
    return error_from_status(set(file, FILE_WRITE_ATTRIBUTES, INFO_BASIC, &basic));
}

DWORD WINAPI GetFinalPathNameByHandleW(HANDLE file, LPWSTR buffer, DWORD capacity, DWORD flags)
{
    char path[PATH_BYTES], windows[PATH_BYTES + 8] = "\\\\?\\";
    if (!error_from_status(get(file, INFO_NAME, path)))
        return 0;
    size_t length = name_to_windows(name_table_system(), path, windows + 4, sizeof windows - 4);
    bool without_drive = (flags & 7) == VOLUME_NAME_NONE;
    if (!without_drive && (flags & 7) != VOLUME_NAME_DOS) {
        error_set(ERROR_PATH_NOT_FOUND); /* there are no volume GUIDs and no NT device paths */
        return 0;
    }
    return without_drive ? text_to_wide(windows + 6, length - 2, buffer, capacity)
                         : text_to_wide(windows, length + 4, buffer, capacity);
}

DWORD WINAPI GetFinalPathNameByHandleA(HANDLE file, LPSTR buffer, DWORD capacity, DWORD flags)
{
    WCHAR wide[PATH_BYTES + 8];
    char bytes[3 * PATH_BYTES];
    DWORD units = GetFinalPathNameByHandleW(file, wide, PATH_BYTES + 8, flags);
    if (units == 0)
        return 0;
    size_t length = utf8_from_utf16(bytes, sizeof bytes, (const char16_t *)wide, units);
    return text_to_ansi(bytes, length, buffer, capacity);
}
