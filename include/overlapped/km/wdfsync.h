/* SPDX-License-Identifier: MIT */
/* Wait locks, spin locks, and the object presentation lock. */
#ifndef _WDFSYNC_H_
#define _WDFSYNC_H_
#include "wdfobject.h"
OVL_BEGIN_C
WDF_METHOD(VOID, WdfObjectAcquireLock, (WDFOBJECT Object), (Object))
WDF_METHOD(VOID, WdfObjectReleaseLock, (WDFOBJECT Object), (Object))
WDF_METHOD(NTSTATUS, WdfWaitLockCreate, (PWDF_OBJECT_ATTRIBUTES LockAttributes, WDFWAITLOCK *Lock), (LockAttributes, Lock))
WDF_METHOD(NTSTATUS, WdfWaitLockAcquire, (WDFWAITLOCK Lock, PLONGLONG Timeout), (Lock, Timeout))
WDF_METHOD(VOID, WdfWaitLockRelease, (WDFWAITLOCK Lock), (Lock))
WDF_METHOD(NTSTATUS, WdfSpinLockCreate, (PWDF_OBJECT_ATTRIBUTES SpinLockAttributes, WDFSPINLOCK *SpinLock),
           (SpinLockAttributes, SpinLock))
WDF_METHOD(VOID, WdfSpinLockAcquire, (WDFSPINLOCK SpinLock), (SpinLock))
WDF_METHOD(VOID, WdfSpinLockRelease, (WDFSPINLOCK SpinLock), (SpinLock))
OVL_END_C
#endif
