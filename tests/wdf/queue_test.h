/* SPDX-License-Identifier: MIT */
/* What the queue driver and its program know of each other. Each lane is a control device \\.\OvlLaneN with queues of its own; commands go to
 * \\.\OvlQueue. */
#ifndef QUEUE_TEST_H
#define QUEUE_TEST_H

enum lane {
    LANE_SEQUENTIAL,
    LANE_PARALLEL,   /* at most two */
    LANE_MANUAL,     /* the default queue is manual */
    LANE_FORWARD,    /* parallel; EvtIoRead may forward to a manual queue */
    LANE_PASSIVE,    /* sequential, passive level, scope queue */
    LANE_DISPATCH,   /* parallel, dispatch level, scope device */
    LANE_CALLER,     /* in-caller-context callback */
    LANE_TYPES,      /* reads to one queue, writes to another, control codes to the default one; zero-length allowed for writes */
    LANES,
};

enum command {
    COMMAND_MODE,          /* arg: enum mode */
    COMMAND_START,
    COMMAND_STOP,
    COMMAND_STOP_WAIT,
    COMMAND_STOP_PURGE,
    COMMAND_STOP_PURGE_WAIT,
    COMMAND_PURGE,
    COMMAND_PURGE_WAIT,
    COMMAND_DRAIN,
    COMMAND_DRAIN_WAIT,
    COMMAND_RELEASE,       /* completes the oldest held request with arg as information */
    COMMAND_RELEASE_DPC,   /* the same at DISPATCH_LEVEL */
    COMMAND_FETCH,         /* retrieves and holds */
    COMMAND_FETCH_FILE,    /* of the file of the oldest held request */
    COMMAND_FIND,          /* counts by WdfIoQueueFindRequest; fetches number arg by WdfIoQueueRetrieveFoundRequest */
    COMMAND_FIND_CANCELLED,/* finds one, waits for arg ms until it has been cancelled, tries to retrieve it */
    COMMAND_REQUEUE,       /* gives the newest held request back */
    COMMAND_FORWARD,       /* forwards the oldest held request; arg 1: to its own queue */
    COMMAND_NOTIFY,        /* arg 1: registers for readiness, 0: takes it back */
    COMMAND_SERVE,         /* fetches arg requests from the manual queue, gives every third back, and releases arg held ones */
    COMMAND_LOOK,          /* just the facts */
};

enum mode {
    MODE_COMPLETE,         /* inline, with the length */
    MODE_HOLD,
    MODE_HOLD_CANCELABLE,
    MODE_FORWARD,          /* to the lane's manual queue */
    MODE_MIXED,            /* each of the others in turn */
};

enum { FOUND_AND_WAITING = 1000000 }; /* facts.found, while COMMAND_FIND_CANCELLED waits */

struct order {
    int lane, command, arg;
};

struct facts {
    int status;            /* of the command */
    unsigned state, waiting, at_driver;   /* WdfIoQueueGetState of the default queue */
    unsigned manual_waiting;
    unsigned presented, cancelled, cancelled_on_queue, notices, notices_before_return;
    unsigned stop_done, purge_done, drain_done;
    unsigned stops_asked;
    unsigned held;
    unsigned irql;         /* of the last presentation */
    unsigned concurrent;   /* most callbacks of one lane at a time */
    unsigned reads, writes, controls, in_context, others;
    unsigned found;
    unsigned cleanups;     /* of request contexts */
    unsigned released;     /* completed by commands */
    unsigned inline_done;  /* completed in the callback, in mixed mode */
    long long last_offset;
};

#define IOCTL_ORDER   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LANE    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
