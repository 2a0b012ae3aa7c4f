/* SPDX-License-Identifier: MIT */
/* CM_Register_Notification. Changes of the nodes are queued and told in order on one library
 * thread, with no lock held; a registration hears only of what happens after it. Unregistering
 * waits for a call of its own callback. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/trace.h"
#include "cfgmgr32.h"
#include "device/device_property.h"
#include "nt/file.h"
#include "win32/face.h"

enum { EVENT_BYTES = 1024, ID_BYTES = 512 };

struct notification {
    struct list link;
    CM_NOTIFY_FILTER filter;
    char instance_id[ID_BYTES]; /* device instances */
    struct usb_node *node;      /* device handles: referenced */
    void *context;
    PCM_NOTIFY_CALLBACK callback;
    uint64_t since;   /* number of the first event it hears */
    uint64_t visited; /* number of the event it was last looked at for */
    bool ended;       /* unregistered in its own callback: freed when that is over */
};

struct notify_event {
    struct list link;
    uint64_t number;
    enum usb_node_change change;
    struct usb_node *node;           /* referenced */
    bool interfaces[USB_NODE_GUIDS]; /* which this event is of */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_event = PTHREAD_COND_INITIALIZER,
                      callback_done = PTHREAD_COND_INITIALIZER;
static struct list registrations = {&registrations, &registrations};
static struct list events = {&events, &events};
static uint64_t next_number = 1;
static struct notification *running; /* whose callback runs */
static bool is_started;
static __thread bool is_notify_thread;

/* ---- Telling --------------------------------------------------------------------------------- */

union event_buffer {
    CM_NOTIFY_EVENT_DATA data;
    uint8_t bytes[EVENT_BYTES];
};

static void call(struct notification *it, CM_NOTIFY_ACTION action, union event_buffer *buffer,
                 size_t size)
{
    buffer->data.FilterType = it->filter.FilterType;
    it->callback((HCMNOTIFICATION)it, it->context, action, &buffer->data, (DWORD)size);
}

static void tell_interfaces(struct notification *it, const struct notify_event *event)
{
    CM_NOTIFY_ACTION action = event->change == USB_NODE_GONE
                                  ? CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL
                                  : CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL;
    for (uint32_t i = 0; i < USB_NODE_GUIDS && !it->ended; i++) {
        const struct usb_node_interface *interface = &event->node->interfaces[i];
        union event_buffer buffer = {0};
        char path[300] = "\\\\?\\";
        if (!event->interfaces[i] ||
            (!(it->filter.Flags & CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES) &&
             memcmp(&interface->guid, &it->filter.u.DeviceInterface.ClassGuid, sizeof(GUID)) != 0))
            continue;
        memcpy(&buffer.data.u.DeviceInterface.ClassGuid, &interface->guid, sizeof(GUID));
        memcpy(path + 4, interface->device.name, strlen(interface->device.name) + 1);
        size_t head = offsetof(CM_NOTIFY_EVENT_DATA, u.DeviceInterface.SymbolicLink);
        size_t units = device_text_widen((char16_t *)(buffer.bytes + head),
                                         (EVENT_BYTES - head) / sizeof(char16_t), path);
        call(it, action, &buffer, head + units * sizeof(char16_t));
    }
}

static void tell_instance(struct notification *it, const struct notify_event *event)
{
    union event_buffer buffer = {0};
    if (event->change == USB_NODE_CHANGED ||
        (!(it->filter.Flags & CM_NOTIFY_FILTER_FLAG_ALL_DEVICE_INSTANCES) &&
         strcasecmp(it->instance_id, event->node->instance_id) != 0))
        return;
    size_t head = offsetof(CM_NOTIFY_EVENT_DATA, u.DeviceInstance.InstanceId);
    size_t units =
        device_text_widen((char16_t *)(buffer.bytes + head),
                          (EVENT_BYTES - head) / sizeof(char16_t), event->node->instance_id);
    size_t size = head + units * sizeof(char16_t);
    if (event->change == USB_NODE_GONE) {
        call(it, CM_NOTIFY_ACTION_DEVICEINSTANCEREMOVED, &buffer, size);
        return;
    }
    call(it, CM_NOTIFY_ACTION_DEVICEINSTANCEENUMERATED, &buffer, size);
    if (event->node->service != NULL && !it->ended)
        call(it, CM_NOTIFY_ACTION_DEVICEINSTANCESTARTED, &buffer, size);
}

static void tell(struct notification *it, const struct notify_event *event)
{
    union event_buffer buffer = {0};
    if (it->filter.FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE)
        tell_interfaces(it, event);
    else if (it->filter.FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE)
        tell_instance(it, event);
    else if (event->change == USB_NODE_GONE && event->node == it->node)
        call(it, CM_NOTIFY_ACTION_DEVICEREMOVECOMPLETE, &buffer, sizeof(CM_NOTIFY_EVENT_DATA));
}

/* The next registration that has not been looked at for this event; it cannot go while `running`
 * names it. */
static struct notification *registration_next(uint64_t number)
{
    list_for_each (link, &registrations) {
        struct notification *it = container_of(link, struct notification, link);
        if (it->since <= number && it->visited < number) {
            it->visited = number;
            return it;
        }
    }
    return NULL;
}

static void notification_free(struct notification *it)
{
    if (it != NULL && it->node != NULL)
        usb_node_dereference(it->node);
    free(it);
}

static void *notify_run(void *unused)
{
    is_notify_thread = true;
    pthread_mutex_lock(&lock);
    for (;;) {
        struct list *link = list_pop_front(&events);
        if (link == NULL) {
            pthread_cond_wait(&has_event, &lock);
            continue;
        }
        struct notify_event *event = container_of(link, struct notify_event, link);
        while ((running = registration_next(event->number)) != NULL) {
            pthread_mutex_unlock(&lock);
            tell(running, event);
            pthread_mutex_lock(&lock);
            struct notification *ended = running->ended ? running : NULL;
            running = NULL;
            pthread_cond_broadcast(&callback_done);
            notification_free(ended);
        }
        pthread_mutex_unlock(&lock);
        usb_node_dereference(event->node);
        free(event);
        pthread_mutex_lock(&lock);
    }
    return NULL;
}

/* ---- Hearing --------------------------------------------------------------------------------- */

/* A node's interfaces that were told as arrived: a bit each, so that CHANGED tells the new one
 * only. Kept here by number. */
struct told {
    struct list link;
    uint32_t number, bits;
};
static struct list told_nodes = {&told_nodes, &told_nodes};

static struct told *told_of(uint32_t number)
{
    list_for_each (link, &told_nodes) {
        struct told *told = container_of(link, struct told, link);
        if (told->number == number)
            return told;
    }
    struct told *told = calloc(1, sizeof *told);
    if (told != NULL) {
        told->number = number;
        list_push_back(&told_nodes, &told->link);
    }
    return told;
}

static void node_changed(struct usb_node_watcher *watcher, enum usb_node_change change,
                         struct usb_node *node)
{
    struct notify_event *event = calloc(1, sizeof *event);
    pthread_mutex_lock(&lock);
    struct told *told = told_of(node->number);
    if (event == NULL || told == NULL) {
        pthread_mutex_unlock(&lock);
        free(event);
        trace_note(TRACE_DRIVER, "%s: no memory to notify of it", node->instance_id);
        return;
    }
    uint32_t count = node->interface_count_guid;
    for (uint32_t i = 0; i < count; i++)
        event->interfaces[i] =
            change == USB_NODE_GONE ? told->bits >> i & 1 : !(told->bits >> i & 1);
    told->bits = (1u << count) - 1;
    if (change == USB_NODE_GONE) {
        list_remove(&told->link);
        free(told);
    }
    event->change = change;
    event->node = node;
    usb_node_reference(node);
    event->number = next_number++;
    list_push_back(&events, &event->link);
    pthread_cond_signal(&has_event);
    pthread_mutex_unlock(&lock);
}

static struct usb_node_watcher node_watcher = {.changed = node_changed};

/* What is there already counts as told. The watch begins first, so that nothing is missed between.
 */
static void notify_begin(void)
{
    uint32_t count;
    if (engine_thread_start("ovl-notify", notify_run, NULL) != 0)
        return;
    usb_node_watch(&node_watcher);
    struct usb_node **nodes = usb_nodes(&count);
    pthread_mutex_lock(&lock);
    for (uint32_t i = 0; i < count; i++) {
        struct told *told = told_of(nodes[i]->number);
        if (told != NULL && !atomic_load(&nodes[i]->gone))
            told->bits = (1u << nodes[i]->interface_count_guid) - 1;
    }
    is_started = true;
    pthread_mutex_unlock(&lock);
    usb_nodes_free(nodes, count);
}

/* ---- The calls ------------------------------------------------------------------------------- */

/* The node that an open handle's device belongs to. */
static CONFIGRET handle_node(HANDLE handle, struct usb_node **node)
{
    struct object *object;
    if (handle_reference(handle_number(handle), &file_type, 0, &object) != STATUS_SUCCESS)
        return CR_INVALID_DATA;
    *node = usb_node_of_device(container_of(object, struct file, object)->device);
    object_dereference(object);
    return *node == NULL ? CR_INVALID_DATA : CR_SUCCESS;
}

static CONFIGRET filter_check(const CM_NOTIFY_FILTER *filter, struct notification *it)
{
    if (filter->cbSize != sizeof *filter || filter->Reserved != 0 ||
        filter->FilterType >= CM_NOTIFY_FILTER_TYPE_MAX)
        return CR_INVALID_DATA;
    if (filter->Flags & ~(DWORD)CM_NOTIFY_FILTER_VALID_FLAGS)
        return CR_INVALID_FLAG;
    it->filter = *filter;
    if (filter->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE)
        return filter->Flags != 0 ? CR_INVALID_FLAG
                                  : handle_node(filter->u.DeviceHandle.hTarget, &it->node);
    if (filter->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE) {
        char16_t id[MAX_DEVICE_ID_LEN + 1] = {0};
        memcpy(id, filter->u.DeviceInstance.InstanceId, sizeof filter->u.DeviceInstance.InstanceId);
        if (!device_text_narrow(it->instance_id, sizeof it->instance_id, id))
            return CR_INVALID_DATA;
    }
    return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Register_Notification(PCM_NOTIFY_FILTER pFilter, PVOID pContext,
                                          PCM_NOTIFY_CALLBACK pCallback,
                                          PHCMNOTIFICATION pNotifyContext)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (pFilter == NULL || pCallback == NULL || pNotifyContext == NULL)
        return CR_INVALID_POINTER;
    *pNotifyContext = NULL;
    struct notification *it = calloc(1, sizeof *it);
    if (it == NULL)
        return CR_OUT_OF_MEMORY;
    CONFIGRET result = filter_check(pFilter, it);
    if (result != CR_SUCCESS) {
        free(it);
        return result;
    }
    usb_nodes_start();
    pthread_once(&once, notify_begin);
    it->context = pContext;
    it->callback = pCallback;
    pthread_mutex_lock(&lock);
    bool begun = is_started;
    it->since = next_number;
    if (begun) {
        list_push_back(&registrations, &it->link);
        *pNotifyContext = (HCMNOTIFICATION)it;
    }
    pthread_mutex_unlock(&lock);
    if (begun)
        return CR_SUCCESS;
    notification_free(it);
    return CR_FAILURE;
}

/* From inside its own callback Windows would wait for ever; here it then returns when the callback
 * is the last to use it. */
CONFIGRET WINAPI CM_Unregister_Notification(HCMNOTIFICATION NotifyContext)
{
    struct notification *it = (struct notification *)NotifyContext;
    bool found = false;
    pthread_mutex_lock(&lock);
    list_for_each (link, &registrations)
        found |= it != NULL && link == &it->link;
    if (!found) {
        pthread_mutex_unlock(&lock);
        return CR_INVALID_DATA;
    }
    list_remove(&it->link);
    while (running == it && !is_notify_thread)
        pthread_cond_wait(&callback_done, &lock);
    it->ended = running == it; /* its own callback: the rest of it may still look at it */
    bool in_use = it->ended;
    pthread_mutex_unlock(&lock);
    if (!in_use)
        notification_free(it);
    return CR_SUCCESS;
}

/* ---- Windows' older way ---------------------------------------------------------------------- */

/* Messages to a window or a service's handler: there are neither here. */
HDEVNOTIFY WINAPI RegisterDeviceNotificationA(HANDLE hRecipient, LPVOID NotificationFilter,
                                              DWORD Flags)
{
    error_set(NotificationFilter == NULL ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED);
    return NULL;
}

HDEVNOTIFY WINAPI RegisterDeviceNotificationW(HANDLE hRecipient, LPVOID NotificationFilter,
                                              DWORD Flags)
{
    return RegisterDeviceNotificationA(hRecipient, NotificationFilter, Flags);
}

BOOL WINAPI UnregisterDeviceNotification(HDEVNOTIFY Handle)
{
    error_set(ERROR_INVALID_HANDLE);
    return FALSE;
}
