/* SPDX-License-Identifier: MIT */
/* Which hosts begin: OVERLAPPED_USB, read once. The hosts themselves are weak here, so the core can
 * be linked and tested without them. */
#include "usb/hosts.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "usb/capture.h"
#include "usb/device.h"

#pragma weak usb_virtual_attach_model
#pragma weak usbfs_start
#pragma weak usbip_attach

static int item_start(char *item)
{
    char *options = strchr(item, ',');
    if (options != NULL)
        *options++ = '\0';
    else
        options = item + strlen(item);
    if (strcmp(item, "usbfs") == 0)
        return usbfs_start != NULL ? usbfs_start(options) : -EOPNOTSUPP;
    if (strncmp(item, "usbip:", 6) == 0)
        return usbip_attach != NULL ? usbip_attach(item + 6, options) : -EOPNOTSUPP;
    struct usb_device *device;
    int error = usb_virtual_attach_model != NULL ? usb_virtual_attach_model(item, options, &device)
                                                 : -EOPNOTSUPP;
    if (error == 0)
        usb_device_dereference(device);
    return error;
}

static void capture_start(void)
{
    const char *path = getenv("OVERLAPPED_PCAP");
    int error = path == NULL || *path == '\0' ? 0 : usb_capture_start(path);
    if (error == 0)
        return;
    trace_note(TRACE_USB, "OVERLAPPED_PCAP: %s: %s", path, strerror(-error));
    fprintf(stderr, "overlapped: OVERLAPPED_PCAP: %s: %s\n", path, strerror(-error));
}

static void hosts_start(void)
{
    capture_start();
    const char *spec = getenv("OVERLAPPED_USB");
    char *copy = spec == NULL ? NULL : strdup(spec);
    if (copy == NULL)
        return;
    char *rest = copy;
    for (char *item; (item = strsep(&rest, ";")) != NULL;) {
        char name[128];
        snprintf(name, sizeof name, "%s", item);
        int error = *item == '\0' ? 0 : item_start(item);
        if (error == 0)
            continue;
        trace_note(TRACE_USB, "OVERLAPPED_USB: %s: %s", name, strerror(-error));
        fprintf(stderr, "overlapped: OVERLAPPED_USB: %s: %s\n", name, strerror(-error));
    }
    free(copy);
}

void usb_hosts_start(void)
{
    /* Once, and the thread that starts them may come here again from inside (a host announces its
     * device). */
    static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    static _Atomic bool started;
    static bool starting;
    if (atomic_load_explicit(&started, memory_order_acquire))
        return;
    pthread_mutex_lock(&mutex);
    if (!starting) {
        starting = true;
        hosts_start();
        atomic_store_explicit(&started, true, memory_order_release);
    }
    pthread_mutex_unlock(&mutex);
}
