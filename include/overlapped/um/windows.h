/* SPDX-License-Identifier: MIT */
/* The Windows programming interface: everything of it that the library has. Programs that were not
 * compiled by ovcc (no _WIN32), and those that say WIN32_LEAN_AND_MEAN, include winsock2.h themselves. */
#ifndef _WINDOWS_
#define _WINDOWS_
#if defined(_UNICODE) && !defined(UNICODE)
#define UNICODE
#endif
#include "sdkddkver.h"
#include "sal.h"
#include "winerror.h"
#include "windef.h"
#include "minwinbase.h"
#include <stdarg.h>
#ifdef _WIN32
#include <excpt.h>
#endif
#include "winbase.h"
#include "winnls.h"
#include "wincon.h"
#include "winuser.h"
#if defined(_WIN32) && !defined(WIN32_LEAN_AND_MEAN)
#include "winsock2.h"
#include "winioctl.h"
#include "mmsystem.h"
#include "objbase.h"
#endif

#endif
