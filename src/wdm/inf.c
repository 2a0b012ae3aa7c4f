/* SPDX-License-Identifier: MIT */
/* From the sections of an INF to what a driver needs: [Manufacturer] names the models' sections, a model its install section and ids, the
 * install section - with the decoration that fits best - services and registry values. */
#include "wdm/inf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf16.h"
#include "wdm/inf_text.h"

enum { TYPE_SZ = 1, TYPE_EXPAND_SZ = 2, TYPE_BINARY = 3, TYPE_DWORD = 4, TYPE_MULTI_SZ = 7, TYPE_QWORD = 11 };

struct reader {
    struct inf_text text;
    const struct inf_sink *sink;
    void *context;
    uint32_t models, services; /* how many were found */
};

/* Each line of a section that has a key; the body sees `line`. */
#define for_each_line(line, reader, name)                                                                               \
    for (const struct inf_line *line = (reader)->text.lines, *line##_end = line + (reader)->text.count;                 \
         line < line##_end; line++)                                                                                     \
        if (strcasecmp(line->section, (name)) == 0 && line->text[0] != '\0')

/* ---- Values of the registry -------------------------------------------------------------------------------------------- */

struct data {
    unsigned char *bytes;
    size_t length, room;
    bool failed;
};

static void data_add(struct data *data, const void *bytes, size_t length)
{
    if (data->length + length > data->room) {
        size_t room = (data->length + length) * 2 + 64;
        unsigned char *grown = realloc(data->bytes, room);
        if (grown == NULL) {
            data->failed = true;
            return;
        }
        data->bytes = grown;
        data->room = room;
    }
    memcpy(data->bytes + data->length, bytes, length);
    data->length += length;
}

static void data_add_text(struct data *data, const char *text)
{
    char16_t units[INF_FIELD + 1];
    size_t count = utf16_from_utf8(units, INF_FIELD, text, strlen(text));
    count = count < INF_FIELD ? count : INF_FIELD;
    units[count] = 0;
    data_add(data, units, (count + 1) * sizeof *units);
}

/* Flags of AddReg: the type in the low and the high half. */
static uint32_t type_of_flags(uint32_t flags)
{
    enum { IS_BINARY = 0x1, HAS_TYPE = 0xffff0000 };
    if (!(flags & IS_BINARY))
        return (flags & HAS_TYPE) == 0x10000 ? TYPE_MULTI_SZ : (flags & HAS_TYPE) == 0x20000 ? TYPE_EXPAND_SZ : TYPE_SZ;
    return (flags & HAS_TYPE) == 0x10000 ? TYPE_DWORD : (flags & HAS_TYPE) == 0xb0000 ? TYPE_QWORD : TYPE_BINARY;
}

static void addreg_values(struct reader *reader, uint32_t type, const char *at, struct data *data)
{
    char value[INF_FIELD];
    while (inf_value(&reader->text, &at, value)) {
        if (type == TYPE_DWORD || type == TYPE_QWORD) {
            /* A number, or its bytes one by one. */
            bool bytes = at != NULL || data->length != 0;
            uint64_t number = strtoull(value, NULL, bytes ? 16 : 0);
            data_add(data, &number, bytes ? 1 : type == TYPE_DWORD ? 4 : 8);
        } else if (type == TYPE_BINARY) {
            unsigned char byte = (unsigned char)strtoul(value, NULL, 16);
            if (value[0] != '\0')
                data_add(data, &byte, 1);
        } else {
            data_add_text(data, value);
        }
    }
    if (type == TYPE_MULTI_SZ || ((type == TYPE_SZ || type == TYPE_EXPAND_SZ) && data->length == 0))
        data_add(data, "\0", 2);
}

/* reg-root, [subkey], [name], [flags], [value]... */
static void addreg_line(struct reader *reader, const char *at, enum inf_root relative)
{
    enum { KEY_ONLY = 0x10, DELETE_VALUE = 0x4 };
    char root[INF_FIELD], key[INF_FIELD] = "", name[INF_FIELD] = "", flags_text[INF_FIELD] = "";
    struct data data = {.length = 0};
    if (!inf_value(&reader->text, &at, root))
        return;
    if (inf_value(&reader->text, &at, key) && inf_value(&reader->text, &at, name))
        inf_value(&reader->text, &at, flags_text);
    bool is_relative = strcasecmp(root, "HKR") == 0;
    uint32_t flags = (uint32_t)strtoul(flags_text, NULL, 0);
    if ((!is_relative && strcasecmp(root, "HKLM") != 0) || (flags & (KEY_ONLY | DELETE_VALUE)) || reader->sink->value == NULL)
        return;
    uint32_t type = type_of_flags(flags);
    addreg_values(reader, type, at, &data);
    if (!data.failed && data.length != 0)
        reader->sink->value(reader->context, is_relative ? relative : INF_MACHINE, key, name, type, data.bytes, data.length);
    free(data.bytes);
}

/* Every AddReg directive of a section. */
static void addreg_run(struct reader *reader, const char *section, enum inf_root relative)
{
    char key[INF_FIELD], name[INF_FIELD];
    const char *at;
    for_each_line(line, reader, section) {
        if (!inf_key(&reader->text, line, key, &at) || strcasecmp(key, "AddReg") != 0)
            continue;
        while (inf_value(&reader->text, &at, name))
            for_each_line(entry, reader, name)
                addreg_line(reader, entry->text, relative);
    }
}

/* ---- Sections with decorations -------------------------------------------------------------------------------------------- */

/* "Install" with the decoration that fits this machine best, and a suffix; false: there is no such section. */
static bool section_choose(const struct reader *reader, const char *install, const char *suffix, char section[INF_FIELD])
{
    static const char *const decorations[] = {".NTamd64", ".NT$ARCH$", ".NT", "", ".NTx86", ".NTarm64"};
    for (size_t i = 0; i < sizeof decorations / sizeof *decorations; i++) {
        int length = snprintf(section, INF_FIELD, "%s%s%s", install, decorations[i], suffix);
        if (length > 0 && length < INF_FIELD && inf_has_section(&reader->text, section))
            return true;
    }
    return false;
}

static void services_read(struct reader *reader, const char *section)
{
    char key[INF_FIELD], name[INF_FIELD], flags[INF_FIELD], details[INF_FIELD];
    const char *at;
    for_each_line(line, reader, section) {
        if (!inf_key(&reader->text, line, key, &at) || strcasecmp(key, "AddService") != 0 || !inf_value(&reader->text, &at, name))
            continue;
        flags[0] = details[0] = '\0';
        if (inf_value(&reader->text, &at, flags))
            inf_value(&reader->text, &at, details);
        bool is_function = strtoul(flags, NULL, 0) & 2; /* SPSVCINST_ASSOCSERVICE: the device's own */
        if (name[0] == '\0' || (!is_function && reader->services != 0))
            continue;
        reader->services++;
        if (reader->sink->service != NULL)
            reader->sink->service(reader->context, name);
        addreg_run(reader, details, INF_SERVICE);
    }
}

static void install_read(struct reader *reader, const char *install)
{
    char section[INF_FIELD];
    if (section_choose(reader, install, "", section))
        addreg_run(reader, section, INF_SOFTWARE);
    if (section_choose(reader, install, ".HW", section))
        addreg_run(reader, section, INF_HARDWARE);
    if (section_choose(reader, install, ".Services", section))
        services_read(reader, section);
}

/* description = install-section, hardware-id[, compatible-id...] */
static void models_read(struct reader *reader, const char *section, const char *manufacturer)
{
    char description[INF_FIELD], install[INF_FIELD], id[INF_FIELD];
    const char *at;
    for_each_line(line, reader, section) {
        if (!inf_key(&reader->text, line, description, &at) || !inf_value(&reader->text, &at, install))
            continue;
        while (inf_value(&reader->text, &at, id))
            if (id[0] != '\0' && reader->sink->id != NULL)
                reader->sink->id(reader->context, id, description, manufacturer);
        if (reader->models++ == 0)
            install_read(reader, install); /* a driver of several models has one service */
    }
}

/* How well a decoration of [Manufacturer] fits: "NTamd64.10.0", "NT$ARCH$", "NTx86". 0: not at all. */
static int decoration_rank(const char *decoration)
{
    if (strncasecmp(decoration, "NTamd64", 7) == 0)
        return 4;
    if (strncasecmp(decoration, "NT$ARCH$", 8) == 0)
        return 3;
    return strncasecmp(decoration, "NT", 2) == 0 && (decoration[2] == '\0' || decoration[2] == '.') ? 2 : 1;
}

/* manufacturer = models-section[, decoration...] */
static void manufacturer_read(struct reader *reader, const char *manufacturer, const char *at)
{
    char models[INF_FIELD], decoration[INF_FIELD], section[INF_FIELD], best[INF_FIELD];
    int rank = 0;
    if (!inf_value(&reader->text, &at, models))
        return;
    snprintf(best, sizeof best, "%s", models);
    while (inf_value(&reader->text, &at, decoration)) {
        int length = snprintf(section, sizeof section, "%s.%s", models, decoration);
        if (length <= 0 || length >= INF_FIELD || !inf_has_section(&reader->text, section))
            continue;
        if (decoration_rank(decoration) > rank) {
            rank = decoration_rank(decoration);
            memcpy(best, section, sizeof best);
        }
    }
    models_read(reader, best, manufacturer);
}

static void version_read(struct reader *reader)
{
    char key[INF_FIELD], class[INF_FIELD] = "", guid[INF_FIELD] = "";
    const char *at;
    for_each_line(line, reader, "Version") {
        if (!inf_key(&reader->text, line, key, &at))
            continue;
        if (strcasecmp(key, "Class") == 0)
            inf_value(&reader->text, &at, class);
        else if (strcasecmp(key, "ClassGuid") == 0)
            inf_value(&reader->text, &at, guid);
    }
    if (reader->sink->class != NULL && guid[0] != '\0')
        reader->sink->class(reader->context, class, guid);
}

bool inf_read(const void *bytes, size_t length, const struct inf_sink *sink, void *context, struct inf_error *error)
{
    struct reader reader = {.sink = sink, .context = context};
    char key[INF_FIELD];
    const char *at;
    if (!inf_text_read(bytes, length, &reader.text, error))
        return false;
    bool good = inf_has_section(&reader.text, "Version");
    if (!good)
        *error = (struct inf_error){0, "it has no [Version]"};
    if (good)
        version_read(&reader);
    for_each_line(line, &reader, "Manufacturer") {
        if (good && inf_key(&reader.text, line, key, &at))
            manufacturer_read(&reader, key, at);
    }
    if (good && reader.models == 0) {
        good = false;
        *error = (struct inf_error){0, "it has no models"};
    }
    inf_text_free(&reader.text);
    return good;
}
