/* SPDX-License-Identifier: MIT */
/* System threads, and the calling thread and process as drivers ask for them. */
#include <stdlib.h>
#include <unistd.h>

#include "nt/thread.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

struct system_thread {
    PKSTART_ROUTINE routine;
    PVOID context;
    const void *caller;
};

static uint32_t system_thread_run(void *context)
{
    struct system_thread start = *(struct system_thread *)context;
    free(context);
    if (verify_on()) {
        verify_track(VERIFY_THREAD, thread_self(), 0, 0, start.caller);
        verify_enter("system thread", (const void *)start.routine);
    }
    start.routine(start.context);
    if (verify_on()) {
        verify_leave();
        verify_forget(VERIFY_THREAD, thread_self());
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                    HANDLE ProcessHandle, PVOID ClientId, PKSTART_ROUTINE StartRoutine,
                                    PVOID StartContext)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    (void)DesiredAccess;
    (void)ObjectAttributes;
    (void)ProcessHandle;
    (void)ClientId;
    struct system_thread *start = malloc(sizeof *start);
    if (start == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *start = (struct system_thread){StartRoutine, StartContext, VERIFY_CALLER};
    struct thread *thread;
    if (verify_memory_fails(VERIFY_CALLER)) {
        free(start);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
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
    VERIFY_IRQL(PASSIVE_LEVEL);
    if (verify_on())
        verify_forget(VERIFY_THREAD, thread_self());
    thread_exit((uint32_t)ExitStatus);
}

PKTHREAD NTAPI KeGetCurrentThread(void)
{
    return (PKTHREAD)(void *)thread_self();
}

HANDLE NTAPI PsGetCurrentThreadId(void)
{
    return (HANDLE)(uintptr_t)thread_self()->tid;
}

HANDLE NTAPI PsGetCurrentProcessId(void)
{
    return (HANDLE)(uintptr_t)getpid();
}

ULONG NTAPI IoGetRequestorProcessId(PIRP Irp)
{
    return Irp->Tail.Overlay.Thread == NULL ? 0 : (ULONG)getpid();
}

KPRIORITY NTAPI KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority)
{
    enum { NORMAL = 8 };
    (void)Thread; /* Linux gives no priorities without a privilege */
    (void)Priority;
    return NORMAL;
}
