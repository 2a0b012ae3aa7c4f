/* SPDX-License-Identifier: MIT */
/* `ovl usb`: the devices of all hosts, as a list, as a tree by bus and port, and one's descriptors
 * decoded; its other commands have files of their own. */
#include <stdlib.h>
#include <string.h>

#include "overlapped.h"
#include "ovl.h"
#include "usb_pipe.h"

int environment_option(const char *argument)
{
    static const struct {
        const char *option, *variable;
    } options[] = {{"--usb=", "OVERLAPPED_USB"}, {"--pcap=", "OVERLAPPED_PCAP"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        size_t length = strlen(options[i].option);
        if (strncmp(argument, options[i].option, length) == 0)
            return setenv(options[i].variable, argument + length, 1) == 0;
    }
    return 0;
}

static int failed(const char *what, uint32_t error)
{
    const char *why = error == 2 ? "no such device" : error == 5 ? "access is denied" : NULL;
    if (why != NULL)
        complain("%s: %s", what, why);
    else
        complain("%s: error %u", what, error);
    return 1;
}

static void print_line(const struct ovl_usb_info *info)
{
    printf("%s  %04x:%04x  %s  %s%s%s\n", info->path, info->vendor_id, info->product_id,
           info->speed, info->manufacturer, info->manufacturer[0] != '\0' ? " " : "",
           info->product);
}

/* By ids, as "1209:0001": the first that has them. Anything else is a name from the list. */
const char *usb_device_named(const char *text)
{
    static char name[sizeof((struct ovl_usb_info *)0)->path];
    struct ovl_usb_info *devices;
    uint32_t count, found = 0;
    unsigned vendor, product;
    char behind;
    if (strlen(text) != 9 || sscanf(text, "%4x:%4x%c", &vendor, &product, &behind) != 2 ||
        ovl_usb_list(&devices, &count) != 0)
        return text;
    while (found < count &&
           (devices[found].vendor_id != vendor || devices[found].product_id != product))
        found++;
    if (found < count)
        snprintf(name, sizeof name, "%s", devices[found].path);
    ovl_free(devices);
    return found < count ? name : text;
}

static int show(const char *path, int brief)
{
    char *text;
    uint32_t error = ovl_usb_describe(path, brief, &text);
    if (error != 0)
        return failed(path, error);
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        printf("%s%.*s\n", brief ? "      " : "", (int)length, line);
        line += length + (line[length] == '\n');
    }
    ovl_free(text);
    return 0;
}

static int by_place(const void *left, const void *right)
{
    const struct ovl_usb_info *a = left, *b = right;
    int host = strcmp(a->host, b->host);
    if (host != 0)
        return host;
    if (a->bus != b->bus)
        return a->bus < b->bus ? -1 : 1;
    return strcmp(a->path, b->path);
}

static int print_tree(struct ovl_usb_info *devices, uint32_t count)
{
    int status = 0;
    qsort(devices, count, sizeof *devices, by_place);
    for (uint32_t i = 0; i < count; i++) {
        const struct ovl_usb_info *info = &devices[i];
        if (i == 0 || info->bus != info[-1].bus || strcmp(info->host, info[-1].host) != 0)
            printf("%s, bus %u\n", info->host, info->bus);
        printf("  port %u: ", info->port);
        print_line(info);
        fflush(stdout);
        if (show(info->path, 1) != 0)
            status = 1;
    }
    return status;
}

static int list_devices(int as_tree)
{
    struct ovl_usb_info *devices;
    uint32_t count;
    uint32_t error = ovl_usb_list(&devices, &count);
    if (error != 0)
        return failed("usb", error);
    int status = 0;
    if (as_tree)
        status = print_tree(devices, count);
    else
        for (uint32_t i = 0; i < count; i++)
            print_line(&devices[i]);
    ovl_free(devices);
    return status;
}

int usb_show_attached(void)
{
    struct ovl_usb_info *devices;
    uint32_t count;
    uint32_t error = ovl_usb_list(&devices, &count);
    if (error != 0)
        return failed("usb", error);
    int status = count == 0 ? 1 : print_tree(devices, count); /* why not has been said */
    ovl_free(devices);
    return status;
}

static int transfer(int argc, char **argv)
{
    struct transfer_options options;
    int status = options_read(&options, argc, argv);
    if (status >= 0)
        return status;
    return options.isoch ? usb_isoch(&options) : usb_bulk(&options);
}

static int usage(FILE *to)
{
    fputs("usage: ovl usb [--usb=SPEC] [--pcap=FILE] COMMAND\n"
          "  list         one line for each device\n"
          "  tree         by bus and port, with interfaces and endpoints\n"
          "  show DEVICE  all its descriptors, decoded; DEVICE is a name from the list, or "
          "1209:0001\n"
          "  read, write, iso-read, iso-write [OPTIONS] DEVICE [PIPE]   move data (ovl usb read "
          "--help)\n"
          "  serve DEVICE...             exports devices by USB/IP (ovl usb serve --help)\n"
          "  attach tcp:HOST[:PORT][:BUSID] [PROGRAM]   uses those of a server (ovl usb attach "
          "--help)\n"
          "  --usb=SPEC   which hosts, as OVERLAPPED_USB has it: mutt, fx2, audio (virtual "
          "devices), usbfs, usbip:HOST;\n"
          "               with semicolons between. Without either: usbfs\n"
          "  --pcap=FILE  captures what goes over the bus, for Wireshark\n",
          to);
    return to == stdout ? 0 : 2;
}

int command_usb(int argc, char **argv)
{
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--help") == 0)
            return usage(stdout);
        if (!environment_option(argv[at])) {
            complain("usb: no option %s", argv[at]);
            return usage(stderr);
        }
    }
    if (at < argc && strcmp(argv[at], "serve") == 0)
        return usb_serve(argc - at, argv + at);
    if (at < argc && strcmp(argv[at], "attach") == 0)
        return usb_attach(argc - at, argv + at);
    setenv("OVERLAPPED_USB", "usbfs", 0);
    int left = argc - at;
    static const char *const moving[] = {"read", "write", "iso-read", "iso-write"};
    for (size_t i = 0; left > 0 && i < sizeof moving / sizeof *moving; i++)
        if (strcmp(argv[at], moving[i]) == 0)
            return transfer(left, argv + at);
    if (left == 1 && strcmp(argv[at], "list") == 0)
        return list_devices(0);
    if (left == 1 && strcmp(argv[at], "tree") == 0)
        return list_devices(1);
    if (left == 2 && strcmp(argv[at], "show") == 0)
        return show(usb_device_named(argv[at + 1]), 0);
    return usage(stderr);
}
