/* SPDX-License-Identifier: MIT */
/* StringCch* and StringCb*, in crt_strsafe.inc once for each width: always terminated, the cut told by
 * STRSAFE_E_INSUFFICIENT_BUFFER. Unlike the C runtime's secure functions they call no handler. */
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/format.h"
#include "strsafe.h"

static const DWORD known_flags = 0xff | STRSAFE_IGNORE_NULLS | STRSAFE_FILL_BEHIND_NULL |
                                 STRSAFE_FILL_ON_FAILURE | STRSAFE_NULL_ON_FAILURE |
                                 STRSAFE_NO_TRUNCATION;

#define UNIT    char
#define WIDE    false
#define STRING  LPSTR
#define CSTRING LPCSTR
#define N(name) name##A
#define S(name) name##_narrow
#include "win32/crt_strsafe.inc"
#undef UNIT
#undef WIDE
#undef STRING
#undef CSTRING
#undef N
#undef S

#define UNIT    WCHAR
#define WIDE    true
#define STRING  LPWSTR
#define CSTRING LPCWSTR
#define N(name) name##W
#define S(name) name##_wide
#include "win32/crt_strsafe.inc"
