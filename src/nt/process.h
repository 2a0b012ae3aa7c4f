/* SPDX-License-Identifier: MIT */
/* The process as an object: what the pseudo-handle -1 stands for. */
#ifndef NT_PROCESS_H
#define NT_PROCESS_H

#include "nt/object.h"

/* Never destroyed while the process runs; its dispatcher is signalled only at its end. */
struct object *process_self(void);

#endif
