/* SPDX-License-Identifier: MIT */
/* The face of overlapped.h for drivers. */
#include <string.h>

#include "nt/status.h"
#include "overlapped.h"
#include "wdm/loader.h"
#include "wdm/pnp.h"

uint32_t ovl_driver_load(const char *path, struct ovl_driver **driver)
{
    struct wdm_driver *loaded;
    int32_t status = wdm_driver_load(path, strlen(path), &loaded);
    if (status != STATUS_SUCCESS)
        return status_to_win32(status);
    pnp_nodes_start();
    *driver = (struct ovl_driver *)(void *)loaded;
    return 0;
}

uint32_t ovl_driver_unload(struct ovl_driver *driver)
{
    int32_t status = wdm_driver_unload((struct wdm_driver *)(void *)driver);
    return status == STATUS_SUCCESS ? 0 : status_to_win32(status);
}
