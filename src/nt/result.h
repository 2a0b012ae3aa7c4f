/* SPDX-License-Identifier: MIT */
/* GetOverlappedResult's side of completion. */
#ifndef NT_RESULT_H
#define NT_RESULT_H

#include "drivers/driver.h"

/* A request of the file has ended, its status block is written: those who wait for one of several look again. */
void result_wake(struct file *file);

#endif
