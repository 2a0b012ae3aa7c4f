/* SPDX-License-Identifier: MIT */
/* Reading a driver's INF and registry file into its ids and keys. A driver that writes a value of the same name later wins; loading
 * again writes what the files say again. */
#include "wdm/driver_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf16.h"
#include "wdm/inf.h"
#include "wdm/pnp.h"
#include "wdm/registry.h"

struct setup {
    struct wdm_driver *driver;
    struct registry_key *service; /* opened when the service's name is known: settings before it wait */
    struct list service_settings; /* struct driver_setting: INF_SERVICE and INF_MACHINE */
    bool failed;                  /* no memory */
};

static const char services[] = "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";

/* ---- The sink ------------------------------------------------------------------------------------------------------- */

static bool model_add(struct wdm_driver *driver, const char *id, const char *description, const char *manufacturer)
{
    size_t sizes[] = {strlen(id) + 1, strlen(description) + 1, strlen(manufacturer) + 1};
    struct driver_model *model = malloc(sizeof *model + sizes[0] + sizes[1] + sizes[2]);
    if (model == NULL)
        return false;
    model->description = memcpy(model->id + sizes[0], description, sizes[1]);
    model->manufacturer = memcpy(model->id + sizes[0] + sizes[1], manufacturer, sizes[2]);
    memcpy(model->id, id, sizes[0]);
    list_push_back(&driver->models, &model->link);
    return true;
}

static void id_add(void *context, const char *id, const char *description, const char *manufacturer)
{
    struct setup *setup = context;
    struct wdm_driver *driver = setup->driver;
    size_t used = usb_id_list_size(driver->ids) - 1, length = strlen(id) + 1;
    char *grown = realloc(driver->ids, used + length + 1);
    if (grown != NULL)
        driver->ids = grown;
    if (grown == NULL || !model_add(driver, id, description, manufacturer)) {
        setup->failed = true;
        return;
    }
    memcpy(grown + used, id, length);
    grown[used + length] = '\0';
}

static void service_set(void *context, const char *name)
{
    struct wdm_driver *driver = ((struct setup *)context)->driver;
    snprintf(driver->name, sizeof driver->name, "%s", name);
}

static void class_set(void *context, const char *name, const char *guid)
{
    struct wdm_driver *driver = ((struct setup *)context)->driver;
    snprintf(driver->class_name, sizeof driver->class_name, "%s", name);
    snprintf(driver->class_guid, sizeof driver->class_guid, "%s", guid);
}

static void setting_free(struct driver_setting *setting)
{
    free(setting->data);
    free(setting->key);
    free(setting->name);
    free(setting);
}

static void value_add(void *context, enum inf_root root, const char *key, const char *name, uint32_t type, const void *data,
                      size_t length)
{
    struct setup *setup = context;
    struct driver_setting *setting = calloc(1, sizeof *setting);
    if (setting == NULL) {
        setup->failed = true;
        return;
    }
    *setting = (struct driver_setting){.root = (uint8_t)root, .type = type, .length = length, .data = malloc(length != 0 ? length : 1),
                                       .key = strdup(key), .name = strdup(name)};
    if (setting->data == NULL || setting->key == NULL || setting->name == NULL) {
        setting_free(setting);
        setup->failed = true;
        return;
    }
    if (length != 0)
        memcpy(setting->data, data, length);
    bool of_device = root == INF_HARDWARE || root == INF_SOFTWARE;
    list_push_back(of_device ? &setup->driver->settings : &setup->service_settings, &setting->link);
}

static const struct inf_sink sink = {.id = id_add, .service = service_set, .class = class_set, .value = value_add};

/* ---- Files ----------------------------------------------------------------------------------------------------------- */

static void *file_read(const char *path, size_t *length)
{
    enum { LARGEST = 16 << 20 };
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return NULL;
    char *bytes = NULL;
    size_t room = 0;
    *length = 0;
    for (;;) {
        if (*length == room) {
            room = room * 2 + 65536;
            char *grown = room > LARGEST ? NULL : realloc(bytes, room);
            if (grown == NULL) {
                errno = ENOMEM;
                break;
            }
            bytes = grown;
        }
        size_t got = fread(bytes + *length, 1, room - *length, file);
        *length += got;
        if (got == 0 && !ferror(file)) {
            fclose(file);
            return bytes;
        }
        if (got == 0)
            break;
    }
    free(bytes);
    fclose(file);
    return NULL;
}

static int32_t file_take(struct setup *setup, const char *path, bool is_inf)
{
    struct inf_error error;
    size_t length;
    void *bytes = file_read(path, &length);
    if (bytes == NULL) {
        fprintf(stderr, "overlapped: %s: %s\n", path, strerror(errno));
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    bool good = is_inf ? inf_read(bytes, length, &sink, setup, &error) : registry_file_read(bytes, length, &sink, setup, &error);
    free(bytes);
    if (good)
        return STATUS_SUCCESS;
    if (error.line != 0)
        fprintf(stderr, "overlapped: %s:%u: %s\n", path, error.line, error.what);
    else
        fprintf(stderr, "overlapped: %s: %s\n", path, error.what);
    return STATUS_INVALID_PARAMETER;
}

/* The INF beside the driver: its path with another ending. false: there is none. */
static bool inf_beside(const char *path, char inf[PATH_MAX])
{
    static const char *const endings[] = {".inf", ".inx", ".INF", ".INX"};
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    if (dot == NULL || (slash != NULL && dot < slash))
        dot = path + strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        FILE *file = NULL;
        if (snprintf(inf, PATH_MAX, "%.*s%s", (int)(dot - path), path, endings[i]) < PATH_MAX)
            file = fopen(inf, "rbe");
        if (file != NULL) {
            fclose(file);
            return true;
        }
    }
    return false;
}

/* ---- Keys ------------------------------------------------------------------------------------------------------------- */

static void text_set(struct registry_key *key, const char *name, ULONG type, const void *data, size_t length)
{
    enum { NAME_UNITS = 1024 };
    WCHAR units[NAME_UNITS];
    size_t count = utf16_from_utf8((char16_t *)units, NAME_UNITS, name, strlen(name));
    UNICODE_STRING string = {.Length = (USHORT)((count < NAME_UNITS ? count : NAME_UNITS) * sizeof(WCHAR)), .Buffer = units};
    registry_set(key, &string, type, data, (ULONG)length);
}

static NTSTATUS setting_apply(struct registry_key *root, const struct driver_setting *setting)
{
    struct registry_key *key;
    NTSTATUS status = registry_open_text(root, setting->key, true, &key);
    if (status != STATUS_SUCCESS)
        return status;
    text_set(key, setting->name, setting->type, setting->data, setting->length);
    registry_dereference(key);
    return STATUS_SUCCESS;
}

static NTSTATUS service_write(struct setup *setup)
{
    enum { KERNEL_DRIVER = 1, DEMAND_START = 3, ERROR_NORMAL = 1 };
    char path[512];
    struct registry_key *service = NULL, *machine = NULL, *parameters = NULL;
    static const ULONG kind = KERNEL_DRIVER, start = DEMAND_START, control = ERROR_NORMAL;
    snprintf(path, sizeof path, "%s%s", services, setup->driver->name);
    NTSTATUS status = registry_open_text(NULL, path, true, &service);
    if (status == STATUS_SUCCESS)
        status = registry_open_text(NULL, "\\Registry\\Machine", true, &machine);
    if (status == STATUS_SUCCESS)
        status = registry_open_text(service, "Parameters", true, &parameters);
    if (status == STATUS_SUCCESS) {
        text_set(service, "Type", REG_DWORD, &kind, sizeof kind);
        text_set(service, "Start", REG_DWORD, &start, sizeof start);
        text_set(service, "ErrorControl", REG_DWORD, &control, sizeof control);
    }
    for (struct list *link; status == STATUS_SUCCESS && (link = list_pop_front(&setup->service_settings)) != NULL;) {
        struct driver_setting *setting = container_of(link, struct driver_setting, link);
        status = setting_apply(setting->root == INF_MACHINE ? machine : service, setting);
        setting_free(setting);
    }
    registry_dereference(service);
    registry_dereference(machine);
    registry_dereference(parameters);
    return status;
}

int32_t driver_setup(struct wdm_driver *driver, const struct driver_spec *spec)
{
    struct setup setup = {.driver = driver};
    char beside[PATH_MAX];
    const char *inf = spec->inf[0] != '\0' ? spec->inf : inf_beside(spec->path, beside) ? beside : NULL;
    list_init(&setup.service_settings);
    int32_t status = inf == NULL ? STATUS_SUCCESS : file_take(&setup, inf, true);
    if (status == STATUS_SUCCESS && spec->reg[0] != '\0')
        status = file_take(&setup, spec->reg, false);
    if (status == STATUS_SUCCESS && setup.failed)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_SUCCESS)
        status = service_write(&setup);
    for (struct list *link; (link = list_pop_front(&setup.service_settings)) != NULL;)
        setting_free(container_of(link, struct driver_setting, link));
    return status;
}

void driver_setup_free(struct wdm_driver *driver)
{
    for (struct list *link; (link = list_pop_front(&driver->settings)) != NULL;)
        setting_free(container_of(link, struct driver_setting, link));
    for (struct list *link; (link = list_pop_front(&driver->models)) != NULL;)
        free(container_of(link, struct driver_model, link));
}

/* ---- Devices' keys --------------------------------------------------------------------------------------------------------- */

NTSTATUS driver_device_key(struct pnp_device *device, bool software, struct registry_key **key)
{
    static const char class_usb[] = "{36fc9e60-c465-11cf-8056-444553540000}";
    const char *class = device->driver->class_guid[0] != '\0' ? device->driver->class_guid : class_usb;
    char path[512];
    if (software)
        snprintf(path, sizeof path, "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\%s\\%04u", class,
                 (unsigned)device->node->number);
    else
        snprintf(path, sizeof path, "\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\%s\\Device Parameters",
                 device->node->instance_id);
    return registry_open_text(NULL, path, true, key);
}

/* The model of the first of the ids that the INF has. */
static const struct driver_model *model_find(const struct wdm_driver *driver, const char *ids)
{
    for (const char *id = ids; *id != '\0'; id += strlen(id) + 1)
        list_for_each (link, &driver->models) {
            const struct driver_model *model = container_of(link, struct driver_model, link);
            if (strcasecmp(model->id, id) == 0)
                return model;
        }
    return NULL;
}

static void inf_text_set(struct usb_node *node, enum usb_inf_text which, const char *text)
{
    atomic_store(&node->inf[which], text == NULL || *text == '\0' ? NULL : wdm_name_keep(text));
}

/* A value of the hardware key that AddReg wrote. */
static bool hardware_value(struct registry_key *key, const char16_t *name, ULONG type, void *data, ULONG room, ULONG *length)
{
    ULONG has;
    UNICODE_STRING string = {.Length = (USHORT)(utf16_length(name) * sizeof *name), .Buffer = (WCHAR *)name};
    return registry_query(key, &string, &has, data, room, length) == STATUS_SUCCESS && has == type;
}

static void node_describe(struct pnp_device *device, struct registry_key *hardware)
{
    enum { NAME_UNITS = 256 };
    struct wdm_driver *driver = device->driver;
    char16_t name[NAME_UNITS];
    char text[NAME_UNITS * 3 + 1] = "";
    ULONG length = 0;
    const struct driver_model *model = model_find(driver, device->node->hardware_ids);
    if (model == NULL)
        model = model_find(driver, device->node->compatible_ids);
    if (hardware_value(hardware, u"FriendlyName", REG_SZ, name, sizeof name, &length))
        text[utf8_from_utf16(text, sizeof text - 1, name, length / sizeof *name)] = '\0';
    inf_text_set(device->node, USB_INF_DESCRIPTION, model == NULL ? NULL : model->description);
    inf_text_set(device->node, USB_INF_MANUFACTURER, model == NULL ? NULL : model->manufacturer);
    inf_text_set(device->node, USB_INF_FRIENDLY_NAME, text);
    inf_text_set(device->node, USB_INF_CLASS, driver->class_name);
    inf_text_set(device->node, USB_INF_CLASS_GUID, driver->class_guid);
}

/* What DDInstall.HW says of the device object: a function driver cannot make its stack exclusive otherwise. */
static void pdo_describe(DEVICE_OBJECT *pdo, struct registry_key *hardware)
{
    ULONG number, length;
    if (hardware_value(hardware, u"Exclusive", REG_DWORD, &number, sizeof number, &length) && number != 0)
        pdo->Flags |= DO_EXCLUSIVE;
    if (hardware_value(hardware, u"DeviceCharacteristics", REG_DWORD, &number, sizeof number, &length))
        pdo->Characteristics |= number;
    if (hardware_value(hardware, u"DeviceType", REG_DWORD, &number, sizeof number, &length))
        pdo->DeviceType = number;
}

void driver_setup_device(struct pnp_device *device)
{
    struct registry_key *hardware;
    list_for_each (link, &device->driver->settings) {
        struct driver_setting *setting = container_of(link, struct driver_setting, link);
        struct registry_key *key;
        if (driver_device_key(device, setting->root == INF_SOFTWARE, &key) != STATUS_SUCCESS)
            return;
        setting_apply(key, setting);
        registry_dereference(key);
    }
    if (driver_device_key(device, false, &hardware) != STATUS_SUCCESS)
        return;
    node_describe(device, hardware);
    pdo_describe(device->pdo, hardware);
    registry_dereference(hardware);
}

NTSTATUS NTAPI IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess,
                                       PHANDLE DeviceRegKey)
{
    struct pnp_device *device = pnp_device_of(DeviceObject);
    struct registry_key *key;
    ULONG kind = DevInstKeyType & (PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_DRIVER);
    if (kind != PLUGPLAY_REGKEY_DEVICE && kind != PLUGPLAY_REGKEY_DRIVER)
        return STATUS_INVALID_PARAMETER;
    if (device == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    NTSTATUS status = driver_device_key(device, kind == PLUGPLAY_REGKEY_DRIVER, &key);
    if (status != STATUS_SUCCESS)
        return status;
    status = registry_handle_create(key, DesiredAccess, DeviceRegKey);
    registry_dereference(key);
    return status;
}
