/* SPDX-License-Identifier: MIT */
/* Attaching a model by name and options, its fault script, and the end of a virtual device. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "usb/hosts.h"
#include "usb/virtual.h"

enum { OPTION_MAX = 4096, SCRIPT_MAX = 65536 };

bool usb_model_option(const char *options, const char *key, char *value, uint32_t size)
{
    size_t length = strlen(key);
    for (const char *at = options; at != NULL && *at != '\0';) {
        const char *comma = strchr(at, ',');
        size_t item = comma != NULL ? (size_t)(comma - at) : strlen(at);
        if (item > length && at[length] == '=' && memcmp(at, key, length) == 0) {
            size_t bytes = item - length - 1;
            if (bytes >= size)
                return false;
            memcpy(value, at + length + 1, bytes);
            value[bytes] = '\0';
            return true;
        }
        at = comma != NULL ? comma + 1 : NULL;
    }
    return false;
}

enum usb_speed usb_model_speed(const struct virtual_device *device)
{
    return device->speed;
}

static int option_speed(const char *options, enum usb_speed *speed)
{
    char value[16];
    *speed = USB_SPEED_HIGH;
    if (!usb_model_option(options, "speed", value, sizeof value))
        return 0;
    if (strcmp(value, "full") == 0)
        *speed = USB_SPEED_FULL;
    else if (strcmp(value, "high") == 0)
        *speed = USB_SPEED_HIGH;
    else if (strcmp(value, "super") == 0)
        *speed = USB_SPEED_SUPER;
    else
        return -EINVAL;
    return 0;
}

/* ---- Faults ---------------------------------------------------------------------------------- */

int usb_virtual_faults(struct virtual_device *device, const char *script, uint64_t seed,
                       const char **reason)
{
    struct fault_set set;
    int error = fault_parse(script, strlen(script), seed, &set, reason);
    if (error != 0)
        return error;
    virtual_enter(device);
    device->faults = set;
    for (uint32_t i = 0; i < VIRTUAL_PIPES; i++) {
        device->pipes[i].fault = NULL;
        device->pipes[i].asked = false;
    }
    virtual_leave(device);
    return 0;
}

static char *script_read(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *text = malloc(SCRIPT_MAX);
    size_t length = text != NULL ? fread(text, 1, SCRIPT_MAX - 1, file) : 0;
    fclose(file);
    if (text != NULL)
        text[length] = '\0';
    return text;
}

static int option_faults(struct virtual_device *device, const char *options)
{
    char seed[32] = "0";
    const char *reason = "the script is too long";
    char *script = malloc(OPTION_MAX);
    if (script == NULL)
        return -ENOMEM;
    (void)usb_model_option(options, "seed", seed, sizeof seed);
    int error = 0;
    if (usb_model_option(options, "faults", script, OPTION_MAX)) {
        char *text = script[0] == '@' ? script_read(script + 1) : script;
        error = text == NULL ? -ENOENT
                             : usb_virtual_faults(device, text, strtoull(seed, NULL, 0), &reason);
        if (text != script)
            free(text);
        if (error != 0)
            trace_note(TRACE_USB, "faults=%s: %s", script,
                       error == -ENOENT ? "no such file" : reason);
    }
    free(script);
    return error;
}

/* idle=MS: Microsoft OS descriptors that let WinUSB suspend it when nothing has happened for so
 * long. */
static int option_idle(struct virtual_device *device, const char *options)
{
    char value[16], *end;
    if (!usb_model_option(options, "idle", value, sizeof value))
        return 0;
    unsigned long ms = strtoul(value, &end, 10);
    if (*end != '\0' || value[0] == '-' || ms > 3600000)
        return -EINVAL;
    device->idles = true;
    device->idle_ms = (uint32_t)ms;
    return 0;
}

/* clock=PERMILLE: all virtual devices' bus runs at so much of real time, for programs that are slow
 * themselves (under a sanitizer, in a debugger). */
static int option_clock(const char *options)
{
    char value[16], *end;
    if (!usb_model_option(options, "clock", value, sizeof value))
        return 0;
    unsigned long permille = strtoul(value, &end, 10);
    if (*end != '\0' || value[0] == '-' || permille == 0 || permille > 100000)
        return -EINVAL;
    usb_virtual_clock_rate((uint32_t)permille);
    return 0;
}

/* ---- The life of a virtual device ------------------------------------------------------------ */

void usb_virtual_dereference(struct virtual_device *device)
{
    if (atomic_fetch_sub_explicit(&device->references, 1, memory_order_acq_rel) != 1)
        return;
    if (device->state != NULL)
        device->model->destroy(device->state);
    pthread_mutex_destroy(&device->plug_mutex);
    free(device);
}

/* What the core would refuse when it comes to use the device is refused now, where its author sees
 * it. */
static int descriptors_check(const struct virtual_device *device)
{
    const struct usb_model_description *description = &device->description;
    struct usb_device_descriptor parsed;
    struct usb_config *config;
    const char *reason = NULL;
    int error = usb_device_descriptor_parse(description->device, sizeof device->device_bytes,
                                            &parsed, &reason);
    if (error == 0)
        error = usb_config_parse(description->config, description->config_length, device->speed,
                                 &config, &reason);
    if (error == 0)
        usb_config_free(config);
    else
        trace_note(TRACE_USB, "%s: its descriptors are wrong: %s", device->model->name, reason);
    return error;
}

static int device_describe(struct virtual_device *device)
{
    int error = device->model->describe(device->state, device->speed, &device->description);
    if (error != 0)
        return error;
    const struct usb_model_description *description = &device->description;
    bool good = description->device != NULL && description->config != NULL &&
                description->config_length >= 9 && description->config_length <= VIRTUAL_CONFIG_MAX;
    return good ? descriptors_check(device) : -EINVAL;
}

static struct virtual_device *device_create(const struct usb_model *model)
{
    static _Atomic uint32_t number;
    struct virtual_device *device = calloc(1, sizeof *device);
    if (device == NULL)
        return NULL;
    device->model = model;
    device->number = atomic_fetch_add(&number, 1) + 1;
    device->due = device->replug_at = VIRTUAL_NEVER;
    atomic_init(&device->references, 1);
    list_init(&device->link);
    list_init(&device->ended);
    for (uint32_t i = 0; i < VIRTUAL_PIPES; i++)
        list_init(&device->pipes[i].pending);
    pthread_mutex_init(&device->plug_mutex, NULL);
    return device;
}

int usb_virtual_attach(const struct usb_model *model, const void *context, const char *options,
                       struct virtual_device **device)
{
    struct virtual_device *made = device_create(model);
    if (made == NULL)
        return -ENOMEM;
    if (options == NULL)
        options = "";
    int error = option_speed(options, &made->speed);
    if (error == 0)
        error = model->create(made, context, options, &made->state);
    if (error == 0)
        error = device_describe(made);
    if (error == 0)
        error = option_idle(made, options);
    if (error == 0)
        error = option_clock(options);
    if (error == 0)
        error = option_faults(made, options);
    if (error == 0)
        error = virtual_bus_add(made);
    if (error != 0) {
        usb_virtual_dereference(made);
        return error;
    }
    error = usb_virtual_plug(made, true);
    if (error != 0) {
        usb_virtual_detach(made);
        return error;
    }
    *device = made;
    return 0;
}

struct usb_device *usb_virtual_device(struct virtual_device *device)
{
    virtual_enter(device);
    struct usb_device *usb = device->device;
    if (usb != NULL)
        usb_device_reference(usb);
    virtual_leave(device);
    return usb;
}

int usb_virtual_record(struct virtual_device *device, uint32_t index,
                       struct usb_model_packet *packet, void *buffer, uint32_t room)
{
    if (device->model->record == NULL)
        return -EOPNOTSUPP;
    virtual_enter(device);
    int error = device->model->record(device->state, index, packet, buffer, room);
    virtual_leave(device);
    return error;
}

const struct usb_model *usb_virtual_model(const char *name)
{
    static const struct usb_model *const models[] = {&usb_model_mutt, &usb_model_fx2,
                                                     &usb_model_audio};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(name, models[i]->name) == 0)
            return models[i];
    return NULL;
}

int usb_virtual_attach_model(const char *name, const char *options, struct usb_device **device)
{
    const struct usb_model *model = usb_virtual_model(name);
    if (model == NULL)
        return -ENOENT;
    struct virtual_device *made;
    int error = usb_virtual_attach(model, NULL, options, &made);
    if (error != 0)
        return error;
    *device = usb_virtual_device(made);
    if (*device == NULL) { /* a fault has unplugged it already */
        usb_virtual_detach(made);
        return -ENODEV;
    }
    usb_virtual_dereference(made); /* the bus's list and the plugged-in device keep it */
    return 0;
}
