/* SPDX-License-Identifier: MIT */
/* ovl usb serve: exports USB devices by USB/IP until it is interrupted. */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ovl.h"
#include "overlapped.h"

static int serve_help(void)
{
    puts(
        "usage: ovl usb serve [--listen=ADDRESS] [--port=N] DEVICE...\n"
        "  DEVICE is as in OVERLAPPED_USB: a model (mutt, fx2, audio) with its options, or usbfs.\n"
        "  Listens on 127.0.0.1 port 3240. USB/IP has no encryption and no passwords.");
    return 0;
}

/* The devices, with semicolons between, for the library to start. */
static bool devices_set(int count, char **devices)
{
    char spec[4096] = "";
    for (int i = 0; i < count; i++) {
        size_t at = strlen(spec);
        if ((size_t)snprintf(spec + at, sizeof spec - at, "%s%s", i == 0 ? "" : ";", devices[i]) >=
            sizeof spec - at)
            return false;
    }
    return setenv("OVERLAPPED_USB", spec, 1) == 0;
}

int usb_serve(int argc, char **argv)
{
    const char *address = NULL;
    unsigned long port = 3240;
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--help") == 0)
            return serve_help();
        if (strncmp(argv[at], "--listen=", 9) == 0)
            address = argv[at] + 9;
        else if (strncmp(argv[at], "--port=", 7) == 0)
            port = strtoul(argv[at] + 7, NULL, 10);
        else
            return complain("usb serve: no option %s", argv[at]);
    }
    if (at == argc)
        return complain("usb serve: which devices? (--help)");
    if (port > 65535 || !devices_set(argc - at, argv + at))
        return complain("usb serve: the port or the list of devices is too large");
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    struct ovl_usb_server *server;
    uint16_t bound;
    uint32_t error = ovl_usb_serve(address, (uint16_t)port, &server, &bound);
    if (error != 0)
        return complain("usb serve: error %u", error);
    printf("serving on %s port %u; attach with: usbip --tcp-port %u attach -r HOST -b virtual-1\n",
           address != NULL ? address : "127.0.0.1", bound, bound);
    fflush(stdout);
    int signal;
    sigwait(&ends, &signal);
    ovl_usb_serve_stop(server);
    return 0;
}
