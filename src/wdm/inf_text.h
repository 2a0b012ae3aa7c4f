/* SPDX-License-Identifier: MIT */
/* A setup file's lines, by section, and the fields in them: what inf.c and registry_file.c read from. */
#ifndef WDM_INF_TEXT_H
#define WDM_INF_TEXT_H

#include "wdm/inf.h"

struct inf_line {
    const char *section; /* name without brackets */
    const char *text;    /* without comment, trimmed, continued lines joined */
    uint32_t number;
};

struct inf_text {
    char *memory;        /* all texts */
    struct inf_line *lines;
    size_t count;
};

enum { INF_FIELD = 1024 };

/* UTF-16 or UTF-8 bytes as UTF-8, terminated; NULL: no memory, or more than a driver's file can be. NULs become spaces. */
char *inf_decode(const void *bytes, size_t length);

bool inf_text_read(const void *bytes, size_t length, struct inf_text *text, struct inf_error *error);
void inf_text_free(struct inf_text *text);

/* "key = a, b": the key without quotes and %strings%, and where the values begin; false: there is no '='. */
bool inf_key(const struct inf_text *text, const struct inf_line *line, char key[INF_FIELD], const char **values);

/* The next value of a list, without quotes, %strings% replaced; *at moves on. false: the list is at its end. */
bool inf_value(const struct inf_text *text, const char **at, char value[INF_FIELD]);

bool inf_has_section(const struct inf_text *text, const char *section);

#endif
