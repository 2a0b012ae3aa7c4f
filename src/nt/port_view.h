/* SPDX-License-Identifier: MIT */
/* A port's five structures, copied at one moment. */
#ifndef NT_PORT_VIEW_H
#define NT_PORT_VIEW_H

#include "nt/port.h"
#include "overlapped.h"

/* One block from malloc. STATUS_NO_MEMORY. The caller holds a reference on the port. */
int32_t port_view_take(struct port *port, struct ovl_port_view **view);

#endif
