/* SPDX-License-Identifier: MIT */
/* What the request driver and its program know of each other: \\.\OvlReqBuffered, OvlReqDirect, OvlReqNeither. The driver looks at each request
 * with all methods, and answers with the number of the first wrong answer, or 0: a read gets it in its first four bytes, a write in
 * what IOCTL_REQUEST_FACTS gives, a control code in its output (method buffered) or there. */
#ifndef REQUEST_TEST_H
#define REQUEST_TEST_H

struct request_facts {
    int wrong;                 /* the last request's first wrong answer, 0: none */
    unsigned looked, creates, cancels_inside, cancels;
    unsigned memory_first;     /* memory below a request was cleaned up before the request */
    unsigned irp_in_cleanup;   /* the request's cleanup still found its IRP */
};

#define IOCTL_REQUEST_BUFFERED CTL_CODE(FILE_DEVICE_UNKNOWN, 0x950, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_REQUEST_IN       CTL_CODE(FILE_DEVICE_UNKNOWN, 0x951, METHOD_IN_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_REQUEST_OUT      CTL_CODE(FILE_DEVICE_UNKNOWN, 0x952, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_REQUEST_NEITHER  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x953, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_REQUEST_FACTS    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x954, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_REQUEST_EMPTY    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x955, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_REQUEST_MARK     CTL_CODE(FILE_DEVICE_UNKNOWN, 0x956, METHOD_BUFFERED, FILE_ANY_ACCESS) /* waits to be cancelled, then marks */
#define IOCTL_REQUEST_BREAK    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x957, METHOD_BUFFERED, FILE_ANY_ACCESS) /* breaks a rule: enum broken */

enum broken {
    BROKEN_TWICE,      /* completes twice */
    BROKEN_DELETE,     /* deletes a request of a queue */
    BROKEN_OWN,        /* completes a request of its own */
    BROKEN_WAIT,       /* stops its queue synchronously inside a callback */
    BROKEN_CANCELABLE, /* completes what is marked cancelable: only reported */
    BROKEN_TOUCH,      /* asks for the buffer of a completed request */
    BROKEN_IRQL,       /* returns from a callback at another level */
    BROKEN_MARK,       /* marks twice */
    BROKEN_DEFAULT,    /* deletes its default queue */
    BROKEN_ACKNOWLEDGE,/* acknowledges a stop that nobody asked for */
    BROKEN_COUNT,
};

#endif
