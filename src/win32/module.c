/* SPDX-License-Identifier: MIT */
/* Modules. The system's modules (kernel32, ws2_32 ...) are one library here: their handles are small
 * objects of ours, and GetProcAddress answers from the table that exports.py makes of exports.def. Any
 * other name is an ELF shared object, loaded with local scope; its handle is what dlopen gave. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/exports.h"
#include "base/utf16.h"
#include "win32/error.h"
#include "windows.h"

/* A module answers for the rows of another name too: kernelbase and the api sets for kernel32. */
struct system_module {
    const char *name;
    const char *rows[4];
};

static const struct system_module modules[] = {
    {"kernel32", {"kernel32", "kernelbase", "ntdll"}},
    {"kernelbase", {"kernelbase", "kernel32"}},
    {"ntdll", {"ntdll"}},
    {"ws2_32", {"ws2_32"}},
    {"wsock32", {"ws2_32", "mswsock"}},
    {"mswsock", {"mswsock", "ws2_32"}},
    {"ucrtbase", {"ucrtbase"}},
    {"msvcrt", {"ucrtbase"}},
    {"vcruntime140", {"ucrtbase"}},
    {"user32", {"user32"}},
    {"advapi32", {"advapi32"}},
    {"shell32", {"shell32"}},
    {"winusb", {"winusb"}},
    {"setupapi", {"setupapi"}},
    {"cfgmgr32", {"cfgmgr32", "setupapi"}},
    {"winmm", {"winmm"}},
    {"ole32", {"ole32"}},
    {"combase", {"ole32"}},
    {"overlapped", {"-"}},
};
enum { MODULE_COUNT = sizeof(modules) / sizeof(*modules) };

/* The executable's own handle, as GetModuleHandle(NULL) gives it. */
static const struct system_module program = {.name = ""};

/* Loaded shared objects by handle: FreeLibrary and the names need them. Rare calls, one lock. */
struct loaded {
    struct loaded *next;
    void *handle;
    unsigned count;
    char path[];
};
static pthread_mutex_t loaded_lock = PTHREAD_MUTEX_INITIALIZER;
static struct loaded *loaded_first;

static const struct system_module *module_system(HMODULE module)
{
    const struct system_module *it = (const void *)module;

    return it == &program || (it >= modules && it < modules + MODULE_COUNT) ? it : NULL;
}

/* "C:\\Windows\\System32\\KERNEL32.DLL" and "kernel32" are the same module. */
static const struct system_module *module_named(const char *name)
{
    const char *base = name;
    size_t length;

    for (const char *at = name; *at; at++) {
        if (*at == '/' || *at == '\\')
            base = at + 1;
    }
    length = strlen(base);
    if (length > 4 && !strcasecmp(base + length - 4, ".dll"))
        length -= 4;
    for (size_t i = 0; i < MODULE_COUNT; i++) {
        if (strlen(modules[i].name) == length && !strncasecmp(modules[i].name, base, length))
            return &modules[i];
    }
    return !strncasecmp(base, "api-ms-win-", 11) ? &modules[0] : NULL;
}

/* Names without a path are looked for beside the program first, as Windows does. */
static void *module_open(const char *name, char path[PATH_MAX], int mode)
{
    void *handle;

    if (!strchr(name, '/')) {
        ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
        char *slash;
        if (length > 0) {
            path[length] = 0;
            slash = strrchr(path, '/');
            if (slash && strlen(name) < (size_t)(path + PATH_MAX - slash - 2)) {
                strcpy(slash + 1, name);
                handle = dlopen(path, mode);
                if (handle)
                    return handle;
            }
        }
    }
    if (strlen(name) >= PATH_MAX)
        return NULL;
    strcpy(path, name);
    return dlopen(name, mode);
}

/* Windows' spellings: backslashes, and .dll where the file is called .so or lib*.so. */
static void *module_find(const char *name, char path[PATH_MAX], int mode)
{
    char copy[PATH_MAX];
    size_t length = strlen(name);
    void *handle;

    if (length + 8 >= PATH_MAX)
        return NULL;
    for (size_t i = 0; i <= length; i++)
        copy[i] = name[i] == '\\' ? '/' : name[i];
    handle = module_open(copy, path, mode);
    if (handle)
        return handle;
    if (length > 4 && !strcasecmp(copy + length - 4, ".dll"))
        copy[length -= 4] = 0;
    strcpy(copy + length, ".so");
    handle = module_open(copy, path, mode);
    if (!handle && !strchr(copy, '/')) {
        memmove(copy + 3, copy, length + 4);
        memcpy(copy, "lib", 3);
        handle = module_open(copy, path, mode);
    }
    return handle;
}

static HMODULE module_keep(void *handle, const char *path)
{
    struct loaded *it;

    pthread_mutex_lock(&loaded_lock);
    for (it = loaded_first; it && it->handle != handle; it = it->next)
        ;
    if (it) {
        it->count++;
    } else if ((it = malloc(sizeof(*it) + strlen(path) + 1))) {
        *it = (struct loaded){.next = loaded_first, .handle = handle, .count = 1};
        strcpy(it->path, path);
        loaded_first = it;
    }
    pthread_mutex_unlock(&loaded_lock);
    if (!it) {
        dlclose(handle);
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    return (HMODULE)handle;
}

HMODULE WINAPI LoadLibraryExA(LPCSTR name, HANDLE file, DWORD flags)
{
    char path[PATH_MAX];
    const struct system_module *system;
    void *handle;

    (void)flags;
    if (!name || file) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    system = module_named(name);
    if (system)
        return (HMODULE)system;
    handle = module_find(name, path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        error_set(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    return module_keep(handle, path);
}

/* A 16-bit name as UTF-8; false sets the last error. */
static bool name_narrow(LPCWSTR name, char narrow[PATH_MAX])
{
    size_t length = name ? utf8_from_utf16(narrow, PATH_MAX - 1, name, utf16_length(name)) : PATH_MAX;

    if (length >= PATH_MAX) {
        error_set(name ? ERROR_FILENAME_EXCED_RANGE : ERROR_INVALID_PARAMETER);
        return false;
    }
    narrow[length] = 0;
    return true;
}

HMODULE WINAPI LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags)
{
    char narrow[PATH_MAX];

    return name_narrow(name, narrow) ? LoadLibraryExA(narrow, file, flags) : NULL;
}

HMODULE WINAPI LoadLibraryA(LPCSTR name)
{
    return LoadLibraryExA(name, NULL, 0);
}

HMODULE WINAPI LoadLibraryW(LPCWSTR name)
{
    return LoadLibraryExW(name, NULL, 0);
}

BOOL WINAPI FreeLibrary(HMODULE module)
{
    struct loaded **link, *it;

    if (module_system(module))
        return TRUE;
    pthread_mutex_lock(&loaded_lock);
    for (link = &loaded_first; (it = *link) && it->handle != (void *)module; link = &it->next)
        ;
    bool last = it && --it->count == 0;
    if (last)
        *link = it->next;
    pthread_mutex_unlock(&loaded_lock);
    if (!it) {
        error_set(ERROR_MOD_NOT_FOUND);
        return FALSE;
    }
    /* Every LoadLibrary took a reference of its own from dlopen. */
    dlclose((void *)module);
    if (last)
        free(it);
    return TRUE;
}

void WINAPI FreeLibraryAndExitThread(HMODULE module, DWORD code)
{
    FreeLibrary(module);
    ExitThread(code);
}

BOOL WINAPI GetModuleHandleExA(DWORD flags, LPCSTR name, HMODULE *module)
{
    const struct system_module *system = NULL;
    struct loaded *it = NULL;

    if (!module) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *module = NULL;
    if (flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) {
        Dl_info where;
        if (name && dladdr(name, &where)) {
            void *handle = dlopen(where.dli_fname, RTLD_NOW | RTLD_NOLOAD);
            if (handle) {
                if (flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT)
                    dlclose(handle);
                else if (!module_keep(handle, where.dli_fname))
                    return FALSE;
                *module = (HMODULE)handle;
                return TRUE;
            }
            /* The program itself has no name that dlopen takes. */
            *module = (HMODULE)&program;
            return TRUE;
        }
    } else if (!name) {
        system = &program;
    } else {
        system = module_named(name);
        if (!system) {
            char path[PATH_MAX];
            void *handle = module_find(name, path, RTLD_NOW | RTLD_NOLOAD);
            pthread_mutex_lock(&loaded_lock);
            for (it = loaded_first; it && it->handle != handle; it = it->next)
                ;
            bool keep = it && handle && !(flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT);
            if (keep)
                it->count++;
            pthread_mutex_unlock(&loaded_lock);
            if (handle && !keep)
                dlclose(handle);
            if (it && handle)
                *module = (HMODULE)handle;
        }
    }
    if (system)
        *module = (HMODULE)system;
    if (!*module)
        error_set(ERROR_MOD_NOT_FOUND);
    return *module != NULL;
}

BOOL WINAPI GetModuleHandleExW(DWORD flags, LPCWSTR name, HMODULE *module)
{
    char narrow[PATH_MAX];

    if (!name || (flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS))
        return GetModuleHandleExA(flags, (LPCSTR)name, module);
    return name_narrow(name, narrow) && GetModuleHandleExA(flags, narrow, module);
}

HMODULE WINAPI GetModuleHandleA(LPCSTR name)
{
    HMODULE module = NULL;

    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, name, &module);
    return module;
}

HMODULE WINAPI GetModuleHandleW(LPCWSTR name)
{
    HMODULE module = NULL;

    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, name, &module);
    return module;
}

/* The table is sorted by name, then module. */
static FARPROC export_find(const struct system_module *module, const char *name)
{
    unsigned low = 0, high = export_row_count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (strcmp(export_rows[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < export_row_count && !strcmp(export_rows[low].name, name); low++) {
        for (size_t i = 0; i < sizeof(module->rows) / sizeof(*module->rows) && module->rows[i]; i++) {
            if (!strcmp(export_rows[low].module, module->rows[i]))
                return (FARPROC)export_rows[low].function;
        }
    }
    return NULL;
}

FARPROC WINAPI GetProcAddress(HMODULE module, LPCSTR name)
{
    const struct system_module *system = module_system(module);
    FARPROC found = NULL;

    /* Ordinals are numbers in place of the name; nothing here has any. */
    if ((uintptr_t)name >> 16) {
        if (system && system != &program)
            found = export_find(system, name);
        else
            found = (FARPROC)dlsym(system || !module ? RTLD_DEFAULT : (void *)module, name);
    }
    if (!found)
        error_set(ERROR_PROC_NOT_FOUND);
    return found;
}

/* The path of a module as UTF-8; the system's modules are the library itself. */
static bool module_path(HMODULE module, char path[PATH_MAX])
{
    const struct system_module *system = module_system(module);
    bool known = true;

    if (!module || system == &program) {
        ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
        if (length < 0)
            return false;
        path[length] = 0;
    } else if (system) {
        Dl_info where;
        if (!dladdr((const void *)modules, &where) || strlen(where.dli_fname) >= PATH_MAX)
            return false;
        strcpy(path, where.dli_fname);
    } else {
        struct loaded *it;
        pthread_mutex_lock(&loaded_lock);
        for (it = loaded_first; it && it->handle != (void *)module; it = it->next)
            ;
        known = it != NULL;
        if (known)
            strcpy(path, it->path);
        pthread_mutex_unlock(&loaded_lock);
    }
    return known;
}

DWORD WINAPI GetModuleFileNameA(HMODULE module, LPSTR buffer, DWORD size)
{
    char path[PATH_MAX];
    DWORD length;

    if (!module_path(module, path)) {
        error_set(ERROR_MOD_NOT_FOUND);
        return 0;
    }
    length = (DWORD)strlen(path);
    if (!size) {
        error_set(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    if (length >= size) {
        memcpy(buffer, path, size - 1);
        buffer[size - 1] = 0;
        error_set(ERROR_INSUFFICIENT_BUFFER);
        return size;
    }
    memcpy(buffer, path, length + 1);
    error_set(ERROR_SUCCESS);
    return length;
}

DWORD WINAPI GetModuleFileNameW(HMODULE module, LPWSTR buffer, DWORD size)
{
    char path[PATH_MAX];
    size_t length;

    if (!module_path(module, path)) {
        error_set(ERROR_MOD_NOT_FOUND);
        return 0;
    }
    if (!size) {
        error_set(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    length = utf16_from_utf8(buffer, size - 1, path, strlen(path));
    if (length >= size) {
        buffer[size - 1] = 0;
        error_set(ERROR_INSUFFICIENT_BUFFER);
        return size;
    }
    buffer[length] = 0;
    error_set(ERROR_SUCCESS);
    return (DWORD)length;
}

BOOL WINAPI DisableThreadLibraryCalls(HMODULE module)
{
    /* Shared objects get no thread notifications at all. */
    if (!module) {
        error_set(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    return TRUE;
}
