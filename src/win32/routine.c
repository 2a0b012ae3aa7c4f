/* SPDX-License-Identifier: MIT */
/* How a completion routine is called: (error, bytes, overlapped), where a warning is no error and
 * an error has no bytes. The routine may free its OVERLAPPED, so nothing is touched behind it. */
#include "win32/routine.h"

#include "drivers/driver.h"
#include "nt/status.h"
#include "windows.h"

void routine_call(struct irp *irp)
{
    LPOVERLAPPED_COMPLETION_ROUTINE routine = (LPOVERLAPPED_COMPLETION_ROUTINE)irp->routine;
    DWORD error = status_is_error(irp->status) ? status_to_win32(irp->status) : ERROR_SUCCESS;
    DWORD bytes = error == ERROR_SUCCESS ? (DWORD)irp->information : 0;
    routine(error, bytes, irp->packet.overlapped);
}
