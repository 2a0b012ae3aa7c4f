/* SPDX-License-Identifier: MIT */
/* What the plug-and-play driver and its program agree on. Events are kept in order and read one by one. */
#ifndef PNP_TEST_H
#define PNP_TEST_H

#define IOCTL_PNP_EVENT CTL_CODE(0x22, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) /* out: the next event; pends until there is one */
#define IOCTL_PNP_MODE  CTL_CODE(0x22, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS) /* in: enum pnp_mode */
#define IOCTL_PNP_WORK  CTL_CODE(0x22, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS) /* on the device: 77 comes back */
#define IOCTL_PNP_HIDE  CTL_CODE(0x22, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS) /* on the device: disables the interface */
#define IOCTL_PNP_FAIL  CTL_CODE(0x22, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS) /* on the device: it says that it failed */
#define IOCTL_PNP_FACTS CTL_CODE(0x22, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS) /* on the device: struct pnp_facts */

enum pnp_mode { PNP_GOOD, PNP_FAIL_ADD, PNP_FAIL_START, PNP_REFUSE_REMOVE };

enum pnp_event {
    PNP_ADD = 1, PNP_START, PNP_CAPABILITIES, PNP_STATE, PNP_QUERY_REMOVE, PNP_CANCEL_REMOVE, PNP_SURPRISE, PNP_REMOVE,
    PNP_POWER_DONE, PNP_UNLOAD
};

struct pnp_facts {
    unsigned short hardware_id[64];
    unsigned int hardware_bytes, small_status, removal_policy, address;
    unsigned short link[128];
};

/* {5ab7e8c4-7a3f-4d1c-9b1e-0c3a6f2d8e11} */
#define PNP_GUID {0x5ab7e8c4, 0x7a3f, 0x4d1c, {0x9b, 0x1e, 0x0c, 0x3a, 0x6f, 0x2d, 0x8e, 0x11}}

#endif
