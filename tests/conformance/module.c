/* SPDX-License-Identifier: MIT */
/* GetModuleHandle, LoadLibrary, GetProcAddress for the system's own modules. Rules: their pages. */
#include "../tap.h"

typedef HANDLE(WINAPI *create_event_fn)(SECURITY_ATTRIBUTES *, BOOL, BOOL, LPCSTR);
typedef BOOL(WINAPI *cancel_fn)(HANDLE, OVERLAPPED *);
typedef int(WINAPI *wsa_error_fn)(void);

static FARPROC address(HMODULE module, const char *name)
{
    return GetProcAddress(module, name);
}

static void kernel32(void)
{
    HMODULE kernel = GetModuleHandleA("kernel32.dll");
    ok(kernel != NULL, "kernel32.dll");
    ok(GetModuleHandleA("KERNEL32") == kernel, "whatever the case, with or without the ending");
    FARPROC f = address(kernel, "CreateEventA");
    ok(f != NULL, "CreateEventA is there");
    create_event_fn create = (create_event_fn)(void *)f;
    HANDLE event = create ? create(NULL, TRUE, TRUE, NULL) : NULL;
    ok(event && signalled_now(event), "and works");
    CloseHandle(event);
    cancel_fn cancel = (cancel_fn)(void *)address(kernel, "CancelIoEx");
    ok(cancel != NULL, "CancelIoEx, which programs look up, is there");
    if (cancel)
        ok(!cancel(NULL, NULL), "and is the real one");
    fails_with(address(kernel, "NoSuchFunction") != NULL, ERROR_PROC_NOT_FOUND, "an unknown name is 127");
    ok(address(kernel, "createeventa") == NULL, "names are case-sensitive");
}

static void others(void)
{
    fails_with(GetModuleHandleA("no-such-module.dll") != NULL, ERROR_MOD_NOT_FOUND, "a module of nobody is 126");
    HMODULE winsock = LoadLibraryA("ws2_32.dll");
    ok(winsock != NULL, "LoadLibrary of ws2_32.dll");
    wsa_error_fn last = (wsa_error_fn)(void *)address(winsock, "WSAGetLastError");
    ok(last != NULL, "WSAGetLastError is there");
    SetLastError(777);
    if (last)
        is_int(last(), 777, "and works");
    ok(address(winsock, "socket") != NULL, "socket is there");
    ok(FreeLibrary(winsock), "FreeLibrary");
    fails_with(LoadLibraryA("no-such-module.dll") != NULL, ERROR_MOD_NOT_FOUND, "LoadLibrary of nothing is 126");
    HMODULE native = GetModuleHandleA("ntdll.dll");
    ok(native != NULL, "ntdll.dll");
    ok(GetModuleHandleA(NULL) != NULL, "the program itself");
    char path[600];
    DWORD length = GetModuleFileNameA(NULL, path, sizeof path);
    ok(length > 0 && length < sizeof path && strlen(path) == length, "GetModuleFileName");
}

int main(void)
{
    tap_begin();
    part(kernel32);
    part(others);
    return tap_end();
}
