/* SPDX-License-Identifier: MIT */
/* The table of errors is consistent: sorted, rows of one status agree, all directions answer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nt/status.h"
#include "winerror.h"

#define WSA_STATUS(name) ((int32_t)(0xC0070000u | (uint32_t)WSA##name))

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

struct row {
    const char *name;
    int32_t status;
    uint32_t win32, wsa;
    int error;
};

static const struct row rows[] = {
#define ROW(status, win32, wsa)              {#status, status, (uint32_t)(win32), wsa, 0},
#define ROW_ERRNO(status, win32, wsa, error) {#status, status, (uint32_t)(win32), wsa, error},
#include "nt/status.def"
};

static void check_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i], *last = i == 0 ? NULL : row - 1;
        if (last != NULL && last->status == row->status)
            CHECK(last->win32 == row->win32 && last->wsa == row->wsa, "%s disagrees", row->name);
        else if (last != NULL)
            CHECK((uint32_t)last->status < (uint32_t)row->status, "%s out of order", row->name);
        CHECK(status_to_win32(row->status) == row->win32, "%s", row->name);
        CHECK(status_to_wsa(row->status) == (row->wsa != 0 ? row->wsa : row->win32), "%s",
              row->name);
        if (row->error != 0)
            CHECK(status_from_errno(row->error) == row->status, "%s", row->name);
        if (status_is_error(row->status))
            CHECK(row->win32 != 0, "%s is an error without a number", row->name);
    }
}

/* Where programs look at the number, by the published tables. */
static void check_published(void)
{
    static const struct {
        int32_t status;
        uint32_t win32;
    } published[] = {
        {STATUS_TIMEOUT, 258},          {STATUS_PENDING, 997},
        {STATUS_BUFFER_OVERFLOW, 234},  {STATUS_END_OF_FILE, 38},
        {STATUS_ACCESS_VIOLATION, 998}, {STATUS_CANCELLED, 995},
        {STATUS_PIPE_BROKEN, 109},      {STATUS_PIPE_EMPTY, 232},
        {STATUS_NOT_FOUND, 1168},       {STATUS_DEVICE_NOT_CONNECTED, 1167},
        {STATUS_DEVICE_REMOVED, 1617},  {STATUS_INVALID_USER_BUFFER, 1784},
        {STATUS_CONNECTION_RESET, 64},  {STATUS_SEMAPHORE_LIMIT_EXCEEDED, 298},
        {(int32_t)0xC0070539, 0x539},   {(int32_t)0xC0FF1234, 317},
    };
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        CHECK(status_to_win32(published[i].status) == published[i].win32, "%08x gives %u",
              (unsigned)published[i].status, status_to_win32(published[i].status));
}

static void check_errnos(void)
{
    CHECK(status_from_errno(4095) == STATUS_UNSUCCESSFUL, "an errno without a row");
    CHECK(status_from_result(0) == 0 && status_from_result(4096) == 0, "success");
    CHECK(status_from_result(-EFAULT) == STATUS_ACCESS_VIOLATION, "a negative result");
    static const int sockets[] = {EAGAIN,     EACCES,       EFAULT,       EINVAL,       EMFILE,
                                  ENOTSOCK,   EMSGSIZE,     EADDRINUSE,   ENOTCONN,     EISCONN,
                                  ECONNRESET, ETIMEDOUT,    ECONNREFUSED, EHOSTUNREACH, ENOBUFS,
                                  EOPNOTSUPP, EAFNOSUPPORT, ENETUNREACH,  EADDRNOTAVAIL};
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        uint32_t wsa = status_to_wsa(status_from_errno(sockets[i]));
        CHECK(wsa > WSABASEERR && wsa < WSABASEERR + 200, "%s gives %u", strerror(sockets[i]), wsa);
    }
}

int main(void)
{
    check_rows();
    check_published();
    check_errnos();
    printf("%s 1 - status table\n1..1\n", failures == 0 ? "ok" : "not ok");
    return failures != 0;
}
