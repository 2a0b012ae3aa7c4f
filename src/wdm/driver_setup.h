/* SPDX-License-Identifier: MIT */
/* What a driver's files say - INF, registry file - becomes its ids, its service's name and its keys. */
#ifndef WDM_DRIVER_SETUP_H
#define WDM_DRIVER_SETUP_H

#include "wdm/driver_spec.h"
#include "wdm/wdm_host.h"

struct pnp_device;
struct registry_key;

/* Values for each device's keys, as the INF's HKR of .HW and DDInstall sections has them. */
struct driver_setting {
    struct list link;
    uint8_t root; /* enum inf_root: INF_HARDWARE or INF_SOFTWARE */
    uint32_t type;
    size_t length;
    void *data;
    char *key, *name;
};

/* What an INF names a device with that id. */
struct driver_model {
    struct list link;
    const char *description, *manufacturer; /* behind the id */
    char id[];
};

/* Reads the files of `spec`; an INF or INX beside the driver is taken where none is named. STATUS_OBJECT_NAME_NOT_FOUND: a file cannot be
 * read; STATUS_INVALID_PARAMETER: there is an error in it; both are told on standard error. */
int32_t driver_setup(struct wdm_driver *driver, const struct driver_spec *spec);
void driver_setup_free(struct wdm_driver *driver);

/* Makes the device's keys with the driver's settings, and tells node and PDO what the INF says of them. */
void driver_setup_device(struct pnp_device *device);
/* The hardware key ("Device Parameters"; software false) or the driver key, made when it is not there. Referenced. */
NTSTATUS driver_device_key(struct pnp_device *device, bool software, struct registry_key **key);

#endif
