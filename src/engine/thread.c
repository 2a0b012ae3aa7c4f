/* SPDX-License-Identifier: MIT */
/* Library threads. They take no signals of the application: all are blocked but the synchronous
 * ones, whose blocking would only hide the fault, and the reserved one, whose empty handler makes a
 * pool thread's system call end with EINTR. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "engine/internal.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STACK_BYTES = 4 << 20 };
#else
enum { STACK_BYTES = 1 << 20 };
#endif

struct thread_start {
    void *(*start)(void *);
    void *context;
    char name[16];
};

static void thread_interrupted(int signal)
{
    (void)signal;
}

int thread_reserve_signal(void)
{
    struct sigaction action = {.sa_handler = thread_interrupted}; /* no SA_RESTART */
    sigemptyset(&action.sa_mask);
    return sigaction(ENGINE_SIGNAL, &action, NULL) < 0 ? -errno : 0;
}

static void *thread_enter(void *context)
{
    struct thread_start own = *(struct thread_start *)context;
    free(context);
    pthread_setname_np(pthread_self(), own.name);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* the usual 50 us would double the time of the sampler's looks */
    return own.start(own.context);
}

static void thread_mask(sigset_t *mask)
{
    static const int open[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigfillset(mask);
    for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
        sigdelset(mask, open[i]);
    sigdelset(mask, ENGINE_SIGNAL);
}

int engine_thread_start(const char *name, void *(*start)(void *), void *context)
{
    struct thread_start *own = malloc(sizeof(*own));
    if (own == NULL)
        return -ENOMEM;
    own->start = start;
    own->context = context;
    strncpy(own->name, name, sizeof(own->name) - 1);
    own->name[sizeof(own->name) - 1] = 0;

    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);

    sigset_t mask, before;
    thread_mask(&mask);
    pthread_sigmask(SIG_SETMASK, &mask, &before);
    pthread_t thread;
    int error = pthread_create(&thread, &attributes, thread_enter, own);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error != 0)
        free(own);
    return -error;
}
