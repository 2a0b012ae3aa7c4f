/* SPDX-License-Identifier: MIT */
/* Zw* on files and events. Handles of drivers are synchronous always: a request is waited for, whatever the options say. Names are \??\X and
 * \DosDevices\X, which mean what \\?\X means to a program, and \Device\X of drivers. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf16.h"
#include "drivers/usb_node.h"
#include "nt/open.h"
#include "nt/sync.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

static uint64_t number_of(HANDLE handle)
{
    return (uint64_t)(uintptr_t)handle;
}

/* ---- Opening --------------------------------------------------------------------------------------------------------- */

static ACCESS_MASK access_specific(ACCESS_MASK access)
{
    ACCESS_MASK specific = access & 0x01ffffff;
    specific |= access & GENERIC_READ ? file_type.generic_read : 0;
    specific |= access & GENERIC_WRITE ? file_type.generic_write : 0;
    specific |= access & GENERIC_EXECUTE ? file_type.generic_execute : 0;
    return access & (GENERIC_ALL | MAXIMUM_ALLOWED) ? file_type.valid_access : specific;
}

/* The program's spelling of a name in the object manager; NULL: nothing that a program can name. */
static const char *dos_path(char *text)
{
    static const struct {
        const char *directory, *instead;
    } known[] = {{"\\??\\", "\\\\?\\"}, {"\\DosDevices\\", "\\\\?\\"}, {"\\GLOBAL??\\", "\\\\?\\"}, {"\\SystemRoot\\", "C:\\Windows\\"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(known[i].directory), put = strlen(known[i].instead);
        if (strncasecmp(text, known[i].directory, length) != 0)
            continue;
        char *start = text + length - (put < length ? put : length);
        if (put > length)
            return NULL;
        memcpy(start, known[i].instead, put);
        return start;
    }
    return NULL;
}

static uint32_t disposition_of(ULONG disposition)
{
    enum { CREATE_NEW = 1, CREATE_ALWAYS, OPEN_EXISTING, OPEN_ALWAYS, TRUNCATE_EXISTING };
    static const uint32_t known[] = {CREATE_ALWAYS, OPEN_EXISTING, CREATE_NEW, OPEN_ALWAYS, TRUNCATE_EXISTING, CREATE_ALWAYS};
    return disposition < sizeof known / sizeof *known ? known[disposition] : 0;
}

static ULONG_PTR opened_how(ULONG disposition, bool existed)
{
    if (!existed)
        return FILE_CREATED;
    return disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED
           : disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF ? FILE_OVERWRITTEN : FILE_OPENED;
}

static NTSTATUS name_open(char *text, struct open_request *request, uint64_t *handle)
{
    static const char device[] = "\\Device\\";
    struct name *name;
    struct file *file;
    if (strncasecmp(text, device, sizeof device - 1) == 0) {
        for (char *at = text; *at != '\0'; at++)
            if (*at >= 'A' && *at <= 'Z')
                *at = (char)(*at - 'A' + 'a');
        struct wdm_device *found = wdm_device_find_referenced(text);
        if (found == NULL)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        request->path = "";
        NTSTATUS status = wdm_file_open(found, request, &file);
        wdm_device_dereference(found);
        return status == STATUS_SUCCESS ? nt_file_handle(file, request->access | SYNCHRONIZE, false, handle) : status;
    }
    const char *path = dos_path(text);
    if (path == NULL)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    name = malloc(sizeof *name);
    if (name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = name_resolve(name_table_system(), path, strlen(path), name);
    if (status == STATUS_SUCCESS) {
        usb_nodes_hurry(true);
        status = nt_open_name(name, request, false, handle);
        usb_nodes_hurry(false);
    }
    free(name);
    return status;
}

NTSTATUS NTAPI ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                            ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength)
{
    char text[NAME_BYTES];
    uint64_t handle;
    VERIFY_IRQL(PASSIVE_LEVEL);
    (void)AllocationSize;
    (void)EaBuffer;
    (void)EaLength;
    const UNICODE_STRING *given = ObjectAttributes->ObjectName;
    if (ObjectAttributes->RootDirectory != NULL || given == NULL)
        return STATUS_NOT_SUPPORTED;
    size_t length = utf8_from_utf16(text, sizeof text - 1, (const char16_t *)given->Buffer, given->Length / sizeof(WCHAR));
    if (length >= sizeof text)
        return STATUS_NAME_TOO_LONG;
    text[length] = '\0';
    struct open_request request = {.access = access_specific(DesiredAccess),
                                   .share = ShareAccess,
                                   .disposition = disposition_of(CreateDisposition),
                                   .attributes = FileAttributes & 0xffff};
    request.flags = (CreateOptions & FILE_WRITE_THROUGH ? 0x80000000u : 0) |
                    (CreateOptions & FILE_NO_INTERMEDIATE_BUFFERING ? 0x20000000u : 0) |
                    (CreateOptions & FILE_DELETE_ON_CLOSE ? 0x04000000u : 0) |
                    (CreateOptions & FILE_DIRECTORY_FILE ? 0x02000000u : 0);
    if (request.disposition == 0)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = name_open(text, &request, &handle);
    IoStatusBlock->Status = status;
    IoStatusBlock->Information = status == STATUS_SUCCESS ? opened_how(CreateDisposition, request.existed || CreateDisposition == FILE_OPEN) : 0;
    if (status == STATUS_SUCCESS)
        *FileHandle = (HANDLE)(uintptr_t)handle;
    return status;
}

NTSTATUS NTAPI ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                          PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions)
{
    return ZwCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, FILE_ATTRIBUTE_NORMAL, ShareAccess, FILE_OPEN,
                        OpenOptions, NULL, 0);
}

/* ---- Requests ----------------------------------------------------------------------------------------------------------- */

static NTSTATUS call_run(struct io_call *call, HANDLE event, IO_STATUS_BLOCK *block)
{
    uint64_t information = 0;
    NTSTATUS status = nt_io(call, &information);
    block->Status = status;
    block->Information = information;
    if (event != NULL && !NT_ERROR(status))
        ZwSetEvent(event, NULL);
    return status;
}

static NTSTATUS transfer(HANDLE file, HANDLE event, IO_STATUS_BLOCK *block, bool reads, void *buffer, ULONG length,
                         const LARGE_INTEGER *offset)
{
    enum { USE_POSITION = -2, END_OF_FILE = -1 };
    struct io_call call = {.handle = number_of(file),
                           .access = reads ? FILE_READ_DATA : FILE_WRITE_DATA,
                           .major = reads ? IRP_READ : IRP_WRITE,
                           .buffer = buffer,
                           .length = length};
    if (offset != NULL && offset->HighPart != -1) {
        call.has_offset = true;
        call.offset = (uint64_t)offset->QuadPart;
    } else if (offset != NULL && (LONG)offset->LowPart == END_OF_FILE) {
        int64_t position;
        nt_file_seek(call.handle, 0, 2, &position);
    }
    return call_run(&call, event, block);
}

NTSTATUS NTAPI ZwReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                          PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    (void)ApcRoutine;
    (void)ApcContext;
    (void)Key;
    return transfer(FileHandle, Event, IoStatusBlock, true, Buffer, Length, ByteOffset);
}

NTSTATUS NTAPI ZwWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                           PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    (void)ApcRoutine;
    (void)ApcContext;
    (void)Key;
    return transfer(FileHandle, Event, IoStatusBlock, false, Buffer, Length, ByteOffset);
}

NTSTATUS NTAPI ZwDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                                     ULONG OutputBufferLength)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    (void)ApcRoutine;
    (void)ApcContext;
    struct io_call call = {.handle = number_of(FileHandle),
                           .access = IoControlCode >> 14 & (FILE_READ_DATA | FILE_WRITE_DATA),
                           .major = IRP_CONTROL,
                           .code = IoControlCode,
                           .buffer = OutputBuffer,
                           .length = OutputBufferLength,
                           .input = InputBuffer,
                           .input_length = InputBufferLength};
    return call_run(&call, Event, IoStatusBlock);
}

NTSTATUS NTAPI ZwFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    struct io_call call = {.handle = number_of(FileHandle), .access = FILE_WRITE_DATA, .major = IRP_FLUSH};
    return call_run(&call, NULL, IoStatusBlock);
}

/* ---- Information ---------------------------------------------------------------------------------------------------------- */

static NTSTATUS information_query(HANDLE file, void *buffer, ULONG length, FILE_INFORMATION_CLASS class, ULONG *size)
{
    struct file_standard standard;
    struct file_basic basic;
    int64_t position;
    NTSTATUS status;
    switch (class) {
    case FileStandardInformation:
        *size = sizeof(FILE_STANDARD_INFORMATION);
        if (length < *size)
            return STATUS_INFO_LENGTH_MISMATCH;
        status = nt_file_get(number_of(file), 0, INFO_STANDARD, &standard);
        if (status == STATUS_SUCCESS)
            *(FILE_STANDARD_INFORMATION *)buffer =
                (FILE_STANDARD_INFORMATION){.AllocationSize.QuadPart = (LONGLONG)standard.allocation,
                                            .EndOfFile.QuadPart = (LONGLONG)standard.end_of_file, .NumberOfLinks = standard.links,
                                            .DeletePending = standard.delete_pending, .Directory = standard.directory};
        return status;
    case FileBasicInformation:
        *size = sizeof(FILE_BASIC_INFORMATION);
        if (length < *size)
            return STATUS_INFO_LENGTH_MISMATCH;
        status = nt_file_get(number_of(file), FILE_READ_ATTRIBUTES, INFO_BASIC, &basic);
        if (status == STATUS_SUCCESS)
            *(FILE_BASIC_INFORMATION *)buffer =
                (FILE_BASIC_INFORMATION){.CreationTime.QuadPart = (LONGLONG)basic.creation, .LastAccessTime.QuadPart = (LONGLONG)basic.access,
                                         .LastWriteTime.QuadPart = (LONGLONG)basic.write, .ChangeTime.QuadPart = (LONGLONG)basic.change,
                                         .FileAttributes = basic.attributes};
        return status;
    case FilePositionInformation:
        *size = sizeof(FILE_POSITION_INFORMATION);
        if (length < *size)
            return STATUS_INFO_LENGTH_MISMATCH;
        status = nt_file_seek(number_of(file), 0, 1, &position);
        ((FILE_POSITION_INFORMATION *)buffer)->CurrentByteOffset.QuadPart = position;
        return status;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NTAPI ZwQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                      FILE_INFORMATION_CLASS FileInformationClass)
{
    ULONG size = 0;
    VERIFY_IRQL(PASSIVE_LEVEL);
    NTSTATUS status = information_query(FileHandle, FileInformation, Length, FileInformationClass, &size);
    IoStatusBlock->Status = status;
    IoStatusBlock->Information = status == STATUS_SUCCESS ? size : 0;
    return status;
}

static NTSTATUS information_set(HANDLE file, const void *buffer, ULONG length, FILE_INFORMATION_CLASS class)
{
    int64_t position;
    switch (class) {
    case FilePositionInformation:
        if (length < sizeof(FILE_POSITION_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        return nt_file_seek(number_of(file), ((const FILE_POSITION_INFORMATION *)buffer)->CurrentByteOffset.QuadPart, 0, &position);
    case FileEndOfFileInformation: {
        if (length < sizeof(FILE_END_OF_FILE_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        uint64_t end = (uint64_t)((const FILE_END_OF_FILE_INFORMATION *)buffer)->EndOfFile.QuadPart;
        return nt_file_set(number_of(file), FILE_WRITE_DATA, INFO_END_OF_FILE, &end);
    }
    case FileDispositionInformation: {
        if (length < sizeof(FILE_DISPOSITION_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        bool deletes = ((const FILE_DISPOSITION_INFORMATION *)buffer)->DeleteFile;
        return nt_file_set(number_of(file), DELETE, INFO_DISPOSITION, &deletes);
    }
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NTAPI ZwSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    NTSTATUS status = information_set(FileHandle, FileInformation, Length, FileInformationClass);
    IoStatusBlock->Status = status;
    IoStatusBlock->Information = 0;
    return status;
}

/* ---- Events and waits ---------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI ZwCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                             BOOLEAN InitialState)
{
    uint64_t handle;
    if (ObjectAttributes != NULL && ObjectAttributes->ObjectName != NULL)
        return STATUS_NOT_SUPPORTED; /* names of events are the programs' */
    struct event *event = event_create(EventType == NotificationEvent, InitialState != 0);
    if (event == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = handle_create(&event->object, DesiredAccess & 0x1f0003 ? DesiredAccess & 0x1f0003 : EVENT_ALL_ACCESS, 0, &handle);
    object_dereference(&event->object);
    if (status == STATUS_SUCCESS)
        *EventHandle = (HANDLE)(uintptr_t)handle;
    return status;
}

static NTSTATUS event_change(HANDLE handle, int32_t signal, LONG *previous)
{
    struct object *object;
    NTSTATUS status = handle_hold(number_of(handle), &event_type, EVENT_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    LONG before = dispatcher_exchange(&container_of(object, struct event, object)->dispatcher, signal);
    handle_release(object);
    if (previous != NULL)
        *previous = before;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return event_change(EventHandle, 1, PreviousState);
}

NTSTATUS NTAPI ZwClearEvent(HANDLE EventHandle)
{
    return event_change(EventHandle, 0, NULL);
}

NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    struct object *object;
    VERIFY_IRQL(APC_LEVEL);
    NTSTATUS status = handle_reference(number_of(Handle), NULL, SYNCHRONIZE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct dispatcher *dispatcher = object_dispatcher(object);
    status = dispatcher == NULL ? STATUS_OBJECT_TYPE_MISMATCH : wait_for_one(dispatcher, Alertable, wdm_deadline(Timeout));
    object_dereference(object);
    return status;
}
