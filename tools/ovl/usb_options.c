/* SPDX-License-Identifier: MIT */
/* The options of ovl usb read, write, iso-read and iso-write. */
#include <stdlib.h>
#include <string.h>

#include "ovl.h"
#include "usb_pipe.h"

enum { SIZE_MAX_BYTES = 64 << 20, DEPTH_MAX = 64, FRAMES_MAX = 128 };

static int help(void)
{
    puts("usage: ovl usb [--usb=SPEC] [--pcap=FILE] read|write|iso-read|iso-write [OPTIONS] DEVICE "
         "[PIPE]\n"
         "  DEVICE is a name from ovl usb list, or its ids (1209:0001); PIPE an endpoint address "
         "in hexadecimal (81); "
         "without it the first that fits.\n"
         "  --interface=N --setting=N   where the pipe is (the function of interface 0, the first "
         "setting that has one)\n"
         "  --request=TYPE:REQUEST:VALUE:INDEX   a control request without data that goes first, "
         "hexadecimal\n"
         "  --count=N      so many transfers          --seconds=S    so long (a file's length, or "
         "one transfer)\n"
         "  --depth=N      transfers under way (4; isochronous 8)\n"
         "  --file=F       data to or from a file, - for standard output or input; writes without "
         "one send 0, 1 ... 250, 0 ...\n"
         "  --quiet        no running figures\n"
         "  read, write:   --size=BYTES of a transfer (16384), --timeout=MS\n"
         "  iso-*:         --frames=N milliseconds of a transfer (10), --wav=F records or plays a "
         "WAV file");
    return 0;
}

/* A number within bounds; false: it is none. */
static bool number(const char *text, int base, uint64_t least, uint64_t most, uint64_t *value)
{
    char *end;
    *value = strtoull(text, &end, base);
    return *text != '\0' && *text != '-' && *end == '\0' && *value >= least && *value <= most;
}

static bool small(const char *text, int base, uint32_t least, uint32_t most, uint32_t *value)
{
    uint64_t wide;
    bool fits = number(text, base, least, most, &wide);
    *value = fits ? (uint32_t)wide : 0;
    return fits;
}

static bool seconds_read(const char *text, double *seconds)
{
    char *end;
    *seconds = strtod(text, &end);
    return *text != '\0' && *end == '\0' && *seconds > 0 && *seconds < 1e9;
}

/* 1: taken; 0: not known; -1: its value is wrong. */
static int option_take(struct transfer_options *options, const char *name, const char *value)
{
    uint32_t n = 0;
    bool good = true;
    if (strcmp(name, "interface") == 0) {
        good = small(value, 0, 0, 31, &n);
        options->interface = (int)n;
    } else if (strcmp(name, "setting") == 0) {
        good = small(value, 0, 0, 255, &n);
        options->setting = (int)n;
    } else if (strcmp(name, "count") == 0) {
        good = number(value, 0, 1, UINT64_MAX, &options->count);
    } else if (strcmp(name, "seconds") == 0) {
        good = seconds_read(value, &options->seconds);
    } else if (strcmp(name, "depth") == 0) {
        good = small(value, 0, 1, DEPTH_MAX, &options->depth);
    } else if (strcmp(name, "size") == 0 && !options->isoch) {
        good = small(value, 0, 1, SIZE_MAX_BYTES, &options->size);
    } else if (strcmp(name, "timeout") == 0 && !options->isoch) {
        good = small(value, 0, 0, UINT32_MAX, &options->timeout_ms);
    } else if (strcmp(name, "frames") == 0 && options->isoch) {
        good = small(value, 0, 1, FRAMES_MAX, &options->frames);
    } else if (strcmp(name, "wav") == 0 && options->isoch) {
        options->wav = value;
    } else if (strcmp(name, "file") == 0) {
        options->file = value;
    } else if (strcmp(name, "request") == 0) {
        options->request = value;
    } else {
        return 0;
    }
    return good ? 1 : -1;
}

static int option_read(struct transfer_options *options, const char *argument)
{
    char name[32];
    const char *equals = strchr(argument, '=');
    if (equals == NULL || (size_t)(equals - argument) >= sizeof name)
        return 0;
    memcpy(name, argument, (size_t)(equals - argument));
    name[equals - argument] = '\0';
    return option_take(options, name, equals + 1);
}

static int positions_read(struct transfer_options *options, const char *command, int count,
                          char **words)
{
    uint32_t pipe = 0;
    if (count < 1 || count > 2)
        return complain("usb %s: a device, and perhaps a pipe (--help)", command);
    options->device = words[0];
    if (count == 2) {
        if (!small(words[1], 16, 0x01, 0x8f, &pipe) || !(pipe & 0x80) != !options->in)
            return complain("usb %s: %s is not the address of an %s pipe", command, words[1],
                            options->in ? "IN" : "OUT");
        options->pipe = (int)pipe;
    }
    if (options->file != NULL && options->wav != NULL)
        return complain("usb %s: --file or --wav", command);
    if (options->count == 0 && options->seconds == 0 &&
        (options->in || (options->file == NULL && options->wav == NULL)))
        options->count = 1;
    return -1;
}

int options_read(struct transfer_options *options, int argc, char **argv)
{
    const char *command = argv[0];
    bool isoch = strncmp(command, "iso-", 4) == 0;
    *options = (struct transfer_options){.isoch = isoch,
                                         .in = strcmp(command + (isoch ? 4 : 0), "read") == 0,
                                         .pipe = -1,
                                         .interface = -1,
                                         .setting = -1,
                                         .size = 16384,
                                         .frames = 10,
                                         .depth = isoch ? 8 : 4};
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--help") == 0)
            return help();
        if (strcmp(argv[at], "--quiet") == 0) {
            options->quiet = true;
            continue;
        }
        int taken = option_read(options, argv[at] + 2);
        if (taken <= 0)
            return complain(taken == 0 ? "usb %s: no option %s" : "usb %s: the value of %s",
                            command, argv[at]);
    }
    return positions_read(options, command, argc - at, argv + at);
}
