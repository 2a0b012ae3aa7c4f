/* SPDX-License-Identifier: MIT */
/* The sampler: frees a port's place when a released thread blocks outside the library (a plain read(2), a
 * foreign lock), which nobody tells us. It looks only while a port has packets, waiters and no place left. */
#ifndef NT_SAMPLER_H
#define NT_SAMPLER_H

#include "nt/port.h"

struct wake_list;

/* Under the port's lock: from now on its released threads are looked at. */
void sampler_add(struct port *port);

/* For the sampler, under the port's lock: a released thread was seen blocked; true: its place was given up. */
bool port_pause_blocked(struct port *port, struct thread *thread, struct wake_list *wakes);
/* Whether looking at this port can still help. Under its lock. */
bool port_is_stuck(const struct port *port);

#endif
