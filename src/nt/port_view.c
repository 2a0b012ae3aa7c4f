/* SPDX-License-Identifier: MIT */
/* Looking at a port: counted, allocated, then copied under the lock; again from the start if it grew in
 * between. Which handles lead to its files is asked of the handle table afterwards. */
#include "nt/port_view.h"

#include <stdlib.h>

struct counts {
    uint32_t devices, packets, waiting, released, paused;
};

static uint32_t list_count(const struct list *head)
{
    uint32_t count = 0;
    list_for_each(node, head) count++;
    return count;
}

static struct counts port_count(const struct port *port)
{
    return (struct counts){list_count(&port->devices), port->queued, list_count(&port->waiting),
                           list_count(&port->released), list_count(&port->paused)};
}

static struct ovl_port_view *view_allocate(const struct counts *room)
{
    size_t size = sizeof(struct ovl_port_view) + room->devices * sizeof(struct ovl_port_device) +
                  room->packets * sizeof(struct ovl_port_packet) +
                  (room->waiting + room->released + room->paused) * sizeof(uint32_t);
    struct ovl_port_view *view = calloc(1, size);
    if (view == NULL)
        return NULL;
    view->devices = (struct ovl_port_device *)(view + 1);
    view->packets = (struct ovl_port_packet *)(view->devices + room->devices);
    view->waiting = (uint32_t *)(view->packets + room->packets);
    view->released = view->waiting + room->waiting;
    view->paused = view->released + room->released;
    return view;
}

static uint32_t threads_copy(const struct list *head, uint32_t *tids)
{
    uint32_t count = 0;
    list_for_each(node, head) tids[count++] = container_of(node, struct thread, port_link)->tid;
    return count;
}

/* Under the lock. `handle` holds the file until view_name_devices finds its handle. */
static void view_fill(struct ovl_port_view *view, const struct port *port)
{
    view->limit = port->limit;
    view->active = port->active;
    list_for_each(node, &port->devices)
    {
        struct file *file = container_of(node, struct file, port_link);
        view->devices[view->device_count++] = (struct ovl_port_device){file, file->key};
    }
    for (const struct packet *packet = port->first; packet != NULL; packet = packet->next)
        view->packets[view->packet_count++] = (struct ovl_port_packet){
            packet->key, packet->overlapped, packet->bytes, packet->status};
    view->waiting_count = threads_copy(&port->waiting, view->waiting);
    view->released_count = threads_copy(&port->released, view->released);
    view->paused_count = threads_copy(&port->paused, view->paused);
}

struct naming {
    struct ovl_port_view *view;
    void **files; /* still as pointers */
};

static void device_name(uint64_t handle, struct object *object, void *context)
{
    struct naming *naming = context;
    if (object->type != &file_type)
        return;
    for (uint32_t i = 0; i < naming->view->device_count; i++)
        if (naming->files[i] == (void *)container_of(object, struct file, object))
            naming->view->devices[i].handle = (void *)(uintptr_t)handle;
}

static int32_t view_name_devices(struct ovl_port_view *view)
{
    void **files = malloc((view->device_count + 1) * sizeof *files);
    if (files == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < view->device_count; i++) {
        files[i] = view->devices[i].handle;
        view->devices[i].handle = NULL;
    }
    handle_each(device_name, &(struct naming){view, files});
    free(files);
    return STATUS_SUCCESS;
}

int32_t port_view_take(struct port *port, struct ovl_port_view **view)
{
    for (;;) {
        lock_acquire(&port->lock);
        struct counts room = port_count(port);
        lock_release(&port->lock);
        struct ovl_port_view *copy = view_allocate(&room);
        if (copy == NULL)
            return STATUS_NO_MEMORY;
        lock_acquire(&port->lock);
        struct counts now = port_count(port);
        bool fits = now.devices <= room.devices && now.packets <= room.packets &&
                    now.waiting <= room.waiting && now.released <= room.released &&
                    now.paused <= room.paused;
        if (fits)
            view_fill(copy, port);
        lock_release(&port->lock);
        if (fits && view_name_devices(copy) == STATUS_SUCCESS) {
            *view = copy;
            return STATUS_SUCCESS;
        }
        free(copy);
        if (fits)
            return STATUS_NO_MEMORY;
    }
}
