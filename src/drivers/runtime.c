/* SPDX-License-Identifier: MIT */
/* The directory in which the processes of one user meet without a daemon. It is made with mode 0700
 * and believed only if it is a directory, ours, and closed to others: /tmp is anybody's. */
#include "drivers/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int directory_open(int at, const char *path)
{
    if (mkdirat(at, path, 0700) < 0 && errno != EEXIST)
        return -errno;
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct stat is;
    int error = fstat(fd, &is) < 0 ? -errno : 0;
    if (error == 0 && (is.st_uid != geteuid() || (is.st_mode & 077) != 0))
        error = -EPERM;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

static int root_open(void)
{
    char path[4096];
    const char *base = secure_getenv("XDG_RUNTIME_DIR");
    if (base != NULL && base[0] == '/' &&
        (size_t)snprintf(path, sizeof path, "%s/overlapped", base) < sizeof path) {
        int fd = directory_open(AT_FDCWD, path);
        /* The variable often survives into sessions that have no such directory. */
        if (fd >= 0 || (fd != -ENOENT && fd != -EACCES && fd != -EROFS))
            return fd;
    }
    snprintf(path, sizeof path, "/tmp/overlapped-%u", (unsigned)geteuid());
    return directory_open(AT_FDCWD, path);
}

int runtime_open(const char *part)
{
    int root = root_open();
    if (root < 0)
        return root;
    int fd = directory_open(root, part);
    close(root);
    return fd;
}
