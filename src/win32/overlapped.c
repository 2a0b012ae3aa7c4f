/* SPDX-License-Identifier: MIT */
/* The face of overlapped.h: handles in, plain structures out. */
#include "overlapped.h"

#include <stdlib.h>

#include "nt/port_view.h"
#include "nt/status.h"

void ovl_engine_describe(struct ovl_engine *engine)
{
    struct engine_info info;
    engine_describe(&info);
    *engine = (struct ovl_engine){.name = info.name,
                                  .seed = info.seed,
                                  .has_uring = info.has_uring,
                                  .has_aio = info.has_aio};
}

uint32_t ovl_port_view(void *port, struct ovl_port_view **view)
{
    struct object *object;
    int32_t status = handle_reference((uint64_t)(uintptr_t)port, &port_type, 0, &object);
    if (status == STATUS_SUCCESS) {
        status = port_view_take(container_of(object, struct port, object), view);
        object_dereference(object);
    }
    return status == STATUS_SUCCESS ? 0 : status_to_win32(status);
}

void ovl_free(void *memory)
{
    free(memory);
}
