/* SPDX-License-Identifier: MIT */
/* Sharing modes of _sopen and _fsopen. */
#ifndef OVL_CRT_SHARE
#define OVL_CRT_SHARE
#define _SH_COMPAT 0x00
#define _SH_DENYRW 0x10
#define _SH_DENYWR 0x20
#define _SH_DENYRD 0x30
#define _SH_DENYNO 0x40
#define _SH_SECURE 0x80

#endif
