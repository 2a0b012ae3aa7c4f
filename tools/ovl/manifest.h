/* SPDX-License-Identifier: MIT */
/* An XML document as a flat list of elements in their order, enough for an event manifest. */
#ifndef TOOLS_OVL_MANIFEST_H
#define TOOLS_OVL_MANIFEST_H

#include <stddef.h>

struct attribute {
    const char *name, *value;
};

struct element {
    const char *name; /* without namespace prefix */
    int parent;       /* index, or -1 */
    unsigned line;
    struct attribute attributes[16];
    size_t attribute_count;
};

struct manifest {
    char *memory;
    struct element *elements;
    size_t count;
};

/* UTF-8 or UTF-16 bytes. 0; else a complaint was made. */
int manifest_read(const char *path, struct manifest *manifest);
/* Also of one that could not be read. */
void manifest_free(struct manifest *manifest);
/* The attribute, or NULL. */
const char *attribute_of(const struct element *element, const char *name);
/* The next element named `name` below `parent` (at any depth; -1: anywhere), from index `from`; -1: none. */
int element_next(const struct manifest *manifest, int parent, const char *name, int from);

#endif
