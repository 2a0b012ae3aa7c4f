/* SPDX-License-Identifier: MIT */
/* Locks that a driver takes itself: wait locks, spin locks, and the lock of an object's synchronisation scope. */
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

struct wdf_wait_lock {
    struct wdf_object object;
    KEVENT free;             /* set: nobody holds it */
    _Atomic(void *) owner;   /* the thread's mark */
};

struct wdf_spin_lock {
    struct wdf_object object;
    KSPIN_LOCK lock;
    KIRQL irql;              /* the holder's before */
    _Atomic(void *) owner;
};

static const struct wdf_class wdf_wait_lock_class = {.name = "WDFWAITLOCK", .size = sizeof(struct wdf_wait_lock), .passive = true};
static const struct wdf_class wdf_spin_lock_class = {.name = "WDFSPINLOCK", .size = sizeof(struct wdf_spin_lock)};

static __thread char thread_mark;

/* ---- The scope's lock --------------------------------------------------------------------------------------------------- */

VOID NTAPI ovl_WdfObjectAcquireLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_object *object = wdf_object_of(DriverGlobals, Object, NULL, WDF_CALLER);
    if (object->own_lock == NULL)
        wdf_verifier_stop(object->driver, "object-lock", "WdfObjectAcquireLock of a %s, which has no lock", object->class->name);
    callback_lock_acquire(object->own_lock);
}

VOID NTAPI ovl_WdfObjectReleaseLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_object *object = wdf_object_of(DriverGlobals, Object, NULL, WDF_CALLER);
    if (object->own_lock == NULL || !callback_lock_is_mine(object->own_lock))
        wdf_verifier_stop(object->driver, "object-lock", "WdfObjectReleaseLock of a %s that this thread has not locked",
                          object->class->name);
    callback_lock_release(object->own_lock);
}

/* ---- Wait locks ------------------------------------------------------------------------------------------------------------ */

NTSTATUS NTAPI ovl_WdfWaitLockCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES LockAttributes, WDFWAITLOCK *Lock)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_object *object, *parent = wdf_attributes_parent(DriverGlobals, LockAttributes, &driver->object, WDF_CALLER);
    *Lock = NULL;
    NTSTATUS status = wdf_object_create(driver, &wdf_wait_lock_class, LockAttributes, parent, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_wait_lock *lock = container_of(object, struct wdf_wait_lock, object);
    KeInitializeEvent(&lock->free, SynchronizationEvent, TRUE);
    *Lock = (WDFWAITLOCK)(void *)lock;
    return STATUS_SUCCESS;
}

/* NULL waits for ever; 0 only tries. STATUS_TIMEOUT is a success code: the caller must look. */
NTSTATUS NTAPI ovl_WdfWaitLockAcquire(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWAITLOCK Lock, PLONGLONG Timeout)
{
    struct wdf_wait_lock *lock = WDF_HANDLE(DriverGlobals, Lock, wdf_wait_lock);
    LARGE_INTEGER due = {.QuadPart = Timeout == NULL ? 0 : *Timeout};
    bool sleeps = Timeout == NULL || *Timeout != 0;
    if (sleeps && KeGetCurrentIrql() >= DISPATCH_LEVEL)
        wdf_verifier_stop(lock->object.driver, "irql", "WdfWaitLockAcquire would sleep at IRQL %u", KeGetCurrentIrql());
    if (Timeout == NULL && atomic_load(&lock->owner) == (void *)&thread_mark)
        wdf_verifier_stop(lock->object.driver, "deadlock", "WdfWaitLockAcquire of a lock that this thread holds");
    if (verify_on() && Timeout == NULL)
        verify_lock_taking(lock, VERIFY_WAIT_LOCK, WDF_CALLER);
    NTSTATUS status = KeWaitForSingleObject(&lock->free, Executive, KernelMode, FALSE, Timeout == NULL ? NULL : &due);
    if (status != STATUS_SUCCESS)
        return status;
    atomic_store(&lock->owner, (void *)&thread_mark);
    if (verify_on())
        verify_lock_taken(lock, VERIFY_WAIT_LOCK, WDF_CALLER);
    return status;
}

VOID NTAPI ovl_WdfWaitLockRelease(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWAITLOCK Lock)
{
    struct wdf_wait_lock *lock = WDF_HANDLE(DriverGlobals, Lock, wdf_wait_lock);
    if (atomic_load(&lock->owner) != (void *)&thread_mark)
        wdf_verifier_stop(lock->object.driver, "lock-owner", "WdfWaitLockRelease of a lock that this thread does not hold");
    atomic_store(&lock->owner, NULL);
    if (verify_on())
        verify_lock_given(lock, VERIFY_WAIT_LOCK, WDF_CALLER);
    KeSetEvent(&lock->free, IO_NO_INCREMENT, FALSE);
}

/* ---- Spin locks ---------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI ovl_WdfSpinLockCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES SpinLockAttributes,
                                     WDFSPINLOCK *SpinLock)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_object *object, *parent = wdf_attributes_parent(DriverGlobals, SpinLockAttributes, &driver->object, WDF_CALLER);
    *SpinLock = NULL;
    NTSTATUS status = wdf_object_create(driver, &wdf_spin_lock_class, SpinLockAttributes, parent, WDF_CALLER, &object);
    if (NT_SUCCESS(status))
        *SpinLock = (WDFSPINLOCK)(void *)object;
    return status;
}

VOID NTAPI ovl_WdfSpinLockAcquire(PWDF_DRIVER_GLOBALS DriverGlobals, WDFSPINLOCK SpinLock)
{
    struct wdf_spin_lock *lock = WDF_HANDLE(DriverGlobals, SpinLock, wdf_spin_lock);
    if (atomic_load(&lock->owner) == (void *)&thread_mark)
        wdf_verifier_stop(lock->object.driver, "deadlock", "WdfSpinLockAcquire of a lock that this thread holds");
    KIRQL before = wdm_spin_lock_acquire(&lock->lock, WDF_CALLER);
    lock->irql = before;
    atomic_store_explicit(&lock->owner, (void *)&thread_mark, memory_order_relaxed);
}

VOID NTAPI ovl_WdfSpinLockRelease(PWDF_DRIVER_GLOBALS DriverGlobals, WDFSPINLOCK SpinLock)
{
    struct wdf_spin_lock *lock = WDF_HANDLE(DriverGlobals, SpinLock, wdf_spin_lock);
    if (atomic_load(&lock->owner) != (void *)&thread_mark)
        wdf_verifier_stop(lock->object.driver, "lock-owner", "WdfSpinLockRelease of a lock that this thread does not hold");
    KIRQL before = lock->irql;
    atomic_store_explicit(&lock->owner, NULL, memory_order_relaxed);
    wdm_spin_lock_release(&lock->lock, before, WDF_CALLER);
}
