/* SPDX-License-Identifier: MIT */
/* What the loader takes from a driver's INF or INX: the hardware ids with their names, the service's name, what AddReg writes. And the small registry
 * file. Both are pure functions on bytes that call a sink; texts that the sink gets are UTF-8 and last as long as the call.
 *
 * INF: UTF-16 with a byte order mark, or UTF-8. [Version], [Manufacturer] with decorations (NTamd64 or none before others; $ARCH$ of an INX
 * is any), models, DDInstall and its .Services, .HW and .Wdf sections, AddReg, [Strings]. Everything else is passed over.
 *
 * Registry file: lines of `name = value` below `[key]`; keys are below the service's key, and [Device\...] below each device's hardware
 * key; lines before the first key are of Parameters. A value is dword:N, qword:N (decimal or 0x), "text", expand:"text",
 * multi:"a","b" or hex:00,ff. In texts \" and \\ stand for themselves. `@` is the value without a name. # or ; begins a comment line. */
#ifndef WDM_INF_H
#define WDM_INF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum inf_root {
    INF_SERVICE,  /* HKR of a service's AddReg: the service's key */
    INF_HARDWARE, /* HKR of DDInstall.HW: the device's key */
    INF_SOFTWARE, /* HKR of DDInstall: the driver key of the device's class */
    INF_MACHINE,  /* HKLM: \Registry\Machine */
};

struct inf_sink {
    void (*id)(void *context, const char *id, const char *description, const char *manufacturer);
    void (*service)(void *context, const char *name);
    void (*class)(void *context, const char *name, const char *guid);
    /* `data` is as the registry has it: strings in UTF-16 with their terminator. */
    void (*value)(void *context, enum inf_root root, const char *key, const char *name, uint32_t type, const void *data,
                  size_t length);
};

struct inf_error {
    uint32_t line; /* from 1; 0: the whole */
    const char *what;
};

bool inf_read(const void *bytes, size_t length, const struct inf_sink *sink, void *context, struct inf_error *error);
/* Only sink->value is called; key "" is the root's own. */
bool registry_file_read(const void *bytes, size_t length, const struct inf_sink *sink, void *context, struct inf_error *error);

#endif
