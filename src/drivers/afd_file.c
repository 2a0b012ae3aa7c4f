/* SPDX-License-Identifier: MIT */
/* TransmitFile: data before, a piece of a file, data behind, as one send. irp->information counts
 * what has gone through all three. The file goes by sendfile in limited pieces, since reading it
 * may wait for the disk; the socket itself never blocks. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

enum { PIECE_BYTES = 256 * 1024 };

/* What the request carries while it goes on, in driver[0]. */
struct file_send {
    struct afd_send_file around; /* the caller's data at both ends */
    int fd;                      /* borrowed from irp->other; -1: no file */
    off_t offset;                /* of the file's piece */
    uint64_t file_length;
};

static int64_t send_bytes(int fd, const void *data, uint32_t length, uint64_t skip, bool more)
{
    ssize_t count = send(fd, (const char *)data + skip, length - skip,
                         MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    return count < 0 ? -errno : count;
}

static int64_t send_piece(int fd, const struct file_send *from, uint64_t skip)
{
    off_t offset = from->offset + (off_t)skip;
    uint64_t rest = from->file_length - skip;
    ssize_t count = sendfile(fd, from->fd, &offset, rest < PIECE_BYTES ? rest : PIECE_BYTES);
    if (count < 0)
        return -errno;
    return count == 0 ? -ENODATA : count; /* the file became shorter */
}

/* The next piece of what is left: a count, or -errno. */
static int64_t send_next(int fd, const struct file_send *from, uint64_t at)
{
    uint64_t file_begin = from->around.head_length, tail_begin = file_begin + from->file_length;
    bool more = from->file_length != 0 || from->around.tail_length != 0;
    if (at < file_begin)
        return send_bytes(fd, from->around.head, from->around.head_length, at, more);
    if (at < tail_begin)
        return send_piece(fd, from, at - file_begin);
    return send_bytes(fd, from->around.tail, from->around.tail_length, at - tail_begin, false);
}

static int64_t file_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    const struct file_send *from = irp->driver[0];
    uint64_t end = from->around.head_length + from->file_length + from->around.tail_length;
    int64_t result = afd_send_turn(sock, irp);
    while (result >= 0 && irp->information < end) {
        result = send_next(sock->source.fd, from, irp->information);
        if (result == -EINTR)
            result = 0;
        irp->information += result > 0 ? (uint64_t)result : 0;
    }
    return afd_send_note(sock, irp, result < 0 ? result : (int64_t)irp->information);
}

static void file_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    int32_t status = result >= 0          ? STATUS_SUCCESS
                     : result == -ENODATA ? STATUS_END_OF_FILE
                                          : afd_failure(sock, (int)-result);
    free(irp->driver[0]);
    irp->driver[0] = NULL;
    afd_send_finish(sock, irp, result);
    if (status == STATUS_SUCCESS && irp->minor != 0) {
        if (afd_disconnect_after(irp))
            return;
        status = STATUS_CANCELLED;
    }
    afd_end(irp, status, irp->information);
}

/* The file's descriptor and how much of it goes. */
static int32_t file_measure(const struct irp *irp, struct file_send *from)
{
    struct file *file = irp->other;
    struct stat info;
    from->fd = -1;
    if (file == NULL)
        return STATUS_SUCCESS;
    if (file->driver->get == NULL || file->driver->kind != FILE_KIND_DISK ||
        file->driver->get(file, INFO_DESCRIPTOR, &from->fd) != STATUS_SUCCESS)
        return STATUS_INVALID_PARAMETER;
    if (fstat(from->fd, &info) != 0)
        return afd_status(errno);
    from->offset =
        irp->flags & IRP_HAS_BLOCK ? (off_t)irp->offset : (off_t)atomic_load(&file->position);
    if (from->offset < 0 || from->offset > info.st_size)
        return STATUS_INVALID_PARAMETER;
    from->file_length =
        irp->argument != 0 ? irp->argument : (uint64_t)(info.st_size - from->offset);
    return STATUS_SUCCESS;
}

int32_t afd_send_file(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    if (!afd_is_stream(sock) || afd_state(sock) != AFD_IS_CONNECTED)
        return STATUS_INVALID_CONNECTION;
    if (atomic_load(&sock->no_send))
        return STATUS_PIPE_DISCONNECTED;
    struct file_send *from = calloc(1, sizeof *from);
    if (from == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (irp->driver[0] != NULL)
        from->around = *(const struct afd_send_file *)irp->driver[0];
    int32_t status = file_measure(irp, from);
    if (status != STATUS_SUCCESS) {
        free(from);
        return status;
    }
    irp->driver[0] = from;
    irp->op.attempt = file_attempt;
    irp->op.done = file_done;
    return afd_pend(irp, ENGINE_OUT, 0);
}
