/* SPDX-License-Identifier: MIT */
/* Threads and processes of Microsoft's C runtime. */
#ifndef OVL_CRT_PROCESS
#define OVL_CRT_PROCESS
#include "ovl_crt.h"
#include <stdint.h>
#include <unistd.h>

typedef void(__cdecl *_beginthread_proc_type)(void *);
typedef unsigned(__stdcall *_beginthreadex_proc_type)(void *);

OVL_BEGIN_C
uintptr_t _beginthread(_beginthread_proc_type start, unsigned stack_size, void *argument)
    OVL_SYMBOL(ovl_crt__beginthread);
uintptr_t _beginthreadex(void *security, unsigned stack_size, _beginthreadex_proc_type start,
                         void *argument, unsigned flags, unsigned *thread_id)
    OVL_SYMBOL(ovl_crt__beginthreadex);
void _endthread(void) OVL_SYMBOL(ovl_crt__endthread) __attribute__((__noreturn__));
void _endthreadex(unsigned code) OVL_SYMBOL(ovl_crt__endthreadex) __attribute__((__noreturn__));
OVL_END_C

#define _getpid  getpid
#define _execv   execv
#define _execvp  execvp

#endif
