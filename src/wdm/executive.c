/* SPDX-License-Identifier: MIT */
/* What else a driver calls: pool, system threads, references by handle, work items, memory descriptors, strings,
 * DbgPrint. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/format.h"
#include "base/trace.h"
#include "base/utf16.h"
#include "nt/sync.h"
#include "wdm/wdm_host.h"

/* ---- Pool --------------------------------------------------------------------------------------------------------- */

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    (void)PoolType;
    (void)Tag;
    return malloc(NumberOfBytes != 0 ? NumberOfBytes : 1);
}

PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    if (Tag == 0 || NumberOfBytes == 0)
        return NULL; /* both are refused by the documentation */
    return Flags & POOL_FLAG_UNINITIALIZED ? malloc(NumberOfBytes) : calloc(1, NumberOfBytes);
}

VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    (void)Tag;
    free(P);
}

VOID NTAPI ExFreePool(PVOID P)
{
    free(P);
}

/* ---- Threads and objects -------------------------------------------------------------------------------------------- */

struct system_thread {
    PKSTART_ROUTINE routine;
    PVOID context;
};

static uint32_t system_thread_run(void *context)
{
    struct system_thread start = *(struct system_thread *)context;
    free(context);
    start.routine(start.context);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                    HANDLE ProcessHandle, PVOID ClientId, PKSTART_ROUTINE StartRoutine,
                                    PVOID StartContext)
{
    (void)DesiredAccess;
    (void)ObjectAttributes;
    (void)ProcessHandle;
    (void)ClientId;
    struct system_thread *start = malloc(sizeof *start);
    if (start == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *start = (struct system_thread){StartRoutine, StartContext};
    struct thread *thread;
    NTSTATUS status = thread_create(system_thread_run, start, 0, false, &thread);
    if (status != STATUS_SUCCESS) {
        free(start);
        return status;
    }
    uint64_t handle;
    status = handle_create(&thread->object, thread_type.valid_access, 0, &handle);
    object_dereference(&thread->object);
    if (status == STATUS_SUCCESS)
        *ThreadHandle = (HANDLE)(uintptr_t)handle;
    return status;
}

NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    thread_exit((uint32_t)ExitStatus);
}

/* A driver sees an object as its dispatcher: that is what it waits for and, for events, sets. Which object a
 * dispatcher belongs to is kept here until it is dereferenced. */
struct object_pointer {
    struct list link;
    void *pointer;
    struct object *object;
};

static struct lock pointers_lock;
static struct list pointers = {&pointers, &pointers};

NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                         KPROCESSOR_MODE AccessMode, PVOID *Object, PVOID HandleInformation)
{
    (void)ObjectType;
    (void)HandleInformation;
    struct object_pointer *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = handle_reference((uint64_t)(uintptr_t)Handle, NULL,
                                       AccessMode == UserMode ? DesiredAccess : 0, &entry->object);
    if (status == STATUS_SUCCESS) {
        entry->pointer = object_dispatcher(entry->object);
        if (entry->pointer != NULL) {
            lock_acquire(&pointers_lock);
            list_push_front(&pointers, &entry->link);
            lock_release(&pointers_lock);
            *Object = entry->pointer;
            return STATUS_SUCCESS;
        }
        object_dereference(entry->object);
        status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    free(entry);
    return status;
}

LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object)
{
    struct object_pointer *found = NULL;
    lock_acquire(&pointers_lock);
    list_for_each(node, &pointers)
    {
        struct object_pointer *entry = container_of(node, struct object_pointer, link);
        if (entry->pointer == Object) {
            list_remove(node);
            found = entry;
            break;
        }
    }
    lock_release(&pointers_lock);
    if (found == NULL)
        wdm_stop("ObDereferenceObject(%p): no reference is held", Object);
    object_dereference(found->object);
    free(found);
    return 0; /* drivers are told not to rely on the count */
}

NTSTATUS NTAPI ZwClose(HANDLE Handle)
{
    return handle_close((uint64_t)(uintptr_t)Handle);
}

/* ---- Work items ------------------------------------------------------------------------------------------------------ */

struct _IO_WORKITEM {
    PDEVICE_OBJECT device;
};

/* The routine may free its item, so a queued one carries copies. */
struct queued_work {
    struct engine_op op;
    PDEVICE_OBJECT device;
    PIO_WORKITEM_ROUTINE routine;
    PVOID context;
};

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    PIO_WORKITEM item = calloc(1, sizeof *item);
    if (item != NULL)
        item->device = DeviceObject;
    return item;
}

static int64_t work_run(struct engine_op *op)
{
    struct queued_work *work = container_of(op, struct queued_work, op);
    work->routine(work->device, work->context);
    return 0;
}

static void work_done(struct engine_op *op, int64_t result)
{
    (void)result;
    free(container_of(op, struct queued_work, op));
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    (void)QueueType;
    struct queued_work *work = calloc(1, sizeof *work);
    if (work == NULL)
        wdm_stop("IoQueueWorkItem: no memory"); /* the routine has no way to fail */
    *work = (struct queued_work){.op = {.code = ENGINE_WORK, .work = work_run, .done = work_done},
                                 .device = IoWorkItem->device,
                                 .routine = WorkerRoutine,
                                 .context = Context};
    engine_submit(&work->op);
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    free(IoWorkItem);
}

/* ---- Memory descriptors ------------------------------------------------------------------------------------------------ */

PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp)
{
    (void)ChargeQuota;
    MDL *mdl = calloc(1, sizeof *mdl);
    if (mdl == NULL)
        return NULL;
    ULONG_PTR at = (ULONG_PTR)VirtualAddress;
    mdl->Size = sizeof *mdl;
    mdl->StartVa = (PVOID)(at & ~(ULONG_PTR)(PAGE_SIZE - 1));
    mdl->ByteOffset = (ULONG)(at & (PAGE_SIZE - 1));
    mdl->ByteCount = Length;
    if (Irp != NULL && !SecondaryBuffer) {
        Irp->MdlAddress = mdl;
    } else if (Irp != NULL) {
        MDL **last = &Irp->MdlAddress;
        while (*last != NULL)
            last = &(*last)->Next;
        *last = mdl;
    }
    return mdl;
}

VOID NTAPI MmBuildMdlForNonPagedPool(PMDL Mdl)
{
    Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length)
{
    ULONG_PTR at = (ULONG_PTR)VirtualAddress;
    ULONG skipped = (ULONG)(at - (ULONG_PTR)MmGetMdlVirtualAddress(SourceMdl));
    TargetMdl->StartVa = (PVOID)(at & ~(ULONG_PTR)(PAGE_SIZE - 1));
    TargetMdl->ByteOffset = (ULONG)(at & (PAGE_SIZE - 1));
    TargetMdl->ByteCount = Length != 0 ? Length : SourceMdl->ByteCount - skipped;
    TargetMdl->MdlFlags |= MDL_PARTIAL;
    TargetMdl->MappedSystemVa = (PUCHAR)SourceMdl->MappedSystemVa + skipped;
}

VOID NTAPI IoFreeMdl(PMDL Mdl)
{
    free(Mdl);
}

/* ---- Strings ------------------------------------------------------------------------------------------------------------- */

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    size_t length = 0;
    while (SourceString != NULL && SourceString[length] != 0 && length < UNICODE_STRING_MAX_CHARS - 1)
        length++;
    DestinationString->Buffer = (PWSTR)(uintptr_t)SourceString;
    DestinationString->Length = (USHORT)(length * sizeof(WCHAR));
    DestinationString->MaximumLength = SourceString == NULL ? 0 : (USHORT)((length + 1) * sizeof(WCHAR));
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    if (String1->Length != String2->Length)
        return FALSE;
    for (size_t i = 0; i < String1->Length / sizeof(WCHAR); i++) {
        WCHAR a = String1->Buffer[i], b = String2->Buffer[i];
        if (CaseInSensitive ? utf16_fold(a) != utf16_fold(b) : a != b)
            return FALSE;
    }
    return TRUE;
}

bool wdm_name_convert(const UNICODE_STRING *name, char *out, size_t size)
{
    size_t units = name->Length / sizeof(WCHAR);
    size_t length = utf8_from_utf16(out, size - 1, (const char16_t *)name->Buffer, units);
    if (length >= size)
        return false;
    out[length] = '\0';
    for (char *at = out; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return true;
}

/* With Windows' formats. A debugger's output is a line of the trace here. */
ULONG __cdecl DbgPrint(const char *Format, ...)
{
    char text[512];
    struct format_target target = {.units = text, .capacity = sizeof text - 1};
    struct format_args arguments;
    va_start(arguments.list, Format);
    int length = format_print(&target, Format, &arguments);
    va_end(arguments.list);
    if (length < 0)
        return (ULONG)STATUS_INVALID_PARAMETER;
    text[target.used] = '\0';
    text[strcspn(text, "\n")] = '\0';
    trace_note(TRACE_DRIVER, "%s", text);
    return STATUS_SUCCESS;
}
