/* SPDX-License-Identifier: MIT */
/* The directory of a pipe's name: made by the first instance, removed by the last, and cleared by
 * whoever finds that its servers have died. A process that has instances holds a record lock on its
 * s.PID file, which the kernel drops when the process ends, however it ends; the file holds how
 * many they are. */
#include "drivers/pipe_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/runtime.h"

static struct lock places_lock;
static struct list places = {&places, &places};

/* The content of `info`. */
struct info_record {
    uint32_t magic;
    struct pipe_params params;
};
enum { INFO_MAGIC = 0x3149504f };

void pipe_socket_path(int directory, const char *entry, char path[PIPE_PATH_BYTES])
{
    snprintf(path, PIPE_PATH_BYTES, "/proc/self/fd/%d/%s", directory, entry);
}

bool pipe_each_entry(int directory,
                     bool (*visit)(int directory, const char *text, const struct pipe_entry *entry,
                                   void *context),
                     void *context)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (listing == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool stopped = false;
    for (struct dirent *is; !stopped && (is = readdir(listing)) != NULL;) {
        struct pipe_entry entry;
        pipe_entry_parse(is->d_name, &entry);
        stopped = visit(directory, is->d_name, &entry, context);
    }
    closedir(listing);
    return stopped;
}

bool pipe_server_lives(int directory, uint32_t server)
{
    char text[PIPE_ENTRY_BYTES];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    pipe_entry_format(&(struct pipe_entry){.kind = PIPE_ENTRY_SERVER, .server = server}, text);
    /* Our own lock would be no obstacle to ourselves, and closing the file again would drop it. */
    if (server == (uint32_t)getpid()) {
        struct stat here, its;
        bool found = false;
        lock_acquire(&places_lock);
        if (fstat(directory, &here) == 0)
            list_for_each (node, &places) {
                struct pipe_place *place = container_of(node, struct pipe_place, link);
                found |= fstat(place->directory, &its) == 0 && its.st_ino == here.st_ino &&
                         its.st_dev == here.st_dev;
            }
        lock_release(&places_lock);
        return found;
    }
    int fd = openat(directory, text, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool lives = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return lives;
}

static bool add_instances(int directory, const char *text, const struct pipe_entry *entry,
                          void *context)
{
    uint32_t *sum = context, count = 0;
    if (entry->kind != PIPE_ENTRY_SERVER || entry->server == (uint32_t)getpid() ||
        !pipe_server_lives(directory, entry->server))
        return false;
    int fd = openat(directory, text, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        if (pread(fd, &count, sizeof count, 0) != sizeof count || count == 0)
            count = 1;
        close(fd);
        *sum += count;
    }
    return false;
}

/* Of other processes only. */
static uint32_t count_others(int directory)
{
    uint32_t sum = 0;
    pipe_each_entry(directory, add_instances, &sum);
    return sum;
}

uint32_t pipe_count_instances(int directory)
{
    uint32_t sum = count_others(directory);
    struct stat here, its;
    if (fstat(directory, &here) < 0)
        return sum;
    lock_acquire(&places_lock);
    list_for_each (node, &places) {
        struct pipe_place *place = container_of(node, struct pipe_place, link);
        if (fstat(place->directory, &its) == 0 && its.st_ino == here.st_ino &&
            its.st_dev == here.st_dev)
            sum += place->instances;
    }
    lock_release(&places_lock);
    return sum;
}

static bool remove_entry(int directory, const char *text, const struct pipe_entry *entry,
                         void *context)
{
    (void)context;
    if (entry->kind != PIPE_ENTRY_OTHER || (text[0] == 'b' && text[1] == '.'))
        unlinkat(directory, text, 0);
    return false;
}

static int lock_file(int fd)
{
    while (flock(fd, LOCK_EX) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

/* Opens the directory and its info file, locked; made if they are not there. 0 or -errno; -ESTALE:
 * they were removed meanwhile, try again. */
static int place_open(struct pipe_place *place)
{
    int root = runtime_open("pipe");
    if (root < 0)
        return root;
    int error = mkdirat(root, place->key, 0700) < 0 && errno != EEXIST ? -errno : 0;
    if (error == 0) {
        place->directory =
            openat(root, place->key, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (place->directory < 0)
            error = errno == ENOENT ? -ESTALE : -errno;
    }
    close(root);
    if (error != 0)
        return error;
    place->info = openat(place->directory, "info", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (place->info < 0)
        return errno == ENOENT ? -ESTALE : -errno;
    struct stat is;
    if ((error = lock_file(place->info)) == 0 && fstat(place->info, &is) == 0 && is.st_nlink == 0)
        error = -ESTALE;
    return error;
}

static void place_close(struct pipe_place *place)
{
    int fds[] = {place->presence, place->info, place->directory};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    place->presence = place->info = place->directory = -1;
}

static int place_announce(struct pipe_place *place)
{
    char text[PIPE_ENTRY_BYTES];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    pipe_entry_format(&(struct pipe_entry){.kind = PIPE_ENTRY_SERVER, .server = (uint32_t)getpid()},
                      text);
    place->presence =
        openat(place->directory, text, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (place->presence < 0)
        return -errno;
    return fcntl(place->presence, F_SETLK, &lock) < 0 ? -errno : 0;
}

static int place_write_count(struct pipe_place *place)
{
    return pwrite(place->presence, &place->instances, sizeof place->instances, 0) ==
                   sizeof place->instances
               ? 0
               : -EIO;
}

static bool params_agree(const struct pipe_params *one, const struct pipe_params *two)
{
    return one->message == two->message && one->access == two->access &&
           one->max_instances == two->max_instances;
}

static bool params_read(int info, struct pipe_params *params)
{
    struct info_record record;
    if (pread(info, &record, sizeof record, 0) != sizeof record || record.magic != INFO_MAGIC)
        return false;
    *params = record.params;
    return params->message <= 1 && params->access >= PIPE_INBOUND && params->access <= 3;
}

/* The first instance of this process at a name whose info file it has locked. */
static int32_t place_found(struct pipe_place *place, const struct pipe_params *params, bool first)
{
    uint32_t others = count_others(place->directory);
    if (others == 0) {
        struct info_record record = {INFO_MAGIC, *params};
        pipe_each_entry(place->directory, remove_entry, NULL);
        if (pwrite(place->info, &record, sizeof record, 0) != sizeof record)
            return STATUS_INSUFFICIENT_RESOURCES;
        place->params = *params;
    } else {
        if (first || !params_read(place->info, &place->params) ||
            !params_agree(&place->params, params))
            return STATUS_ACCESS_DENIED;
        if (params->max_instances != PIPE_INSTANCES_UNLIMITED && others >= params->max_instances)
            return STATUS_INSTANCE_NOT_AVAILABLE;
    }
    place->instances = 1;
    int error = place_announce(place);
    if (error == 0)
        error = place_write_count(place);
    return error == 0 ? STATUS_SUCCESS : status_from_errno(-error);
}

/* The last instance of all: the directory goes. The info file is locked. */
static void place_clear(struct pipe_place *place)
{
    char text[PIPE_ENTRY_BYTES];
    pipe_entry_format(&(struct pipe_entry){.kind = PIPE_ENTRY_SERVER, .server = (uint32_t)getpid()},
                      text);
    unlinkat(place->directory, text, 0);
    if (count_others(place->directory) != 0)
        return;
    pipe_each_entry(place->directory, remove_entry, NULL);
    unlinkat(place->directory, "info", 0);
    int root = runtime_open("pipe");
    if (root >= 0) {
        unlinkat(root, place->key, AT_REMOVEDIR);
        close(root);
    }
}

static int32_t place_new(const char *key, const struct pipe_params *params, bool first,
                         struct pipe_place **result)
{
    struct pipe_place *place = calloc(1, sizeof *place);
    if (place == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    place->directory = place->info = place->presence = -1;
    place->owner = getpid();
    strcpy(place->key, key);
    int error;
    while ((error = place_open(place)) == -ESTALE)
        place_close(place);
    int32_t status = error != 0 ? status_from_errno(-error) : place_found(place, params, first);
    if (status == STATUS_SUCCESS) {
        flock(place->info, LOCK_UN);
        list_push_back(&places, &place->link);
        *result = place;
        return status;
    }
    if (place->presence >= 0)
        place_clear(place);
    place_close(place);
    free(place);
    return status;
}

/* One more instance where this process has some. */
static int32_t place_grow(struct pipe_place *place, const struct pipe_params *params, bool first)
{
    if (first || !params_agree(&place->params, params))
        return STATUS_ACCESS_DENIED;
    int error = lock_file(place->info);
    if (error != 0)
        return status_from_errno(-error);
    int32_t status = STATUS_SUCCESS;
    if (params->max_instances != PIPE_INSTANCES_UNLIMITED &&
        place->instances + count_others(place->directory) >= params->max_instances)
        status = STATUS_INSTANCE_NOT_AVAILABLE;
    if (status == STATUS_SUCCESS) {
        place->instances++;
        if (place_write_count(place) != 0) {
            place->instances--;
            status = STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    flock(place->info, LOCK_UN);
    return status;
}

int32_t pipe_place_join(const char *name, const struct pipe_params *params, bool first,
                        struct pipe_place **place)
{
    char key[PIPE_KEY_BYTES];
    if (!pipe_key(name, key))
        return STATUS_OBJECT_NAME_INVALID;
    struct pipe_place *found = NULL;
    int32_t status;
    lock_acquire(&places_lock);
    list_for_each (node, &places) {
        struct pipe_place *is = container_of(node, struct pipe_place, link);
        if (strcmp(is->key, key) == 0)
            found = is;
    }
    if (found != NULL) {
        status = place_grow(found, params, first);
        if (status == STATUS_SUCCESS)
            *place = found;
    } else {
        status = place_new(key, params, first, place);
    }
    lock_release(&places_lock);
    return status;
}

void pipe_place_leave(struct pipe_place *place)
{
    lock_acquire(&places_lock);
    bool mine = place->owner == getpid();
    if (mine)
        lock_file(place->info);
    place->instances--;
    bool last = place->instances == 0;
    if (last) {
        list_remove(&place->link);
        if (mine)
            place_clear(place);
        place_close(place);
    } else if (mine) {
        place_write_count(place);
        flock(place->info, LOCK_UN);
    }
    lock_release(&places_lock);
    if (last)
        free(place);
}

int32_t pipe_place_visit(const char *name, struct pipe_params *params, int *directory)
{
    char key[PIPE_KEY_BYTES];
    if (!pipe_key(name, key))
        return STATUS_OBJECT_NAME_INVALID;
    int root = runtime_open("pipe");
    if (root < 0)
        return status_from_errno(-root);
    *directory = openat(root, key, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = errno;
    close(root);
    if (*directory < 0)
        return error == ENOENT ? STATUS_OBJECT_NAME_NOT_FOUND : status_from_errno(error);
    int info = openat(*directory, "info", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (info >= 0 && params_read(info, params)) {
        close(info);
        return STATUS_SUCCESS;
    }
    if (info >= 0)
        close(info);
    close(*directory);
    return STATUS_OBJECT_NAME_NOT_FOUND;
}
