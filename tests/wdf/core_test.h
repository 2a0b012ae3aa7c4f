/* SPDX-License-Identifier: MIT */
/* What the core driver and its program agree on. IOCTL_CORE_PART n runs part n in the driver and gives lines of TAP back; a part that does
 * not exist is STATUS_NO_MORE_ENTRIES. */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#define IOCTL_CORE_PART   CTL_CODE(0x22, 0x910, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_CORE_COUNTS CTL_CODE(0x22, 0x911, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_CORE_FINISH CTL_CODE(0x22, 0x912, METHOD_BUFFERED, FILE_ANY_ACCESS) /* the second device opens from now on */
#define IOCTL_CORE_LEAK   CTL_CODE(0x22, 0x913, METHOD_BUFFERED, FILE_ANY_ACCESS) /* an object keeps a reference */
#define IOCTL_CORE_DELETE CTL_CODE(0x22, 0x914, METHOD_BUFFERED, FILE_ANY_ACCESS) /* the second device goes */
#define CORE_BYTES 16384
#define CORE_LINK  L"\\\\.\\OvlWdfCore"
#define CORE_LATE  L"\\\\.\\OvlWdfLate"

struct core_counts {
    unsigned int creates, refused, cleanups, closes, file_objects; /* file_objects: made and not yet destroyed */
};

#endif
