/* SPDX-License-Identifier: MIT */
/* `ovl run`: a program given as source is compiled once and kept in the cache under a hash of its preprocessed
 * text (so of every header it includes) and of the compiler driver's options; then it takes this process's place. */
#include "ovl.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cache.h"

extern char **environ;

int is_source(const char *name)
{
    static const char *const endings[] = {".c", ".cpp", ".cc", ".cxx", ".C"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0)
            return 1;
    return 0;
}

static const char *driver_for(const char *source)
{
    const char *dot = strrchr(source, '.');
    return strcmp(dot, ".c") == 0 ? "ovcc" : "ovc++";
}

static int wait_exit(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* FNV-1a over what the preprocessor prints. 0: it failed (and said why). */
static uint64_t source_hash(const char *driver, const char *option, const char *source)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return 0;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    char *arguments[] = {(char *)driver, "-E", (char *)source, (char *)option, NULL};
    pid_t pid;
    int error = posix_spawn(&pid, driver, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    uint64_t hash = 0xcbf29ce484222325;
    char text[65536];
    for (ssize_t length; error == 0 && (length = read(ends[0], text, sizeof text)) != 0;) {
        if (length < 0 && errno != EINTR)
            break;
        for (ssize_t i = 0; i < length; i++)
            hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
    }
    close(ends[0]);
    if (error != 0)
        complain("%s: %s", driver, strerror(error));
    return error != 0 || wait_exit(pid) != 0 ? 0 : hash;
}

/* The file that the source's hash and the tool's age name, in the cache. */
static int cached_name(const char *driver, const char *option, const char *source, char name[PATH_MAX])
{
    char cache[PATH_MAX];
    uint64_t hash = source_hash(driver, option, source);
    if (hash == 0)
        return 1;
    if (cache_directory(cache) != 0)
        return complain("%s: %s", cache, strerror(errno));
    struct stat tool;
    if (stat(driver, &tool) == 0) /* another compiler driver: another program */
        hash ^= (uint64_t)tool.st_mtim.tv_sec * 0x9e3779b97f4a7c15 ^ (uint64_t)tool.st_ino;
    if (snprintf(name, PATH_MAX, "%s/%016llx", cache, (unsigned long long)hash) >= PATH_MAX)
        return complain("%s: the name is too long", cache);
    return 0;
}

/* Compiles to a name of its own first, so that two at once do no harm. `option` may be NULL. */
static int compile(char *driver, const char *option, const char *source, const char *program)
{
    char fresh[PATH_MAX];
    if (snprintf(fresh, PATH_MAX, "%s.%d", program, (int)getpid()) >= PATH_MAX)
        return complain("%s: the name is too long", program);
    char *arguments[] = {driver, "-O2", "-g", "-o", fresh, (char *)source, (char *)option, NULL};
    pid_t pid;
    int error = posix_spawn(&pid, driver, NULL, NULL, arguments, environ);
    if (error != 0)
        return complain("%s: %s", driver, strerror(error));
    int status = wait_exit(pid);
    if (status == 0 && rename(fresh, program) != 0)
        return complain("%s: %s", program, strerror(errno));
    return status;
}

int program_build(const char *source, char program[PATH_MAX])
{
    char driver[PATH_MAX];
    tool_path(driver_for(source), driver);
    int status = cached_name(driver, NULL, source, program);
    if (status != 0 || access(program, X_OK) == 0)
        return status;
    return compile(driver, NULL, source, program);
}

/* A directory for each, so that the driver keeps its name: it is its service's. */
int driver_build(const char *source, char path[PATH_MAX])
{
    char driver[PATH_MAX], directory[PATH_MAX];
    const char *slash = strrchr(source, '/'), *name = slash == NULL ? source : slash + 1;
    tool_path(driver_for(source), driver);
    int status = cached_name(driver, "--driver", source, directory);
    if (status != 0)
        return status;
    if (snprintf(path, PATH_MAX, "%s.driver/%.*s.so", directory, (int)(strrchr(name, '.') - name), name) >= PATH_MAX)
        return complain("%s: the name is too long", directory);
    if (access(path, R_OK) == 0)
        return 0;
    *strrchr(path, '/') = '\0';
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return complain("%s: %s", path, strerror(errno));
    path[strlen(path)] = '/';
    return compile(driver, "--driver", source, path);
}

int program_exec(char **argv)
{
    char program[PATH_MAX];
    if (is_source(argv[0])) {
        int status = program_build(argv[0], program);
        if (status != 0)
            return status;
        execv(program, argv);
        return complain("%s: %s", program, strerror(errno));
    }
    execvp(argv[0], argv);
    complain("%s: %s", argv[0], strerror(errno));
    return 127;
}

/* "--usb MODEL" is "--usb=MODEL". */
static int usb_option(const char *value)
{
    return value == NULL || *value == '\0' ? complain("run: --usb which device?") : setenv("OVERLAPPED_USB", value, 1);
}

/* The value of an option that may have it behind '=' or as the next argument; NULL: it is not this option. */
static const char *option_value(const char *name, char **argv, int argc, int *at)
{
    size_t length = strlen(name);
    if (strncmp(argv[*at], name, length) != 0)
        return NULL;
    if (argv[*at][length] == '=')
        return argv[*at] + length + 1;
    if (argv[*at][length] != '\0')
        return NULL;
    return *at + 1 < argc ? argv[++*at] : "";
}

static int run_option(int argc, char **argv, int *at)
{
    const char *value;
    if ((value = option_value("--driver", argv, argc, at)) != NULL)
        return driver_option(value);
    if ((value = option_value("--usb", argv, argc, at)) != NULL)
        return usb_option(value);
    if (strncmp(argv[*at], "--engine=", 9) == 0)
        return setenv("OVERLAPPED_ENGINE", argv[*at] + 9, 1);
    if (strncmp(argv[*at], "--trace=", 8) == 0)
        return setenv("OVERLAPPED_TRACE", argv[*at] + 8, 1);
    if (strncmp(argv[*at], "--verifier=", 11) == 0)
        return setenv("OVERLAPPED_VERIFIER", argv[*at] + 11, 1);
    return environment_option(argv[*at]) ? 0 : complain("run: no option %s", argv[*at]);
}

int command_run(int argc, char **argv)
{
    enum { SECONDS = 60 };
    int at = 1, seconds = SECONDS, step = 0;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--fail-every-allocation") == 0) {
            step = 1;
            continue;
        }
        if (strncmp(argv[at], "--fail-every-allocation=", 24) == 0 && (step = atoi(argv[at] + 24)) > 0)
            continue;
        if (strncmp(argv[at], "--timeout=", 10) == 0 && (seconds = atoi(argv[at] + 10)) > 0)
            continue;
        int status = run_option(argc, argv, &at);
        if (status != 0)
            return status;
    }
    if (at == argc)
        return complain("run: which program?");
    return step != 0 ? run_every_allocation(argv + at, seconds, step) : program_exec(argv + at);
}
