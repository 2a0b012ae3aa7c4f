/* SPDX-License-Identifier: MIT */
/* What the subcommands of `ovl` share. Each takes the arguments after its name and returns the exit status. */
#ifndef TOOLS_OVL_H
#define TOOLS_OVL_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

int command_run(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_info(int argc, char **argv);
int command_usb(int argc, char **argv);
int command_driver(int argc, char **argv);
int command_mc(int argc, char **argv);
int command_wpp(int argc, char **argv);
int usb_serve(int argc, char **argv);
int usb_attach(int argc, char **argv);
int usb_show_attached(void); /* as a tree; 1: there is none */

/* --usb=SPEC and --pcap=FILE become the library's variables. 0: it is neither. */
int environment_option(const char *argument);

/* Complains as `ovl: ...` and returns 2. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The path of another tool beside this one. */
void tool_path(const char *name, char path[PATH_MAX]);

/* Compiles `source` unless the cache has it; the program's path in `program`. 0, or an exit status. */
int program_build(const char *source, char program[PATH_MAX]);

/* The same for a driver of one source. */
int driver_build(const char *source, char path[PATH_MAX]);

/* `--driver SPEC` of run: one more for OVERLAPPED_DRIVERS, with the verifier on unless the environment says otherwise. 0, or an exit
 * status. */
int driver_option(const char *spec);

/* `run --fail-every-allocation=STEP`: an exit status. A run that takes longer than `seconds` hangs. */
int run_every_allocation(char **argv, int seconds, int step);

/* Whether the name says that it is C or C++ source. */
int is_source(const char *name);

/* Starts argv[0] (compiled first when it is source) in place of this process. Returns only on failure. */
int program_exec(char **argv);

#endif
