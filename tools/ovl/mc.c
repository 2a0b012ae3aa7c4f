/* SPDX-License-Identifier: MIT */
/* `ovl mc`: from an event manifest to the header that a driver (or, with -um, a program) includes: a GUID for each provider, a descriptor and
 * EventWriteX for each event, as Microsoft's message compiler names them. What they write goes to our trace. */
#include "ovl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "manifest.h"

struct output {
    FILE *file;
    const struct manifest *manifest;
    const char *path;
    const char *prefix; /* "EventWrite" */
    int user;           /* -um: no activity argument */
    int failed;
};

static const struct element *element_at(const struct output *out, int index)
{
    return &out->manifest->elements[index];
}

static const char *attribute_or(const struct element *element, const char *name, const char *otherwise)
{
    const char *value = attribute_of(element, name);
    return value == NULL ? otherwise : value;
}

static void wrong(struct output *out, const struct element *element, const char *what, const char *of)
{
    complain("%s:%u: %s%s", out->path, element->line, what, of);
    out->failed = 1;
}

/* Characters that an identifier cannot have become '_'. */
static void identifier(char *to, size_t size, const char *from)
{
    size_t i = 0;
    for (; from[i] != '\0' && i + 1 < size; i++)
        to[i] = isalnum((unsigned char)from[i]) ? from[i] : '_';
    to[i] = '\0';
}

#define each(out, parent, name, index) \
    for (int index = element_next((out)->manifest, (parent), (name), 0); index >= 0; \
         index = element_next((out)->manifest, (parent), (name), index + 1))

/* The element named `kind` below `parent` whose attribute has that value; -1: none. */
static int find(const struct output *out, int parent, const char *kind, const char *attribute, const char *value)
{
    each(out, parent, kind, index) {
        const char *has = attribute_of(element_at(out, index), attribute);
        if (has != NULL && strcmp(has, value) == 0)
            return index;
    }
    return -1;
}

/* ---- What an event's attributes mean --------------------------------------------------------------------------------- */

struct known {
    const char *name;
    unsigned value;
};

static unsigned long long value_of(struct output *out, int provider, const struct element *event, const char *attribute,
                                   const char *kind, const struct known *known)
{
    const char *name = attribute_of(event, attribute);
    if (name == NULL)
        return 0;
    for (; known->name != NULL; known++)
        if (strcmp(known->name, name) == 0)
            return known->value;
    int index = find(out, provider, kind, "name", name);
    if (index < 0) {
        wrong(out, event, "nobody defines ", name);
        return 0;
    }
    return strtoull(attribute_or(element_at(out, index), strcmp(kind, "keyword") == 0 ? "mask" : "value", "0"), NULL, 0);
}

static const struct known levels[] = {{"win:LogAlways", 0}, {"win:Critical", 1}, {"win:Error", 2}, {"win:Warning", 3},
                                      {"win:Informational", 4}, {"win:Verbose", 5}, {NULL, 0}};
static const struct known opcodes[] = {{"win:Info", 0}, {"win:Start", 1}, {"win:Stop", 2}, {"win:DC_Start", 3}, {"win:DC_Stop", 4},
                                       {"win:Extension", 5}, {"win:Reply", 6}, {"win:Resume", 7}, {"win:Suspend", 8}, {"win:Send", 9},
                                       {"win:Receive", 240}, {NULL, 0}};
static const struct known nothing[] = {{"win:None", 0}, {NULL, 0}};

static unsigned long long keywords_of(struct output *out, int provider, const struct element *event)
{
    char names[512];
    unsigned long long mask = 0;
    snprintf(names, sizeof names, "%s", attribute_or(event, "keywords", ""));
    for (char *save, *name = strtok_r(names, " \t\r\n", &save); name != NULL; name = strtok_r(NULL, " \t\r\n", &save)) {
        int index = find(out, provider, "keyword", "name", name);
        if (index < 0)
            wrong(out, event, "nobody defines the keyword ", name);
        else
            mask |= strtoull(attribute_or(element_at(out, index), "mask", "0"), NULL, 0);
    }
    return mask;
}

/* Channels have the values that they name, or are counted from 16. */
static unsigned channel_of(struct output *out, int provider, const struct element *event)
{
    const char *name = attribute_of(event, "channel");
    unsigned counted = 16;
    if (name == NULL)
        return 0;
    if (find(out, provider, "importChannel", "chid", name) >= 0)
        return strcasecmp(attribute_or(element_at(out, find(out, provider, "importChannel", "chid", name)), "name", ""), "System") == 0 ? 8 : 9;
    each(out, provider, "channel", index) {
        const struct element *channel = element_at(out, index);
        const char *value = attribute_of(channel, "value");
        if (strcmp(attribute_or(channel, "chid", attribute_or(channel, "name", "")), name) == 0)
            return value == NULL ? counted : (unsigned)strtoul(value, NULL, 0);
        counted++;
    }
    wrong(out, event, "nobody defines the channel ", name);
    return 0;
}

/* The text of "$(string.NAME)", or NULL. */
static const char *message_of(const struct output *out, const struct element *event)
{
    const char *reference = attribute_of(event, "message");
    char name[256];
    if (reference == NULL || strncmp(reference, "$(string.", 9) != 0)
        return NULL;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(reference + 9, ")"), reference + 9);
    int index = find(out, -1, "string", "id", name);
    return index < 0 ? NULL : attribute_of(element_at(out, index), "value");
}

/* ---- Fields ------------------------------------------------------------------------------------------------------------ */

struct field_type {
    const char *in, *c, *letter;
};

static const struct field_type field_types[] = {
    {"win:UnicodeString", "const WCHAR *", "U"}, {"win:AnsiString", "const char *", "A"}, {"win:Int8", "signed char", "i1"},
    {"win:UInt8", "unsigned char", "u1"}, {"win:Int16", "short", "i2"}, {"win:UInt16", "unsigned short", "u2"},
    {"win:Int32", "int", "i4"}, {"win:UInt32", "unsigned int", "u4"}, {"win:Int64", "long long", "i8"},
    {"win:UInt64", "unsigned long long", "u8"}, {"win:Float", "float", "f8"}, {"win:Double", "double", "f8"},
    {"win:Boolean", "int", "b"}, {"win:Binary", "const void *", "B"}, {"win:GUID", "const GUID *", "G"},
    {"win:Pointer", "const void *", "p"}, {"win:FILETIME", "const void *", "p"}, {"win:SYSTEMTIME", "const void *", "p"},
    {"win:SID", "const void *", "p"}, {"win:HexInt32", "unsigned int", "x4"}, {"win:HexInt64", "unsigned long long", "x8"}};

struct field {
    char name[64];
    const struct field_type *type;
    int array;       /* an address of several */
    char letter[32]; /* as ovl_etw.h has them */
};

enum { FIELDS = 32 };

static int field_index(const struct field *fields, int count, const char *name)
{
    char wanted[64];
    identifier(wanted, sizeof wanted, name);
    for (int i = 0; i < count; i++)
        if (strcmp(fields[i].name, wanted) == 0)
            return i;
    return -1;
}

static void field_letter(struct field *field, const struct element *data, const struct field *fields, int count)
{
    const char *length = attribute_of(data, "length"), *show = attribute_or(data, "outType", "");
    int index = length == NULL ? -1 : field_index(fields, count, length);
    snprintf(field->letter, sizeof field->letter, "%s", field->type->letter);
    if (field->array || (field->letter[0] == 'B' && index < 0))
        strcpy(field->letter, "p");
    else if (field->letter[0] == 'B')
        snprintf(field->letter, sizeof field->letter, "B%d", index);
    else if (field->letter[0] == 'U' && index >= 0)
        snprintf(field->letter, sizeof field->letter, "V%d", index);
    else if ((field->letter[0] == 'u' || field->letter[0] == 'i') &&
             (strstr(show, "Hex") != NULL || strstr(show, "NTSTATUS") != NULL || strstr(show, "HResult") != NULL || strstr(show, "hex") != NULL))
        field->letter[0] = 'x';
}

/* The fields of the event's template; -1: an error, told. */
static int fields_read(struct output *out, int provider, const struct element *event, struct field fields[FIELDS])
{
    const char *name = attribute_of(event, "template");
    int count = 0, template = name == NULL ? -1 : find(out, provider, "template", "tid", name);
    if (name != NULL && template < 0)
        wrong(out, event, "nobody defines the template ", name);
    if (template < 0)
        return name == NULL ? 0 : -1;
    each(out, template, "data", index) {
        const struct element *data = element_at(out, index);
        const char *in = attribute_or(data, "inType", "");
        const struct field_type *type = NULL;
        for (size_t i = 0; i < sizeof field_types / sizeof *field_types; i++)
            if (strcmp(field_types[i].in, in) == 0)
                type = &field_types[i];
        if (type == NULL || count == FIELDS || attribute_of(data, "name") == NULL) {
            wrong(out, data, type == NULL ? "there is no type " : count == FIELDS ? "more than 32 fields" : "data without a name", type == NULL ? in : "");
            return -1;
        }
        identifier(fields[count].name, sizeof fields[count].name, attribute_of(data, "name"));
        fields[count].type = type;
        fields[count].array = attribute_of(data, "count") != NULL;
        field_letter(&fields[count], data, fields, count);
        count++;
    }
    return count;
}

/* ---- The header ----------------------------------------------------------------------------------------------------------- */

static void text_print(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', file);
        if (*text == '\n' || *text == '\r' || *text == '\t')
            fputc(' ', file);
        else
            fputc(*text, file);
    }
    fputc('"', file);
}

static void parameters_print(struct output *out, const struct field *fields, int count, int typed)
{
    for (int i = 0; i < count; i++) {
        const char *type = fields[i].type->c;
        if (i != 0 || !out->user || typed)
            fputs(", ", out->file);
        if (typed)
            fprintf(out->file, "%s%s%s", fields[i].array && type[strlen(type) - 1] != '*' ? "const void *" : type,
                    type[strlen(type) - 1] == '*' || fields[i].array ? "" : " ", fields[i].name);
        else
            fputs(fields[i].name, out->file);
    }
}

static void values_print(struct output *out, const struct field *fields, int count)
{
    for (int i = 0; i < count; i++) {
        const char *name = fields[i].name, *type = fields[i].type->c;
        if (type[strlen(type) - 1] == '*' || fields[i].array)
            fprintf(out->file, "OVL_ETW_ADDRESS(%s), ", name);
        else if (fields[i].type->letter[0] == 'f')
            fprintf(out->file, "ovl_etw_double(%s), ", name);
        else
            fprintf(out->file, "(unsigned long long)%s, ", name);
    }
    fputs("0", out->file);
}

static void event_print(struct output *out, int provider, const char *provider_id, const struct element *event)
{
    struct field fields[FIELDS];
    char symbol[128], automatic[128];
    const char *number = attribute_or(event, "value", "0");
    snprintf(automatic, sizeof automatic, "Event%s", number);
    identifier(symbol, sizeof symbol, attribute_or(event, "symbol", automatic));
    int count = fields_read(out, provider, event, fields);
    if (count < 0)
        return;
    const char *message = message_of(out, event);
    fprintf(out->file, "\nDECLSPEC_SELECTANY const EVENT_DESCRIPTOR %s = {0x%lx, %lu, %u, %llu, %llu, %llu, 0x%llx};\n", symbol,
            strtoul(number, NULL, 0), strtoul(attribute_or(event, "version", "0"), NULL, 0), channel_of(out, provider, event),
            value_of(out, provider, event, "level", "level", levels), value_of(out, provider, event, "opcode", "opcode", opcodes),
            value_of(out, provider, event, "task", "task", nothing), keywords_of(out, provider, event));
    fprintf(out->file, "#define %s_value 0x%lx\n", symbol, strtoul(number, NULL, 0));
    fprintf(out->file, "static __inline__ __attribute__((__unused__)) unsigned int ovl_mc_%s(const GUID *ovl_activity", symbol);
    parameters_print(out, fields, count, 1);
    fprintf(out->file, ")\n{\n    static const struct ovl_etw_event ovl_event = {&%s, \"%s\", \"", symbol, symbol);
    for (int i = 0; i < count; i++)
        fprintf(out->file, "%s%s:%s", i == 0 ? "" : ",", fields[i].name, fields[i].letter);
    fputs("\", ", out->file);
    if (message == NULL)
        fputs("0", out->file);
    else
        text_print(out->file, message);
    fputs("};\n    const unsigned long long ovl_values[] = {", out->file);
    values_print(out, fields, count);
    fprintf(out->file, "};\n    return ovl_etw_write(&%s_Provider, &ovl_event, ovl_activity, ovl_values);\n}\n", provider_id);
    fprintf(out->file, "#define EventEnabled%s() ovl_etw_enabled(&%s_Provider, &%s)\n", symbol, provider_id, symbol);
    fprintf(out->file, "#define %s%s(%s", out->prefix, symbol, out->user ? "" : "ovl_activity");
    parameters_print(out, fields, count, 0);
    fprintf(out->file, ") (EventEnabled%s() ? ovl_mc_%s(%s", symbol, symbol, out->user ? "0" : "ovl_activity");
    for (int i = 0; i < count; i++)
        fprintf(out->file, ", %s", fields[i].name);
    fprintf(out->file, ") : 0u)\n#define %s%s_AssumeEnabled(%s", out->prefix, symbol, out->user ? "" : "ovl_activity");
    parameters_print(out, fields, count, 0);
    fprintf(out->file, ") ovl_mc_%s(%s", symbol, out->user ? "0" : "ovl_activity");
    for (int i = 0; i < count; i++)
        fprintf(out->file, ", %s", fields[i].name);
    fputs(")\n", out->file);
}

static void constants_print(struct output *out, int provider, const char *kind, const char *attribute)
{
    each(out, provider, kind, index) {
        const char *symbol = attribute_of(element_at(out, index), "symbol");
        const char *value = attribute_of(element_at(out, index), attribute);
        if (symbol != NULL && value != NULL)
            fprintf(out->file, "#define %s %s\n", symbol, value);
    }
}

/* "{8-4-4-4-12}" as an initialiser; 0: it is none. */
static int guid_print(struct output *out, const char *guid)
{
    unsigned part[11];
    if (sscanf(guid, "{%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}", &part[0], &part[1], &part[2], &part[3], &part[4], &part[5], &part[6],
               &part[7], &part[8], &part[9], &part[10]) != 11)
        return 0;
    fprintf(out->file, "{0x%08x, 0x%04x, 0x%04x, {", part[0], part[1], part[2]);
    for (int i = 3; i < 11; i++)
        fprintf(out->file, "0x%02x%s", part[i], i == 10 ? "}}" : ", ");
    return 1;
}

static void provider_print(struct output *out, int index)
{
    const struct element *provider = element_at(out, index);
    char id[128], symbol[128];
    const char *name = attribute_or(provider, "name", "");
    identifier(id, sizeof id, name);
    identifier(symbol, sizeof symbol, attribute_or(provider, "symbol", id));
    if (*name == '\0') {
        wrong(out, provider, "a provider without a name", "");
        return;
    }
    fprintf(out->file, "\n/* Provider %s */\nDECLSPEC_SELECTANY const GUID %s = ", name, symbol);
    if (!guid_print(out, attribute_or(provider, "guid", ""))) {
        wrong(out, provider, "a provider's guid is {8-4-4-4-12}", "");
        return;
    }
    fprintf(out->file, ";\nDECLSPEC_SELECTANY struct ovl_etw_provider %s_Provider = {&%s, \"%s\", 0};\n", id, symbol, name);
    fprintf(out->file, "#define EventRegister%s() ovl_etw_register(&%s_Provider)\n#define EventUnregister%s() ovl_etw_unregister(&%s_Provider)\n",
            id, id, id, id);
    constants_print(out, index, "keyword", "mask");
    constants_print(out, index, "level", "value");
    constants_print(out, index, "task", "value");
    constants_print(out, index, "opcode", "value");
    each(out, index, "event", event)
        event_print(out, index, id, element_at(out, event));
}

static int header_print(struct output *out)
{
    int count = 0;
    fprintf(out->file, "/* Made by `ovl mc` from a manifest: not to be edited. */\n#pragma once\n#include \"ovl_types.h\"\n#include \"ovl_etw.h\"\n");
    each(out, -1, "provider", index) {
        provider_print(out, index);
        count++;
    }
    if (count == 0) {
        complain("%s: it has no provider", out->path);
        out->failed = 1;
    }
    return out->failed;
}

/* "dir/events.man" gives "events.h" here. */
static void name_default(const char *path, char name[PATH_MAX])
{
    const char *slash = strrchr(path, '/'), *file = slash == NULL ? path : slash + 1, *dot = strrchr(file, '.');
    snprintf(name, PATH_MAX, "%.*s.h", dot == NULL ? (int)strlen(file) : (int)(dot - file), file);
}

static int header_write(struct output *out, const char *name)
{
    out->file = fopen(name, "we");
    if (out->file == NULL)
        return complain("%s: it cannot be written", name);
    int status = header_print(out);
    if (fclose(out->file) != 0)
        return complain("%s: it cannot be written", name);
    if (status != 0)
        remove(name);
    return status;
}

int command_mc(int argc, char **argv)
{
    struct manifest manifest;
    struct output out = {.prefix = "EventWrite", .manifest = &manifest};
    char name[PATH_MAX] = "";
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-um") == 0)
            out.user = 1;
        else if (strcmp(argv[i], "-km") == 0)
            out.user = 0;
        else if (strcmp(argv[i], "-p") == 0 && i + 1 < argc)
            out.prefix = argv[++i];
        else if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
            snprintf(name, sizeof name, "%s", argv[++i]);
        else if (argv[i][0] == '-' || out.path != NULL)
            return complain("usage: ovl mc [-um|-km] [-p PREFIX] [-o FILE.h] FILE.man");
        else
            out.path = argv[i];
    }
    if (out.path == NULL)
        return complain("mc: which manifest?");
    if (name[0] == '\0')
        name_default(out.path, name);
    int status = manifest_read(out.path, &manifest) != 0 || header_write(&out, name) != 0;
    manifest_free(&manifest);
    return status;
}
