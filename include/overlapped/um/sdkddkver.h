/* SPDX-License-Identifier: MIT */
/* The Windows version that programs are compiled for, where they did not say one: 10. */
#ifndef _INC_SDKDDKVER
#define _INC_SDKDDKVER
#define _WIN32_WINNT_NT4    0x0400
#define _WIN32_WINNT_WIN2K  0x0500
#define _WIN32_WINNT_WINXP  0x0501
#define _WIN32_WINNT_WS03   0x0502
#define _WIN32_WINNT_VISTA  0x0600
#define _WIN32_WINNT_WIN7   0x0601
#define _WIN32_WINNT_WIN8   0x0602
#define _WIN32_WINNT_WINBLUE 0x0603
#define _WIN32_WINNT_WIN10  0x0A00
#ifndef _WIN32_WINNT
#define _WIN32_WINNT _WIN32_WINNT_WIN10
#endif
#ifndef WINVER
#define WINVER _WIN32_WINNT
#endif
#define NTDDI_WIN10 0x0A000000
#ifndef NTDDI_VERSION
#define NTDDI_VERSION NTDDI_WIN10
#endif

#endif
