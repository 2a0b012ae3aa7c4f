/* SPDX-License-Identifier: MIT */
/* The macros of windowsx.h that are about memory; there are no windows. */
#ifndef _INC_WINDOWSX
#define _INC_WINDOWSX
#include "windows.h"

#define GlobalPtrHandle(lp)                ((HGLOBAL)GlobalHandle(lp))
#define GlobalLockPtr(lp)                  ((BOOL)(GlobalLock(GlobalPtrHandle(lp)) != NULL))
#define GlobalUnlockPtr(lp)                GlobalUnlock(GlobalPtrHandle(lp))
#define GlobalAllocPtr(flags, cb)          (GlobalLock(GlobalAlloc((flags), (cb))))
#define GlobalFreePtr(lp)                  (GlobalUnlockPtr(lp), (BOOL)(ULONG_PTR)GlobalFree(GlobalPtrHandle(lp)))

#endif
