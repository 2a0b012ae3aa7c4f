/* SPDX-License-Identifier: MIT */
/* libc's time.h with Microsoft's names. Mind the order of arguments of localtime_s. */
#ifndef OVL_CRT_TIME
#define OVL_CRT_TIME
#include "ovl_crt.h"
#include_next <time.h>

OVL_BEGIN_C
errno_t localtime_s(struct tm *result, const time_t *time) OVL_SYMBOL(ovl_crt_localtime_s);
errno_t gmtime_s(struct tm *result, const time_t *time) OVL_SYMBOL(ovl_crt_gmtime_s);
errno_t asctime_s(char *buffer, size_t size, const struct tm *time) OVL_SYMBOL(ovl_crt_asctime_s);
errno_t ctime_s(char *buffer, size_t size, const time_t *time) OVL_SYMBOL(ovl_crt_ctime_s);
OVL_END_C

#define _time64        time
#define _localtime64   localtime
#define _gmtime64      gmtime
#define _mktime64      mktime
#define _mkgmtime      timegm
#define _mkgmtime64    timegm
#define _localtime64_s localtime_s
#define _gmtime64_s    gmtime_s
#define _ctime64_s     ctime_s
#define _difftime64    difftime
#define _tzset         tzset

#endif
