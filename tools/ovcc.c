/* SPDX-License-Identifier: MIT */
/* ovcc and ovc++: gcc or clang for Windows sources. Adds what such sources need - our headers in front, 16-bit
 * wchar_t, Microsoft's extensions and macros - drops what means nothing here (import libraries, -municode's link
 * part), and links with liboverlapped. Everything else goes to the compiler as it is.
 *
 *   OVCC_CC, OVCC_CXX   the compilers (default: gcc, g++; OVCC_CC=clang is enough for both)
 *   --driver            make a driver: a shared object with DriverEntry, kernel-mode headers
 *   --show              print the command instead of running it
 *   -scan:FILE, -func:NAME(ARGS)   more trace functions for the .tmh files that are made (see tmh.h) */
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "tmh.h"

struct command {
    char **words;
    size_t count, room;
};

static void add(struct command *command, const char *word)
{
    if (command->count + 1 >= command->room) {
        command->room = command->room * 2 + 64;
        command->words = realloc(command->words, command->room * sizeof *command->words);
        if (command->words == NULL) {
            fputs("ovcc: no memory\n", stderr);
            exit(1);
        }
    }
    command->words[command->count++] = strdup(word);
    command->words[command->count] = NULL;
}

static void add_joined(struct command *command, const char *first, const char *second)
{
    char word[2 * PATH_MAX];
    snprintf(word, sizeof word, "%s%s", first, second);
    add(command, word);
}

/* ---- Where things are ------------------------------------------------------------------------------------ */

struct places {
    char headers[PATH_MAX];
    char cxx[PATH_MAX]; /* the wrappers of the C++ library's headers */
    char hide[PATH_MAX]; /* version script: a program's own std::wstring stays its own */
    char library[PATH_MAX];
    char start[PATH_MAX]; /* the directory of libovlstart.a */
};

static void places_find(struct places *places)
{
    char self[PATH_MAX] = "";
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    char *here = dirname(self);
    if (strcmp(here, OVCC_BUILD "/tools") == 0) { /* not installed */
        snprintf(places->headers, PATH_MAX, "%s", OVCC_SOURCE "/include/overlapped");
        snprintf(places->cxx, PATH_MAX, "%s", OVCC_BUILD "/include/overlapped/cxx");
        snprintf(places->hide, PATH_MAX, "%s", OVCC_SOURCE "/tools/program.map");
        snprintf(places->library, PATH_MAX, "%s", OVCC_BUILD "/src");
        snprintf(places->start, PATH_MAX, "%s", OVCC_BUILD "/tools");
        return;
    }
    char prefix[PATH_MAX];
    snprintf(prefix, sizeof prefix, "%s", here);
    const char *top = dirname(prefix);
    snprintf(places->headers, PATH_MAX, "%.3000s/include/overlapped", top);
    snprintf(places->cxx, PATH_MAX, "%.3000s/include/overlapped/cxx", top);
    snprintf(places->hide, PATH_MAX, "%.3000s/%s/overlapped/program.map", top, OVCC_LIBDIR);
    snprintf(places->library, PATH_MAX, "%.3000s/%s", top, OVCC_LIBDIR);
    snprintf(places->start, PATH_MAX, "%.3000s/%s", top, OVCC_LIBDIR);
}

/* ---- What the arguments ask for ---------------------------------------------------------------------------- */

struct wishes {
    bool cxx, driver, show;
    bool links;      /* an output is linked */
    bool inputs;     /* anything to compile or link */
    bool shared;
    bool own_script; /* the user's words have a version script */
};

/* Import libraries of Windows: all that they hold is in liboverlapped. */
static bool is_import_library(const char *name)
{
    static const char *const names[] = {
        "kernel32", "user32",   "gdi32",   "advapi32", "ws2_32",   "wsock32",  "mswsock",  "ntdll",
        "ole32",    "oleaut32", "uuid",    "shell32",  "shlwapi",  "winusb",   "setupapi", "cfgmgr32",
        "winmm",    "rpcrt4",   "msvcrt",  "ucrt",     "ntoskrnl", "hal",      "usbd",     "wdfldr",
        "mingw32",  "moldname", "synchronization", "kernelbase", "bufferoverflowk", "iphlpapi", "psapi",
        "version",  "onecore",  "ntstrsafe", "wdmsec", "ucrtbase", "bcrypt", "crypt32", "dbghelp", "userenv", "secur32",
        "comctl32", "winspool", "mincore"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

/* "ws2_32.lib" among the inputs, as Microsoft's linker takes it. */
static bool is_import_file(const char *word)
{
    const char *dot = strrchr(word, '.');
    char name[64];
    if (dot == NULL || strcasecmp(dot, ".lib") != 0 || (size_t)(dot - word) >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)(dot - word), word);
    return is_import_library(name);
}

static bool takes_value(const char *word)
{
    static const char *const options[] = {"-o", "-x", "-I", "-L", "-D", "-U", "-include", "-isystem", "-idirafter",
                                          "-MF", "-MT", "-MQ", "-Xlinker", "-Xpreprocessor", "-T", "-u", "-z",
                                          "-iquote", "-imacros"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(word, options[i]) == 0)
            return true;
    return false;
}

static void wishes_read(struct wishes *wishes, int argc, char **argv)
{
    wishes->links = true;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "-c") == 0 || strcmp(word, "-S") == 0 || strcmp(word, "-E") == 0 ||
            strcmp(word, "-fsyntax-only") == 0 || strcmp(word, "-M") == 0 || strcmp(word, "-MM") == 0)
            wishes->links = false;
        else if (strcmp(word, "-shared") == 0 || strcmp(word, "-mdll") == 0)
            wishes->shared = true;
        else if (strcmp(word, "--driver") == 0)
            wishes->driver = true;
        else if (strcmp(word, "--show") == 0)
            wishes->show = true;
        else if (word[0] != '-' || word[1] == '\0')
            wishes->inputs = true;
        if (strstr(word, "--version-script") != NULL)
            wishes->own_script = true;
        if (takes_value(word))
            i++;
    }
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

/* C names whose meaning is Microsoft's here: the compiler must not know them better. */
static const char *const not_builtin[] = {
    "printf",  "fprintf", "sprintf", "snprintf", "vprintf", "vfprintf", "vsprintf", "vsnprintf", "scanf",
    "fscanf",  "sscanf",  "vscanf",  "vfscanf",  "vsscanf", "wprintf",  "fwprintf", "swprintf",  "wcslen",
    "wcscpy",  "wcsncpy", "wcscmp",   "wcsncmp", "wcschr",   "wcsrchr",  "wcsstr",    "wmemcpy",
    "wmemset", "wmemmove", "wmemcmp", "wmemchr",   "wcscat",   "fputws",   "fputwc",   "putwc",     "putwchar"};

static void add_headers(struct command *command, const struct places *places, bool driver)
{
    add(command, "-isystem");
    add(command, places->cxx);
    static const char *const folders[] = {"/crt", "/km", "/um", "/shared", ""};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (!driver && strcmp(folders[i], "/km") == 0)
            continue;
        add(command, "-isystem");
        add_joined(command, places->headers, folders[i]);
    }
    add(command, "-include");
    add_joined(command, places->headers, "/shared/ovl_compiler.h");
}

static void add_language(struct command *command, const struct wishes *wishes, bool clang)
{
    static const char *const always[] = {"-fshort-wchar",         "-fms-extensions", "-fno-strict-aliasing",
                                         "-Wno-unknown-pragmas",  "-D_WIN32=1",      "-D_WIN64=1",
                                         "-DWIN32=1",             "-DWIN64=1",       "-D_WINDOWS=1",
                                         "-D__OVERLAPPED__=1",    "-D_DEFAULT_SOURCE",
                                         "-U_FORTIFY_SOURCE"};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        add(command, always[i]);
#if defined(__x86_64__)
    add(command, "-D_M_X64=100");
    add(command, "-D_M_AMD64=100");
    add(command, "-D_AMD64_=1");
#elif defined(__aarch64__)
    add(command, "-D_M_ARM64=1");
    add(command, "-D_ARM64_=1");
#endif
    for (size_t i = 0; i < sizeof not_builtin / sizeof *not_builtin; i++)
        add_joined(command, "-fno-builtin-", not_builtin[i]);
    if (clang && wishes->cxx)
        add(command, "-std=gnu++17"); /* as g++ has it; clang 14's is gnu++14. The user's own comes later */
    if (!clang)
        add(command, "-Wno-clobbered"); /* __try: Microsoft's compiler has no such warning */
    if (wishes->driver) {
        add(command, "-fPIC");
        add(command, "-Wno-multichar"); /* pool tags */
        add(command, "-fno-optimize-sibling-calls"); /* a return address names the caller: the verifier's reports */
    }
}

/* The user's words, without those that only a Windows linker understands. */
static void add_words(struct command *command, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--driver") == 0 || strcmp(word, "--show") == 0 || strcmp(word, "-mconsole") == 0 ||
            strcmp(word, "-mwindows") == 0 || strcmp(word, "-mthreads") == 0 || is_import_file(word) || tmh_option(word))
            continue;
        if (strncmp(word, "-l", 2) == 0 && is_import_library(word + 2))
            continue;
        if (strcmp(word, "-mdll") == 0) {
            add(command, "-shared");
        } else if (strcmp(word, "-municode") == 0) {
            add(command, "-DUNICODE=1");
            add(command, "-D_UNICODE=1");
        } else {
            add(command, word);
        }
        if (takes_value(word) && i + 1 < argc)
            add(command, argv[++i]);
    }
}

/* Behind the user's words: clang's -Wall would turn them on again, unlike gcc's. */
static void add_quiet(struct command *command)
{
    static const char *const quiet[] = {"-Wno-ignored-pragmas", "-Wno-unknown-pragmas", "-Wno-pragma-pack" /* pshpack1.h */,
                                        "-Wno-microsoft-anon-tag", "-Wno-unused-command-line-argument"};
    for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++)
        add(command, quiet[i]);
}

static void add_link(struct command *command, const struct places *places, const struct wishes *wishes)
{
    if (wishes->driver) {
        add(command, "-shared");
        add(command, "-Wl,-Bsymbolic");
        add(command, "-Wl,--no-undefined");
    }
    if (wishes->cxx && !wishes->own_script)
        add_joined(command, "-Wl,--version-script=", places->hide);
    add_joined(command, "-L", places->library);
    add_joined(command, "-L", places->start);
    /* Pulled in only by a program that has no main of its own: wmain, WinMain, wWinMain. */
    if (!wishes->driver && !wishes->shared)
        add(command, "-l:libovlstart.a");
    add(command, "-l:liboverlapped.so.0");
    add_joined(command, "-Wl,-rpath,", places->library);
    add(command, "-lpthread");
}

/* OVCC_CC=clang-14 alone means clang++-14 for C++, and gcc means g++. */
static void compiler_choose(char chosen[PATH_MAX], bool cxx)
{
    const char *named = getenv(cxx ? "OVCC_CXX" : "OVCC_CC");
    const char *c = getenv("OVCC_CC");
    const char *at;
    if (named != NULL && *named != '\0') {
        snprintf(chosen, PATH_MAX, "%s", named);
    } else if (!cxx) {
        strcpy(chosen, "gcc");
    } else if (c != NULL && (at = strstr(c, "clang")) != NULL) {
        snprintf(chosen, PATH_MAX, "%.*sclang++%s", (int)(at - c), c, at + 5);
    } else if (c != NULL && (at = strstr(c, "gcc")) != NULL) {
        snprintf(chosen, PATH_MAX, "%.*sg++%s", (int)(at - c), c, at + 3);
    } else {
        strcpy(chosen, "g++");
    }
}

int main(int argc, char **argv)
{
    struct places places;
    struct wishes wishes = {.cxx = strstr(basename(strdup(argv[0])), "++") != NULL};
    struct command command = {0};
    struct tmh_places made;
    wishes_read(&wishes, argc, argv);
    places_find(&places);
    if (tmh_prepare(argc, argv, places.headers, &made) != 0)
        return 1;
    char compiler[PATH_MAX];
    compiler_choose(compiler, wishes.cxx);
    add(&command, compiler);
    bool clang = strstr(compiler, "clang") != NULL;
    add_language(&command, &wishes, clang);
    add_words(&command, argc, argv);
    if (clang)
        add_quiet(&command);
    if (*made.names != '\0')
        add_joined(&command, "-I", made.names);
    if (*made.traces != '\0') {
        add(&command, "-isystem");
        add(&command, made.traces);
    }
    add_headers(&command, &places, wishes.driver); /* behind the user's -I */
    if (wishes.links && wishes.inputs)
        add_link(&command, &places, &wishes);
    if (wishes.show) {
        for (size_t i = 0; i < command.count; i++)
            printf("%s%s", command.words[i], i + 1 < command.count ? " " : "\n");
        return 0;
    }
    execvp(command.words[0], command.words);
    perror(command.words[0]);
    return 127;
}
