/* SPDX-License-Identifier: MIT */
/* Moving bytes to and from disk files. A read takes what is cached inside the call; the engine gets
 * only what would sleep. On local file systems a synchronous call, and a buffered write, is a plain
 * system call: the page cache takes writes as fast as a copy, and Windows too may end such a
 * request at once. */
#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "drivers/file.h"

enum { ENGINE_MOST = 1 << 30 }; /* bytes that one engine operation carries */

static size_t irp_moved(const struct irp *irp)
{
    return (size_t)irp->driver[0];
}

static void transfer_cancel(struct irp *irp)
{
    engine_cancel(&irp->op);
}

/* The rest of a transfer, behind the bytes that are already moved. */
static void transfer_submit(struct irp *irp, size_t moved)
{
    struct disk_file *file = disk_file_of(irp->file);
    size_t rest = irp->length - moved;
    irp->driver[0] = (void *)moved;
    irp->op.fd = file->fd;
    irp->op.buffer = (char *)irp->buffer + moved;
    irp->op.length = rest < ENGINE_MOST ? (uint32_t)rest : ENGINE_MOST;
    irp->op.offset = irp->offset + moved;
    irp->op.direct = file->alignment != 0;
    irp->op.state = 0;
    engine_submit(&irp->op);
}

/* A transfer that moved less than was asked for and is not at the end of the file goes on. */
static bool transfer_goes_on(const struct irp *irp, size_t moved)
{
    struct disk_file *file = disk_file_of(irp->file);
    struct stat st;
    if (moved >= irp->length || irp_is_cancelled(irp))
        return false;
    if (irp->major == IRP_WRITE)
        return true;
    if (file->alignment != 0 && moved % file->alignment != 0)
        return false;
    return fstat(file->fd, &st) == 0 && irp->offset + moved < (uint64_t)st.st_size;
}

static void transfer_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    size_t moved = irp_moved(irp);
    if (result == -EINTR || result == -EAGAIN) {
        if (!irp_is_cancelled(irp)) {
            transfer_submit(irp, moved);
            return;
        }
        result = -ECANCELED;
    }
    if (result > 0) {
        moved += (size_t)result;
        if (transfer_goes_on(irp, moved)) {
            transfer_submit(irp, moved);
            return;
        }
    }
    int32_t status = status_from_result(result);
    if (result == 0 && moved == 0 && irp->length > 0)
        status = irp->major == IRP_READ ? STATUS_END_OF_FILE : STATUS_DISK_FULL;
    irp_complete(irp, status, status == STATUS_SUCCESS ? moved : 0);
}

static int32_t transfer_start(struct irp *irp, size_t moved)
{
    irp->op.code = irp->major == IRP_READ ? ENGINE_READ : ENGINE_WRITE;
    irp->op.done = transfer_done;
    irp_pend(irp, transfer_cancel);
    transfer_submit(irp, moved);
    return STATUS_PENDING;
}

/* The call's rules that hold for both directions. */
static inline int32_t transfer_check(const struct irp *irp, struct disk_file *file)
{
    if (__builtin_expect(file->directory, 0))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (file->alignment != 0 &&
        ((irp->length | (irp->flags & IRP_APPEND ? 0 : irp->offset)) & (file->alignment - 1) ||
         (uintptr_t)irp->buffer & (file->memory_alignment - 1)))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static inline bool transfer_is_denied(const struct irp *irp, struct disk_file *file)
{
    return __builtin_expect(atomic_load_explicit(&file->inode->locks, memory_order_relaxed) != 0,
                            0) &&
           inode_denies(file, irp->offset, irp->length, irp->major == IRP_WRITE);
}

static ssize_t read_part(struct disk_file *file, const struct irp *irp, size_t moved,
                         enum means means)
{
    char *at = (char *)irp->buffer + moved;
    if (means == MEANS_INLINE)
        return pread(file->fd, at, irp->length - moved, (off_t)(irp->offset + moved));
    struct iovec part = {at, irp->length - moved};
    /* Not by libc's preadv2: as a cancellation point it costs two atomic operations for each read. */
    return syscall(SYS_preadv2, file->fd, &part, 1L, (long)(irp->offset + moved), 0L, RWF_NOWAIT);
}

/* Some file systems (tmpfs) know no RWF_NOWAIT; the file remembers. */
static enum means read_without_nowait(struct disk_file *file)
{
    enum means means = file->local ? MEANS_INLINE : MEANS_ENGINE;
    atomic_store_explicit(&file->read_means, means, memory_order_relaxed);
    return means;
}

static int32_t read_rest(struct irp *irp, struct disk_file *file, enum means means, ssize_t count)
{
    size_t moved = 0;
    for (;;) {
        if (count > 0) {
            moved += (size_t)count;
        } else if (count == 0) {
            break;
        } else if (errno == EAGAIN && means == MEANS_NOWAIT) {
            return transfer_start(irp, moved);
        } else if (errno == EOPNOTSUPP && means == MEANS_NOWAIT) {
            means = read_without_nowait(file);
            if (means == MEANS_ENGINE)
                return transfer_start(irp, moved);
        } else if (errno != EINTR) {
            return status_from_errno(errno);
        }
        if (moved == irp->length)
            break;
        if (file->alignment != 0 && moved % file->alignment != 0)
            break; /* unbuffered: only the end of the file cuts a block */
        count = read_part(file, irp, moved, means);
    }
    irp->information = moved;
    return moved == 0 ? STATUS_END_OF_FILE : STATUS_SUCCESS;
}

int32_t file_read(struct irp *irp)
{
    struct disk_file *file = disk_file_of(irp->file);
    int32_t status = transfer_check(irp, file);
    if (__builtin_expect(status != STATUS_SUCCESS, 0))
        return status;
    if (transfer_is_denied(irp, file))
        return STATUS_FILE_LOCK_CONFLICT;
    if (irp->length == 0)
        return STATUS_SUCCESS;
    enum means means = atomic_load_explicit(&file->read_means, memory_order_relaxed);
    if (means == MEANS_ENGINE)
        return transfer_start(irp, 0);
    ssize_t count = read_part(file, irp, 0, means);
    if (__builtin_expect((size_t)count == irp->length, 1)) {
        irp->information = (uint64_t)count;
        return STATUS_SUCCESS;
    }
    return read_rest(irp, file, means, count);
}

/* At the end of the file, in one step with finding the end. */
static ssize_t append_part(struct disk_file *file, const struct irp *irp, size_t moved)
{
    struct iovec part = {(char *)irp->buffer + moved, irp->length - moved};
    return pwritev2(file->fd, &part, 1, 0, RWF_APPEND);
}

static int64_t write_all(struct disk_file *file, const struct irp *irp, bool append)
{
    size_t moved = 0;
    while (moved < irp->length) {
        ssize_t count = append ? append_part(file, irp, moved)
                               : pwrite(file->fd, (const char *)irp->buffer + moved,
                                        irp->length - moved, (off_t)(irp->offset + moved));
        if (count > 0)
            moved += (size_t)count;
        else if (count == 0)
            return -ENOSPC;
        else if (errno != EINTR)
            return -errno;
    }
    return (int64_t)moved;
}

/* A synchronous handle's file pointer ends behind what was appended. */
static void append_note_end(struct irp *irp, struct disk_file *file)
{
    struct stat st;
    if (fstat(file->fd, &st) == 0 && (uint64_t)st.st_size >= irp->length)
        irp->offset = (uint64_t)st.st_size - irp->length;
}

static int64_t append_work(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct disk_file *file = disk_file_of(irp->file);
    int64_t result = write_all(file, irp, true);
    if (result > 0)
        append_note_end(irp, file);
    return result;
}

static void work_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    irp_complete(irp, status_from_result(result), result > 0 ? (uint64_t)result : 0);
}

static int32_t append_start(struct irp *irp)
{
    irp->op.code = ENGINE_WORK;
    irp->op.work = append_work;
    irp->op.done = work_done;
    irp->op.state = 0;
    irp_pend(irp, transfer_cancel);
    engine_submit(&irp->op);
    return STATUS_PENDING;
}

int32_t file_write(struct irp *irp)
{
    struct disk_file *file = disk_file_of(irp->file);
    /* Both halves of the offset all ones: the end of the file. So does a handle that may only
     * append. */
    bool append = irp->offset == UINT64_MAX || !(file->access & RIGHT_WRITE);
    if (append)
        irp->flags |= IRP_APPEND;
    int32_t status = transfer_check(irp, file);
    if (__builtin_expect(status != STATUS_SUCCESS, 0))
        return status;
    if (!append && transfer_is_denied(irp, file))
        return STATUS_FILE_LOCK_CONFLICT;
    if (irp->length == 0) {
        if (append)
            append_note_end(irp, file);
        return STATUS_SUCCESS;
    }
    if (file->write_means == MEANS_ENGINE)
        return append ? append_start(irp) : transfer_start(irp, 0);
    int64_t result = write_all(file, irp, append);
    if (result < 0)
        return status_from_errno((int)-result);
    if (append)
        append_note_end(irp, file);
    irp->information = (uint64_t)result;
    return STATUS_SUCCESS;
}

/* Flushing sleeps for as long as the disk takes; who waits for an overlapped handle waits
 * cancellably. */
int32_t file_flush(struct irp *irp)
{
    struct disk_file *file = disk_file_of(irp->file);
    if ((atomic_load(&file->file.flags) & FILE_SYNCHRONOUS) && file->local) {
        while (fsync(file->fd) != 0)
            if (errno != EINTR)
                return errno == EINVAL ? STATUS_SUCCESS : status_from_errno(errno);
        return STATUS_SUCCESS;
    }
    irp->op.code = ENGINE_FSYNC;
    irp->op.fd = file->fd;
    irp->op.done = work_done;
    irp->op.state = 0;
    irp_pend(irp, transfer_cancel);
    engine_submit(&irp->op);
    return STATUS_PENDING;
}
