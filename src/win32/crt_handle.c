/* SPDX-License-Identifier: MIT */
/* The way between a descriptor and a HANDLE. A descriptor's handle is made once and kept: asking again
 * gives the same one, until the descriptor is closed and its number names another file. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lock.h"
#include "nt/open.h"
#include "win32/crt.h"
#include "win32/face.h"

struct descriptor_handle {
    HANDLE handle;
    dev_t device;
    ino_t inode;
};

static struct lock table_lock;
static struct descriptor_handle *table;
static int table_size;

/* The table grows to hold `fd`; NULL without memory. */
static struct descriptor_handle *table_at(int fd)
{
    if (fd >= table_size) {
        int size = fd + 64;
        struct descriptor_handle *grown = realloc(table, (size_t)size * sizeof(*grown));
        if (!grown)
            return NULL;
        for (int i = table_size; i < size; i++)
            grown[i] = (struct descriptor_handle){0};
        table = grown;
        table_size = size;
    }
    return &table[fd];
}

static HANDLE descriptor_handle(int fd, const struct stat *status)
{
    struct descriptor_handle *it = table_at(fd);
    uint64_t number;

    if (!it)
        return INVALID_HANDLE_VALUE;
    if (it->handle && it->device == status->st_dev && it->inode == status->st_ino)
        return it->handle;
    if (it->handle)
        CloseHandle(it->handle);
    *it = (struct descriptor_handle){0};
    if (nt_open_descriptor(fd, &number) != STATUS_SUCCESS)
        return INVALID_HANDLE_VALUE;
    *it = (struct descriptor_handle){handle_pointer(number), status->st_dev, status->st_ino};
    return it->handle;
}

CRT(intptr_t, ovl_crt__get_osfhandle, int fd)
{
    struct stat status;
    HANDLE handle;

    if (fd < 0 || fstat(fd, &status) < 0) {
        errno = EBADF;
        return -1;
    }
    if (fd <= STDERR_FILENO) {
        handle = GetStdHandle((DWORD)-10 - (DWORD)fd);
    } else {
        lock_acquire(&table_lock);
        handle = descriptor_handle(fd, &status);
        lock_release(&table_lock);
    }
    if (!handle || handle == INVALID_HANDLE_VALUE) {
        errno = EBADF;
        return -1;
    }
    return (intptr_t)handle;
}

/* A duplicate of the descriptor under the handle, where it has one. */
CRT(int, ovl_crt__open_osfhandle, intptr_t handle, int flags)
{
    int fd;

    (void)flags;
    if (nt_file_get(handle_number((HANDLE)handle), 0, INFO_DESCRIPTOR, &fd) != STATUS_SUCCESS || fd < 0) {
        errno = EBADF;
        return -1;
    }
    return dup(fd);
}
