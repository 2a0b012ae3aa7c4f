/* SPDX-License-Identifier: MIT */
/* What the probe driver and its program agree on. */
#ifndef PROBE_H
#define PROBE_H

#define IOCTL_PROBE_BUFFERED   CTL_CODE(0x22, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PROBE_IN_DIRECT  CTL_CODE(0x22, 0x801, METHOD_IN_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_PROBE_OUT_DIRECT CTL_CODE(0x22, 0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_PROBE_NEITHER    CTL_CODE(0x22, 0x803, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_PROBE_WAIT_EVENT CTL_CODE(0x22, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS) /* pends until a write */
#define IOCTL_PROBE_FACTS      CTL_CODE(0x22, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PROBE_OVERFLOW   CTL_CODE(0x22, 0x806, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PROBE_TIMER      CTL_CODE(0x22, 0x807, METHOD_BUFFERED, FILE_ANY_ACCESS) /* ends by a timer's DPC */
#define IOCTL_PROBE_BLOCK      CTL_CODE(0x22, 0x808, METHOD_BUFFERED, FILE_ANY_ACCESS) /* waits in its dispatch until cancelled */

struct probe_facts {
    unsigned int creates, cleanups, closes, cancels;
    unsigned int completion_irql; /* of the last request that a DPC completed */
    unsigned int close_irql;      /* the highest at which a close came */
    unsigned int event_seen;      /* the event in the driver's memory woke its thread */
    unsigned int blocked;         /* requests that waited in their dispatch */
};

#endif
