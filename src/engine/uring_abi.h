/* SPDX-License-Identifier: MIT */
/* The part of the kernel's io_uring interface that uring.c uses, under our own names: no dependence
 * on the version of a header or a library. Layouts and numbers are the kernel's and fixed for good.
 */
#ifndef ENGINE_URING_ABI_H
#define ENGINE_URING_ABI_H

#include <stdint.h>

#define RING_SYS_SETUP 425
#define RING_SYS_ENTER 426

enum {
    RING_SETUP_CQSIZE = 1 << 3,
    RING_SETUP_SINGLE_ISSUER = 1 << 12,
    RING_SETUP_DEFER_TASKRUN = 1 << 13
};
enum { RING_ENTER_GETEVENTS = 1 };
enum { RING_FEATURE_SINGLE_MMAP = 1, RING_FEATURE_NODROP = 2, RING_FEATURE_CURRENT_POSITION = 8 };
enum { RING_OP_FSYNC = 3, RING_OP_ASYNC_CANCEL = 14, RING_OP_READ = 22, RING_OP_WRITE = 23 };

#define RING_MMAP_RINGS   0ull
#define RING_MMAP_ENTRIES 0x10000000ull

struct ring_entry {
    uint8_t opcode;
    uint8_t flags;
    uint16_t priority;
    int32_t fd;
    uint64_t offset;
    uint64_t address; /* ASYNC_CANCEL: the user_data to cancel */
    uint32_t length;
    uint32_t operation_flags;
    uint64_t user_data;
    uint64_t unused[3];
};
_Static_assert(sizeof(struct ring_entry) == 64, "the kernel's layout");

struct ring_completion {
    uint64_t user_data;
    int32_t result;
    uint32_t flags;
};
_Static_assert(sizeof(struct ring_completion) == 16, "the kernel's layout");

struct ring_submit_offsets {
    uint32_t head, tail, mask, entries, flags, dropped, array, unused;
    uint64_t address;
};

struct ring_complete_offsets {
    uint32_t head, tail, mask, entries, overflow, completions, flags, unused;
    uint64_t address;
};

struct ring_parameters {
    uint32_t submit_entries, complete_entries, flags, thread_cpu, thread_idle, features, worker_fd;
    uint32_t unused[3];
    struct ring_submit_offsets submit;
    struct ring_complete_offsets complete;
};
_Static_assert(sizeof(struct ring_parameters) == 120, "the kernel's layout");

#endif
