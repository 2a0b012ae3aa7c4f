/* SPDX-License-Identifier: MIT */
/* ovl: runs Windows programs from source, and shows what they do. */
#include "ovl.h"

#include <libgen.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"run", command_run, "run [--engine=E] [--trace=LIST] [--driver D.so[,inf=FILE][,id=ID][,reg=FILE]] [--usb SPEC] [--pcap=FILE]\n"
                           "          [--verifier=WORDS] [--fail-every-allocation[=STEP] [--timeout=SECONDS]] PROG [ARGS]\n"
                           "                                                   compile (when source) and run a program"},
    {"trace", command_trace, "trace [--json=FILE] PROG [ARGS]              run it and show its requests, one by one"},
    {"info", command_info, "info                                         what carries requests on this machine"},
    {"driver", command_driver, "driver check D.so|D.o ...                    what a driver imports, and what is not there"},
    {"mc", command_mc, "mc [-um] [-p PREFIX] [-o FILE.h] FILE.man     an event manifest's header"},
    {"wpp", command_wpp, "wpp [-scan:FILE] [-odir:DIR] ... FILE...       the .tmh files of WPP's trace functions"},
    {"usb", command_usb, "usb [--usb=SPEC] list|tree|show|read|write|iso-read|iso-write|serve|attach ...   USB devices (ovl usb --help)"},
};

int complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("ovl: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return 2;
}

void tool_path(const char *name, char path[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    if (snprintf(path, PATH_MAX, "%s/%s", dirname(self), name) >= PATH_MAX)
        snprintf(path, PATH_MAX, "%s", name);
}

static int usage(FILE *to)
{
    fputs("usage: ovl COMMAND ...\n", to);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(to, "  ovl %s\n", commands[i].help);
    return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    complain("no command %s", argv[1]);
    return usage(stderr);
}
