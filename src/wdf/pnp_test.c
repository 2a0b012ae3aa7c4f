/* SPDX-License-Identifier: MIT */
/* The order of a device's callbacks, on a bus of the test's own: start, removal, surprise, stop, each step that fails, idle, the system's
 * sleep, capabilities and state. A trace of short words is compared with what the documentation says. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/futex.h"
#include "wdf/driver.h"
#include "wdf/pnp.h"
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

/* ---- The trace ---------------------------------------------------------------------------------------------------- */

static struct lock trace_lock;
static char trace[1024];
static _Atomic uint32_t traced;
static const char *_Atomic fails_at; /* the word of the callback that is to fail */

static NTSTATUS step(const char *word)
{
    lock_acquire(&trace_lock);
    if (trace[0] != '\0')
        strncat(trace, " ", sizeof trace - strlen(trace) - 1);
    strncat(trace, word, sizeof trace - strlen(trace) - 1);
    lock_release(&trace_lock);
    atomic_fetch_add(&traced, 1);
    futex_wake(&traced, INT32_MAX);
    return fails_at != NULL && strcmp(fails_at, word) == 0 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

static void trace_expect(const char *expected, int line)
{
    lock_acquire(&trace_lock);
    checks++;
    if (strcmp(trace, expected) != 0) {
        failures++;
        printf("not ok - line %d:\n  have: %s\n  want: %s\n", line, trace, expected);
    }
    trace[0] = '\0';
    lock_release(&trace_lock);
}
#define EXPECT(expected) trace_expect((expected), __LINE__)

/* Until that many words have come since the last EXPECT. */
static void trace_await(unsigned words)
{
    uint64_t deadline = clock_deadline_ns(20ull * 1000 * 1000 * 1000);
    for (;;) {
        uint32_t seen = atomic_load(&traced);
        lock_acquire(&trace_lock);
        unsigned have = trace[0] != '\0';
        for (const char *at = trace; *at != '\0'; at++)
            have += *at == ' ';
        lock_release(&trace_lock);
        if (have >= words || futex_wait(&traced, seen, deadline) == -ETIMEDOUT)
            return;
    }
}

static void trace_await_end(const char *word)
{
    uint64_t deadline = clock_deadline_ns(20ull * 1000 * 1000 * 1000);
    for (bool there = false; !there;) {
        uint32_t seen = atomic_load(&traced);
        lock_acquire(&trace_lock);
        size_t length = strlen(trace), tail = strlen(word);
        there = length >= tail && strcmp(trace + length - tail, word) == 0;
        lock_release(&trace_lock);
        if (!there && futex_wait(&traced, seen, deadline) == -ETIMEDOUT)
            return;
    }
}

/* ---- The bus below ---------------------------------------------------------------------------------------------------- */

static struct wdm_driver bus = {.name = "bus"}, host = {.name = "function"};
static DEVICE_OBJECT *pdo;

static NTSTATUS NTAPI bus_pnp(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = STATUS_SUCCESS;
    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE: status = step("bus-start"); break;
    case IRP_MN_REMOVE_DEVICE: step("bus-remove"); break;
    case IRP_MN_SURPRISE_REMOVAL: step("bus-surprise"); break;
    case IRP_MN_STOP_DEVICE: step("bus-stop"); break;
    case IRP_MN_QUERY_INTERFACE: status = irp->IoStatus.Status; break; /* none of its own */
    case IRP_MN_QUERY_CAPABILITIES: stack->Parameters.DeviceCapabilities.Capabilities->DeviceD1 = 1; break;
    default: break;
    }
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI bus_power(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    if (stack->MinorFunction == IRP_MN_SET_POWER) {
        bool system = stack->Parameters.Power.Type == SystemPowerState;
        char word[32];
        snprintf(word, sizeof word, "bus-%c%d", system ? 'S' : 'D',
                 (system ? (int)stack->Parameters.Power.State.SystemState : (int)stack->Parameters.Power.State.DeviceState) - 1);
        step(word);
    }
    NTSTATUS status = stack->MinorFunction == IRP_MN_WAIT_WAKE ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS; /* it gives no signals */
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* ---- The function driver ------------------------------------------------------------------------------------------------- */

static WDFDEVICE device;
static WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS idle;
static bool with_idle, without_policy;

static NTSTATUS state_step(const char *word, WDF_POWER_DEVICE_STATE state)
{
    char text[32];
    snprintf(text, sizeof text, "%s-%d", word, state == WdfPowerDeviceD3Final ? 9 : (int)state - 1);
    return fails_at != NULL && strcmp(fails_at, word) == 0 ? (step(text), STATUS_UNSUCCESSFUL) : step(text);
}

static NTSTATUS on_prepare(WDFDEVICE d, WDFCMRESLIST raw, WDFCMRESLIST translated)
{
    CHECK(WdfCmResourceListGetCount(raw) == 0 && WdfCmResourceListGetDescriptor(translated, 0) == NULL);
    CHECK(d == device && KeGetCurrentIrql() == PASSIVE_LEVEL);
    return step("prepare");
}
static NTSTATUS on_release(WDFDEVICE d, WDFCMRESLIST translated)
{
    (void)d;
    (void)translated;
    return step("release");
}
static NTSTATUS on_entry(WDFDEVICE d, WDF_POWER_DEVICE_STATE before)
{
    (void)d;
    return state_step("entry", before);
}
static NTSTATUS on_post(WDFDEVICE d, WDF_POWER_DEVICE_STATE before)
{
    (void)d;
    (void)before;
    return step("post");
}
static NTSTATUS on_d0_exit(WDFDEVICE d, WDF_POWER_DEVICE_STATE target)
{
    (void)d;
    return state_step("exit", target);
}
static NTSTATUS on_pre(WDFDEVICE d, WDF_POWER_DEVICE_STATE target)
{
    (void)d;
    (void)target;
    return step("pre");
}
static NTSTATUS on_init(WDFDEVICE d)
{
    CHECK(WdfDeviceGetDevicePowerState(d) == WdfPowerDeviceD0);
    return step("init");
}
static NTSTATUS on_suspend(WDFDEVICE d)
{
    (void)d;
    return step("suspend");
}
static NTSTATUS on_restart(WDFDEVICE d)
{
    (void)d;
    return step("restart");
}
static VOID on_flush(WDFDEVICE d)
{
    (void)d;
    step("flush");
}
static VOID on_cleanup(WDFDEVICE d)
{
    (void)d;
    step("smcleanup");
}
static VOID on_surprise(WDFDEVICE d)
{
    (void)d;
    step("surprise");
}
static NTSTATUS on_query_remove(WDFDEVICE d)
{
    (void)d;
    return step("query-remove");
}
static NTSTATUS on_query_stop(WDFDEVICE d)
{
    (void)d;
    return step("query-stop");
}
static NTSTATUS on_arm(WDFDEVICE d)
{
    (void)d;
    return step("arm");
}
static VOID on_disarm(WDFDEVICE d)
{
    (void)d;
    step("disarm");
}
static NTSTATUS on_arm_sx(WDFDEVICE d)
{
    (void)d;
    return step("arm-sx");
}
static VOID on_disarm_sx(WDFDEVICE d)
{
    (void)d;
    step("disarm-sx");
}
static VOID on_object_cleanup(WDFOBJECT o)
{
    CHECK(o == device);
    step("cleanup");
}
static VOID on_object_destroy(WDFOBJECT o)
{
    (void)o;
    step("destroy");
}

static NTSTATUS on_add(WDFDRIVER driver, PWDFDEVICE_INIT init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_POWER_POLICY_EVENT_CALLBACKS policy;
    WDF_OBJECT_ATTRIBUTES attributes;
    CHECK(driver == WdfGetDriver() && WdfFdoInitWdmGetPhysicalDevice(init) == pdo);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&pnp);
    pnp.EvtDevicePrepareHardware = on_prepare;
    pnp.EvtDeviceReleaseHardware = on_release;
    pnp.EvtDeviceD0Entry = on_entry;
    pnp.EvtDeviceD0EntryPostInterruptsEnabled = on_post;
    pnp.EvtDeviceD0Exit = on_d0_exit;
    pnp.EvtDeviceD0ExitPreInterruptsDisabled = on_pre;
    pnp.EvtDeviceSelfManagedIoInit = on_init;
    pnp.EvtDeviceSelfManagedIoSuspend = on_suspend;
    pnp.EvtDeviceSelfManagedIoRestart = on_restart;
    pnp.EvtDeviceSelfManagedIoFlush = on_flush;
    pnp.EvtDeviceSelfManagedIoCleanup = on_cleanup;
    pnp.EvtDeviceSurpriseRemoval = on_surprise;
    pnp.EvtDeviceQueryRemove = on_query_remove;
    pnp.EvtDeviceQueryStop = on_query_stop;
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &pnp);
    WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&policy);
    policy.EvtDeviceArmWakeFromS0 = on_arm;
    policy.EvtDeviceDisarmWakeFromS0 = on_disarm;
    policy.EvtDeviceArmWakeFromSx = on_arm_sx;
    policy.EvtDeviceDisarmWakeFromSx = on_disarm_sx;
    WdfDeviceInitSetPowerPolicyEventCallbacks(init, &policy);
    if (without_policy)
        WdfDeviceInitSetPowerPolicyOwnership(init, FALSE);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtCleanupCallback = on_object_cleanup;
    attributes.EvtDestroyCallback = on_object_destroy;
    NTSTATUS status = WdfDeviceCreate(&init, &attributes, &device);
    CHECK(NT_SUCCESS(status) && init == NULL);
    CHECK(WdfDeviceWdmGetAttachedDevice(device) == pdo && WdfDeviceWdmGetPhysicalDevice(device) == pdo);
    CHECK(WdfWdmDeviceGetWdfDeviceHandle(WdfDeviceWdmGetDeviceObject(device)) == device);
    CHECK(WdfDeviceGetDriver(device) == driver);
    if (with_idle)
        CHECK(WdfDeviceAssignS0IdleSettings(device, &idle) == STATUS_SUCCESS);
    return step("add");
}

/* ---- The Plug and Play manager ------------------------------------------------------------------------------------------- */

static NTSTATUS send(UCHAR major, UCHAR minor, IO_STACK_LOCATION location, ULONG_PTR *information)
{
    location.MajorFunction = major;
    location.MinorFunction = minor;
    struct wdm_send request = {.device = wdm_device_top(pdo), .mode = KernelMode, .location = location,
                               .status = STATUS_NOT_SUPPORTED};
    NTSTATUS status = wdm_send(&request);
    if (information != NULL)
        *information = request.information;
    return status;
}

static NTSTATUS pnp(UCHAR minor)
{
    return send(IRP_MJ_PNP, minor, (IO_STACK_LOCATION){0}, NULL);
}

static NTSTATUS power(POWER_STATE_TYPE type, int state)
{
    IO_STACK_LOCATION location = {0};
    location.Parameters.Power.Type = type;
    if (type == SystemPowerState)
        location.Parameters.Power.State.SystemState = (SYSTEM_POWER_STATE)state;
    else
        location.Parameters.Power.State.DeviceState = (DEVICE_POWER_STATE)state;
    return send(IRP_MJ_POWER, IRP_MN_SET_POWER, location, NULL);
}

static NTSTATUS plug(const char *failing)
{
    fails_at = failing;
    CHECK(NT_SUCCESS(IoCreateDevice(&bus.object, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &pdo)));
    NTSTATUS status = host.extension.AddDevice(&host.object, pdo);
    return NT_SUCCESS(status) ? pnp(IRP_MN_START_DEVICE) : status;
}

static void unplug(void)
{
    CHECK(pnp(IRP_MN_REMOVE_DEVICE) == STATUS_SUCCESS);
    CHECK(pdo->AttachedDevice == NULL && host.object.DeviceObject == NULL);
    IoDeleteDevice(pdo);
    trace_await_end("destroy"); /* the idle worker may hold the last reference for a moment */
}

#define STARTS "add bus-start prepare entry-9 post init"
#define LEAVES "suspend pre exit-9 release"
#define ENDS   "flush smcleanup bus-remove cleanup destroy"

static void test_orderly(void)
{
    CHECK(plug(NULL) == STATUS_SUCCESS);
    EXPECT(STARTS);
    CHECK(WdfDeviceGetDevicePnpState(device) == WdfDevStatePnpStarted);
    CHECK(pnp(IRP_MN_QUERY_REMOVE_DEVICE) == STATUS_SUCCESS);
    EXPECT("query-remove");
    unplug();
    EXPECT(LEAVES " " ENDS);
    CHECK(plug(NULL) == STATUS_SUCCESS);
    fails_at = "query-remove";
    CHECK(pnp(IRP_MN_QUERY_REMOVE_DEVICE) == STATUS_UNSUCCESSFUL);
    CHECK(pnp(IRP_MN_CANCEL_REMOVE_DEVICE) == STATUS_SUCCESS);
    unplug();
    EXPECT(STARTS " query-remove " LEAVES " " ENDS);
}

static void test_surprise(void)
{
    CHECK(plug(NULL) == STATUS_SUCCESS);
    CHECK(pnp(IRP_MN_SURPRISE_REMOVAL) == STATUS_SUCCESS);
    CHECK(WdfDeviceGetDevicePnpState(device) == WdfDevStatePnpSurpriseRemoved);
    EXPECT(STARTS " surprise " LEAVES " bus-surprise");
    unplug();
    EXPECT(ENDS);
}

static void test_stop(void)
{
    CHECK(plug(NULL) == STATUS_SUCCESS);
    EXPECT(STARTS);
    CHECK(pnp(IRP_MN_QUERY_STOP_DEVICE) == STATUS_SUCCESS && pnp(IRP_MN_STOP_DEVICE) == STATUS_SUCCESS);
    EXPECT("query-stop suspend pre exit-3 release bus-stop");
    CHECK(pnp(IRP_MN_START_DEVICE) == STATUS_SUCCESS);
    EXPECT("bus-start prepare entry-3 post restart");
    unplug();
    EXPECT(LEAVES " " ENDS);
}

/* Every step that fails is undone by what belongs to the steps before it. */
static void test_failures(void)
{
    CHECK(plug("add") == STATUS_UNSUCCESSFUL);
    EXPECT("add cleanup destroy");
    CHECK(pdo->AttachedDevice == NULL);
    IoDeleteDevice(pdo);
    CHECK(plug("bus-start") == STATUS_UNSUCCESSFUL);
    unplug();
    EXPECT("add bus-start bus-remove cleanup destroy");
    CHECK(plug("prepare") == STATUS_UNSUCCESSFUL);
    unplug();
    EXPECT("add bus-start prepare release bus-remove cleanup destroy");
    CHECK(plug("entry") == STATUS_UNSUCCESSFUL);
    unplug();
    EXPECT("add bus-start prepare entry-9 release bus-remove cleanup destroy");
    CHECK(plug("post") == STATUS_UNSUCCESSFUL);
    unplug();
    EXPECT("add bus-start prepare entry-9 post exit-9 release bus-remove cleanup destroy");
    CHECK(plug("init") == STATUS_UNSUCCESSFUL);
    CHECK(WdfDeviceGetDevicePnpState(device) == WdfDevStatePnpFailed);
    unplug();
    EXPECT("add bus-start prepare entry-9 post init pre exit-9 release flush smcleanup bus-remove cleanup destroy");
    static const char *const on_the_way_out[] = {"suspend", "pre", "exit", "release"};
    for (size_t i = 0; i < sizeof on_the_way_out / sizeof *on_the_way_out; i++) {
        CHECK(plug(NULL) == STATUS_SUCCESS);
        EXPECT(STARTS);
        fails_at = on_the_way_out[i];
        unplug();
        EXPECT(LEAVES " " ENDS);
    }
}

enum { IDLE_MS = 20 };

static void idle_init(WDF_POWER_POLICY_S0_IDLE_CAPABILITIES caps)
{
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&idle, caps);
    idle.IdleTimeout = IDLE_MS;
    with_idle = true;
}

static void test_idle(void)
{
    idle_init(IdleUsbSelectiveSuspend);
    CHECK(plug(NULL) == STATUS_SUCCESS);
    trace_await(6 + 5);
    EXPECT(STARTS " suspend arm pre exit-2 bus-D2");
    CHECK(WdfDeviceGetDevicePowerState(device) == WdfPowerDeviceD2);
    CHECK(WdfDeviceStopIdle(device, TRUE) == STATUS_SUCCESS);
    trace_await(5);
    EXPECT("bus-D0 entry-2 post disarm restart");
    CHECK(WdfDeviceStopIdle(device, FALSE) == STATUS_SUCCESS); /* it nests */
    WdfDeviceResumeIdle(device);
    WdfDeviceResumeIdle(device);
    trace_await(5);
    EXPECT("suspend arm pre exit-2 bus-D2");
    NTSTATUS status = WdfDeviceStopIdle(device, FALSE);
    CHECK(status == STATUS_PENDING || status == STATUS_SUCCESS);
    trace_await(5);
    EXPECT("bus-D0 entry-2 post disarm restart");
    unplug();
    EXPECT(LEAVES " " ENDS);
    /* Removed while it sleeps: it is not woken for that. */
    idle_init(IdleCannotWakeFromS0);
    CHECK(plug(NULL) == STATUS_SUCCESS);
    trace_await(6 + 4);
    EXPECT(STARTS " suspend pre exit-3 bus-D3");
    unplug();
    EXPECT("release " ENDS);
    /* A step that fails on the way down or up is a surprise removal. */
    CHECK(plug("exit") == STATUS_SUCCESS);
    trace_await(6 + 3 + 2);
    EXPECT(STARTS " suspend pre exit-3 surprise release");
    CHECK(WdfDeviceStopIdle(device, TRUE) == STATUS_POWER_STATE_INVALID);
    unplug();
    EXPECT(ENDS);
    CHECK(plug(NULL) == STATUS_SUCCESS);
    trace_await(6 + 4);
    fails_at = "post";
    CHECK(WdfDeviceStopIdle(device, TRUE) == STATUS_POWER_STATE_INVALID);
    trace_await(6 + 4 + 6);
    EXPECT(STARTS " suspend pre exit-3 bus-D3 bus-D0 entry-3 post exit-9 surprise release");
    unplug();
    EXPECT(ENDS);
    with_idle = false;
}

static void test_settings(void)
{
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
    CHECK(plug(NULL) == STATUS_SUCCESS);
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0);
    settings.Size--;
    CHECK(WdfDeviceAssignS0IdleSettings(device, &settings) == STATUS_INFO_LENGTH_MISMATCH);
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCapsInvalid);
    CHECK(WdfDeviceAssignS0IdleSettings(device, &settings) == STATUS_INVALID_PARAMETER);
    /* Enabled while it runs, then disabled while it sleeps: it comes back and stays. */
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0);
    settings.IdleTimeout = IDLE_MS;
    CHECK(WdfDeviceAssignS0IdleSettings(device, &settings) == STATUS_SUCCESS);
    trace_await(6 + 4);
    settings.Enabled = WdfFalse;
    CHECK(WdfDeviceAssignS0IdleSettings(device, &settings) == STATUS_SUCCESS);
    trace_await(6 + 4 + 4);
    EXPECT(STARTS " suspend pre exit-3 bus-D3 bus-D0 entry-3 post restart");
    unplug();
    EXPECT(LEAVES " " ENDS);
}

static void test_system(void)
{
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS wake;
    CHECK(plug(NULL) == STATUS_SUCCESS);
    EXPECT(STARTS);
    CHECK(power(SystemPowerState, PowerSystemSleeping3) == STATUS_SUCCESS);
    EXPECT("suspend pre exit-3 bus-D3 bus-S3");
    CHECK(power(SystemPowerState, PowerSystemWorking) == STATUS_SUCCESS);
    EXPECT("bus-S0 bus-D0 entry-3 post restart");
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(&wake);
    CHECK(WdfDeviceAssignSxWakeSettings(device, &wake) == STATUS_SUCCESS);
    CHECK(power(SystemPowerState, PowerSystemSleeping3) == STATUS_SUCCESS);
    CHECK(power(SystemPowerState, PowerSystemWorking) == STATUS_SUCCESS);
    EXPECT("suspend arm-sx pre exit-3 bus-D3 bus-S3 bus-S0 bus-D0 entry-3 post disarm-sx restart");
    unplug();
    EXPECT(LEAVES " " ENDS);
}

typedef struct _TABLE {
    INTERFACE Header;
    int Number;
} TABLE;

static const GUID table_type = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
static int table_references;

static VOID table_reference(PVOID context)
{
    table_references += context == &table_references;
}

static VOID table_dereference(PVOID context)
{
    table_references -= context == &table_references;
}

static NTSTATUS on_query(WDFDEVICE d, LPGUID type, PINTERFACE asked, PVOID data)
{
    CHECK(d == device && memcmp(type, &table_type, sizeof *type) == 0 && data == NULL);
    ((TABLE *)asked)->Number++;
    return STATUS_SUCCESS;
}

/* A table of functions that the driver exposes, asked for through the stack. */
static void test_interfaces(void)
{
    static const GUID other = {1, 2, 3, {0}};
    WDF_QUERY_INTERFACE_CONFIG config;
    TABLE table = {{sizeof table, 1, &table_references, table_reference, table_dereference}, 41}, got = {0};
    CHECK(plug(NULL) == STATUS_SUCCESS);
    CHECK(WdfFdoQueryForInterface(device, &table_type, &got.Header, sizeof got, 1, NULL) == STATUS_NOT_SUPPORTED);
    WDF_QUERY_INTERFACE_CONFIG_INIT(&config, &table.Header, NULL, NULL);
    CHECK(WdfDeviceAddQueryInterface(device, &config) == STATUS_INVALID_PARAMETER);
    WDF_QUERY_INTERFACE_CONFIG_INIT(&config, &table.Header, &table_type, on_query);
    CHECK(WdfDeviceAddQueryInterface(device, &config) == STATUS_SUCCESS);
    CHECK(WdfFdoQueryForInterface(device, &table_type, &got.Header, sizeof got, 1, NULL) == STATUS_SUCCESS);
    CHECK(got.Number == 42 && got.Header.Context == &table_references && table_references == 1);
    got.Header.InterfaceDereference(got.Header.Context);
    CHECK(table_references == 0);
    CHECK(WdfFdoQueryForInterface(device, &table_type, &got.Header, sizeof(INTERFACE), 1, NULL) == STATUS_INVALID_BUFFER_SIZE);
    CHECK(WdfFdoQueryForInterface(device, &other, &got.Header, sizeof got, 1, NULL) == STATUS_NOT_SUPPORTED);
    unplug();
    EXPECT(STARTS " " LEAVES " " ENDS);
}

/* Somebody else in the stack owns the policy: he moves the device, and the system's states pass. */
static void test_policy_of_others(void)
{
    without_policy = true;
    CHECK(plug(NULL) == STATUS_SUCCESS);
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&idle, IdleCannotWakeFromS0);
    CHECK(WdfDeviceAssignS0IdleSettings(device, &idle) == STATUS_INVALID_DEVICE_REQUEST);
    EXPECT(STARTS);
    CHECK(power(DevicePowerState, PowerDeviceD3) == STATUS_SUCCESS && power(DevicePowerState, PowerDeviceD3) == STATUS_SUCCESS);
    EXPECT("suspend pre exit-3 bus-D3 bus-D3");
    CHECK(power(DevicePowerState, PowerDeviceD0) == STATUS_SUCCESS);
    EXPECT("bus-D0 entry-3 post restart");
    CHECK(power(SystemPowerState, PowerSystemSleeping3) == STATUS_SUCCESS);
    EXPECT("bus-S3");
    unplug();
    EXPECT(LEAVES " " ENDS);
    without_policy = false;
}

static void test_questions(void)
{
    WDF_DEVICE_PNP_CAPABILITIES caps;
    WDF_DEVICE_POWER_CAPABILITIES powers;
    WDF_DEVICE_STATE state;
    DEVICE_CAPABILITIES asked = {.Size = sizeof asked, .Version = 1};
    IO_STACK_LOCATION location = {0};
    ULONG_PTR answer = 0;
    CHECK(plug(NULL) == STATUS_SUCCESS);
    WDF_DEVICE_PNP_CAPABILITIES_INIT(&caps);
    caps.SurpriseRemovalOK = WdfTrue;
    caps.Address = 7;
    WdfDeviceSetPnpCapabilities(device, &caps);
    WDF_DEVICE_POWER_CAPABILITIES_INIT(&powers);
    powers.DeviceD2 = WdfTrue;
    powers.DeviceState[PowerSystemSleeping1] = PowerDeviceD2;
    WdfDeviceSetPowerCapabilities(device, &powers);
    location.Parameters.DeviceCapabilities.Capabilities = &asked;
    CHECK(send(IRP_MJ_PNP, IRP_MN_QUERY_CAPABILITIES, location, NULL) == STATUS_SUCCESS);
    CHECK(asked.DeviceD1 && asked.DeviceD2 && asked.SurpriseRemovalOK && !asked.Removable && asked.Address == 7);
    CHECK(asked.DeviceState[PowerSystemSleeping1] == PowerDeviceD2);
    WDF_DEVICE_STATE_INIT(&state);
    state.NotDisableable = WdfTrue;
    WdfDeviceSetDeviceState(device, &state);
    CHECK(send(IRP_MJ_PNP, IRP_MN_QUERY_PNP_DEVICE_STATE, (IO_STACK_LOCATION){0}, &answer) == STATUS_SUCCESS);
    CHECK(answer == PNP_DEVICE_NOT_DISABLEABLE);
    WdfDeviceSetStaticStopRemove(device, FALSE);
    CHECK(pnp(IRP_MN_QUERY_REMOVE_DEVICE) == STATUS_INVALID_DEVICE_REQUEST);
    WdfDeviceSetStaticStopRemove(device, TRUE);
    CHECK(pnp(IRP_MN_QUERY_REMOVE_DEVICE) == STATUS_SUCCESS && pnp(IRP_MN_CANCEL_REMOVE_DEVICE) == STATUS_SUCCESS);
    CHECK(WdfDeviceGetSystemPowerAction(device) == PowerActionNone);
    WdfDeviceSetCharacteristics(device, FILE_DEVICE_SECURE_OPEN | FILE_READ_ONLY_DEVICE);
    CHECK(WdfDeviceGetCharacteristics(device) == (FILE_DEVICE_SECURE_OPEN | FILE_READ_ONLY_DEVICE));
    WdfDeviceSetAlignmentRequirement(device, 7);
    CHECK(WdfDeviceGetAlignmentRequirement(device) == 7);
    WdfDeviceSetFailed(device, WdfDeviceFailedNoRestart);
    CHECK(send(IRP_MJ_PNP, IRP_MN_QUERY_PNP_DEVICE_STATE, (IO_STACK_LOCATION){0}, &answer) == STATUS_SUCCESS);
    CHECK(answer & PNP_DEVICE_FAILED);
    unplug();
    EXPECT(STARTS " query-remove " LEAVES " " ENDS);
}

enum { ROUNDS = 300 };
static _Atomic bool racing;

static void *stopper(void *unused)
{
    while (atomic_load(&racing)) {
        NTSTATUS status = WdfDeviceStopIdle(device, TRUE);
        CHECK(status == STATUS_SUCCESS);
        CHECK(WdfDeviceGetDevicePowerState(device) == WdfPowerDeviceD0);
        WdfDeviceResumeIdle(device);
    }
    return unused;
}

/* Two threads keep the device up and let it go, while it falls asleep at once. */
static void test_idle_race(void)
{
    pthread_t threads[2];
    idle_init(IdleCannotWakeFromS0);
    idle.IdleTimeout = 1;
    CHECK(plug(NULL) == STATUS_SUCCESS);
    atomic_store(&racing, true);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, stopper, NULL);
    struct timespec pause = {0, ROUNDS * 1000000};
    nanosleep(&pause, NULL);
    atomic_store(&racing, false);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    unplug();
    lock_acquire(&trace_lock);
    trace[0] = '\0';
    lock_release(&trace_lock);
    with_idle = false;
}

static VOID on_driver_cleanup(WDFOBJECT driver)
{
    CHECK(WdfDriverWdmGetDriverObject(driver) == &host.object); /* drivers ask this for their tracing's end */
    step("driver-cleanup");
}

int main(void)
{
    UNICODE_STRING path = {0};
    WDF_DRIVER_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    bus.object.DriverExtension = &bus.extension;
    host.object.DriverExtension = &host.extension;
    list_init(&bus.devices);
    list_init(&host.devices);
    bus.object.MajorFunction[IRP_MJ_PNP] = bus_pnp;
    bus.object.MajorFunction[IRP_MJ_POWER] = bus_power;
    WDF_DRIVER_CONFIG_INIT(&config, on_add);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtCleanupCallback = on_driver_cleanup;
    CHECK(WdfDriverCreate(&host.object, &path, &attributes, &config, WDF_NO_HANDLE) == STATUS_SUCCESS);
    test_orderly();
    test_surprise();
    test_stop();
    test_failures();
    test_idle();
    test_settings();
    test_system();
    test_policy_of_others();
    test_questions();
    test_interfaces();
    test_idle_race();
    host.framework_finish(&host.object);
    EXPECT("driver-cleanup");
    CHECK(wdf_verifier_count() == 0);
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}
