/* SPDX-License-Identifier: MIT */
/* Pipes as a device class: server ends by pipe_create, client ends by CreateFile, and the questions
 * about an open end. What travels goes through pipe_request.c. */
#include "drivers/pipe.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/pipe_end.h"
#include "drivers/rights.h"

static struct pipe *pipe_new(const struct pipe_params *params, bool server, bool overlapped)
{
    struct file *file =
        file_create(&pipe_driver, sizeof(struct pipe), overlapped ? 0 : FILE_SYNCHRONOUS);
    if (file == NULL)
        return NULL;
    struct pipe *pipe = pipe_of(file);
    pipe->server = server;
    pipe->params = *params;
    return pipe;
}

/* Sizes are advisory: the least is what anonymous pipes get, and all are whole pages. */
static uint32_t size_round(uint32_t size)
{
    enum { PAGE = 4096, MOST = 1 << 30 };
    if (size > MOST)
        size = MOST;
    return size == 0 ? PAGE : (size + PAGE - 1) / PAGE * PAGE;
}

int32_t pipe_create(const struct pipe_create *create, struct file **file)
{
    struct pipe *pipe = pipe_new(&create->params, true, create->overlapped);
    if (pipe == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    pipe->params.out_size = size_round(create->params.out_size);
    pipe->params.in_size = size_round(create->params.in_size);
    atomic_init(&pipe->message_mode, create->message_mode);
    atomic_init(&pipe->nowait, create->nowait);
    int32_t status = pipe_place_join(create->name, &pipe->params, create->first, &pipe->place);
    if (status == STATUS_SUCCESS)
        status = pipe_link_publish(pipe->place, pipe->params.out_size, pipe->params.in_size,
                                   &pipe->link);
    if (status != STATUS_SUCCESS) {
        object_dereference(&pipe->file.object);
        return status;
    }
    *file = &pipe->file;
    return STATUS_SUCCESS;
}

int32_t pipe_create_anonymous(uint32_t size, struct file **read, struct file **write)
{
    struct pipe_params params = {.access = PIPE_INBOUND, .max_instances = 1};
    params.in_size = params.out_size = size_round(size);
    struct pipe *ends[2] = {pipe_new(&params, true, false), pipe_new(&params, false, false)};
    struct pipe_link *links[2];
    int32_t status = ends[0] == NULL || ends[1] == NULL ? STATUS_INSUFFICIENT_RESOURCES
                                                        : pipe_link_pair(params.in_size, links);
    if (status != STATUS_SUCCESS) {
        for (int i = 0; i < 2; i++)
            if (ends[i] != NULL)
                object_dereference(&ends[i]->file.object);
        return status;
    }
    ends[0]->link = links[0];
    ends[1]->link = links[1];
    *read = &ends[0]->file;
    *write = &ends[1]->file;
    return STATUS_SUCCESS;
}

static int32_t pipe_open(struct open_request *request, struct file **file)
{
    uint32_t access = (request->access & RIGHT_READ ? PIPE_OUTBOUND : 0) |
                      (request->access & (RIGHT_WRITE | RIGHT_APPEND) ? PIPE_INBOUND : 0);
    struct pipe_params params = {0};
    struct pipe *pipe = pipe_new(&params, false, (request->flags & OPEN_OVERLAPPED) != 0);
    int32_t status = STATUS_INSUFFICIENT_RESOURCES;
    if (pipe != NULL && (pipe->name = strdup(request->path)) != NULL)
        status = pipe_link_connect(request->path, access, &pipe->params, &pipe->link);
    if (status != STATUS_SUCCESS) {
        if (pipe != NULL)
            object_dereference(&pipe->file.object);
        return status;
    }
    pipe->params.out_size = pipe->link->shared->out_size;
    pipe->params.in_size = pipe->link->shared->in_size;
    request->existed = true;
    *file = &pipe->file;
    return STATUS_SUCCESS;
}

static int32_t pipe_disconnect(struct pipe *pipe)
{
    if (!pipe->server || pipe->place == NULL)
        return STATUS_ILLEGAL_FUNCTION;
    lock_acquire(&pipe->lock);
    struct pipe_link *link = pipe->link;
    pipe->link = NULL;
    lock_release(&pipe->lock);
    if (link == NULL)
        return STATUS_PIPE_DISCONNECTED;
    pipe_link_end(link, true);
    pipe_link_release(link);
    return STATUS_SUCCESS;
}

static uint32_t count_instances(struct pipe *pipe)
{
    struct pipe_params params;
    int directory;
    if (pipe->place != NULL)
        return pipe_count_instances(pipe->place->directory);
    if (pipe->name == NULL || pipe_place_visit(pipe->name, &params, &directory) != STATUS_SUCCESS)
        return 1;
    uint32_t count = pipe_count_instances(directory);
    close(directory);
    return count != 0 ? count : 1;
}

static int32_t get_info(struct pipe *pipe, struct pipe_info *info)
{
    info->message_mode = atomic_load(&pipe->message_mode);
    info->nowait = atomic_load(&pipe->nowait);
    info->server_end = pipe->server;
    info->params = pipe->params;
    if (info->ask & PIPE_ASK_INSTANCES)
        info->instances = count_instances(pipe);
    if (!(info->ask & PIPE_ASK_PROCESSES))
        return STATUS_SUCCESS;
    struct pipe_link *link;
    int32_t status = pipe_link_get(pipe, &link);
    if (status != STATUS_SUCCESS)
        return status;
    pipe_link_processes(link, &info->client_process, &info->server_process);
    pipe_link_release(link);
    return STATUS_SUCCESS;
}

static int32_t get_peek(struct pipe *pipe, struct pipe_peek *peek)
{
    struct pipe_link *link;
    int32_t status = pipe_link_get(pipe, &link);
    if (status != STATUS_SUCCESS) /* documented: neither connected nor closing */
        return status == STATUS_PIPE_LISTENING ? STATUS_INVALID_PIPE_STATE : status;
    status = pipe_link_peek(link, peek);
    pipe_link_release(link);
    return status;
}

static int32_t get_descriptor(struct pipe *pipe, int *fd)
{
    struct pipe_link *link;
    int32_t status = pipe_link_get(pipe, &link);
    if (status != STATUS_SUCCESS)
        return status;
    *fd = link->source.fd;
    pipe_link_release(link);
    return STATUS_SUCCESS;
}

static int32_t pipe_get(struct file *file, enum file_info info, void *data)
{
    struct pipe *pipe = pipe_of(file);
    if (info == INFO_PIPE)
        return get_info(pipe, data);
    if (info == INFO_PEEK)
        return get_peek(pipe, data);
    if (info == INFO_DESCRIPTOR)
        return get_descriptor(pipe, data);
    if (info == INFO_KIND) {
        *(uint32_t *)data = FILE_KIND_PIPE;
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_PARAMETER;
}

static int32_t pipe_set(struct file *file, enum file_info info, const void *data)
{
    struct pipe *pipe = pipe_of(file);
    if (info == INFO_DISCONNECT)
        return pipe_disconnect(pipe);
    if (info != INFO_PIPE)
        return STATUS_INVALID_PARAMETER;
    const struct pipe_info *wanted = data;
    if (wanted->message_mode && !pipe->params.message)
        return STATUS_INVALID_PARAMETER;
    atomic_store(&pipe->message_mode, wanted->message_mode);
    atomic_store(&pipe->nowait, wanted->nowait);
    return STATUS_SUCCESS;
}

/* The last handle of a listening instance: no client may find it any more. A connection stays until
 * its last request has ended, so that the client reads what was written. */
static void pipe_cleanup(struct file *file)
{
    struct pipe *pipe = pipe_of(file);
    lock_acquire(&pipe->lock);
    struct pipe_link *link = pipe->link;
    if (link != NULL)
        pipe_link_reference(link);
    lock_release(&pipe->lock);
    if (link == NULL)
        return;
    if (pipe->server)
        pipe_link_end(link, false);
    pipe_link_release(link);
}

static void pipe_close(struct file *file)
{
    struct pipe *pipe = pipe_of(file);
    if (pipe->link != NULL)
        pipe_link_release(pipe->link);
    if (pipe->place != NULL)
        pipe_place_leave(pipe->place);
    free(pipe->name);
}

const struct driver pipe_driver = {
    .name = "pipe",
    .kind = FILE_KIND_PIPE,
    .open = pipe_open,
    .dispatch = {[IRP_READ] = pipe_read,
                 [IRP_WRITE] = pipe_write,
                 [IRP_CONTROL] = pipe_control,
                 [IRP_FLUSH] = pipe_flush,
                 [IRP_LISTEN] = pipe_listen},
    .get = pipe_get,
    .set = pipe_set,
    .cleanup = pipe_cleanup,
    .close = pipe_close,
};
