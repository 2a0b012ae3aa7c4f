/* SPDX-License-Identifier: MIT */
/* SetConsoleCtrlHandler. SIGINT is Ctrl+C, SIGQUIT Ctrl+Break, SIGHUP the closed window, SIGTERM
 * the shutdown. The signal handler only writes a byte to a pipe; a thread of the library reads it
 * and calls the handlers, newest first, until one says that it has dealt with the event. If none
 * does, the process ends. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/lock.h"
#include "engine/engine.h"
#include "nt/status.h"
#include "win32/face.h"

enum { HANDLERS_MAX = 64 };

static struct {
    struct lock lock;
    PHANDLER_ROUTINE handlers[HANDLERS_MAX];
    uint32_t count;
    bool ignores_ctrl_c;
    int pipe[2];
    int error;
} control = {.pipe = {-1, -1}};

static const struct {
    int signal;
    DWORD event;
} signals[] = {
    {SIGINT, CTRL_C_EVENT},
    {SIGQUIT, CTRL_BREAK_EVENT},
    {SIGHUP, CTRL_CLOSE_EVENT},
    {SIGTERM, CTRL_SHUTDOWN_EVENT},
};

static void signal_arrives(int number)
{
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    while (write(control.pipe[1], &byte, 1) < 0 && errno == EINTR)
        ;
    errno = saved;
}

static DWORD event_of(int number)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].signal == number)
            return signals[i].event;
    return CTRL_C_EVENT;
}

static void event_deliver(DWORD event)
{
    PHANDLER_ROUTINE handlers[HANDLERS_MAX];
    lock_acquire(&control.lock);
    uint32_t count = control.count;
    for (uint32_t i = 0; i < count; i++)
        handlers[i] = control.handlers[i];
    bool ignored = event == CTRL_C_EVENT && control.ignores_ctrl_c;
    lock_release(&control.lock);
    if (ignored)
        return;
    while (count > 0)
        if (handlers[--count](event))
            return;
    ExitProcess(STATUS_CONTROL_C_EXIT); /* what the default handler does */
}

static void *control_run(void *unused)
{
    (void)unused;
    unsigned char byte;
    ssize_t length;
    while ((length = read(control.pipe[0], &byte, 1)) > 0 || (length < 0 && errno == EINTR))
        if (length > 0)
            event_deliver(event_of(byte));
    return NULL;
}

static void control_start(void)
{
    if (pipe2(control.pipe, O_CLOEXEC) != 0) {
        control.error = errno;
        return;
    }
    control.error = -engine_thread_start("ovl-console", control_run, NULL);
}

static int signals_take(void)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action = {.sa_handler = signal_arrives, .sa_flags = SA_RESTART}, before;
        if (sigaction(signals[i].signal, NULL, &before) != 0)
            return errno;
        if (before.sa_handler == SIG_IGN)
            continue; /* nohup and background jobs stay as their parent wants them */
        if (sigaction(signals[i].signal, &action, NULL) != 0)
            return errno;
    }
    return 0;
}

static int32_t control_prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, control_start);
    int error = control.error != 0 ? control.error : signals_take();
    return error == 0 ? STATUS_SUCCESS : status_from_errno(error);
}

static int32_t handler_add(PHANDLER_ROUTINE handler)
{
    lock_acquire(&control.lock);
    bool room = control.count < HANDLERS_MAX;
    if (room)
        control.handlers[control.count++] = handler;
    lock_release(&control.lock);
    return room ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static int32_t handler_remove(PHANDLER_ROUTINE handler)
{
    lock_acquire(&control.lock);
    uint32_t i = control.count;
    while (i > 0 && control.handlers[i - 1] != handler)
        i--;
    bool found = i > 0;
    for (; found && i < control.count; i++)
        control.handlers[i - 1] = control.handlers[i];
    control.count -= found;
    lock_release(&control.lock);
    return found ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE handler, BOOL add)
{
    int32_t status = control_prepare();
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    if (handler != NULL)
        return error_from_status(add ? handler_add(handler) : handler_remove(handler));
    lock_acquire(&control.lock);
    control.ignores_ctrl_c = add; /* NULL: whether Ctrl+C is ignored */
    lock_release(&control.lock);
    return TRUE;
}

BOOL WINAPI GenerateConsoleCtrlEvent(DWORD event, DWORD group)
{
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        return error_from_status(STATUS_INVALID_PARAMETER);
    int number = event == CTRL_C_EVENT ? SIGINT : SIGQUIT;
    pid_t target = group == 0 ? 0 : -(pid_t)group;
    return error_from_status(kill(target, number) == 0 ? STATUS_SUCCESS : status_from_errno(errno));
}
