/* SPDX-License-Identifier: MIT */
/* Addresses as a reader wants them: module, function and, with debugging information, file and line. Read from the module's file, which
 * costs milliseconds: for reports. */
#ifndef WDM_VERIFY_PLACE_H
#define WDM_VERIFY_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verify_place {
    char module[64];    /* "echo.so" */
    char function[96];  /* "" where symbols are stripped */
    char file[128];     /* "" without debugging information */
    unsigned line;
    uint64_t offset;    /* from the function, or from the module's beginning */
};

/* `call`: the address is where a call returns to, so the line is that of the instruction before. false: in no module. */
bool verify_place_find(const void *address, bool call, struct verify_place *place);
/* "echo.so!EvtIoRead+0x1c (echo.c:42)". */
void verify_place_print(const void *address, bool call, char *text, size_t size);

/* verify_line.c: the line of an address (as the file counts them) by .debug_line; the sections are the file's. */
struct verify_section {
    const uint8_t *data;
    size_t size;
};
bool verify_line_find(struct verify_section line, struct verify_section line_strings, struct verify_section strings, uint64_t address,
                      char *file, size_t size, unsigned *number);

#endif
