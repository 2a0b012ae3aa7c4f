/* SPDX-License-Identifier: MIT */
/* The process as its program sees it: identity, end, command line, priority. */
#include "nt/process.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/barrier.h"
#include "base/utf16.h"
#include "nt/namespace.h"
#include "win32/face.h"

HANDLE WINAPI GetCurrentProcess(void)
{
    return handle_pointer(HANDLE_CURRENT_PROCESS);
}

DWORD WINAPI GetCurrentProcessId(void)
{
    return (DWORD)getpid();
}

static int32_t process_check(HANDLE process, uint32_t access)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(process), &process_type, access, &object);
    if (status == STATUS_SUCCESS)
        handle_release(object);
    return status;
}

DWORD WINAPI GetProcessId(HANDLE process)
{
    return error_from_status(process_check(process, 0)) ? GetCurrentProcessId() : 0;
}

HANDLE WINAPI OpenProcess(DWORD access, BOOL inherit, DWORD id)
{
    uint64_t handle;
    if (id != GetCurrentProcessId()) {
        error_set(kill((pid_t)id, 0) == 0 ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    int32_t status = handle_create(process_self(), object_map_access(&process_type, access),
                                   inherit ? HANDLE_INHERIT : 0, &handle);
    return error_from_status(status) ? handle_pointer(handle) : NULL;
}

/* Linux keeps eight bits of an exit code. */
void WINAPI ExitProcess(UINT exit_code)
{
    exit((int)exit_code);
}

BOOL WINAPI TerminateProcess(HANDLE process, UINT exit_code)
{
    int32_t status = process_check(process, PROCESS_TERMINATE);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    _exit((int)exit_code);
}

BOOL WINAPI GetExitCodeProcess(HANDLE process, LPDWORD exit_code)
{
    int32_t status = process_check(process, 0);
    if (status == STATUS_SUCCESS)
        *exit_code = STILL_ACTIVE;
    return error_from_status(status);
}

static void handle_count(uint64_t handle, struct object *object, void *context)
{
    (void)handle;
    (void)object;
    ++*(DWORD *)context;
}

BOOL WINAPI GetProcessHandleCount(HANDLE process, PDWORD count)
{
    int32_t status = process_check(process, 0);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    *count = 0;
    handle_each(handle_count, count);
    return TRUE;
}

/* Where the kernel refuses (Linux before 4.14), only the caller's own fence is left. */
void WINAPI FlushProcessWriteBuffers(void)
{
    if (!barrier_all())
        atomic_thread_fence(memory_order_seq_cst);
}

/* ---- Priority classes ------------------------------------------------------------------------ */

static const struct {
    DWORD priority_class;
    int nice;
} classes[] = {
    {IDLE_PRIORITY_CLASS, 19},  {BELOW_NORMAL_PRIORITY_CLASS, 5},
    {NORMAL_PRIORITY_CLASS, 0}, {ABOVE_NORMAL_PRIORITY_CLASS, -5},
    {HIGH_PRIORITY_CLASS, -10}, {REALTIME_PRIORITY_CLASS, -20},
};
static _Atomic DWORD current_class = NORMAL_PRIORITY_CLASS;

BOOL WINAPI SetPriorityClass(HANDLE process, DWORD priority_class)
{
    int32_t status = process_check(process, PROCESS_SET_INFORMATION);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (classes[i].priority_class != priority_class)
            continue;
        setpriority(PRIO_PROCESS, 0, classes[i].nice); /* as far as Linux lets this user */
        current_class = priority_class;
        return TRUE;
    }
    return error_from_status(STATUS_INVALID_PARAMETER);
}

DWORD WINAPI GetPriorityClass(HANDLE process)
{
    return error_from_status(process_check(process, 0)) ? current_class : 0;
}

/* ---- Command line ---------------------------------------------------------------------------- */

struct text {
    char *bytes;
    size_t length, room;
};

static void text_put(struct text *text, char c, size_t times)
{
    while (times-- > 0) {
        if (text->length + 1 >= text->room) {
            size_t room = text->room == 0 ? 256 : text->room * 2;
            char *bytes = realloc(text->bytes, room);
            if (bytes == NULL)
                return; /* the command line ends here */
            text->bytes = bytes;
            text->room = room;
        }
        text->bytes[text->length++] = c;
        text->bytes[text->length] = 0;
    }
}

/* Quotes as CommandLineToArgvW and the C runtime undo it: backslashes count only before a quote. */
static void text_put_argument(struct text *text, const char *argument)
{
    bool quote = *argument == 0 || strpbrk(argument, " \t\"") != NULL;
    size_t backslashes = 0;
    if (text->length != 0)
        text_put(text, ' ', 1);
    if (quote)
        text_put(text, '"', 1);
    for (; *argument != 0; argument++) {
        if (*argument == '\\') {
            backslashes++;
            continue;
        }
        text_put(text, '\\', *argument == '"' ? 2 * backslashes + 1 : backslashes);
        backslashes = 0;
        text_put(text, *argument, 1);
    }
    text_put(text, '\\', quote ? 2 * backslashes : backslashes);
    if (quote)
        text_put(text, '"', 1);
}

static char *command_line;
static char16_t *command_line_wide;
static pthread_once_t command_line_once = PTHREAD_ONCE_INIT;

static void command_line_make(void)
{
    static char none[1];
    static char16_t none_wide[1];
    struct text text = {0};
    char *argument = NULL;
    size_t room = 0;
    FILE *file = fopen("/proc/self/cmdline", "re");
    while (file != NULL && getdelim(&argument, &room, 0, file) > 0)
        text_put_argument(&text, argument);
    if (file != NULL)
        fclose(file);
    free(argument);
    command_line = text.bytes == NULL ? none : text.bytes;
    size_t units = utf16_from_utf8(NULL, 0, command_line, strlen(command_line));
    command_line_wide = calloc(units + 1, sizeof(char16_t));
    if (command_line_wide == NULL)
        command_line_wide = none_wide;
    else
        utf16_from_utf8(command_line_wide, units, command_line, strlen(command_line));
}

LPSTR WINAPI GetCommandLineA(void)
{
    pthread_once(&command_line_once, command_line_make);
    return command_line;
}

LPWSTR WINAPI GetCommandLineW(void)
{
    pthread_once(&command_line_once, command_line_make);
    return command_line_wide;
}

void WINAPI GetStartupInfoA(LPSTARTUPINFOA info)
{
    *info = (STARTUPINFOA){.cb = sizeof *info};
}

void WINAPI GetStartupInfoW(LPSTARTUPINFOW info)
{
    *info = (STARTUPINFOW){.cb = sizeof *info};
}

/* ---- Debugging ------------------------------------------------------------------------------- */

BOOL WINAPI IsDebuggerPresent(void)
{
    char line[128];
    int tracer = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "TracerPid: %d", &tracer) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return tracer != 0;
}

void WINAPI DebugBreak(void)
{
    raise(SIGTRAP);
}

/* Nobody listens for these on Linux; OVERLAPPED_DEBUG_STRINGS=1 shows them on standard error. */
void WINAPI OutputDebugStringA(LPCSTR text)
{
    const char *wanted = getenv("OVERLAPPED_DEBUG_STRINGS");
    if (text != NULL && wanted != NULL && *wanted == '1')
        fputs(text, stderr);
}

void WINAPI OutputDebugStringW(LPCWSTR text)
{
    if (text == NULL)
        return;
    size_t units = utf16_length(text), bytes = utf8_from_utf16(NULL, 0, text, units);
    char *narrow = malloc(bytes + 1);
    if (narrow == NULL)
        return;
    narrow[utf8_from_utf16(narrow, bytes, text, units)] = 0;
    OutputDebugStringA(narrow);
    free(narrow);
}
