/* SPDX-License-Identifier: MIT */
/* Streams: descriptors without an offset of our own. What has readiness waits in an engine source;
 * the memory devices (/dev/null and its kin) and redirected files end inside the call; anything
 * else is left to the engine's threads. The flags of an inherited description are never changed, so
 * each try is made non-blocking by itself. */
#include "drivers/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include "drivers/attribute.h"
#include "drivers/file.h"
#include "drivers/rights.h"

enum stream_kind {
    STREAM_FIFO,
    STREAM_SOCKET,
    STREAM_DEVICE,  /* has readiness: terminals and the like */
    STREAM_MEMORY,  /* /dev/null, zero, full, random: never waits */
    STREAM_REGULAR, /* a standard handle that is redirected to a file; shares the offset with other
                       programs */
    STREAM_BLOCKING /* nothing tells when it is ready */
};

struct stream_file {
    struct file file;
    struct engine_source source;
    int fd;
    enum stream_kind kind;
    bool non_blocking; /* O_NONBLOCK is set: the description is our own */
    bool terminal, input;
    _Atomic bool lacks_nowait; /* the device refused RWF_NOWAIT once */
};

static struct stream_file *stream_of(struct file *file)
{
    return (struct stream_file *)file;
}

static size_t irp_moved(const struct irp *irp)
{
    return (size_t)irp->driver[1];
}

static bool is_ready(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    return poll(&poll_fd, 1, 0) > 0;
}

/* write(2) to a FIFO nobody reads raises SIGPIPE, which no Windows program expects: it is kept from
 * the program and taken back. One that was pending before stays. */
static ssize_t fifo_write(int fd, const struct iovec *part, int flags)
{
    sigset_t pipe_only, before, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    ssize_t count = flags == 0 ? writev(fd, part, 1) : pwritev2(fd, part, 1, -1, flags);
    int error = errno;
    if (count < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe_only, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return count;
}

static ssize_t move_once(struct stream_file *stream, bool writes, const struct iovec *part,
                         int flags)
{
    if (stream->kind == STREAM_SOCKET)
        return writes ? send(stream->fd, part->iov_base, part->iov_len, MSG_NOSIGNAL | MSG_DONTWAIT)
                      : recv(stream->fd, part->iov_base, part->iov_len, MSG_DONTWAIT);
    if (writes && stream->kind == STREAM_FIFO)
        return fifo_write(stream->fd, part, flags);
    if (flags != 0)
        return writes ? pwritev2(stream->fd, part, 1, -1, flags)
                      : preadv2(stream->fd, part, 1, -1, flags);
    return writes ? writev(stream->fd, part, 1) : readv(stream->fd, part, 1);
}

/* One system call that does not wait. Where neither O_NONBLOCK nor RWF_NOWAIT is to be had,
 * readiness is asked for first, and no more is written than a ready device is sure to take. */
static ssize_t move_now(struct stream_file *stream, bool writes, struct iovec part)
{
    if (stream->non_blocking || stream->kind == STREAM_SOCKET)
        return move_once(stream, writes, &part, 0);
    if (!atomic_load_explicit(&stream->lacks_nowait, memory_order_relaxed)) {
        ssize_t count = move_once(stream, writes, &part, RWF_NOWAIT);
        if (count >= 0 || errno != EOPNOTSUPP)
            return count;
        atomic_store_explicit(&stream->lacks_nowait, true, memory_order_relaxed);
    }
    if (!is_ready(stream->fd, writes ? POLLOUT : POLLIN)) {
        errno = EAGAIN;
        return -1;
    }
    enum { SURELY_TAKEN = 512 }; /* the least PIPE_BUF */
    if (writes && part.iov_len > SURELY_TAKEN)
        part.iov_len = SURELY_TAKEN;
    return move_once(stream, writes, &part, 0);
}

static int64_t read_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct stream_file *stream = stream_of(irp->file);
    if (irp->length == 0) /* a read of nothing tells that there is something */
        return is_ready(stream->fd, POLLIN) ? 0 : -EAGAIN;
    ssize_t count;
    do
        count = move_now(stream, false, (struct iovec){irp->buffer, irp->length});
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return -errno;
    /* A terminal's short read is a line; others may follow. */
    op->drained = stream->kind == STREAM_FIFO && count > 0 && (size_t)count < irp->length;
    return count;
}

/* All of it, as WriteFile promises; what is written stays written while the rest waits. */
static int64_t write_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct stream_file *stream = stream_of(irp->file);
    size_t moved = irp_moved(irp);
    while (moved < irp->length) {
        ssize_t count = move_now(stream, true,
                                 (struct iovec){(char *)irp->buffer + moved, irp->length - moved});
        if (count >= 0)
            moved += (size_t)count;
        else if (errno != EINTR)
            break;
        irp->driver[1] = (void *)moved;
    }
    return moved == irp->length ? (int64_t)moved : -errno;
}

static int32_t stream_status(const struct irp *irp, int64_t result)
{
    const struct stream_file *stream = stream_of(irp->file);
    if (result != 0 || irp->major != IRP_READ || irp->length == 0)
        return status_from_result(result);
    return stream->kind == STREAM_FIFO || stream->kind == STREAM_SOCKET ? STATUS_PIPE_BROKEN
                                                                        : STATUS_END_OF_FILE;
}

static void stream_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    uint64_t moved = result >= 0 ? (uint64_t)result : irp->major == IRP_WRITE ? irp_moved(irp) : 0;
    irp_complete(irp, stream_status(irp, result), moved);
}

static void source_cancel(struct irp *irp)
{
    struct stream_file *stream = stream_of(irp->file);
    if (engine_source_cancel(&stream->source, &irp->op))
        stream_done(&irp->op, -ECANCELED);
}

static void blocking_cancel(struct irp *irp)
{
    engine_cancel(&irp->op);
}

static int32_t stream_wait_ready(struct irp *irp, struct stream_file *stream,
                                 enum engine_direction direction)
{
    irp->op.attempt = direction == ENGINE_IN ? read_attempt : write_attempt;
    irp->op.done = stream_done;
    irp->op.state = 0;
    int64_t result = engine_source_try(&stream->source, direction, &irp->op);
    if (result != -EAGAIN) {
        irp->information = result > 0 ? (uint64_t)result : 0;
        return stream_status(irp, result);
    }
    irp_pend(irp, source_cancel);
    engine_source_submit(&stream->source, direction, &irp->op);
    return STATUS_PENDING;
}

static int32_t stream_move_inline(struct irp *irp, struct stream_file *stream, bool writes)
{
    size_t moved = 0;
    ssize_t count;
    do {
        struct iovec part = {(char *)irp->buffer + moved, irp->length - moved};
        count = move_once(stream, writes, &part, 0);
        if (count > 0)
            moved += (size_t)count;
    } while ((count < 0 && errno == EINTR) || (count > 0 && moved < irp->length));
    irp->information = moved;
    return stream_status(irp, count < 0 && moved == 0 ? -errno : (int64_t)moved);
}

static int32_t stream_submit(struct irp *irp, struct stream_file *stream, enum engine_code code)
{
    irp->op.code = code;
    irp->op.fd = stream->fd;
    irp->op.buffer = irp->buffer;
    irp->op.length = irp->length;
    irp->op.offset = ENGINE_POSITION;
    irp->op.done = stream_done;
    irp->op.state = 0;
    irp_pend(irp, blocking_cancel);
    engine_submit(&irp->op);
    return STATUS_PENDING;
}

static int32_t stream_move(struct irp *irp, enum engine_direction direction)
{
    struct stream_file *stream = stream_of(irp->file);
    bool writes = direction == ENGINE_OUT;
    irp->driver[1] = NULL;
    switch (stream->kind) {
    case STREAM_MEMORY:
    case STREAM_REGULAR:
        return stream_move_inline(irp, stream, writes);
    case STREAM_BLOCKING:
        return stream_submit(irp, stream, writes ? ENGINE_WRITE : ENGINE_READ);
    default:
        return stream_wait_ready(irp, stream, direction);
    }
}

static int32_t stream_read(struct irp *irp)
{
    return stream_move(irp, ENGINE_IN);
}

static int32_t stream_write(struct irp *irp)
{
    return stream_move(irp, ENGINE_OUT);
}

static int32_t stream_flush(struct irp *irp)
{
    struct stream_file *stream = stream_of(irp->file);
    if (stream->terminal)
        return STATUS_INVALID_HANDLE; /* so does a console's output */
    if (stream->kind == STREAM_MEMORY)
        return STATUS_SUCCESS;
    if (stream->kind != STREAM_REGULAR && stream->kind != STREAM_BLOCKING)
        return STATUS_INVALID_DEVICE_REQUEST; /* Linux does not tell when a reader has read */
    return stream_submit(irp, stream, ENGINE_FSYNC);
}

static int32_t terminal_get(const struct stream_file *stream, struct terminal_mode *mode)
{
    struct termios settings;
    if (!stream->terminal || tcgetattr(stream->fd, &settings) != 0)
        return STATUS_INVALID_HANDLE;
    *mode = (struct terminal_mode){
        .input = stream->input,
        .lines = settings.c_lflag & ICANON,
        .echo = settings.c_lflag & ECHO,
        .signals = settings.c_lflag & ISIG,
    };
    return STATUS_SUCCESS;
}

static int32_t terminal_set(const struct stream_file *stream, const struct terminal_mode *mode)
{
    struct termios settings;
    if (!stream->terminal || tcgetattr(stream->fd, &settings) != 0)
        return STATUS_INVALID_HANDLE;
    settings.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
    settings.c_lflag |=
        (mode->lines ? ICANON : 0u) | (mode->echo ? ECHO : 0u) | (mode->signals ? ISIG : 0u);
    if (!mode->lines) {
        settings.c_cc[VMIN] = 1;
        settings.c_cc[VTIME] = 0;
    }
    return tcsetattr(stream->fd, TCSANOW, &settings) == 0 ? STATUS_SUCCESS
                                                          : status_from_errno(errno);
}

static int32_t stream_get(struct file *file, enum file_info info, void *data)
{
    struct stream_file *stream = stream_of(file);
    struct path_info all;
    if (info == INFO_KIND) {
        *(uint32_t *)data = stream->kind == STREAM_REGULAR ? FILE_KIND_DISK
                            : stream->kind == STREAM_FIFO || stream->kind == STREAM_SOCKET
                                ? FILE_KIND_PIPE
                                : FILE_KIND_CHAR;
        return STATUS_SUCCESS;
    }
    if (info == INFO_DESCRIPTOR) {
        *(int *)data = stream->fd;
        return STATUS_SUCCESS;
    }
    if (info == INFO_TERMINAL)
        return terminal_get(stream, data);
    if (stream->kind != STREAM_REGULAR)
        return STATUS_INVALID_DEVICE_REQUEST;
    int32_t status = attribute_read(stream->fd, NULL, false, &all);
    if (status != STATUS_SUCCESS)
        return status;
    if (info == INFO_BASIC)
        *(struct file_basic *)data = all.basic;
    else if (info == INFO_STANDARD)
        *(struct file_standard *)data = all.standard;
    else if (info == INFO_IDENTITY)
        *(struct file_identity *)data = all.identity;
    else
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static int32_t stream_set(struct file *file, enum file_info info, const void *data)
{
    struct stream_file *stream = stream_of(file);
    if (info == INFO_TERMINAL)
        return terminal_set(stream, data);
    if (stream->kind != STREAM_REGULAR)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (info == INFO_END_OF_FILE)
        return ftruncate(stream->fd, (off_t) * (const uint64_t *)data) == 0
                   ? STATUS_SUCCESS
                   : status_from_errno(errno);
    if (info != INFO_POSITION)
        return STATUS_INVALID_PARAMETER;
    const struct file_seek *seek = data;
    static const int whence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    off_t position = lseek(stream->fd, seek->distance, whence[seek->origin]);
    if (position < 0)
        return errno == EINVAL ? (int32_t)0xC0070083 /* before the start */
                               : status_from_errno(errno);
    *seek->position = position;
    return STATUS_SUCCESS;
}

static bool has_readiness(enum stream_kind kind)
{
    return kind == STREAM_FIFO || kind == STREAM_SOCKET || kind == STREAM_DEVICE;
}

static void stream_close(struct file *file)
{
    struct stream_file *stream = stream_of(file);
    if (has_readiness(stream->kind))
        engine_source_close(&stream->source);
    close(stream->fd);
}

/* null, zero, full, random, urandom */
static bool is_memory_device(const struct stat *st)
{
    unsigned device = minor(st->st_rdev);
    return S_ISCHR(st->st_mode) && major(st->st_rdev) == 1 &&
           (device == 3 || device == 5 || device == 7 || device == 8 || device == 9);
}

static enum stream_kind stream_classify(const struct stat *st, struct engine_source *source)
{
    if (S_ISFIFO(st->st_mode))
        return STREAM_FIFO;
    if (S_ISSOCK(st->st_mode))
        return STREAM_SOCKET;
    if (S_ISREG(st->st_mode) || S_ISBLK(st->st_mode))
        return STREAM_REGULAR;
    if (is_memory_device(st))
        return STREAM_MEMORY;
    return engine_source_register(source) == 0 ? STREAM_DEVICE : STREAM_BLOCKING;
}

int32_t stream_create(int fd, const struct stat *st, uint32_t flags, bool inherited,
                      struct file **file)
{
    struct stream_file *stream =
        (struct stream_file *)file_create(&stream_driver, sizeof *stream, flags);
    if (stream == NULL) {
        close(fd);
        return STATUS_NO_MEMORY;
    }
    stream->fd = fd;
    engine_source_init(&stream->source, fd);
    stream->kind = stream_classify(st, &stream->source);
    stream->terminal = stream->kind == STREAM_DEVICE && isatty(fd);
    int status_flags = fcntl(fd, F_GETFL);
    stream->input = (status_flags & O_ACCMODE) == O_RDONLY;
    if (!inherited && has_readiness(stream->kind))
        stream->non_blocking =
            status_flags >= 0 && fcntl(fd, F_SETFL, status_flags | O_NONBLOCK) == 0;
    *file = &stream->file;
    return STATUS_SUCCESS;
}

int32_t stream_inherit(int fd, uint32_t *access, struct file **file)
{
    struct stat st;
    int mode = fcntl(fd, F_GETFL);
    if (mode < 0 || fstat(fd, &st) != 0)
        return STATUS_INVALID_HANDLE;
    /* Above the three that the C library and child processes know by number. */
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (own < 0)
        return status_from_errno(errno);
    *access = 0;
    if ((mode & O_ACCMODE) != O_WRONLY)
        *access |= RIGHTS_TO_READ;
    if ((mode & O_ACCMODE) != O_RDONLY)
        *access |= RIGHTS_TO_WRITE;
    int32_t status = stream_create(own, &st, FILE_SYNCHRONOUS, true, file);
    if (status == STATUS_SUCCESS)
        stream_of(*file)->input =
            fd == 0; /* the three may be one descriptor of a terminal, open for both */
    return status;
}

const struct driver stream_driver = {
    .name = "stream",
    .kind = FILE_KIND_UNKNOWN,
    .dispatch = {[IRP_READ] = stream_read, [IRP_WRITE] = stream_write, [IRP_FLUSH] = stream_flush},
    .get = stream_get,
    .set = stream_set,
    .close = stream_close,
};
