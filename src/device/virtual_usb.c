/* SPDX-License-Identifier: MIT */
/* The face of overlapped.h for virtual USB devices: attach, script, look at what was recorded, and
 * models of a program's own, which are served through one model of the virtual host that calls
 * back. */
#include <errno.h>
#include <stdlib.h>

#include "drivers/usb_node.h"
#include "nt/status.h"
#include "overlapped.h"
#include "usb/virtual.h"

static uint32_t error_of(int error)
{
    return error == 0 ? 0 : status_to_win32(status_from_errno(-error));
}

static struct virtual_device *inner(struct ovl_usb_device *device)
{
    return (struct virtual_device *)(void *)device;
}

/* ---- A program's own model ------------------------------------------------------------------- */

struct own;

struct own_context {
    const struct ovl_usb_model *model;
    void *context;
    struct own **made;
};

struct own {
    struct ovl_usb_model model; /* a copy: as far as its size goes */
    void *context;
    struct ovl_usb_device *device;
    bool attached; /* else the context is still the caller's alone */
};

static int own_create(struct virtual_device *device, const void *context, const char *options,
                      void **state)
{
    const struct own_context *given = context;
    struct own *own = calloc(1, sizeof *own);
    if (own == NULL)
        return -ENOMEM;
    own->model = *given->model;
    own->context = given->context;
    own->device = (struct ovl_usb_device *)(void *)device;
    *state = *given->made = own;
    return 0;
}

static void own_destroy(void *state)
{
    struct own *own = state;
    if (own->attached && own->model.destroyed != NULL)
        own->model.destroyed(own->context);
    free(own);
}

static int own_describe(void *state, enum usb_speed speed,
                        struct usb_model_description *description)
{
    const struct ovl_usb_model *model = &((struct own *)state)->model;
    *description = (struct usb_model_description){.device = model->device_descriptor,
                                                  .config = model->configuration,
                                                  .config_length = model->configuration_length,
                                                  .guid = model->interface_guid,
                                                  .os_vendor_code = model->os_vendor_code};
    for (int i = 0; i < USB_MODEL_STRINGS; i++)
        description->strings[i] = model->strings[i];
    return 0;
}

static void own_reset(void *state)
{
    struct own *own = state;
    if (own->model.reset != NULL)
        own->model.reset(own->context, own->device);
}

static void own_selected(void *state, uint8_t interface, uint8_t setting)
{
    struct own *own = state;
    if (own->model.selected != NULL)
        own->model.selected(own->context, own->device, interface, setting);
}

static void own_suspended(void *state, bool is_suspended)
{
    struct own *own = state;
    if (own->model.suspended != NULL)
        own->model.suspended(own->context, own->device, is_suspended);
}

static int64_t result_of(int64_t result)
{
    return result == OVL_USB_NAK ? -EAGAIN : result < 0 ? -EPIPE : result;
}

static int own_control(void *state, const struct usb_setup *setup, void *data)
{
    struct own *own = state;
    if (own->model.control == NULL)
        return -EPIPE;
    struct ovl_usb_setup given = {setup->type, setup->request, setup->value, setup->index,
                                  setup->length};
    int64_t result = own->model.control(own->context, own->device, &given, data);
    return result < 0 ? -EPIPE : result > setup->length ? setup->length : (int)result;
}

static int64_t own_in(void *state, uint8_t endpoint, uint16_t stream, void *buffer, uint32_t room)
{
    struct own *own = state;
    return own->model.in == NULL ? -EAGAIN
                                 : result_of(own->model.in(own->context, own->device, endpoint,
                                                           stream, buffer, room));
}

static int64_t own_out(void *state, uint8_t endpoint, uint16_t stream, const void *data,
                       uint32_t length)
{
    struct own *own = state;
    return own->model.out == NULL ? -EAGAIN
                                  : result_of(own->model.out(own->context, own->device, endpoint,
                                                             stream, data, length));
}

static uint32_t own_isoch_in(void *state, uint8_t endpoint, uint64_t microframe, void *buffer,
                             uint32_t room)
{
    struct own *own = state;
    return own->model.isoch_in == NULL
               ? 0
               : own->model.isoch_in(own->context, own->device, endpoint, microframe, buffer, room);
}

static void own_isoch_out(void *state, uint8_t endpoint, uint64_t microframe, const void *data,
                          uint32_t length)
{
    struct own *own = state;
    if (own->model.isoch_out != NULL)
        own->model.isoch_out(own->context, own->device, endpoint, microframe, data, length);
}

static const struct usb_model own_model = {
    .name = "own",
    .create = own_create,
    .destroy = own_destroy,
    .describe = own_describe,
    .reset = own_reset,
    .selected = own_selected,
    .suspended = own_suspended,
    .control = own_control,
    .in = own_in,
    .out = own_out,
    .isoch_in = own_isoch_in,
    .isoch_out = own_isoch_out,
};

/* ---- The calls ------------------------------------------------------------------------------- */

static uint32_t attached(int error, struct virtual_device *made, struct ovl_usb_device **device)
{
    if (error == 0) {
        *device = (struct ovl_usb_device *)(void *)made;
        usb_nodes_settle();
    }
    return error_of(error);
}

uint32_t ovl_usb_attach(const char *model, const char *options, struct ovl_usb_device **device)
{
    const struct usb_model *found = usb_virtual_model(model);
    struct virtual_device *made = NULL;
    int error = found == NULL ? -ENOENT : usb_virtual_attach(found, NULL, options, &made);
    return attached(error, made, device);
}

uint32_t ovl_usb_attach_model(const struct ovl_usb_model *model, void *context, const char *options,
                              struct ovl_usb_device **device)
{
    if (model == NULL || model->size != sizeof *model)
        return error_of(-EINVAL);
    struct own *own;
    struct own_context given = {model, context, &own};
    struct virtual_device *made = NULL;
    int error = usb_virtual_attach(&own_model, &given, options, &made);
    if (error == 0)
        own->attached = true; /* our reference keeps it */
    return attached(error, made, device);
}

void ovl_usb_detach(struct ovl_usb_device *device)
{
    if (device == NULL)
        return;
    usb_virtual_detach(inner(device));
    usb_nodes_settle();
}

uint32_t ovl_usb_plug(struct ovl_usb_device *device, int in)
{
    int error = usb_virtual_plug(inner(device), in != 0);
    if (error == 0)
        usb_nodes_settle();
    return error_of(error);
}

uint32_t ovl_usb_faults(struct ovl_usb_device *device, const char *script, uint64_t seed)
{
    const char *reason = "";
    return error_of(usb_virtual_faults(inner(device), script, seed, &reason));
}

uint32_t ovl_usb_packet(struct ovl_usb_device *device, uint32_t index,
                        struct ovl_usb_packet *packet, void *buffer, uint32_t room)
{
    struct usb_model_packet found;
    int error = usb_virtual_record(inner(device), index, &found, buffer, room);
    if (error == 0)
        *packet = (struct ovl_usb_packet){
            .microframe = found.microframe, .length = found.length, .endpoint = found.endpoint};
    return error_of(error);
}

void ovl_usb_ready(struct ovl_usb_device *device, uint8_t endpoint)
{
    usb_model_ready(inner(device), endpoint);
}

void ovl_usb_clock(uint32_t permille)
{
    usb_virtual_clock_rate(permille);
}

void ovl_usb_clock_step(uint32_t microframes)
{
    usb_virtual_clock_step(microframes);
}
