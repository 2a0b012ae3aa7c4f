/* SPDX-License-Identifier: MIT */
/* Arrivals and removals, from netlink: udev's messages where it runs (a node's permissions are set by then), else the kernel's. The
 * thread lasts as long as the process. Only root may send to either group; who sent is looked at. */
#include <errno.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/trace.h"
#include "usb/usbfs.h"

enum { GROUP_KERNEL = 1, GROUP_UDEV = 2, UDEV_HEADER = 24, RECEIVE_BYTES = 1 << 20 };

static struct {
    int fd;
    void (*changed)(const char *name, bool added);
    void (*lost)(void);
} hotplug;

/* The value of `key` among strings that end with 0; NULL: not there. */
static const char *property(const char *at, const char *end, const char *key)
{
    size_t length = strlen(key);
    while (at < end) {
        size_t size = strnlen(at, (size_t)(end - at));
        if (at + size == end)
            return NULL; /* the last one has no end */
        if (size > length && memcmp(at, key, length) == 0 && at[length] == '=')
            return at + length + 1;
        at += size + 1;
    }
    return NULL;
}

bool usbfs_uevent_parse(const char *bytes, size_t length, char *name, size_t size, bool *added)
{
    const char *at = bytes, *end = bytes + length;
    if (length >= UDEV_HEADER && memcmp(bytes, "libudev", 8) == 0) {
        uint32_t offset;
        memcpy(&offset, bytes + 16, sizeof offset);
        if (offset > length)
            return false;
        at += offset;
    }
    const char *action = property(at, end, "ACTION"), *subsystem = property(at, end, "SUBSYSTEM");
    const char *type = property(at, end, "DEVTYPE"), *path = property(at, end, "DEVPATH");
    if (action == NULL || subsystem == NULL || type == NULL || path == NULL || strcmp(subsystem, "usb") != 0 ||
        strcmp(type, "usb_device") != 0)
        return false;
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    /* `bind` follows `add` when the kernel has set a configuration. */
    *added = strcmp(action, "add") == 0 || strcmp(action, "bind") == 0 || strcmp(action, "change") == 0;
    if ((!*added && strcmp(action, "remove") != 0) || strlen(base) >= size || !usbfs_sysfs_is_device(base))
        return false;
    memcpy(name, base, strlen(base) + 1);
    return true;
}

static bool sender_is_root(struct msghdr *message)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at)) {
        struct ucred who;
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_CREDENTIALS)
            continue;
        memcpy(&who, CMSG_DATA(at), sizeof who);
        return who.uid == 0;
    }
    return false;
}

static void *hotplug_run(void *context)
{
    (void)context;
    static char bytes[16384];
    for (;;) {
        char control[CMSG_SPACE(sizeof(struct ucred))], name[32];
        struct iovec vector = {bytes, sizeof bytes};
        struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        ssize_t length = recvmsg(hotplug.fd, &message, 0);
        bool added;
        if (length < 0 && errno == ENOBUFS)
            hotplug.lost();
        else if (length < 0 && errno != EINTR)
            break;
        else if (length > 0 && sender_is_root(&message) && usbfs_uevent_parse(bytes, (size_t)length, name, sizeof name, &added))
            hotplug.changed(name, added);
    }
    trace_note(TRACE_USB, "usbfs: no more news of arrivals: %s", strerror(errno));
    return NULL;
}

int usbfs_hotplug_start(void (*changed)(const char *name, bool added), void (*lost)(void))
{
    hotplug.changed = changed;
    hotplug.lost = lost;
    hotplug.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (hotplug.fd < 0)
        return -errno;
    bool udev = access("/run/udev/control", F_OK) == 0;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = udev ? GROUP_UDEV : GROUP_KERNEL};
    int on = 1, size = RECEIVE_BYTES, error = 0;
    setsockopt(hotplug.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size); /* a smaller one only loses more often, which is told */
    pthread_t thread;
    if (setsockopt(hotplug.fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 ||
        bind(hotplug.fd, (struct sockaddr *)&address, sizeof address) < 0)
        error = -errno;
    else
        error = -pthread_create(&thread, NULL, hotplug_run, NULL);
    if (error != 0)
        close(hotplug.fd);
    else
        pthread_detach(thread);
    return error;
}
