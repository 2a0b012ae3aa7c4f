/* SPDX-License-Identifier: MIT */
#ifndef WIN32_ROUTINE_H
#define WIN32_ROUTINE_H

struct irp;

/* Calls a request's LPOVERLAPPED_COMPLETION_ROUTINE; goes into io_call.call_routine. */
void routine_call(struct irp *irp);

#endif
