/* SPDX-License-Identifier: MIT */
/* main for programs that begin elsewhere: wmain (with UTF-16 arguments), wWinMain, WinMain. In an archive, so that
 * it is linked only where a program has no main. The C++ spellings of wmain are tried too: Microsoft's compiler
 * gives it C linkage, ours do not. */
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

typedef int wmain_fn(int argc, char16_t **argv, char16_t **envp);

__attribute__((weak)) wmain_fn wmain;
__attribute__((weak)) wmain_fn wmain_cxx __asm__("_Z5wmainiPPw");
__attribute__((weak)) wmain_fn wmain_cxx_env __asm__("_Z5wmainiPPwS0_");
__attribute__((weak)) wmain_fn wmain_cxx_const __asm__("_Z5wmainiPPKw");
__attribute__((weak)) wmain_fn wmain_cxx_none __asm__("_Z5wmainv");
__attribute__((weak)) int WinMain(void *instance, void *previous, char *command_line, int show);
__attribute__((weak)) int wWinMain(void *instance, void *previous, char16_t *command_line, int show);

extern char *GetCommandLineA(void);
extern char16_t *GetCommandLineW(void);
extern void *GetModuleHandleA(const char *name);
extern int MultiByteToWideChar(unsigned page, unsigned flags, const char *from, int length, char16_t *to,
                               int room);

enum { CODE_PAGE_UTF8 = 65001, SHOW_NORMAL = 1 };

static char16_t **wide_list(char *const *from, int count)
{
    char16_t **list = calloc((size_t)count + 1, sizeof *list);
    for (int i = 0; list != NULL && i < count; i++) {
        int units = MultiByteToWideChar(CODE_PAGE_UTF8, 0, from[i], -1, NULL, 0);
        list[i] = calloc((size_t)units + 1, sizeof **list);
        if (list[i] == NULL)
            return NULL;
        MultiByteToWideChar(CODE_PAGE_UTF8, 0, from[i], -1, list[i], units);
    }
    return list;
}

static wmain_fn *wmain_found(void)
{
    if (wmain != NULL)
        return wmain;
    if (wmain_cxx != NULL)
        return wmain_cxx;
    if (wmain_cxx_env != NULL)
        return wmain_cxx_env;
    return wmain_cxx_const != NULL ? wmain_cxx_const : wmain_cxx_none;
}

/* The command line behind the program's name, as WinMain gets it. */
#define SKIP_PROGRAM(line)                                                                         \
    do {                                                                                           \
        int quoted = 0;                                                                            \
        for (; *(line) != 0 && (quoted || (*(line) != ' ' && *(line) != '\t')); (line)++)           \
            quoted ^= *(line) == '"';                                                              \
        while (*(line) == ' ' || *(line) == '\t')                                                  \
            (line)++;                                                                              \
    } while (0)

/* The program's for as long as it runs; not static, so that the compiler keeps them where a leak checker sees them. */
extern char16_t **ovl_start_arguments, **ovl_start_environment;
__attribute__((visibility("hidden"))) char16_t **ovl_start_arguments;
__attribute__((visibility("hidden"))) char16_t **ovl_start_environment;

int main(int argc, char **argv, char **envp)
{
    wmain_fn *wide = wmain_found();
    if (wide != NULL) {
        int variables = 0;
        while (envp[variables] != NULL)
            variables++;
        ovl_start_arguments = wide_list(argv, argc);
        ovl_start_environment = wide_list(envp, variables);
        if (ovl_start_arguments == NULL || ovl_start_environment == NULL)
            return 1;
        return wide(argc, ovl_start_arguments, ovl_start_environment);
    }
    if (wWinMain != NULL) {
        char16_t *line = GetCommandLineW();
        SKIP_PROGRAM(line);
        return wWinMain(GetModuleHandleA(NULL), NULL, line, SHOW_NORMAL);
    }
    if (WinMain != NULL) {
        char *line = GetCommandLineA();
        SKIP_PROGRAM(line);
        return WinMain(GetModuleHandleA(NULL), NULL, line, SHOW_NORMAL);
    }
    abort(); /* the linker took this file, so one of them was expected */
}
