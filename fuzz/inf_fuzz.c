/* SPDX-License-Identifier: MIT */
/* Setup files, registry files and drivers' names with options: any bytes, by the first one's choice. What the sink gets must be
 * terminated texts and data that can be read. */
#include <stdlib.h>
#include <string.h>

#include "wdm/driver_spec.h"
#include "wdm/inf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void text_check(const char *text)
{
    if (strlen(text) >= 1024)
        abort();
}

static void on_id(void *context, const char *id, const char *description)
{
    (void)context;
    text_check(id);
    text_check(description);
    if (*id == '\0')
        abort();
}

static void on_service(void *context, const char *name)
{
    (void)context;
    text_check(name);
}

static void on_class(void *context, const char *name, const char *guid)
{
    on_id(context, guid, name);
}

static void on_value(void *context, enum inf_root root, const char *key, const char *name, uint32_t type, const void *data,
                     size_t length)
{
    unsigned char sum = 0;
    (void)context;
    (void)root;
    if (name != NULL)
        (void)strlen(name);
    (void)strlen(key);
    for (size_t i = 0; i < length; i++)
        sum ^= ((const unsigned char *)data)[i];
    if ((type == 4 && length == 0) || (sum == 1 && type > 11))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct inf_sink sink = {on_id, on_service, on_class, on_value};
    static struct driver_spec spec;
    struct inf_error error;
    const char *wrong;
    if (size == 0)
        return 0;
    if (*data % 3 == 0 && !inf_read(data + 1, size - 1, &sink, NULL, &error) && error.what == NULL)
        abort();
    if (*data % 3 == 1 && !registry_file_read(data + 1, size - 1, &sink, NULL, &error) && error.what == NULL)
        abort();
    if (*data % 3 == 2 && !driver_spec_parse((const char *)data + 1, size - 1, &spec, &wrong) &&
        (wrong < (const char *)data + 1 || wrong > (const char *)data + size))
        abort();
    return 0;
}
