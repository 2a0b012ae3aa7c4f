/* SPDX-License-Identifier: MIT */
/* The numbers in struct open_request, with the values that Windows programs pass, for the sources
 * below the faces (which do not see the Windows headers). */
#ifndef DRIVERS_RIGHTS_H
#define DRIVERS_RIGHTS_H

enum right {
    RIGHT_READ = 0x1, /* of a directory: list */
    RIGHT_WRITE = 0x2,
    RIGHT_APPEND = 0x4,
    RIGHT_READ_EA = 0x8,
    RIGHT_WRITE_EA = 0x10,
    RIGHT_EXECUTE = 0x20,
    RIGHT_READ_ATTRIBUTES = 0x80,
    RIGHT_WRITE_ATTRIBUTES = 0x100,
    RIGHT_DELETE = 0x10000,
    RIGHT_READ_CONTROL = 0x20000,
    RIGHT_SYNCHRONIZE = 0x100000,
    RIGHTS_TO_READ = 0x120089, /* what GENERIC_READ is of a file */
    RIGHTS_TO_WRITE = 0x120116,
    RIGHTS_TO_EXECUTE = 0x1200a0,
    RIGHTS_OF_FILES = 0x1f01ff,
};

enum share { SHARE_READ = 1, SHARE_WRITE = 2, SHARE_DELETE = 4 };

enum disposition { OPEN_NEW = 1, OPEN_REPLACE, OPEN_IF_THERE, OPEN_OR_CREATE, OPEN_TRUNCATE };

enum attribute {
    ATTRIBUTE_READONLY = 0x1,
    ATTRIBUTE_HIDDEN = 0x2,
    ATTRIBUTE_SYSTEM = 0x4,
    ATTRIBUTE_DIRECTORY = 0x10,
    ATTRIBUTE_ARCHIVE = 0x20,
    ATTRIBUTE_NORMAL = 0x80,
    ATTRIBUTE_TEMPORARY = 0x100,
    ATTRIBUTE_REPARSE_POINT = 0x400,
    ATTRIBUTE_OFFLINE = 0x1000,
    ATTRIBUTE_NOT_INDEXED = 0x2000,
};

#define OPEN_WRITE_THROUGH   0x80000000u
#define OPEN_OVERLAPPED      0x40000000u
#define OPEN_NO_BUFFERING    0x20000000u
#define OPEN_RANDOM          0x10000000u
#define OPEN_SEQUENTIAL      0x08000000u
#define OPEN_DELETE_ON_CLOSE 0x04000000u
#define OPEN_BACKUP          0x02000000u
#define OPEN_POSIX_SEMANTICS 0x01000000u
#define OPEN_REPARSE         0x00200000u

#define LOCK_FAIL_IMMEDIATELY 1u
#define LOCK_EXCLUSIVE        2u

#endif
