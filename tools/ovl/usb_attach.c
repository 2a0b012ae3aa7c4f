/* SPDX-License-Identifier: MIT */
/* ovl usb attach: runs a program with the devices of a USB/IP server, or shows them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ovl.h"

static int attach_help(void)
{
    puts("usage: ovl usb attach [--reconnect] tcp:HOST[:PORT][:BUSID] [PROGRAM [ARGS]]\n"
         "  Runs the program (compiled first when it is source) with the devices of that USB/IP "
         "server, or the one with the bus id;\n"
         "  without a program: shows them. An IPv6 address stands in brackets. USB/IP has no "
         "encryption and no passwords.");
    return 0;
}

/* Takes what stands before the next colon; `rest` is behind it, or NULL. */
static char *field_take(char **rest)
{
    char *begin = *rest, *end = strchr(begin, ':');
    if (begin[0] == '[') { /* IPv6 */
        char *bracket = strchr(begin, ']');
        end = bracket == NULL ? NULL : bracket[1] == ':' ? bracket + 1 : NULL;
    }
    *rest = end == NULL ? NULL : end + 1;
    if (end != NULL)
        *end = '\0';
    return begin;
}

static int is_number(const char *text)
{
    size_t length = strspn(text, "0123456789");
    return length > 0 && text[length] == '\0';
}

/* As OVERLAPPED_USB has it. 0: it is not an address. */
static int spec_make(const char *address, int reconnect, char *spec, size_t size)
{
    char copy[512], *rest = copy;
    if (strncmp(address, "tcp:", 4) != 0 || strlen(address + 4) >= sizeof copy ||
        strpbrk(address, ";,") != NULL)
        return 0;
    strcpy(copy, address + 4);
    const char *host = field_take(&rest), *port = "", *busid = "";
    if (rest != NULL && is_number(rest)) {
        port = rest;
    } else if (rest != NULL) {
        char *field = field_take(&rest);
        if (rest != NULL && is_number(field)) {
            port = field;
            field = rest;
        } else if (rest != NULL) {
            return 0;
        }
        busid = field;
    }
    if (*host == '\0')
        return 0;
    return snprintf(spec, size, "usbip:%s%s%s%s%s%s", host, *port != '\0' ? ":" : "", port,
                    *busid != '\0' ? ",busid=" : "", busid,
                    reconnect ? ",reconnect" : "") < (int)size;
}

int usb_attach(int argc, char **argv)
{
    char spec[1024];
    int at = 1, reconnect = 0;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--help") == 0)
            return attach_help();
        if (strcmp(argv[at], "--reconnect") != 0)
            return complain("usb attach: no option %s", argv[at]);
        reconnect = 1;
    }
    if (at == argc)
        return complain("usb attach: which server? (--help)");
    if (!spec_make(argv[at], reconnect, spec, sizeof spec))
        return complain("usb attach: %s is not tcp:HOST[:PORT][:BUSID]", argv[at]);
    setenv("OVERLAPPED_USB", spec, 1);
    return at + 1 < argc ? program_exec(argv + at + 1) : usb_show_attached();
}
