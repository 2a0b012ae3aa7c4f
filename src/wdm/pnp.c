/* SPDX-License-Identifier: MIT */
/* The life of a device stack, in Windows' order: pnp.h says which. Every step is an IRP_MJ_PNP that enters at the top of
 * the stack; the driver on its way down or up does what it likes, and the manager looks at the status only. */
#include "wdm/pnp.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/futex.h"
#include "base/trace.h"
#include "wdm/driver_setup.h"
#include "wdm/usb_pdo.h"
#include "wdm/verify.h"

static pthread_mutex_t turn = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void pnp_turn_take(void)
{
    pthread_mutex_lock(&turn);
    usb_nodes_hurry(true); /* the nodes' thread may want the turn */
}

void pnp_turn_give(void)
{
    usb_nodes_hurry(false);
    pthread_mutex_unlock(&turn);
}

void pnp_reference(struct pnp_device *device)
{
    atomic_fetch_add_explicit(&device->references, 1, memory_order_relaxed);
}

void pnp_dereference(struct pnp_device *device)
{
    if (atomic_fetch_sub_explicit(&device->references, 1, memory_order_acq_rel) != 1)
        return;
    pnp_interfaces_free(device);
    pnp_properties_free(device);
    usb_node_dereference(device->node);
    free(device);
}

struct pnp_device *pnp_device_of(DEVICE_OBJECT *pdo)
{
    return pdo == NULL ? NULL : wdm_device_of(pdo)->pnp;
}

/* ---- One step ---------------------------------------------------------------------------------------------------- */

static const char *minor_name(UCHAR minor)
{
    switch (minor) {
    case IRP_MN_START_DEVICE: return "START_DEVICE";
    case IRP_MN_QUERY_REMOVE_DEVICE: return "QUERY_REMOVE_DEVICE";
    case IRP_MN_REMOVE_DEVICE: return "REMOVE_DEVICE";
    case IRP_MN_CANCEL_REMOVE_DEVICE: return "CANCEL_REMOVE_DEVICE";
    case IRP_MN_SURPRISE_REMOVAL: return "SURPRISE_REMOVAL";
    case IRP_MN_QUERY_CAPABILITIES: return "QUERY_CAPABILITIES";
    case IRP_MN_QUERY_PNP_DEVICE_STATE: return "QUERY_PNP_DEVICE_STATE";
    default: return "?";
    }
}

static NTSTATUS step_send(struct pnp_device *device, UCHAR minor, struct wdm_send *send)
{
    send->device = IoGetAttachedDeviceReference(device->pdo);
    send->mode = KernelMode;
    send->status = STATUS_NOT_SUPPORTED; /* as documented for all PnP requests */
    send->location.MajorFunction = IRP_MJ_PNP;
    send->location.MinorFunction = minor;
    NTSTATUS status = wdm_send(send);
    ObDereferenceObject(send->device);
    trace_note(TRACE_DRIVER, "%s: %s: %s: 0x%08x", device->driver->name, device->node->instance_id, minor_name(minor),
               (unsigned)status);
    return status;
}

static NTSTATUS step(struct pnp_device *device, UCHAR minor)
{
    struct wdm_send send = {.information = 0};
    return step_send(device, minor, &send);
}

/* What the stack says of itself once it runs. PNP_DEVICE_FAILED and PNP_DEVICE_REMOVED end it. */
static bool state_is_good(struct pnp_device *device)
{
    struct wdm_send send = {.information = 0};
    return !NT_SUCCESS(step_send(device, IRP_MN_QUERY_PNP_DEVICE_STATE, &send)) ||
           !(send.information & (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED));
}

static void capabilities_ask(struct pnp_device *device)
{
    DEVICE_CAPABILITIES capabilities = {.Size = sizeof capabilities, .Version = 1, .Address = (ULONG)-1, .UINumber = (ULONG)-1};
    struct wdm_send send = {.information = 0};
    send.location.Parameters.DeviceCapabilities.Capabilities = &capabilities;
    step_send(device, IRP_MN_QUERY_CAPABILITIES, &send);
}

/* ---- Opens --------------------------------------------------------------------------------------------------------- */

/* Lets files be opened, or refuses them. With `if_unused` nothing changes and false is returned while files are open. */
static bool opens_set(struct pnp_device *device, bool allowed, bool if_unused)
{
    struct wdm_device *pdo = wdm_device_of(device->pdo);
    lock_acquire(&wdm_lock);
    bool can = !if_unused || atomic_load(&pdo->files) == 0;
    if (can)
        pdo->gone = !allowed;
    lock_release(&wdm_lock);
    return can;
}

static void file_last_closed(struct wdm_device *pdo)
{
    pnp_work_queue(pdo->pnp, PNP_WORK_CLOSED);
}

static struct pnp_device *device_by_node(const struct wdm_driver *driver, const struct usb_node *node)
{
    list_for_each (link, &driver->pnp_devices) {
        struct pnp_device *device = container_of(link, struct pnp_device, link);
        if (device->node == node)
            return device;
    }
    return NULL;
}

static int32_t pnp_open(struct open_request *request, struct file **file)
{
    struct usb_node_interface *interface = container_of(request->device, struct usb_node_interface, device);
    struct wdm_device *pdo = NULL;
    lock_acquire(&wdm_lock);
    list_for_each (link, &wdm_drivers) {
        struct pnp_device *device = device_by_node(container_of(link, struct wdm_driver, link), interface->node);
        if (device != NULL && device->pdo != NULL) {
            pdo = wdm_device_of(device->pdo);
            wdm_device_reference(pdo);
            break;
        }
    }
    lock_release(&wdm_lock);
    if (pdo == NULL)
        return STATUS_NO_SUCH_DEVICE;
    int32_t status = wdm_file_open(pdo, request, file);
    wdm_device_dereference(pdo);
    return status;
}

const struct driver pnp_file_driver = {
    .name = "wdm",
    .kind = FILE_KIND_CHAR,
    .open = pnp_open,
    .dispatch = {[IRP_CONTROL] = wdm_dispatch}, /* files are wdm_file_driver's; this tells whose devices they are */
};

/* ---- Adding --------------------------------------------------------------------------------------------------------- */

/* After REMOVE_DEVICE nothing may be left above the PDO. */
static void stack_clear(struct pnp_device *device)
{
    for (DEVICE_OBJECT *above; (above = device->pdo->AttachedDevice) != NULL;) {
        DEVICE_OBJECT *below = device->pdo;
        while (above->AttachedDevice != NULL) {
            below = above;
            above = above->AttachedDevice;
        }
        wdm_verifier_report_at(device->driver->name, "device-left", (const void *)above->DriverObject->DriverInit,
                               "after IRP_MN_REMOVE_DEVICE its device object %p is still attached; driver", (void *)above);
        IoDetachDevice(below);
        IoDeleteDevice(above);
    }
}

/* A device that failed again and again stays failed; one that ran for a while may begin anew. */
static bool restart_may(struct usb_node *node)
{
    enum { RESTARTS = 5 };
    static const uint64_t while_ns = 10000000000;
    uint64_t now = clock_now_ns();
    if (now - node->restarted_ns > while_ns)
        node->restarts = 0;
    node->restarted_ns = now;
    return !atomic_load(&node->gone) && node->restarts++ < RESTARTS;
}

/* True: its node is to get a new one. */
static bool device_delete(struct pnp_device *device, uint32_t problem)
{
    bool again = atomic_load(&device->restarts) && restart_may(device->node);
    atomic_store(&device->state, PNP_REMOVED);
    stack_clear(device);
    atomic_store(&device->node->problem, problem);
    for (int i = 0; problem == 0 && i < USB_INF_TEXTS; i++)
        atomic_store(&device->node->inf[i], NULL); /* a driver that failed is still the installed one */
    if (!atomic_load(&device->node->gone))
        usb_node_set_driver(device->node, NULL, NULL);
    DEVICE_OBJECT *pdo = device->pdo;
    lock_acquire(&wdm_lock);
    list_remove(&device->link);
    device->pdo = NULL;
    wdm_device_of(pdo)->last_closed = NULL;
    wdm_device_of(pdo)->pnp = NULL;
    lock_release(&wdm_lock);
    usb_pdo_delete(pdo);
    pnp_dereference(device);
    return again;
}

static struct pnp_device *device_make(struct wdm_driver *driver, struct usb_node *node)
{
    struct pnp_device *device = verify_memory_fails(NULL) ? NULL : calloc(1, sizeof *device);
    DEVICE_OBJECT *pdo = device == NULL ? NULL : usb_pdo_create(node);
    if (pdo == NULL) {
        free(device);
        return NULL;
    }
    atomic_store(&device->references, 1);
    device->driver = driver;
    device->node = node;
    usb_node_reference(node);
    device->pdo = pdo;
    list_init(&device->interfaces);
    list_init(&device->properties);
    list_init(&device->work_link);
    pdo->Flags |= DO_BUS_ENUMERATED_DEVICE;
    wdm_device_of(pdo)->pnp = device;
    wdm_device_of(pdo)->gone = true;
    wdm_device_of(pdo)->last_closed = file_last_closed;
    lock_acquire(&wdm_lock);
    list_push_back(&driver->pnp_devices, &device->link);
    lock_release(&wdm_lock);
    return device;
}

static NTSTATUS add_failed(struct pnp_device *device, const char *what, NTSTATUS status, enum pnp_problem problem, bool *again)
{
    fprintf(stderr, "overlapped: driver %s: device %s: %s: status 0x%08x\n", device->driver->name, device->node->instance_id,
            what, (unsigned)status);
    trace_note(TRACE_DRIVER, "%s: %s: %s: status 0x%08x", device->driver->name, device->node->instance_id, what,
               (unsigned)status);
    *again = device_delete(device, problem);
    return status;
}

static NTSTATUS add_once(struct wdm_driver *driver, struct usb_node *node, bool *again)
{
    *again = false;
    struct pnp_device *device = device_make(driver, node);
    if (device == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    atomic_store(&node->problem, 0);
    driver_setup_device(device);
    usb_node_set_driver(node, &pnp_file_driver, wdm_name_keep(driver->name));
    if (verify_on())
        verify_enter("AddDevice", (const void *)driver->extension.AddDevice);
    NTSTATUS status = driver->extension.AddDevice(&driver->object, device->pdo);
    if (verify_on())
        verify_leave();
    if (!NT_SUCCESS(status)) {
        if (device->pdo->AttachedDevice != NULL) /* a filter's, or what a failing AddDevice left */
            step(device, IRP_MN_REMOVE_DEVICE);
        return add_failed(device, "AddDevice failed", status, PNP_PROBLEM_FAILED_ADD, again);
    }
    status = step(device, IRP_MN_START_DEVICE);
    if (!NT_SUCCESS(status)) {
        step(device, IRP_MN_REMOVE_DEVICE);
        return add_failed(device, "it was not started", status, PNP_PROBLEM_FAILED_START, again);
    }
    capabilities_ask(device);
    if (!state_is_good(device)) {
        step(device, IRP_MN_SURPRISE_REMOVAL);
        step(device, IRP_MN_REMOVE_DEVICE);
        return add_failed(device, "the driver reported PNP_DEVICE_FAILED", STATUS_UNSUCCESSFUL, PNP_PROBLEM_DEVICE_FAILED, again);
    }
    atomic_store(&device->state, PNP_STARTED);
    opens_set(device, true, false);
    pnp_interfaces_show(device);
    return STATUS_SUCCESS;
}

NTSTATUS pnp_add(struct wdm_driver *driver, struct usb_node *node)
{
    NTSTATUS status;
    bool again;
    do {
        status = add_once(driver, node, &again);
        if (again)
            trace_note(TRACE_DRIVER, "%s: %s: begins anew, attempt %u", driver->name, node->instance_id, node->restarts);
    } while (again);
    return status;
}

/* ---- Removing -------------------------------------------------------------------------------------------------------- */

static void remove_if_closed(struct pnp_device *device, uint32_t problem)
{
    if (atomic_load(&wdm_device_of(device->pdo)->files) != 0)
        return; /* the last close comes here again */
    struct wdm_driver *driver = device->driver;
    struct usb_node *node = device->node;
    usb_node_reference(node);
    step(device, IRP_MN_REMOVE_DEVICE);
    if (device_delete(device, problem)) {
        trace_note(TRACE_DRIVER, "%s: %s: begins anew, attempt %u", driver->name, node->instance_id, node->restarts);
        pnp_add(driver, node);
    }
    usb_node_dereference(node);
}

static void surprise(struct pnp_device *device, uint32_t problem)
{
    opens_set(device, false, false);
    if (problem != 0)
        usb_node_set_driver(device->node, NULL, NULL); /* the interfaces go at once; a device that is gone has lost them already */
    atomic_store(&device->node->problem, problem);
    atomic_store(&device->state, PNP_SURPRISED);
    step(device, IRP_MN_SURPRISE_REMOVAL);
    remove_if_closed(device, problem);
}

void pnp_work_run(struct pnp_device *device, uint32_t work)
{
    uint8_t state = atomic_load(&device->state);
    if (state == PNP_STARTED && (work & PNP_WORK_GONE))
        surprise(device, 0);
    else if (state == PNP_STARTED && ((work & PNP_WORK_RESTART) || ((work & PNP_WORK_STATE) && !state_is_good(device))))
        surprise(device, PNP_PROBLEM_DEVICE_FAILED);
    else if (state == PNP_SURPRISED)
        remove_if_closed(device, atomic_load(&device->node->problem));
}

void pnp_restart(struct pnp_device *device)
{
    atomic_store(&device->restarts, true);
    pnp_work_queue(device, PNP_WORK_RESTART);
}

void pnp_restart_want(DEVICE_OBJECT *pdo, bool wanted)
{
    lock_acquire(&wdm_lock);
    struct pnp_device *device = pnp_device_of(pdo);
    if (device != NULL)
        atomic_store(&device->restarts, wanted);
    lock_release(&wdm_lock);
}

static struct pnp_device *device_first(struct wdm_driver *driver)
{
    struct pnp_device *device = NULL;
    lock_acquire(&wdm_lock);
    if (!list_empty(&driver->pnp_devices))
        device = container_of(driver->pnp_devices.next, struct pnp_device, link);
    lock_release(&wdm_lock);
    return device;
}

/* Closes the device to opens and asks the stack; on refusal all is as it was. */
static NTSTATUS removal_ask_one(struct pnp_device *device)
{
    if (!opens_set(device, false, true))
        return STATUS_DEVICE_BUSY;
    if (atomic_load(&device->state) != PNP_STARTED)
        return STATUS_SUCCESS;
    NTSTATUS status = step(device, IRP_MN_QUERY_REMOVE_DEVICE);
    if (NT_SUCCESS(status))
        return STATUS_SUCCESS;
    step(device, IRP_MN_CANCEL_REMOVE_DEVICE);
    opens_set(device, true, false);
    return status;
}

/* All devices agree to go, or all stay. The list changes in turn only. */
static NTSTATUS removal_ask(struct wdm_driver *driver)
{
    list_for_each (link, &driver->pnp_devices) {
        NTSTATUS status = removal_ask_one(container_of(link, struct pnp_device, link));
        if (NT_SUCCESS(status))
            continue;
        for (struct list *asked = driver->pnp_devices.next; asked != link; asked = asked->next) {
            struct pnp_device *device = container_of(asked, struct pnp_device, link);
            if (atomic_load(&device->state) != PNP_STARTED)
                continue;
            step(device, IRP_MN_CANCEL_REMOVE_DEVICE);
            opens_set(device, true, false);
        }
        return status;
    }
    return STATUS_SUCCESS;
}

NTSTATUS pnp_remove_all(struct wdm_driver *driver)
{
    NTSTATUS status = removal_ask(driver);
    if (!NT_SUCCESS(status))
        return status;
    for (struct pnp_device *device; (device = device_first(driver)) != NULL;) {
        atomic_store(&device->restarts, false);
        step(device, IRP_MN_REMOVE_DEVICE);
        device_delete(device, 0);
    }
    return STATUS_SUCCESS;
}
