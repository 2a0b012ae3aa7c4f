/* SPDX-License-Identifier: MIT */
/* _ftime: the time with milliseconds. */
#ifndef OVL_CRT_SYS_TIMEB
#define OVL_CRT_SYS_TIMEB
#include <time.h>

struct _timeb {
    time_t time;
    unsigned short millitm;
    short timezone;
    short dstflag;
};
#define timeb        _timeb
#define __timeb64    _timeb
OVL_BEGIN_C
errno_t _ftime_s(struct _timeb *result) OVL_SYMBOL(ovl_crt__ftime_s);
OVL_END_C
#define _ftime(result)     ((void)_ftime_s(result))
#define ftime(result)      _ftime_s(result)
#define _ftime64(result)   ((void)_ftime_s(result))
#define _ftime64_s(result) _ftime_s(result)

#endif
