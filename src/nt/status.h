/* SPDX-License-Identifier: MIT */
/* Translations between the four families of error numbers, all made from the one table status.def.
 */
#ifndef NT_STATUS_H
#define NT_STATUS_H

#include <stdint.h>

#include "ntstatus.h"

static inline int status_is_success(int32_t status) /* NT_SUCCESS: success and informational */
{
    return status >= 0;
}

static inline int status_is_error(int32_t status) /* NT_ERROR */
{
    return ((uint32_t)status >> 30) == 3;
}

uint32_t status_to_win32(int32_t status);   /* 317 ERROR_MR_MID_NOT_FOUND where there is no row */
uint32_t status_to_wsa(int32_t status);     /* WSAE*, falls back on the Win32 value */
int32_t status_from_errno(int error);       /* error > 0 */
int32_t status_from_result(int64_t result); /* 0 for >= 0, else of -result */

#endif
