/* SPDX-License-Identifier: MIT */
/* Translates between NTSTATUS, last errors, Winsock errors and errno; every answer is made from
 * status.def. By status the table is searched (it is sorted); by errno the rows become the cases of
 * a switch, so an errno that is named twice does not compile. */
#include "nt/status.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "winerror.h"

#define WSA_STATUS(name) ((int32_t)(0xC0070000u | (uint32_t)WSA##name))

struct status_row {
    int32_t status;
    uint32_t win32;
    uint32_t wsa;
};

static const struct status_row status_rows[] = {
#define ROW(status, win32, wsa)              {status, (uint32_t)(win32), wsa},
#define ROW_ERRNO(status, win32, wsa, error) ROW(status, win32, wsa)
#include "nt/status.def"
#undef ROW
#undef ROW_ERRNO
};

static const struct status_row *status_find(int32_t status)
{
    size_t low = 0, high = sizeof status_rows / sizeof *status_rows;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((uint32_t)status_rows[middle].status < (uint32_t)status)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == sizeof status_rows / sizeof *status_rows || status_rows[low].status != status)
        return NULL;
    return &status_rows[low];
}

/* 0xC007xxxx carries a Win32 code (NTSTATUS_FROM_WIN32), and so does 0x8007xxxx
 * (HRESULT_FROM_WIN32), which drivers hand through. */
static bool status_wraps_win32(int32_t status)
{
    return status < 0 && (((uint32_t)status >> 16) & 0x3fff) == FACILITY_NTWIN32;
}

uint32_t status_to_win32(int32_t status)
{
    if (status == STATUS_PENDING)
        return ERROR_IO_PENDING;
    if (status_wraps_win32(status))
        return (uint32_t)status & 0xffff;
    const struct status_row *row = status_find(status);
    return row == NULL ? ERROR_MR_MID_NOT_FOUND : row->win32;
}

uint32_t status_to_wsa(int32_t status)
{
    const struct status_row *row = status_find(status);
    return row != NULL && row->wsa != 0 ? row->wsa : status_to_win32(status);
}

int32_t status_from_errno(int error)
{
    switch (error) {
#define ROW(status, win32, wsa)
#define ROW_ERRNO(status, win32, wsa, error)                                                       \
    case error:                                                                                    \
        return status;
#include "nt/status.def"
#undef ROW
#undef ROW_ERRNO
    default:
        return STATUS_UNSUCCESSFUL;
    }
}

int32_t status_from_result(int64_t result)
{
    return result >= 0 ? STATUS_SUCCESS : status_from_errno((int)-result);
}
