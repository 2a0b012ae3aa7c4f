/* SPDX-License-Identifier: MIT */
/* Overlapped's own small interface, beside the Windows names: to look at what the library does. Plain C and
 * C++, needs no other header of ours. Handles are given as void *, so a HANDLE goes as it is.
 *
 * Functions return 0 or a Win32 error code (they do not touch the last error). */
#ifndef OVERLAPPED_H
#define OVERLAPPED_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The engine in use ------------------------------------------------------------------------------ */

struct ovl_engine {
    const char *name;  /* "uring", "pool" or "sim"; static */
    uint64_t seed;     /* of sim */
    int has_uring;     /* io_uring answered when it was probed */
    int has_aio;       /* Linux AIO, for unbuffered files */
};

/* What carries requests in this process. Initialises the engine if nothing has yet. Cannot fail. */
void ovl_engine_describe(struct ovl_engine *engine);

/* ---- A completion port, looked at from outside --------------------------------------------------------- */

struct ovl_port_device {
    void *handle; /* one of the file's handles; NULL when all are closed and only requests keep it */
    uint64_t key;
};

struct ovl_port_packet {
    uint64_t key;
    void *overlapped;
    uint32_t bytes;
    int32_t status; /* NTSTATUS */
};

/* The five structures as they were at one moment (all read under the port's lock). Thread lists hold Linux
 * thread ids. */
struct ovl_port_view {
    uint32_t limit;  /* NumberOfConcurrentThreads, 0 resolved to the number of processors */
    uint32_t active; /* threads that count against the limit */
    uint32_t device_count, packet_count, waiting_count, released_count, paused_count;
    struct ovl_port_device *devices; /* in the order of association */
    struct ovl_port_packet *packets; /* first in first */
    uint32_t *waiting;               /* the newest, which is served next, first */
    uint32_t *released;
    uint32_t *paused;
};

/* Takes a view of the port behind `port` (a completion port's HANDLE). On success *view is the caller's, to be
 * given to ovl_free. ERROR_INVALID_HANDLE 6, ERROR_NOT_ENOUGH_MEMORY 8. Any thread. */
uint32_t ovl_port_view(void *port, struct ovl_port_view **view);

/* ---- Drivers ------------------------------------------------------------------------------------------- */

struct ovl_driver;

/* Loads a driver (a shared object that ovcc --driver made), calls its DriverEntry with the registry path of the
 * service that the file is named after, and hands out what ovl_driver_unload takes. Devices that it named
 * are reached by CreateFile as \\.\NAME. ERROR_FILE_NOT_FOUND 2 (not loadable: the reason is in the trace,
 * category driver), ERROR_PROC_NOT_FOUND 127, or what DriverEntry's status means. Any thread. The environment's
 * OVERLAPPED_DRIVERS (paths, separated by colons) are loaded when a device is first looked for. */
uint32_t ovl_driver_load(const char *path, struct ovl_driver **driver);

/* Calls DriverUnload and removes the devices. ERROR_BUSY 170 while files are open on them, ERROR_INVALID_FUNCTION 1
 * for a driver without DriverUnload: it stays. After success the pointer is gone. */
uint32_t ovl_driver_unload(struct ovl_driver *driver);

/* Frees what a function of this header handed out. NULL is allowed. */
void ovl_free(void *memory);

#ifdef __cplusplus
}
#endif

#endif
