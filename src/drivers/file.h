/* SPDX-License-Identifier: MIT */
/* Disk files: what an open file is, and what all open files of one inode share in this process
 * (share modes, byte-range locks, a pending delete). */
#ifndef DRIVERS_FILE_H
#define DRIVERS_FILE_H

#include <sys/stat.h>

#include "drivers/driver.h"
#include "drivers/path.h"
#include "drivers/rights.h"

/* Who has a file open and what each allows the others, counted as Windows counts. */
struct share_counts {
    uint32_t
        opens; /* those that read, write or delete; opening for attributes alone shares with all */
    uint32_t readers, writers, deleters;
    uint32_t allow_read, allow_write, allow_delete;
};

struct inode {
    struct list link; /* of its bucket */
    uint64_t device, number;
    uint32_t references; /* under the bucket's lock, as are `share` and `delete_pending` */
    struct share_counts share;
    bool delete_pending;    /* goes when the last handle is closed */
    struct lock lock;       /* guards the lists of ranges; irp_pend is called under it */
    _Atomic uint32_t locks; /* how many ranges are held: I/O looks here first */
    struct list ranges;     /* struct range.link, oldest first */
    struct list waiting;    /* struct irp.queue_link of LockFileEx calls that wait, oldest first */
};

/* How a transfer is made, the cheapest way first. */
enum means {
    MEANS_INLINE, /* a plain system call: memory and local disks */
    MEANS_NOWAIT, /* a read that takes what is cached, then the engine */
    MEANS_ENGINE,
};

struct disk_file {
    struct file file;
    struct inode *inode;
    int fd;
    _Atomic uint8_t
        read_means; /* enum means; only becomes dearer or INLINE, by what the system says */
    uint8_t write_means;
    bool local; /* system calls on it end soon: on the list of file_system_is_local */
    bool directory;
    bool delete_on_close;
    bool joined;     /* counted in inode->share */
    uint32_t access; /* enum right, as it was opened */
    uint32_t share;
    uint32_t alignment; /* NO_BUFFERING: offsets and lengths are multiples of it; 0: any */
    uint32_t memory_alignment;
};

extern const struct driver file_driver;

static inline struct disk_file *disk_file_of(struct file *file)
{
    return (struct disk_file *)file;
}

/* file_open.c */
int32_t file_open(struct open_request *request, struct file **file);
bool file_system_is_local(int fd);

/* file_share.c */
int32_t inode_join(struct disk_file *file, const struct stat *st);
void inode_leave(
    struct disk_file *file); /* the last handle is closed; deletes what is to be deleted */
void inode_drop(struct disk_file *file); /* the file object goes */
int32_t inode_set_delete(struct disk_file *file, bool delete);
bool inode_is_deleted(struct disk_file *file);
/* Whether an open of the file at `st` would be let in now: for calls that do their work by name. */
int32_t inode_check(const struct stat *st, uint32_t access, uint32_t share);

static inline int32_t inode_check_delete(const struct stat *st)
{
    return inode_check(st, RIGHT_DELETE, SHARE_READ | SHARE_WRITE | SHARE_DELETE);
}

/* file_lock.c */
int32_t file_lock(struct irp *irp);
int32_t file_unlock(struct disk_file *file, const struct file_range *range);
void file_unlock_all(struct disk_file *file);
bool inode_denies(struct disk_file *file, uint64_t offset, uint32_t length, bool writes);

/* file_io.c */
int32_t file_read(struct irp *irp);
int32_t file_write(struct irp *irp);
int32_t file_flush(struct irp *irp);

/* file_info.c */
int32_t file_get(struct file *file, enum file_info info, void *data);
int32_t file_set(struct file *file, enum file_info info, const void *data);

#endif
