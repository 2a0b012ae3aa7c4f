/* SPDX-License-Identifier: MIT */
/* File and line of an address by DWARF's line programs, versions 2 to 5. Pure: works on the section's bytes, and whatever they hold it
 * stays inside them. The whole of a driver's programs is run for each question; they are few. */
#include <stdio.h>
#include <string.h>

#include "wdm/verify_place.h"

/* ---- Reading; a read beyond the end gives 0 and ends everything ------------------------------------------------------ */

struct cursor {
    const uint8_t *at, *end;
};

static uint64_t get(struct cursor *cursor, unsigned bytes)
{
    uint64_t value = 0;
    if ((size_t)(cursor->end - cursor->at) < bytes) {
        cursor->at = cursor->end;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++) /* drivers are for this machine, which is little-endian */
        value |= (uint64_t)cursor->at[i] << (8 * i);
    cursor->at += bytes;
    return value;
}

static uint64_t get_uleb(struct cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; cursor->at < cursor->end;) {
        uint8_t byte = *cursor->at++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        if (!(byte & 0x80))
            break;
    }
    return value;
}

static int64_t get_sleb(struct cursor *cursor)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte = 0;
    while (cursor->at < cursor->end) {
        byte = *cursor->at++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        if (!(byte & 0x80))
            break;
    }
    if (shift < 64 && (byte & 0x40))
        value |= ~(uint64_t)0 << shift;
    return (int64_t)value;
}

static const char *get_string(struct cursor *cursor)
{
    const uint8_t *end = memchr(cursor->at, 0, (size_t)(cursor->end - cursor->at));
    const char *text = (const char *)cursor->at;
    if (end == NULL) {
        cursor->at = cursor->end;
        return "";
    }
    cursor->at = end + 1;
    return text;
}

static void skip(struct cursor *cursor, uint64_t bytes)
{
    cursor->at = (uint64_t)(cursor->end - cursor->at) < bytes ? cursor->end : cursor->at + bytes;
}

/* ---- A unit ------------------------------------------------------------------------------------------------------------- */

struct unit {
    struct verify_section line_strings, strings;
    struct cursor files;  /* where its table of file names begins */
    unsigned version, offset_size, address_size;
    uint8_t least, per, first_special;
    int8_t base;
    uint8_t range;
    const uint8_t *lengths; /* of the standard opcodes */
};

static const char *section_string(struct verify_section section, uint64_t at)
{
    if (at >= section.size || memchr(section.data + at, 0, section.size - at) == NULL)
        return "";
    return (const char *)section.data + at;
}

enum { FORM_DATA2 = 5, FORM_DATA4 = 6, FORM_DATA8 = 7, FORM_STRING = 8, FORM_BLOCK = 9, FORM_DATA1 = 0xb, FORM_STRP = 0xe,
       FORM_UDATA = 0xf, FORM_DATA16 = 0x1e, FORM_LINE_STRP = 0x1f };

/* Reads one field; the text of a string form, or NULL. */
static const char *form_read(struct unit *unit, struct cursor *cursor, uint64_t form)
{
    switch (form) {
    case FORM_STRING: return get_string(cursor);
    case FORM_STRP: return section_string(unit->strings, get(cursor, unit->offset_size));
    case FORM_LINE_STRP: return section_string(unit->line_strings, get(cursor, unit->offset_size));
    case FORM_DATA1: get(cursor, 1); return NULL;
    case FORM_DATA2: get(cursor, 2); return NULL;
    case FORM_DATA4: get(cursor, 4); return NULL;
    case FORM_DATA8: get(cursor, 8); return NULL;
    case FORM_DATA16: skip(cursor, 16); return NULL;
    case FORM_UDATA: get_uleb(cursor); return NULL;
    case FORM_BLOCK: skip(cursor, get_uleb(cursor)); return NULL;
    default: cursor->at = cursor->end; return NULL;
    }
}

/* Version 5: a table of directories or files; stops at entry `wanted`. */
static const char *table_read(struct unit *unit, struct cursor *cursor, uint64_t wanted)
{
    enum { CONTENT_PATH = 1 };
    uint64_t formats = get(cursor, 1);
    struct cursor format = *cursor;
    for (uint64_t i = 0; i < formats; i++) {
        get_uleb(cursor);
        get_uleb(cursor);
    }
    uint64_t count = get_uleb(cursor);
    for (uint64_t i = 0; i < count && cursor->at < cursor->end; i++) {
        struct cursor at = format;
        const char *name = "";
        for (uint64_t f = 0; f < formats; f++) {
            uint64_t content = get_uleb(&at), form = get_uleb(&at);
            const char *text = form_read(unit, cursor, form);
            if (content == CONTENT_PATH && text != NULL)
                name = text;
        }
        if (i == wanted)
            return name;
    }
    return NULL;
}

static const char *file_name(struct unit *unit, uint64_t number)
{
    struct cursor cursor = unit->files;
    if (unit->version >= 5) {
        table_read(unit, &cursor, UINT64_MAX); /* the directories */
        return table_read(unit, &cursor, number);
    }
    while (cursor.at < cursor.end && *get_string(&cursor) != '\0')
        ; /* the directories */
    for (uint64_t i = 1; cursor.at < cursor.end; i++) {
        const char *name = get_string(&cursor);
        if (*name == '\0')
            break;
        if (i == number)
            return name;
        get_uleb(&cursor);
        get_uleb(&cursor);
        get_uleb(&cursor);
    }
    return NULL;
}

/* ---- The line program ------------------------------------------------------------------------------------------------------- */

struct row {
    uint64_t address, file, line;
};

/* True: `address` lies between the rows; *found is the first, *outer the last before it of another file: where an inline function of a
 * header was called. */
static bool program_run(struct unit *unit, struct cursor cursor, uint64_t address, struct row *found, struct row *outer)
{
    enum { COPY = 1, ADVANCE_PC, ADVANCE_LINE, SET_FILE, CONST_ADD_PC = 8, FIXED_ADVANCE_PC, END_SEQUENCE = 1, SET_ADDRESS };
    struct row now = {0, 1, 1}, before = {0}, other = {0};
    bool has_before = false;
    while (cursor.at < cursor.end) {
        uint8_t op = (uint8_t)get(&cursor, 1);
        bool emits = false, ends = false;
        if (op >= unit->first_special) {
            unsigned special = op - unit->first_special;
            now.address += special / unit->range * unit->least;
            now.line += (uint64_t)(int64_t)(unit->base + (int)(special % unit->range));
            emits = true;
        } else if (op == 0) {
            uint64_t length = get_uleb(&cursor);
            struct cursor extended = cursor;
            skip(&cursor, length);
            uint8_t code = (uint8_t)get(&extended, 1);
            if (code == SET_ADDRESS)
                now.address = get(&extended, unit->address_size);
            ends = emits = code == END_SEQUENCE;
        } else if (op == COPY) {
            emits = true;
        } else if (op == ADVANCE_PC) {
            now.address += get_uleb(&cursor) * unit->least;
        } else if (op == ADVANCE_LINE) {
            now.line += (uint64_t)get_sleb(&cursor);
        } else if (op == SET_FILE) {
            now.file = get_uleb(&cursor);
        } else if (op == CONST_ADD_PC) {
            now.address += (255u - unit->first_special) / unit->range * unit->least;
        } else if (op == FIXED_ADVANCE_PC) {
            now.address += get(&cursor, 2);
        } else {
            for (uint8_t i = 0; i < unit->lengths[op - 1]; i++)
                get_uleb(&cursor);
        }
        if (!emits)
            continue;
        if (has_before && address >= before.address && address < now.address) {
            *found = before;
            *outer = other;
            return true;
        }
        if (has_before && before.file != now.file)
            other = before;
        before = now;
        has_before = !ends;
        if (ends) {
            now = (struct row){0, 1, 1};
            other = (struct row){0};
        }
    }
    return false;
}

/* Reads a unit's header; `section` moves behind the unit, *program is its line program. */
static bool unit_read(struct cursor *section, struct unit *unit, struct cursor *program)
{
    uint64_t length = get(section, 4);
    unit->offset_size = 4;
    if (length == 0xffffffff) {
        length = get(section, 8);
        unit->offset_size = 8;
    }
    if (length > (uint64_t)(section->end - section->at))
        length = (uint64_t)(section->end - section->at);
    struct cursor cursor = {section->at, section->at + length};
    skip(section, length);
    unit->version = (unsigned)get(&cursor, 2);
    if (unit->version < 2 || unit->version > 5)
        return false;
    unit->address_size = sizeof(void *);
    if (unit->version >= 5) {
        unit->address_size = (unsigned)get(&cursor, 1);
        get(&cursor, 1);
    }
    uint64_t header = get(&cursor, unit->offset_size);
    *program = cursor;
    skip(program, header);
    unit->least = (uint8_t)get(&cursor, 1);
    if (unit->version >= 4)
        unit->per = (uint8_t)get(&cursor, 1);
    get(&cursor, 1);
    unit->base = (int8_t)get(&cursor, 1);
    unit->range = (uint8_t)get(&cursor, 1);
    unit->first_special = (uint8_t)get(&cursor, 1);
    unit->lengths = cursor.at;
    if (unit->range == 0 || unit->first_special == 0 || unit->address_size > 8)
        return false;
    skip(&cursor, unit->first_special - 1u);
    unit->files = (struct cursor){cursor.at, program->at};
    return cursor.at < cursor.end;
}

static const char *base_name(const char *name)
{
    const char *slash = name == NULL ? NULL : strrchr(name, '/');
    return slash == NULL ? name : slash + 1;
}

/* The framework's methods are inline functions of these headers: the line that called one is wanted. */
static bool is_wrapper(const char *name)
{
    const char *dot = name == NULL ? NULL : strrchr(name, '.');
    return dot != NULL && strcmp(dot, ".h") == 0 && (strncmp(name, "wdf", 3) == 0 || strcmp(name, "wdm.h") == 0);
}

bool verify_line_find(struct verify_section line, struct verify_section line_strings, struct verify_section strings, uint64_t address,
                      char *file, size_t size, unsigned *number)
{
    struct cursor section = {line.data, line.data + line.size};
    while (line.data != NULL && section.at < section.end) {
        struct unit unit = {.line_strings = line_strings, .strings = strings};
        struct cursor program;
        struct row row, outer;
        if (!unit_read(&section, &unit, &program) || !program_run(&unit, program, address, &row, &outer))
            continue;
        const char *name = base_name(file_name(&unit, row.file));
        if (is_wrapper(name) && outer.line != 0) {
            row = outer;
            name = base_name(file_name(&unit, row.file));
        }
        if (name == NULL || row.line == 0)
            return false;
        snprintf(file, size, "%s", name);
        *number = (unsigned)row.line;
        return true;
    }
    return false;
}
