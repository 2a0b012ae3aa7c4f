/* SPDX-License-Identifier: MIT */
/* Changes in the tree of names: deleting, making and removing directories, moving, copying, and
 * finding a name whose case is not the one that was asked for. */
#include "drivers/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf16.h"
#include "drivers/attribute.h"
#include "drivers/file.h"

/* The path without its last part, in `parent`; "." where there is no slash. */
static void path_parent(const char *path, char parent[PATH_BYTES])
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[length - 1] != '/')
        length--;
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 0 || length >= PATH_BYTES) {
        memcpy(parent, ".", 2);
        return;
    }
    memcpy(parent, path, length);
    parent[length] = 0;
}

int32_t path_status(const char *path, int error)
{
    char parent[PATH_BYTES];
    struct stat st;
    if (error == EISDIR)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (error != ENOENT)
        return status_from_errno(error);
    path_parent(path, parent);
    bool directory_is_there = stat(parent, &st) == 0 && S_ISDIR(st.st_mode);
    return directory_is_there ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
}

static bool names_match(const char *one, size_t one_length, const char *other)
{
    size_t i = 0, k = 0, other_length = strlen(other);
    while (i < one_length && k < other_length) {
        uint32_t a, b;
        i += utf8_decode(one + i, one_length - i, &a);
        k += utf8_decode(other + k, other_length - k, &b);
        if (a < 0x10000 && b < 0x10000) {
            a = utf16_fold((char16_t)a);
            b = utf16_fold((char16_t)b);
        }
        if (a != b)
            return false;
    }
    return i == one_length && k == other_length;
}

/* Replaces the part path[from..to), which ends in `after`, by the entry that differs only in case.
 * The images have the same length in UTF-8 except in corners that are then left alone. */
static bool part_locate(char *path, size_t from, size_t to)
{
    char after = path[to], first = path[from];
    struct stat st;
    bool found = false;
    path[to] = 0;
    if (lstat(path, &st) == 0) {
        path[to] = after;
        return true;
    }
    path[from] = 0;
    DIR *directory = opendir(from == 0 ? "." : path);
    path[from] = first;
    if (directory != NULL) {
        for (struct dirent *entry; !found && (entry = readdir(directory)) != NULL;) {
            if (strlen(entry->d_name) != to - from ||
                !names_match(path + from, to - from, entry->d_name))
                continue;
            memcpy(path + from, entry->d_name, to - from);
            found = true;
        }
        closedir(directory);
    }
    path[to] = after;
    return found;
}

void path_locate(char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 || errno != ENOENT)
        return;
    for (size_t from = 0; path[from] != 0;) {
        size_t length = strcspn(path + from, "/");
        if (length > 0 && !part_locate(path, from, from + length))
            return;
        from += length;
        from += path[from] == '/';
    }
}

int32_t path_get(const char *path, struct path_info *info)
{
    return attribute_read(-1, path, false, info);
}

int32_t path_set_attributes(const char *path, uint32_t attributes)
{
    struct file_basic basic = {.attributes = attributes & 0x7fff};
    if (basic.attributes == 0)
        basic.attributes = ATTRIBUTE_NORMAL;
    return attribute_write(-1, path, &basic);
}

static bool is_readonly(const struct stat *st)
{
    return S_ISREG(st->st_mode) && (st->st_mode & 0222) == 0;
}

/* The name goes at once, as since Windows 10; who has the file open goes on with it. */
int32_t path_delete(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return path_status(path, errno);
    if (S_ISDIR(st.st_mode))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (is_readonly(&st))
        return STATUS_CANNOT_DELETE;
    int32_t status = inode_check_delete(&st);
    if (status != STATUS_SUCCESS)
        return status;
    return unlink(path) == 0 ? STATUS_SUCCESS : path_status(path, errno);
}

int32_t path_make_directory(const char *path)
{
    return mkdir(path, 0777) == 0 ? STATUS_SUCCESS : path_status(path, errno);
}

int32_t path_remove_directory(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return path_status(path, errno);
    if (!S_ISDIR(st.st_mode))
        return STATUS_NOT_A_DIRECTORY;
    int32_t status = inode_check_delete(&st);
    if (status != STATUS_SUCCESS)
        return status;
    if (rmdir(path) == 0)
        return STATUS_SUCCESS;
    return errno == EEXIST ? STATUS_DIRECTORY_NOT_EMPTY : path_status(path, errno);
}

int32_t path_move(const char *from, const char *to, bool replace)
{
    struct stat st;
    if (lstat(from, &st) != 0)
        return path_status(from, errno);
    int32_t status = inode_check_delete(&st);
    return status == STATUS_SUCCESS ? path_rename(from, to, replace) : status;
}

int32_t path_rename(const char *from, const char *to, bool replace)
{
    struct stat st, target;
    if (lstat(from, &st) != 0)
        return path_status(from, errno);
    bool occupied = lstat(to, &target) == 0;
    bool itself = occupied && target.st_dev == st.st_dev && target.st_ino == st.st_ino;
    if (occupied && replace && !itself) {
        if (S_ISDIR(target.st_mode) || is_readonly(&target))
            return STATUS_ACCESS_DENIED;
        int32_t status = inode_check_delete(&target);
        if (status != STATUS_SUCCESS)
            return status;
    }
    int result;
    if (replace || itself)
        result = rename(from, to);
    else
        result = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    if (result != 0 && errno == EINVAL && !replace && !occupied)
        result = rename(from, to); /* a file system that cannot promise not to replace */
    return result == 0 ? STATUS_SUCCESS : path_status(to, errno);
}

/* Copies what is left behind both descriptors' positions; inside the kernel where it can. */
static int copy_contents(int from, int to)
{
    bool inside = true;
    char *buffer = NULL;
    enum { PIECE = 1 << 20 };
    int result = 0;
    for (;;) {
        ssize_t count =
            inside ? copy_file_range(from, NULL, to, NULL, PIECE, 0) : read(from, buffer, PIECE);
        if (count == 0 && !inside)
            break;
        if (count < 0 && errno == EINTR)
            continue;
        if (inside && count <= 0) { /* refused, or a file that has no size: the plain way decides */
            inside = false;
            buffer = malloc(PIECE);
            if (buffer == NULL)
                return -ENOMEM;
            continue;
        }
        for (ssize_t done = 0; !inside && done < count;) {
            ssize_t written = write(to, buffer + done, (size_t)(count - done));
            if (written < 0 && errno != EINTR)
                count = -1;
            else if (written > 0)
                done += written;
        }
        if (count < 0) {
            result = -errno;
            break;
        }
    }
    free(buffer);
    return result;
}

static int32_t copy_target_check(const struct stat *source, const struct stat *target)
{
    if (is_readonly(target))
        return STATUS_ACCESS_DENIED;
    if (source->st_dev == target->st_dev && source->st_ino == target->st_ino)
        return STATUS_SHARING_VIOLATION;
    return inode_check(target, RIGHT_WRITE, 0);
}

/* Opens the target once it is clear that it may be written. */
static int32_t copy_open_target(const char *to, const struct stat *source, bool fail_if_exists,
                                int *sink)
{
    struct stat target;
    int32_t status = STATUS_SUCCESS;
    if (!fail_if_exists && stat(to, &target) == 0)
        status = copy_target_check(source, &target);
    if (status != STATUS_SUCCESS)
        return status;
    int mode = O_WRONLY | O_CREAT | O_CLOEXEC | (fail_if_exists ? O_EXCL : O_TRUNC);
    *sink = open(to, mode, source->st_mode & 0777);
    return *sink >= 0 ? STATUS_SUCCESS : path_status(to, errno);
}

/* Contents, times and attributes. What was begun and cannot be finished is taken away again. */
static int32_t copy_all(int source, const struct stat *st, const struct path_info *info, int sink,
                        const char *to)
{
    int result = copy_contents(source, sink);
    if (result == 0) {
        struct timespec times[2] = {st->st_atim, st->st_mtim};
        futimens(sink, times);
        attribute_write_new(sink, info->basic.attributes);
    }
    if (close(sink) != 0 && result == 0 && errno != EINTR)
        result = -errno;
    if (result != 0)
        unlink(to);
    return status_from_result(result);
}

int32_t path_copy(const char *from, const char *to, bool fail_if_exists)
{
    struct stat st;
    struct path_info info;
    int sink;
    int32_t status = attribute_read(-1, from, false, &info);
    if (status != STATUS_SUCCESS)
        return status;
    if (info.standard.directory)
        return STATUS_FILE_IS_A_DIRECTORY;
    int source = open(from, O_RDONLY | O_CLOEXEC);
    if (source < 0)
        return path_status(from, errno);
    status = fstat(source, &st) == 0 ? inode_check(&st, RIGHT_READ, SHARE_READ | SHARE_WRITE)
                                     : status_from_errno(errno);
    if (status == STATUS_SUCCESS)
        status = copy_open_target(to, &st, fail_if_exists, &sink);
    if (status == STATUS_SUCCESS)
        status = copy_all(source, &st, &info, sink, to);
    close(source);
    return status;
}

int32_t path_change_current(const char *path)
{
    if (chdir(path) == 0)
        return STATUS_SUCCESS;
    return errno == ENOTDIR ? STATUS_NOT_A_DIRECTORY : path_status(path, errno);
}

int32_t path_current(char path[PATH_BYTES])
{
    return getcwd(path, PATH_BYTES) != NULL ? STATUS_SUCCESS : status_from_errno(errno);
}

int32_t path_absolute(const char *path, char absolute[PATH_BYTES])
{
    size_t used = 0;
    if (path[0] != '/') {
        int32_t status = path_current(absolute);
        if (status != STATUS_SUCCESS)
            return status;
        used = strlen(absolute);
        if (used == 1)
            used = 0; /* the root; every part brings its own slash */
    }
    while (*path != 0) {
        size_t length = strcspn(path, "/");
        if (length == 2 && path[0] == '.' && path[1] == '.') {
            while (used > 0 && absolute[--used] != '/')
                ;
        } else if (length > 0 && !(length == 1 && path[0] == '.')) {
            if (used + length + 2 > PATH_BYTES)
                return STATUS_NAME_TOO_LONG;
            absolute[used++] = '/';
            memcpy(absolute + used, path, length);
            used += length;
        }
        path += length;
        bool last = path[0] == '/' && path[1] == 0;
        if (last && used > 0 && used + 1 < PATH_BYTES)
            absolute[used++] = '/'; /* what ends in a separator keeps it */
        path += *path == '/';
    }
    if (used == 0)
        absolute[used++] = '/';
    absolute[used] = 0;
    return STATUS_SUCCESS;
}
