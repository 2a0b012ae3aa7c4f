/* SPDX-License-Identifier: MIT */
/* How a client finds a server: a free instance is a listening socket with a page beside it. A
 * client takes it by renaming the socket's entry, which only one can do, maps the page and
 * connects; connecting needs nothing of the server, which accepts when it next looks. What dead
 * servers left refuses the connection. */
#include "drivers/pipe_connect.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int socket_type(bool message)
{
    return (message ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
}

static void entry_remove(int directory, enum pipe_entry_kind kind, uint32_t server, uint64_t number)
{
    char text[PIPE_ENTRY_BYTES];
    pipe_entry_format(&(struct pipe_entry){kind, server, number, 0}, text);
    unlinkat(directory, text, 0);
}

static struct pipe_shared *page_create(int directory, const char *text, uint32_t out_size,
                                       uint32_t in_size, int *error)
{
    union {
        struct pipe_shared shared;
        char bytes[PIPE_PAGE_BYTES];
    } page = {.bytes = {0}};
    page.shared.magic = PIPE_PAGE_MAGIC;
    page.shared.out_size = out_size;
    page.shared.in_size = in_size;
    int fd = openat(directory, text, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        *error = -errno;
        return NULL;
    }
    /* Written, not only sized: a full file system must fail here and not at the first touch. */
    void *shared = MAP_FAILED;
    if (pwrite(fd, &page, sizeof page, 0) == sizeof page)
        shared = mmap(NULL, PIPE_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    *error = shared == MAP_FAILED ? (errno != 0 ? -errno : -ENOSPC) : 0;
    close(fd);
    if (*error == 0)
        return shared;
    unlinkat(directory, text, 0);
    return NULL;
}

/* Binds under a name that no client looks at: between bind and listen a client would find it dead.
 */
static int listen_at(struct pipe_place *place, uint64_t id, int fd)
{
    char name[PIPE_ENTRY_BYTES], hidden[PIPE_ENTRY_BYTES + 2] = "b.";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    pipe_entry_format(&(struct pipe_entry){PIPE_ENTRY_FREE, (uint32_t)getpid(), id, 0}, name);
    memcpy(hidden + 2, name + 2, sizeof name - 2);
    pipe_socket_path(place->directory, hidden, address.sun_path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    /* No backlog: the kernel then queues one client, and a second one knows at once that it is
     * late. */
    if (listen(fd, 0) == 0 && renameat(place->directory, hidden, place->directory, name) == 0)
        return 0;
    int error = -errno;
    unlinkat(place->directory, hidden, 0);
    return error;
}

int32_t pipe_link_publish(struct pipe_place *place, uint32_t out_size, uint32_t in_size,
                          struct pipe_link **result)
{
    char text[PIPE_ENTRY_BYTES];
    uint64_t id = atomic_fetch_add(&place->next_id, 1);
    int error = 0;
    pipe_entry_format(&(struct pipe_entry){PIPE_ENTRY_PAGE, (uint32_t)getpid(), id, 0}, text);
    struct pipe_shared *shared = page_create(place->directory, text, out_size, in_size, &error);
    if (shared == NULL)
        return status_from_errno(-error);
    bool message = place->params.message != 0;
    struct pipe_link *link = pipe_link_new(true, message, shared);
    int fd = link == NULL ? -1 : socket(AF_UNIX, socket_type(message), 0);
    if (fd >= 0) {
        engine_source_init(&link->listener, fd);
        link->listen_users = 1;
        link->place = place;
        link->id = id;
        error = listen_at(place, id, fd);
    } else {
        error = link == NULL ? -ENOMEM : -errno;
    }
    if (error == 0) {
        *result = link;
        return STATUS_SUCCESS;
    }
    if (fd >= 0)
        close(fd);
    unlinkat(place->directory, text, 0);
    munmap(shared, PIPE_PAGE_BYTES);
    if (link != NULL)
        free(link->spill);
    free(link);
    return status_from_errno(-error);
}

void pipe_unpublish(struct pipe_link *link)
{
    struct ucred client;
    socklen_t length = sizeof client;
    uint32_t self = (uint32_t)getpid();
    int directory = link->place->directory;
    if (link->source.fd >= 0 &&
        getsockopt(link->source.fd, SOL_SOCKET, SO_PEERCRED, &client, &length) == 0) {
        char text[PIPE_ENTRY_BYTES];
        pipe_entry_format(
            &(struct pipe_entry){PIPE_ENTRY_CLAIMED, self, link->id, (uint32_t)client.pid}, text);
        unlinkat(directory, text, 0);
    } else {
        entry_remove(directory, PIPE_ENTRY_FREE, self, link->id);
    }
    entry_remove(directory, PIPE_ENTRY_PAGE, self, link->id);
}

/* ---- The client's side ------------------------------------------------------------------- */

struct claim {
    const struct pipe_params *params;
    struct pipe_link *link;
    int error;
};

static struct pipe_shared *page_open(int directory, const struct pipe_entry *free_entry)
{
    char text[PIPE_ENTRY_BYTES];
    struct stat is;
    pipe_entry_format(
        &(struct pipe_entry){PIPE_ENTRY_PAGE, free_entry->server, free_entry->number, 0}, text);
    int fd = openat(directory, text, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct pipe_shared *shared = MAP_FAILED;
    if (fstat(fd, &is) == 0 && is.st_size >= PIPE_PAGE_BYTES)
        shared = mmap(NULL, PIPE_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (shared == MAP_FAILED)
        return NULL;
    if (shared->magic == PIPE_PAGE_MAGIC)
        return shared;
    munmap(shared, PIPE_PAGE_BYTES);
    return NULL;
}

/* Connects to what was claimed; 0 with the link, or -errno. */
static int claim_connect(int directory, const char *text, const struct pipe_entry *entry,
                         struct claim *claim)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct pipe_shared *shared = page_open(directory, entry);
    if (shared == NULL)
        return -ECONNREFUSED;
    bool message = claim->params->message != 0;
    struct pipe_link *link = pipe_link_new(false, message, shared);
    int fd = link == NULL ? -1 : socket(AF_UNIX, socket_type(message), 0);
    int error = link == NULL ? -ENOMEM : fd < 0 ? -errno : 0;
    if (error == 0) {
        pipe_socket_path(directory, text, address.sun_path);
        error = connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
    }
    if (error == 0) {
        fcntl(fd, F_SETFL, 0); /* the attempts say themselves that they do not wait */
        engine_source_init(&link->source, fd);
        pipe_link_size_buffer(link);
        atomic_store(&link->phase, PIPE_CONNECTED);
        claim->link = link;
        return 0;
    }
    if (fd >= 0)
        close(fd);
    munmap(shared, PIPE_PAGE_BYTES);
    if (link != NULL)
        free(link->spill);
    free(link);
    return error;
}

static bool claim_free(int directory, const char *text, const struct pipe_entry *entry,
                       void *context)
{
    struct claim *claim = context;
    char mine[PIPE_ENTRY_BYTES];
    if (entry->kind != PIPE_ENTRY_FREE)
        return false;
    pipe_entry_format(
        &(struct pipe_entry){PIPE_ENTRY_CLAIMED, entry->server, entry->number, (uint32_t)getpid()},
        mine);
    if (renameat(directory, text, directory, mine) < 0)
        return false; /* somebody else was faster */
    int error = claim_connect(directory, mine, entry, claim);
    if (error == 0 || error == -ECONNREFUSED || error == -ENOENT) {
        unlinkat(directory, mine, 0);
        entry_remove(directory, PIPE_ENTRY_PAGE, entry->server, entry->number);
        return error == 0;
    }
    if (error == -EAGAIN)
        return false; /* a client took it and died; the server will see that */
    renameat(directory, mine, directory, text);
    claim->error = error;
    return true;
}

/* A client died between its claim and its connection: the instance becomes free again. */
static bool unclaim_dead(int directory, const char *text, const struct pipe_entry *entry,
                         void *context)
{
    bool *found = context;
    char name[PIPE_ENTRY_BYTES];
    if (entry->kind != PIPE_ENTRY_CLAIMED || entry->client == 0 ||
        kill((pid_t)entry->client, 0) == 0 || errno != ESRCH)
        return false;
    pipe_entry_format(&(struct pipe_entry){PIPE_ENTRY_FREE, entry->server, entry->number, 0}, name);
    *found |= renameat(directory, text, directory, name) == 0;
    return false;
}

static int32_t claim_any(int directory, struct claim *claim)
{
    bool again = false;
    pipe_each_entry(directory, claim_free, claim);
    if (claim->link == NULL && claim->error == 0) {
        pipe_each_entry(directory, unclaim_dead, &again);
        if (again)
            pipe_each_entry(directory, claim_free, claim);
    }
    if (claim->link != NULL)
        return STATUS_SUCCESS;
    if (claim->error != 0)
        return status_from_errno(-claim->error);
    return pipe_count_instances(directory) != 0 ? STATUS_PIPE_NOT_AVAILABLE
                                                : STATUS_OBJECT_NAME_NOT_FOUND;
}

int32_t pipe_link_connect(const char *name, uint32_t access, struct pipe_params *params,
                          struct pipe_link **link)
{
    int directory;
    int32_t status = pipe_place_visit(name, params, &directory);
    if (status != STATUS_SUCCESS)
        return status;
    struct claim claim = {.params = params};
    *link = NULL;
    if ((access & ~params->access) != 0)
        status = pipe_count_instances(directory) != 0 ? STATUS_ACCESS_DENIED
                                                      : STATUS_OBJECT_NAME_NOT_FOUND;
    else
        status = claim_any(directory, &claim);
    close(directory);
    *link = claim.link;
    return status;
}

static bool is_free(int directory, const char *text, const struct pipe_entry *entry, void *context)
{
    (void)text;
    (void)context;
    return entry->kind == PIPE_ENTRY_FREE && pipe_server_lives(directory, entry->server);
}

enum pipe_probe pipe_probe(const char *name, struct pipe_params *params)
{
    int directory;
    if (pipe_place_visit(name, params, &directory) != STATUS_SUCCESS)
        return PIPE_PROBE_NONE;
    enum pipe_probe found = PIPE_PROBE_FREE;
    if (!pipe_each_entry(directory, is_free, NULL))
        found = pipe_count_instances(directory) != 0 ? PIPE_PROBE_BUSY : PIPE_PROBE_NONE;
    close(directory);
    return found;
}

int32_t pipe_link_pair(uint32_t size, struct pipe_link *links[2])
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return status_from_errno(errno);
    struct pipe_shared *shared =
        mmap(NULL, PIPE_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool mapped = shared != MAP_FAILED;
    if (mapped)
        shared->in_size = shared->out_size = size;
    links[0] = mapped ? pipe_link_new(true, false, shared) : NULL;
    links[1] = mapped ? pipe_link_new(false, false, shared) : NULL;
    if (links[0] == NULL || links[1] == NULL) {
        free(links[0]);
        free(links[1]);
        if (mapped)
            munmap(shared, PIPE_PAGE_BYTES);
        close(fds[0]);
        close(fds[1]);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (int i = 0; i < 2; i++) {
        engine_source_init(&links[i]->source, fds[i]);
        links[i]->private_page = true;
        pipe_link_size_buffer(links[i]);
        atomic_store(&links[i]->phase, PIPE_CONNECTED);
    }
    return STATUS_SUCCESS;
}
