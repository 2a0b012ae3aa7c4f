/* SPDX-License-Identifier: MIT */
/* `ovl info`: what was probed on this machine. */
#include "ovl.h"

#include "overlapped.h"

int command_info(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct ovl_engine engine;
    ovl_engine_describe(&engine);
    printf("engine     %s", engine.name);
    if (engine.seed != 0)
        printf(" (seed %llu)", (unsigned long long)engine.seed);
    printf("\nio_uring   %s\nLinux AIO  %s\n", engine.has_uring ? "yes" : "no",
           engine.has_aio ? "yes" : "no");
    return 0;
}
