/* SPDX-License-Identifier: MIT */
/* What can be asked and set about threads: priority, processors, description, times. Priorities
 * become nice values; Linux lets an ordinary user lower a thread and not raise it again, so a raise
 * is made where it is allowed, and what was set is what is told. */
#include "nt/thread.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/utf16.h"
#include "nt/status.h"
#include "nt/sync.h"
#include "win32/face.h"

static int32_t thread_reference(HANDLE handle, uint32_t access, struct thread **thread)
{
    struct object *object;
    int32_t status = handle_reference(handle_number(handle), &thread_type, access, &object);
    *thread = status == STATUS_SUCCESS ? container_of(object, struct thread, object) : NULL;
    return status;
}

static bool priority_to_nice(int priority, int *nice)
{
    switch (priority) {
    case THREAD_PRIORITY_IDLE:
        *nice = 19;
        return true;
    case THREAD_PRIORITY_TIME_CRITICAL:
        *nice = -20;
        return true;
    case THREAD_MODE_BACKGROUND_BEGIN:
        *nice = 19;
        return true;
    case THREAD_MODE_BACKGROUND_END:
        *nice = 0;
        return true;
    default:
        *nice = priority * -5;
        return priority >= THREAD_PRIORITY_LOWEST && priority <= THREAD_PRIORITY_HIGHEST;
    }
}

BOOL WINAPI SetThreadPriority(HANDLE handle, int priority)
{
    struct thread *thread;
    int nice;
    if (!priority_to_nice(priority, &nice))
        return error_from_status(STATUS_INVALID_PARAMETER);
    int32_t status = thread_reference(handle, THREAD_SET_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    bool background =
        priority == THREAD_MODE_BACKGROUND_BEGIN || priority == THREAD_MODE_BACKGROUND_END;
    if (!background)
        __atomic_store_n(&thread->priority, priority, __ATOMIC_RELAXED);
    setpriority(PRIO_PROCESS, thread->tid, nice);
    object_dereference(&thread->object);
    return TRUE;
}

int WINAPI GetThreadPriority(HANDLE handle)
{
    struct thread *thread;
    int32_t status = thread_reference(handle, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (!error_from_status(status))
        return THREAD_PRIORITY_ERROR_RETURN;
    int priority = __atomic_load_n(&thread->priority, __ATOMIC_RELAXED);
    object_dereference(&thread->object);
    return priority;
}

/* The first 64 processors, which is what a mask can name. */
static bool affinity_get(pid_t tid, DWORD_PTR *mask)
{
    cpu_set_t set;
    if (sched_getaffinity(tid, sizeof set, &set) != 0)
        return false;
    *mask = 0;
    for (unsigned cpu = 0; cpu < 64; cpu++)
        if (CPU_ISSET(cpu, &set))
            *mask |= (DWORD_PTR)1 << cpu;
    return true;
}

static bool affinity_set(pid_t tid, DWORD_PTR mask)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (unsigned cpu = 0; cpu < 64; cpu++)
        if (mask >> cpu & 1)
            CPU_SET(cpu, &set);
    return sched_setaffinity(tid, sizeof set, &set) == 0;
}

static DWORD_PTR affinity_system(void)
{
    long count = sysconf(_SC_NPROCESSORS_CONF);
    return count >= 64 ? ~(DWORD_PTR)0 : ((DWORD_PTR)1 << count) - 1;
}

BOOL WINAPI GetProcessAffinityMask(HANDLE process, PDWORD_PTR process_mask, PDWORD_PTR system_mask)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(process), &process_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    handle_release(object);
    if (!affinity_get(getpid(), process_mask))
        return error_from_status(STATUS_UNSUCCESSFUL);
    *system_mask = affinity_system();
    return TRUE;
}

struct affinity_request {
    DWORD_PTR mask;
    bool failed;
};

static void affinity_apply(struct thread *thread, void *context)
{
    struct affinity_request *request = context;
    request->failed |= !affinity_set((pid_t)thread->tid, request->mask);
}

BOOL WINAPI SetProcessAffinityMask(HANDLE process, DWORD_PTR mask)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(process), &process_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    handle_release(object);
    if (mask == 0 || mask & ~affinity_system() || !affinity_set(getpid(), mask))
        return error_from_status(STATUS_INVALID_PARAMETER);
    struct affinity_request request = {.mask = mask};
    thread_each(affinity_apply, &request);
    return error_from_status(request.failed ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS);
}

DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE handle, DWORD_PTR mask)
{
    struct thread *thread;
    DWORD_PTR before = 0;
    int32_t status = thread_reference(handle, THREAD_SET_LIMITED_INFORMATION, &thread);
    if (!error_from_status(status))
        return 0;
    status = STATUS_INVALID_PARAMETER;
    if (mask != 0 && !(mask & ~affinity_system()) && affinity_get((pid_t)thread->tid, &before) &&
        affinity_set((pid_t)thread->tid, mask))
        status = STATUS_SUCCESS;
    object_dereference(&thread->object);
    return error_from_status(status) ? before : 0;
}

DWORD WINAPI GetCurrentProcessorNumber(void)
{
    int cpu = sched_getcpu();
    return cpu < 0 ? 0 : (DWORD)cpu;
}

/* ---- Descriptions ---------------------------------------------------------------------------- */

static void description_free(struct thread *self)
{
    lock_acquire(&self->lock);
    char16_t *text = self->description;
    self->description = NULL;
    lock_release(&self->lock);
    free(text);
}

static char16_t *text_copy(const char16_t *text)
{
    size_t size = (utf16_length(text) + 1) * sizeof(char16_t);
    char16_t *copy = malloc(size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

/* Linux shows the first 15 bytes of it, in ps and in debuggers. */
static void thread_name_set(uint32_t tid, const char16_t *text)
{
    char path[64], name[16];
    size_t length = utf16_length(text);
    while (length > 0 && utf8_from_utf16(NULL, 0, text, length) >= sizeof name)
        length--;
    size_t bytes = utf8_from_utf16(name, sizeof name, text, length);
    snprintf(path, sizeof path, "/proc/self/task/%u/comm", tid);
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return;
    fwrite(name, 1, bytes, file);
    fclose(file);
}

HRESULT WINAPI SetThreadDescription(HANDLE handle, PCWSTR text)
{
    struct thread *thread;
    int32_t status = thread_reference(handle, THREAD_SET_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return HRESULT_FROM_WIN32(status_to_win32(status));
    char16_t *copy = text_copy(text == NULL ? u"" : text);
    HRESULT result = E_OUTOFMEMORY;
    if (copy != NULL) {
        thread_at_exit(description_free);
        thread_name_set(thread->tid, copy);
        lock_acquire(&thread->lock);
        char16_t *before = thread->description;
        thread->description = thread->ending ? NULL : copy;
        bool ending = thread->ending;
        lock_release(&thread->lock);
        free(before);
        if (ending)
            free(copy);
        result = S_OK;
    }
    object_dereference(&thread->object);
    return result;
}

/* The caller frees the copy with LocalFree. */
HRESULT WINAPI GetThreadDescription(HANDLE handle, PWSTR *text)
{
    struct thread *thread;
    *text = NULL;
    int32_t status = thread_reference(handle, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return HRESULT_FROM_WIN32(status_to_win32(status));
    lock_acquire(&thread->lock);
    const char16_t *description = thread->description == NULL ? u"" : thread->description;
    size_t size = (utf16_length(description) + 1) * sizeof(char16_t);
    *text = LocalAlloc(LMEM_FIXED, size);
    if (*text != NULL)
        memcpy(*text, description, size);
    lock_release(&thread->lock);
    object_dereference(&thread->object);
    return *text == NULL ? E_OUTOFMEMORY : S_OK;
}

/* ---- Times ----------------------------------------------------------------------------------- */

static void file_time_set(LPFILETIME time, uint64_t ticks)
{
    time->dwLowDateTime = (DWORD)ticks;
    time->dwHighDateTime = (DWORD)(ticks >> 32);
}

/* From a stat file of /proc: utime, stime and starttime stand behind the name in parentheses. */
static bool times_read(const char *path, LPFILETIME created, LPFILETIME kernel, LPFILETIME user)
{
    char text[1024];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    char *rest = strrchr(text, ')');
    unsigned long long utime, stime, start;
    if (rest == NULL ||
        sscanf(rest + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d "
               "%*d %llu",
               &utime, &stime, &start) != 3)
        return false;
    struct timespec boot;
    clock_gettime(CLOCK_BOOTTIME, &boot);
    uint64_t per_tick = 10000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    uint64_t up = (uint64_t)boot.tv_sec * 10000000u + (uint64_t)boot.tv_nsec / 100;
    file_time_set(created, clock_system_time() - up + start * per_tick);
    file_time_set(kernel, stime * per_tick);
    file_time_set(user, utime * per_tick);
    return true;
}

BOOL WINAPI GetThreadTimes(HANDLE handle, LPFILETIME created, LPFILETIME exited, LPFILETIME kernel,
                           LPFILETIME user)
{
    struct thread *thread;
    char path[64];
    int32_t status = thread_reference(handle, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    snprintf(path, sizeof path, "/proc/self/task/%u/stat", thread->tid);
    object_dereference(&thread->object);
    file_time_set(exited, 0);
    /* What an ended thread used is not kept by Linux. */
    return error_from_status(times_read(path, created, kernel, user) ? STATUS_SUCCESS
                                                                     : STATUS_NOT_SUPPORTED);
}

BOOL WINAPI GetProcessTimes(HANDLE process, LPFILETIME created, LPFILETIME exited,
                            LPFILETIME kernel, LPFILETIME user)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(process), &process_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    handle_release(object);
    file_time_set(exited, 0);
    return error_from_status(times_read("/proc/self/stat", created, kernel, user)
                                 ? STATUS_SUCCESS
                                 : STATUS_NOT_SUPPORTED);
}
