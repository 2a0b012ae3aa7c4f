/* SPDX-License-Identifier: MIT */
/* Streams and the dear ways of disk files, from nt_open_name downwards: a FIFO that pends, is
 * filled, is cancelled and breaks; a pseudo-terminal; /dev/null and /dev/zero; files in memory and
 * on disk, unbuffered and written through. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/futex.h"
#include "drivers/rights.h"
#include "nt/open.h"

static int failures;

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("not ok - %s:%d: %s: ", __FILE__, __LINE__, #condition);                        \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

enum { WAIT_NS = 1000000000, PATIENCE = 20 };

static uint64_t open_path(const char *path, uint32_t access, uint32_t disposition, uint32_t flags)
{
    struct name name;
    struct open_request request = {
        .access = access, .share = 7, .disposition = disposition, .flags = flags};
    uint64_t handle = 0;
    int32_t status = name_resolve(name_table_system(), path, strlen(path), &name);
    if (status == 0)
        status = nt_open_name(&name, &request, false, &handle);
    CHECK(status == 0, "%s: %08x", path, (unsigned)status);
    return handle;
}

static int32_t start(uint64_t handle, uint8_t major, struct status_block *block, void *data,
                     uint32_t length, uint64_t *moved)
{
    struct io_call call = {
        .handle = handle, .major = major, .block = block, .buffer = data, .length = length};
    return nt_io(&call, moved);
}

/* Runs an overlapped request to its end. */
static int32_t finish(uint64_t handle, struct status_block *block, int32_t status, uint64_t *moved)
{
    if (status != STATUS_PENDING)
        return status;
    return nt_io_result(handle, block, moved, true, false,
                        clock_deadline_ns((uint64_t)WAIT_NS * PATIENCE));
}

static int32_t run(uint64_t handle, uint8_t major, uint64_t offset, void *data, uint32_t length,
                   uint64_t *moved)
{
    struct status_block block = {.offset = offset};
    return finish(handle, &block, start(handle, major, &block, data, length, moved), moved);
}

static void check_fifo(const char *path)
{
    static char big[300000], back[sizeof big];
    char data[16];
    uint64_t moved;
    CHECK(mkfifo(path, 0600) == 0, "mkfifo: %s", strerror(errno));
    int keeper = open(path, O_RDWR | O_CLOEXEC);
    uint64_t reader = open_path(path, RIGHTS_TO_READ, OPEN_IF_THERE, OPEN_OVERLAPPED);
    uint64_t writer = open_path(path, RIGHTS_TO_WRITE, OPEN_IF_THERE, OPEN_OVERLAPPED);
    close(keeper);
    uint32_t kind = 0;
    CHECK(nt_file_kind(reader, &kind) == 0 && kind == FILE_KIND_PIPE, "kind %u", kind);
    int64_t position;
    CHECK(nt_file_seek(reader, 0, 0, &position) == STATUS_INVALID_DEVICE_REQUEST,
          "a FIFO has no pointer");

    struct status_block one = {0}, none = {0};
    CHECK(start(reader, IRP_READ, &none, data, 0, &moved) == STATUS_PENDING,
          "a read of nothing waits for something");
    CHECK(start(reader, IRP_READ, &one, data, sizeof data, &moved) == STATUS_PENDING,
          "a read waits");
    CHECK(run(writer, IRP_WRITE, 0, "hello", 5, &moved) == 0 && moved == 5, "write");
    CHECK(finish(reader, &none, STATUS_PENDING, &moved) == 0 && moved == 0,
          "the read of nothing ends");
    CHECK(finish(reader, &one, STATUS_PENDING, &moved) == 0 && moved == 5 &&
              !memcmp(data, "hello", 5),
          "with data");

    CHECK(start(reader, IRP_READ, &one, data, sizeof data, &moved) == STATUS_PENDING, "another");
    CHECK(nt_cancel_io_ex(reader, &one) == 0, "is cancelled");
    CHECK(finish(reader, &one, STATUS_PENDING, &moved) == STATUS_CANCELLED, "and says so");

    /* More than the FIFO holds: the write pends until all of it went through. */
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 7 + i / 251);
    struct status_block out = {0};
    CHECK(start(writer, IRP_WRITE, &out, big, sizeof big, &moved) == STATUS_PENDING,
          "a large write pends");
    size_t total = 0;
    while (total < sizeof big &&
           run(reader, IRP_READ, 0, back + total, (uint32_t)(sizeof big - total), &moved) == 0)
        total += moved;
    CHECK(finish(writer, &out, STATUS_PENDING, &moved) == 0 && moved == sizeof big, "%u",
          (unsigned)moved);
    CHECK(total == sizeof big && memcmp(big, back, sizeof big) == 0, "%zu bytes", total);

    struct status_block last = {0};
    CHECK(start(reader, IRP_READ, &last, data, sizeof data, &moved) == STATUS_PENDING,
          "waits again");
    handle_close(writer);
    CHECK(finish(reader, &last, STATUS_PENDING, &moved) == STATUS_PIPE_BROKEN,
          "the last writer went");
    writer = open_path(path, RIGHTS_TO_WRITE, OPEN_IF_THERE, 0);
    handle_close(reader);
    /* The descriptor goes with the last reference, which the request that just ended may still have. */
    struct pollfd no_reader = {.fd = -1};
    CHECK(nt_file_get(writer, 0, INFO_DESCRIPTOR, &no_reader.fd) == 0, "descriptor");
    CHECK(poll(&no_reader, 1, PATIENCE * 1000) == 1 && (no_reader.revents & POLLERR), "nobody reads");
    struct io_call call = {.handle = writer, .major = IRP_WRITE, .buffer = data, .length = 4};
    CHECK(nt_io(&call, &moved) == STATUS_PIPE_CLOSING, "no SIGPIPE, an error");
    handle_close(writer);
    unlink(path);
}

static void check_terminal(void)
{
    char data[64];
    uint64_t moved;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        printf("ok - no pseudo-terminals here # SKIP\n");
        return;
    }
    uint64_t terminal = open_path(ptsname(master), RIGHTS_TO_READ | RIGHTS_TO_WRITE, OPEN_IF_THERE,
                                  OPEN_OVERLAPPED);
    struct status_block block = {0};
    CHECK(start(terminal, IRP_READ, &block, data, sizeof data, &moved) == STATUS_PENDING,
          "a terminal read waits");
    CHECK(write(master, "one\ntwo\n", 8) == 8, "typed");
    CHECK(finish(terminal, &block, STATUS_PENDING, &moved) == 0 && moved == 4, "a line: %u",
          (unsigned)moved);
    CHECK(run(terminal, IRP_READ, 0, data, sizeof data, &moved) == 0 && moved == 4,
          "the next is there already");
    CHECK(run(terminal, IRP_WRITE, 0, "x", 1, &moved) == 0 && moved == 1, "write");
    struct terminal_mode mode;
    CHECK(nt_file_get(terminal, 0, INFO_TERMINAL, &mode) == 0 && mode.lines && mode.echo,
          "its mode");
    handle_close(terminal);
    close(master);
}

static void check_devices(void)
{
    char data[64];
    uint64_t moved;
    uint64_t null =
        open_path("NUL", RIGHTS_TO_READ | RIGHTS_TO_WRITE, OPEN_REPLACE, OPEN_OVERLAPPED);
    CHECK(run(null, IRP_WRITE, 0, data, sizeof data, &moved) == 0 && moved == sizeof data,
          "NUL takes all");
    CHECK(run(null, IRP_READ, 0, data, sizeof data, &moved) == STATUS_END_OF_FILE,
          "and has nothing");
    handle_close(null);
    uint64_t zero = open_path("/dev/zero", RIGHTS_TO_READ, OPEN_IF_THERE, OPEN_OVERLAPPED);
    memset(data, 1, sizeof data);
    CHECK(run(zero, IRP_READ, 5, data, sizeof data, &moved) == 0 && moved == sizeof data &&
              data[63] == 0,
          "zero");
    handle_close(zero);
}

/* What is written is read back, whichever way the file takes. */
static void check_file(const char *path, uint32_t flags)
{
    enum { BLOCK = 65536, BLOCKS = 16 };
    unsigned char *data = aligned_alloc(4096, BLOCK), *back = aligned_alloc(4096, BLOCK);
    uint64_t moved;
    uint64_t file =
        open_path(path, RIGHTS_TO_READ | RIGHTS_TO_WRITE, OPEN_REPLACE, flags | OPEN_OVERLAPPED);
    for (unsigned i = 0; i < BLOCKS; i++) {
        memset(data, (int)i + 1, BLOCK);
        CHECK(run(file, IRP_WRITE, i * BLOCK, data, BLOCK, &moved) == 0 && moved == BLOCK,
              "write %u", i);
    }
    struct io_call flush = {.handle = file, .major = IRP_FLUSH};
    CHECK(nt_io(&flush, &moved) == 0, "flush");
    int fd = -1;
    CHECK(nt_file_get(file, 0, INFO_DESCRIPTOR, &fd) == 0, "descriptor");
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* so that some reads are not in the cache */
    for (unsigned i = 0; i < BLOCKS; i++) {
        int32_t status = run(file, IRP_READ, i * BLOCK, back, BLOCK, &moved);
        memset(data, (int)i + 1, BLOCK);
        CHECK(status == 0 && moved == BLOCK && memcmp(back, data, BLOCK) == 0, "read %u: %08x", i,
              (unsigned)status);
    }
    CHECK(run(file, IRP_READ, BLOCKS * BLOCK, back, BLOCK, &moved) == STATUS_END_OF_FILE,
          "the end");
    CHECK(run(file, IRP_READ, (BLOCKS - 1) * BLOCK + 4096, back, BLOCK, &moved) == 0 &&
              moved == BLOCK - 4096,
          "across the end: %u", (unsigned)moved);
    CHECK(run(file, IRP_WRITE, UINT64_MAX, data, 4096, &moved) == 0 && moved == 4096, "append");
    CHECK(run(file, IRP_READ, BLOCKS * BLOCK, back, BLOCK, &moved) == 0 && moved == 4096,
          "is there: %u", (unsigned)moved);
    if (flags & OPEN_NO_BUFFERING) {
        CHECK(run(file, IRP_READ, 1, back, 4096, &moved) == STATUS_INVALID_PARAMETER,
              "offset not aligned");
        CHECK(run(file, IRP_READ, 0, back, 100, &moved) == STATUS_INVALID_PARAMETER,
              "length not aligned");
    }
    CHECK(run(file, IRP_READ, 0, (void *)16, 4096, &moved) != 0, "a bad buffer");
    handle_close(file);
    unlink(path);
    free(data);
    free(back);
}

/* Too many descriptors is an error of its own, and leaves nothing behind. */
static void check_limit(const char *path)
{
    struct rlimit old, few;
    getrlimit(RLIMIT_NOFILE, &old);
    few = old;
    few.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &few);
    struct name name;
    struct open_request request = {.access = RIGHTS_TO_WRITE, .disposition = OPEN_REPLACE};
    uint64_t handle;
    int32_t status = name_resolve(name_table_system(), path, strlen(path), &name);
    status = status == 0 ? nt_open_name(&name, &request, false, &handle) : status;
    setrlimit(RLIMIT_NOFILE, &old);
    CHECK(status == STATUS_TOO_MANY_OPENED_FILES, "%08x", (unsigned)status);
}

int main(void)
{
    char directory[] = "/tmp/stream-test-XXXXXX", path[64];
    if (mkdtemp(directory) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/fifo", directory);
    check_fifo(path);
    check_terminal();
    check_devices();
    static const uint32_t flags[] = {0, OPEN_NO_BUFFERING, OPEN_WRITE_THROUGH,
                                     OPEN_NO_BUFFERING | OPEN_WRITE_THROUGH};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        snprintf(path, sizeof path, "%s/disk", directory);
        check_file(path, flags[i]);
        snprintf(path, sizeof path, "/dev/shm/stream-test-%d", (int)getpid());
        check_file(path, flags[i]);
    }
    snprintf(path, sizeof path, "%s/limit", directory);
    check_limit(path);
    rmdir(directory);
    printf("%d failures\n", failures);
    return failures != 0;
}
