/* SPDX-License-Identifier: MIT */
/* THE table of built-in device classes, by what a name was resolved to. NUL is a path to the file
 * driver. */
#include "drivers/drivers.h"

#include "drivers/file.h"
#include "drivers/pipe.h"

static const struct driver *const drivers[DEVICE_KIND_COUNT] = {
    [DEVICE_FILE] = &file_driver,
    [DEVICE_PIPE] = &pipe_driver,
    [DEVICE_NULL] = &file_driver,
};

const struct driver *driver_of_kind(enum device_kind kind)
{
    return drivers[kind];
}
