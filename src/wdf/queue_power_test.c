/* SPDX-License-Identifier: MIT */
/* Queues and power, on a bus of the test's own: what waits before the start, in low power and at removal; EvtIoStop with every answer a
 * driver may give, EvtIoResume; requests that are at the lower driver meanwhile; a request that wakes an idle device; filters. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wdf/driver.h"
#include "wdf/pnp.h"
#include "wdf/queue.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

static _Atomic int failures, checks;

#define CHECK(condition)                                                                             \
    do {                                                                                             \
        checks++;                                                                                    \
        if (!(condition)) {                                                                          \
            failures++;                                                                              \
            printf("not ok - %s:%d: %s\n", __FILE__, __LINE__, #condition);                          \
        }                                                                                            \
    } while (0)

/* ---- The bus below: keeps reads until it is told ------------------------------------------------------------------------------ */

static struct wdm_driver bus = {.name = "bus"}, host = {.name = "function"};
static DEVICE_OBJECT *pdo;
static IRP *_Atomic bus_kept;
static _Atomic int bus_writes;

static NTSTATUS bus_end(IRP *irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI bus_any(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    return bus_end(irp, STATUS_SUCCESS);
}

static VOID NTAPI bus_cancel(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    bus_kept = NULL;
    bus_end(irp, STATUS_CANCELLED);
}

static NTSTATUS NTAPI bus_read(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    IoMarkIrpPending(irp);
    bus_kept = irp;
    IoSetCancelRoutine(irp, bus_cancel);
    return STATUS_PENDING;
}

static NTSTATUS NTAPI bus_write(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    bus_writes++;
    return bus_end(irp, STATUS_SUCCESS);
}

/* ---- The function driver --------------------------------------------------------------------------------------------------------- */

enum answer {
    ANSWER_COMPLETE,
    ANSWER_LATER,       /* WdfRequestStopAcknowledge(FALSE) */
    ANSWER_REQUEUE,     /* WdfRequestStopAcknowledge(TRUE) */
    ANSWER_UNMARK,      /* takes the mark back and requeues */
    ANSWER_CANCEL_SENT, /* of a request that is below */
    ANSWER_NONE,        /* the test completes it later */
};

static WDFDEVICE device;
static WDFQUEUE managed, unmanaged;
static bool filter, with_idle, without_stop;
static enum answer answer;
static bool marks, forwards;
static WDFREQUEST _Atomic held;
static _Atomic int presented, stops, resumes, cancels;
static _Atomic ULONG flags;
static _Atomic bool powered;

static NTSTATUS on_entry(WDFDEVICE d, WDF_POWER_DEVICE_STATE before)
{
    (void)d;
    (void)before;
    powered = true;
    return STATUS_SUCCESS;
}

static NTSTATUS on_exit_d0(WDFDEVICE d, WDF_POWER_DEVICE_STATE target)
{
    (void)d;
    (void)target;
    powered = false;
    return STATUS_SUCCESS;
}

static VOID on_cancel(WDFREQUEST request)
{
    cancels++;
    held = NULL;
    WdfRequestComplete(request, STATUS_CANCELLED);
}

static VOID on_returned(WDFREQUEST request, WDFIOTARGET target, PWDF_REQUEST_COMPLETION_PARAMS params, WDFCONTEXT context)
{
    (void)target;
    (void)context;
    held = NULL;
    WdfRequestComplete(request, params->IoStatus.Status);
}

static VOID on_read(WDFQUEUE queue, WDFREQUEST request, size_t length)
{
    (void)length;
    presented++;
    if (queue == managed)
        CHECK(powered);
    held = request;
    if (marks)
        CHECK(WdfRequestMarkCancelableEx(request, on_cancel) == STATUS_SUCCESS);
    if (forwards) {
        WdfRequestFormatRequestUsingCurrentType(request);
        WdfRequestSetCompletionRoutine(request, on_returned, NULL);
        CHECK(WdfRequestSend(request, WdfDeviceGetIoTarget(device), WDF_NO_SEND_OPTIONS));
    }
}

static VOID on_stop(WDFQUEUE queue, WDFREQUEST request, ULONG action)
{
    CHECK(queue == managed && powered && KeGetCurrentIrql() == PASSIVE_LEVEL);
    stops++;
    flags = action;
    switch (answer) {
    case ANSWER_COMPLETE:
        held = NULL;
        WdfRequestComplete(request, STATUS_DEVICE_POWERED_OFF);
        break;
    case ANSWER_LATER:
        WdfRequestStopAcknowledge(request, FALSE);
        break;
    case ANSWER_UNMARK:
        CHECK(WdfRequestUnmarkCancelable(request) == STATUS_SUCCESS);
        /* fall through */
    case ANSWER_REQUEUE:
        held = NULL;
        WdfRequestStopAcknowledge(request, TRUE);
        break;
    case ANSWER_CANCEL_SENT:
        CHECK(WdfRequestCancelSentRequest(request));
        break;
    default:
        break;
    }
}

static VOID on_resume(WDFQUEUE queue, WDFREQUEST request)
{
    CHECK(queue == managed && request == held && powered);
    resumes++;
}

static NTSTATUS make_queues(void)
{
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchSequential);
    config.EvtIoRead = on_read;
    config.EvtIoStop = without_stop ? NULL : on_stop;
    config.EvtIoResume = on_resume;
    NTSTATUS status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &managed);
    if (!NT_SUCCESS(status) || filter)
        return status;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchSequential);
    config.EvtIoDeviceControl = NULL;
    config.EvtIoWrite = on_read;
    config.PowerManaged = WdfFalse;
    status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &unmanaged);
    return NT_SUCCESS(status) ? WdfDeviceConfigureRequestDispatching(device, unmanaged, WdfRequestTypeWrite) : status;
}

static NTSTATUS on_add(WDFDRIVER driver, PWDFDEVICE_INIT init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS idle;
    (void)driver;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDeviceD0Entry = on_entry;
    pnp.EvtDeviceD0Exit = on_exit_d0;
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    if (filter)
        WdfFdoInitSetFilter(init);
    NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
    CHECK(NT_SUCCESS(status));
    if (with_idle) {
        WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&idle, IdleCannotWakeFromS0);
        idle.IdleTimeout = 1;
        CHECK(WdfDeviceAssignS0IdleSettings(device, &idle) == STATUS_SUCCESS);
    }
    return make_queues();
}

/* ---- The Plug and Play manager ------------------------------------------------------------------------------------------------------ */

static NTSTATUS pnp(UCHAR minor)
{
    struct wdm_send request = {.device = wdm_device_top(pdo), .mode = KernelMode,
                               .location = {.MajorFunction = IRP_MJ_PNP, .MinorFunction = minor}, .status = STATUS_NOT_SUPPORTED};
    return wdm_send(&request);
}

static NTSTATUS sleep_system(SYSTEM_POWER_STATE state)
{
    struct wdm_send request = {.device = wdm_device_top(pdo), .mode = KernelMode,
                               .location = {.MajorFunction = IRP_MJ_POWER, .MinorFunction = IRP_MN_SET_POWER},
                               .status = STATUS_NOT_SUPPORTED};
    request.location.Parameters.Power.Type = SystemPowerState;
    request.location.Parameters.Power.State.SystemState = state;
    return wdm_send(&request);
}

static void plug(void)
{
    presented = stops = resumes = cancels = 0;
    held = NULL;
    CHECK(NT_SUCCESS(IoCreateDevice(&bus.object, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &pdo)));
    CHECK(NT_SUCCESS(host.extension.AddDevice(&host.object, pdo)));
}

static void start(void)
{
    CHECK(pnp(IRP_MN_START_DEVICE) == STATUS_SUCCESS);
}

static void unplug(void)
{
    CHECK(pnp(IRP_MN_REMOVE_DEVICE) == STATUS_SUCCESS);
    IoDeleteDevice(pdo);
}

/* ---- The program ------------------------------------------------------------------------------------------------------------------------ */

struct call {
    IRP *irp;
    KEVENT ended;
    NTSTATUS status;
};

static NTSTATUS NTAPI call_ended(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    struct call *call = context;
    (void)object;
    call->status = irp->IoStatus.Status;
    KeSetEvent(&call->ended, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void call_send(struct call *call, UCHAR major)
{
    DEVICE_OBJECT *top = wdm_device_top(pdo);
    *call = (struct call){.irp = IoAllocateIrp(top->StackSize, FALSE)};
    KeInitializeEvent(&call->ended, NotificationEvent, FALSE);
    IO_STACK_LOCATION *next = IoGetNextIrpStackLocation(call->irp);
    next->MajorFunction = major;
    next->Parameters.Read.Length = 4;
    IoSetCompletionRoutine(call->irp, call_ended, call, TRUE, TRUE, TRUE);
    IoCallDriver(top, call->irp);
}

static bool call_pends(struct call *call)
{
    return KeReadStateEvent(&call->ended) == 0;
}

static NTSTATUS call_wait(struct call *call)
{
    KeWaitForSingleObject(&call->ended, Executive, KernelMode, FALSE, NULL);
    IoFreeIrp(call->irp);
    return call->status;
}

static void complete_held(void)
{
    WDFREQUEST request = atomic_exchange(&held, NULL);
    CHECK(request != NULL);
    WdfRequestComplete(request, STATUS_SUCCESS);
}

static void settle(int milliseconds)
{
    struct timespec pause = {0, milliseconds * 1000000L};
    nanosleep(&pause, NULL);
}

/* ---- The tests ----------------------------------------------------------------------------------------------------------------------------- */

static void test_before_start(void)
{
    struct call read, write;
    plug();
    call_send(&read, IRP_MJ_READ);
    CHECK(call_pends(&read) && presented == 0);
    CHECK(WdfIoQueueGetState(managed, NULL, NULL) & WdfIoQueuePnpHeld);
    WDFREQUEST request;
    CHECK(WdfIoQueueRetrieveNextRequest(managed, &request) == STATUS_WDF_PAUSED);
    call_send(&write, IRP_MJ_WRITE); /* that queue does not follow the power */
    CHECK(presented == 1);
    complete_held();
    CHECK(call_wait(&write) == STATUS_SUCCESS);
    start();
    CHECK(presented == 2 && !(WdfIoQueueGetState(managed, NULL, NULL) & WdfIoQueuePnpHeld));
    complete_held();
    CHECK(call_wait(&read) == STATUS_SUCCESS);
    unplug();
}

static void test_answers(void)
{
    struct call a, b;
    plug();
    start();
    call_send(&a, IRP_MJ_READ);
    call_send(&b, IRP_MJ_READ);
    answer = ANSWER_LATER;
    CHECK(sleep_system(PowerSystemSleeping3) == STATUS_SUCCESS);
    CHECK(stops == 1 && flags == WdfRequestStopActionSuspend && !powered && call_pends(&a) && call_pends(&b));
    CHECK(sleep_system(PowerSystemWorking) == STATUS_SUCCESS);
    CHECK(resumes == 1 && powered && presented == 1);
    answer = ANSWER_REQUEUE;
    CHECK(sleep_system(PowerSystemSleeping3) == STATUS_SUCCESS);
    CHECK(stops == 2 && held == NULL && call_pends(&a));
    CHECK(sleep_system(PowerSystemWorking) == STATUS_SUCCESS);
    CHECK(resumes == 1 && presented == 2 && held != NULL); /* it was presented anew */
    answer = ANSWER_COMPLETE;
    CHECK(sleep_system(PowerSystemSleeping3) == STATUS_SUCCESS);
    CHECK(stops == 3 && call_wait(&a) == STATUS_DEVICE_POWERED_OFF && presented == 2);
    CHECK(sleep_system(PowerSystemWorking) == STATUS_SUCCESS);
    CHECK(presented == 3);
    complete_held();
    CHECK(call_wait(&b) == STATUS_SUCCESS);
    unplug();
}

static void test_cancelable(void)
{
    struct call a;
    plug();
    start();
    marks = true;
    call_send(&a, IRP_MJ_READ);
    marks = false;
    answer = ANSWER_UNMARK;
    CHECK(sleep_system(PowerSystemSleeping3) == STATUS_SUCCESS);
    CHECK(stops == 1 && flags == (WdfRequestStopActionSuspend | WdfRequestStopRequestCancelable));
    CHECK(sleep_system(PowerSystemWorking) == STATUS_SUCCESS);
    CHECK(presented == 2);
    complete_held();
    CHECK(call_wait(&a) == STATUS_SUCCESS);
    unplug();
}

static void test_sent(void)
{
    struct call a;
    plug();
    start();
    forwards = true;
    call_send(&a, IRP_MJ_READ);
    CHECK(bus_kept != NULL);
    answer = ANSWER_LATER;
    CHECK(sleep_system(PowerSystemSleeping3) == STATUS_SUCCESS);
    CHECK(stops == 1 && bus_kept != NULL && call_pends(&a)); /* it stays below */
    CHECK(sleep_system(PowerSystemWorking) == STATUS_SUCCESS && resumes == 1);
    answer = ANSWER_CANCEL_SENT;
    CHECK(sleep_system(PowerSystemSleeping3) == STATUS_SUCCESS);
    CHECK(stops == 2 && bus_kept == NULL && call_wait(&a) == STATUS_CANCELLED);
    forwards = false;
    CHECK(sleep_system(PowerSystemWorking) == STATUS_SUCCESS);
    unplug();
}

static void *complete_later(void *unused)
{
    while (stops == 0 && !without_stop)
        settle(1);
    settle(20);
    CHECK(powered); /* the device waits for it */
    complete_held();
    return unused;
}

static void test_waits(void)
{
    for (int i = 0; i < 2; i++) {
        struct call a;
        pthread_t thread;
        without_stop = i == 1; /* a queue without EvtIoStop: its requests are awaited */
        answer = ANSWER_NONE;
        plug();
        start();
        call_send(&a, IRP_MJ_READ);
        pthread_create(&thread, NULL, complete_later, NULL);
        CHECK(sleep_system(PowerSystemSleeping3) == STATUS_SUCCESS);
        CHECK(!call_pends(&a) && call_wait(&a) == STATUS_SUCCESS && !powered);
        pthread_join(thread, NULL);
        unplug();
    }
    without_stop = false;
}

static void test_removal(void)
{
    struct call a, b, c;
    plug();
    start();
    call_send(&a, IRP_MJ_READ);
    call_send(&b, IRP_MJ_READ);
    answer = ANSWER_COMPLETE;
    CHECK(pnp(IRP_MN_SURPRISE_REMOVAL) == STATUS_SUCCESS);
    CHECK(stops == 1 && flags == WdfRequestStopActionPurge);
    CHECK(call_wait(&a) == STATUS_DEVICE_POWERED_OFF && call_wait(&b) == STATUS_CANCELLED && presented == 1);
    call_send(&c, IRP_MJ_READ);
    CHECK(call_wait(&c) == STATUS_INVALID_DEVICE_STATE);
    unplug();
    /* What waits for EvtRequestCancel is told to go. */
    plug();
    start();
    marks = true;
    call_send(&a, IRP_MJ_WRITE);
    marks = false;
    unplug();
    CHECK(cancels == 1 && call_wait(&a) == STATUS_CANCELLED);
}

static void test_idle(void)
{
    struct call a;
    with_idle = true;
    plug();
    start();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5000 && powered; i++)
            settle(1);
        CHECK(!powered); /* it fell asleep */
        call_send(&a, IRP_MJ_READ);
        for (int i = 0; i < 5000 && held == NULL; i++)
            settle(1);
        CHECK(powered && held != NULL); /* the request woke it */
        settle(10);
        CHECK(powered); /* and keeps it awake */
        complete_held();
        CHECK(call_wait(&a) == STATUS_SUCCESS);
    }
    unplug();
    with_idle = false;
}

/* A filter passes on what its queue has no callback for, and its queues do not follow the power. */
static void test_filter(void)
{
    struct call a;
    filter = true;
    plug();
    powered = true; /* of no interest here */
    call_send(&a, IRP_MJ_READ);
    CHECK(presented == 1);
    complete_held();
    CHECK(call_wait(&a) == STATUS_SUCCESS);
    start();
    int before = bus_writes;
    call_send(&a, IRP_MJ_WRITE);
    CHECK(call_wait(&a) == STATUS_SUCCESS && bus_writes == before + 1 && presented == 1);
    unplug();
    filter = false;
}

static void *complete_late(void *unused)
{
    for (int i = 0; i < 5000 && wdf_verifier_count() == 0; i++)
        settle(1);
    complete_held();
    return unused;
}

/* Under the verifier a request that the driver has for too long is named. */
static void test_missing(void)
{
    struct call a;
    pthread_t thread;
    CHECK(wdf_verifier_count() == 0);
    answer = ANSWER_NONE;
    plug();
    start();
    call_send(&a, IRP_MJ_READ);
    verify_options.log = true;
    verify_options.wait_ms = 20;
    verify_flags = VERIFY_RULES;
    pthread_create(&thread, NULL, complete_late, NULL);
    CHECK(sleep_system(PowerSystemSleeping3) == STATUS_SUCCESS);
    pthread_join(thread, NULL);
    verify_flags = 0;
    CHECK(wdf_verifier_count() == 1 && call_wait(&a) == STATUS_SUCCESS);
    unplug();
}

int main(void)
{
    UNICODE_STRING path = {0};
    WDF_DRIVER_CONFIG config;
    bus.object.DriverExtension = &bus.extension;
    host.object.DriverExtension = &host.extension;
    list_init(&bus.devices);
    list_init(&host.devices);
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        bus.object.MajorFunction[i] = bus_any;
    bus.object.MajorFunction[IRP_MJ_READ] = bus_read;
    bus.object.MajorFunction[IRP_MJ_WRITE] = bus_write;
    WDF_DRIVER_CONFIG_INIT(&config, on_add);
    CHECK(WdfDriverCreate(&host.object, &path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE) == STATUS_SUCCESS);
    test_before_start();
    test_answers();
    test_cancelable();
    test_sent();
    test_waits();
    test_removal();
    test_idle();
    test_filter();
    test_missing();
    host.framework_finish(&host.object);
    CHECK(wdf_verifier_count() == 1);
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}
