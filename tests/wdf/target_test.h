/* SPDX-License-Identifier: MIT */
/* What the drivers of the target tests and their program know of each other. \\.\OvlLow, OvlLowDirect and OvlLowNeither are the lower driver's
 * (plain WDM); \\.\OvlUpper is the framework driver that opens them as I/O targets: its reads and writes go there. */
#ifndef TARGET_TEST_H
#define TARGET_TEST_H

/* ---- The lower driver. Reads give bytes 'a', 'b', ...; writes are summed up; control codes turn their input round. ---- */

enum low_mode {
    LOW_INLINE,      /* completes in its dispatch routine */
    LOW_PEND,        /* keeps until released; can be cancelled */
    LOW_STUBBORN,    /* keeps until released; cannot be cancelled */
    LOW_DPC,         /* completes by a DPC */
    LOW_MIXED,       /* each of the first two and the fourth in turn */
};

struct low_facts {
    unsigned seen, kept, cancelled, completed;
    unsigned sum;         /* of written bytes */
    unsigned last_code, last_argument;
    unsigned bad;         /* what should not be: no buffer, no file object */
};

#define IOCTL_LOW_MODE     CTL_CODE(FILE_DEVICE_UNKNOWN, 0x910, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LOW_RELEASE  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x911, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LOW_FACTS    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x912, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LOW_BUFFERED CTL_CODE(FILE_DEVICE_UNKNOWN, 0x920, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LOW_IN       CTL_CODE(FILE_DEVICE_UNKNOWN, 0x921, METHOD_IN_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_LOW_OUT      CTL_CODE(FILE_DEVICE_UNKNOWN, 0x922, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_LOW_NEITHER  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x923, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_LOW_OTHERS   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x930, METHOD_NEITHER, FILE_ANY_ACCESS) /* internal: Argument1's first byte */

/* What the lower driver answers IRP_MN_QUERY_INTERFACE with. */
#define LOW_INTERFACE_GUID                                                                \
    {                                                                                     \
        0x5be1d6f3, 0x40a1, 0x4c11, { 0x9b, 0x0e, 0x11, 0x5e, 0x33, 0x0a, 0x71, 0x02 }     \
    }
enum { LOW_INTERFACE_VERSION = 7, LOW_INTERFACE_CONTEXT = 4711 };

/* ---- The upper driver ------------------------------------------------------------------------------------------------ */

enum upper_mode {
    UPPER_FORWARD,   /* formats with the program's memory, completes from the completion routine */
    UPPER_RESEND,    /* sends it `arg` times, from its completion routine */
    UPPER_FORGET,    /* by its current type, send and forget */
    UPPER_TYPE,      /* by its current type, with a completion routine */
    UPPER_FORGET_FORMAT, /* formatted with the program's memory, send and forget */
};

enum upper_command {
    UPPER_OPEN,           /* arg 0: buffered, 1: direct, 2: neither, 3: a name that is not there */
    UPPER_OPEN_OBJECT,    /* by the device object of the open target */
    UPPER_CLOSE,
    UPPER_CLOSE_QUERY,
    UPPER_REOPEN,
    UPPER_STATE,
    UPPER_START,
    UPPER_STOP,           /* arg: the action */
    UPPER_PURGE,
    UPPER_SET_MODE,       /* arg: enum upper_mode, or that | repeats << 8 */
    UPPER_READ,           /* synchronously, arg bytes */
    UPPER_WRITE,
    UPPER_CONTROL,        /* arg: 0..3 the method; 4: internal, buffered; 5: internal, others; 6: buffered with one memory */
    UPPER_READ_TIMEOUT,   /* synchronously with arg ms of time; as a request of the driver's own */
    UPPER_READ_IGNORE,    /* synchronously, whatever the target's state */
    UPPER_OWN_SEND,       /* a request of the driver's own: read of 8 bytes, memory below the request */
    UPPER_OWN_TIMEOUT,    /* the same with arg ms */
    UPPER_OWN_CANCEL,     /* WdfRequestCancelSentRequest; the status is what it returned */
    UPPER_OWN_REUSE,      /* reuses it and sends it again */
    UPPER_OWN_DELETE,
    UPPER_REFUSED,        /* sends that are not possible; the status is the number of the first wrong answer, or 0 */
    UPPER_FROM_IRP,       /* requests around IRPs of the driver's; the status is the number of the first wrong answer, or 0 */
    UPPER_INTERFACE,      /* WdfIoTargetQueryForInterface; bytes is what the lower driver put in */
    UPPER_LOOK,
};

struct upper_order {
    int command, arg;
};

struct upper_facts {
    int status, state;
    unsigned long long bytes;
    unsigned presented, ended;        /* the program's requests: seen by the queue, completed by the driver */
    unsigned own_ended;               /* completion routines of the driver's own */
    int own_status;
    unsigned long long own_bytes;
    unsigned own_irql;
    unsigned memories_gone;           /* cleanups of memory below requests */
    unsigned completions_inside;      /* deepest nesting of completion routines of one request */
    unsigned ended_at_stop;           /* own_ended when WdfIoTargetStop or -Purge returned */
    unsigned bad;
    char data[16];
};

#define IOCTL_UPPER_ORDER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x940, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
