/* SPDX-License-Identifier: MIT */
/* The framework's handle types, its globals, and how a method is declared. */
#ifndef _WDFTYPES_H_
#define _WDFTYPES_H_
#include "wdm.h"

/* Handles are opaque and point at nothing that a driver may read; each kind is a type of its own in C. */
typedef PVOID WDFOBJECT, *PWDFOBJECT;
typedef const void *WDFCONTEXT_TYPE_INFO_POINTER;
#define DECLARE_WDF_HANDLE(name)             \
    struct name##__ {                        \
        int unused;                          \
    };                                       \
    typedef struct name##__ *name
DECLARE_WDF_HANDLE(WDFDRIVER);
DECLARE_WDF_HANDLE(WDFDEVICE);
DECLARE_WDF_HANDLE(WDFQUEUE);
DECLARE_WDF_HANDLE(WDFREQUEST);
DECLARE_WDF_HANDLE(WDFFILEOBJECT);
DECLARE_WDF_HANDLE(WDFDPC);
DECLARE_WDF_HANDLE(WDFTIMER);
DECLARE_WDF_HANDLE(WDFWORKITEM);
DECLARE_WDF_HANDLE(WDFINTERRUPT);
DECLARE_WDF_HANDLE(WDFSPINLOCK);
DECLARE_WDF_HANDLE(WDFWAITLOCK);
DECLARE_WDF_HANDLE(WDFIOTARGET);
DECLARE_WDF_HANDLE(WDFMEMORY);
DECLARE_WDF_HANDLE(WDFLOOKASIDE);
DECLARE_WDF_HANDLE(WDFSTRING);
DECLARE_WDF_HANDLE(WDFCOLLECTION);
DECLARE_WDF_HANDLE(WDFKEY);
DECLARE_WDF_HANDLE(WDFCHILDLIST);
DECLARE_WDF_HANDLE(WDFCMRESLIST);
DECLARE_WDF_HANDLE(WDFIORESREQLIST);
DECLARE_WDF_HANDLE(WDFUSBDEVICE);
DECLARE_WDF_HANDLE(WDFUSBINTERFACE);
/* A pipe and its I/O target are one handle value. */
DECLARE_WDF_HANDLE(WDFUSBPIPE);
typedef struct WDFDEVICE_INIT *PWDFDEVICE_INIT;
typedef PVOID WDFCONTEXT;

#define WDF_EXTERN_C_START OVL_BEGIN_C
#define WDF_EXTERN_C_END   OVL_END_C
#ifndef WDF_TIMEOUT_TO_SEC
#define WDF_TIMEOUT_TO_SEC ((LONGLONG)10 * 1000 * 1000)
#define WDF_TIMEOUT_TO_MS  ((LONGLONG)10 * 1000)
#define WDF_TIMEOUT_TO_US  ((LONGLONG)10)
#endif
#define WDF_REL_TIMEOUT_IN_SEC(time) ((LONGLONG)(time) * -1 * WDF_TIMEOUT_TO_SEC)
#define WDF_ABS_TIMEOUT_IN_SEC(time) ((LONGLONG)(time) * WDF_TIMEOUT_TO_SEC)
#define WDF_REL_TIMEOUT_IN_MS(time)  ((LONGLONG)(time) * -1 * WDF_TIMEOUT_TO_MS)
#define WDF_ABS_TIMEOUT_IN_MS(time)  ((LONGLONG)(time) * WDF_TIMEOUT_TO_MS)
#define WDF_REL_TIMEOUT_IN_US(time)  ((LONGLONG)(time) * -1 * WDF_TIMEOUT_TO_US)
#define WDF_ABS_TIMEOUT_IN_US(time)  ((LONGLONG)(time) * WDF_TIMEOUT_TO_US)

typedef enum _WDF_TRI_STATE { WdfFalse = FALSE, WdfTrue = TRUE, WdfUseDefault = 2 } WDF_TRI_STATE, *PWDF_TRI_STATE;

#define WDF_DRIVER_GLOBALS_NAME_LEN 32
/* One per module. The loader fills `Runtime` before DriverEntry. */
typedef struct _WDF_DRIVER_GLOBALS {
    WDFDRIVER Driver;
    ULONG DriverFlags;
    ULONG DriverTag;
    CHAR DriverName[WDF_DRIVER_GLOBALS_NAME_LEN];
    BOOLEAN DisplaceDriverUnload;
    PVOID Runtime;
} WDF_DRIVER_GLOBALS, *PWDF_DRIVER_GLOBALS;

OVL_BEGIN_C
/* Each module has its own, so the symbol is neither shared with the library nor with other drivers. */
__attribute__((__weak__, __visibility__("default"))) WDF_DRIVER_GLOBALS ovl_wdf_module_globals;
OVL_END_C
#define WdfDriverGlobals (&ovl_wdf_module_globals)
#define WdfGetDriver()   (WdfDriverGlobals->Driver)

/* WDF_METHOD(type, name, (parameters), (arguments)): declares the runtime's function, whose first parameter is the module's
 * globals, and the method as a driver calls it. */
#define WDF_LIST(...) __VA_ARGS__
#define WDF_METHOD(type, name, parameters, arguments)                                               \
    type NTAPI ovl_##name(PWDF_DRIVER_GLOBALS DriverGlobals, WDF_LIST parameters);                   \
    NTAPI_INLINE type name parameters                                                                \
    {                                                                                                \
        return ovl_##name(WdfDriverGlobals, WDF_LIST arguments);                                     \
    }
#define WDF_METHOD0(type, name)                                                                      \
    type NTAPI ovl_##name(PWDF_DRIVER_GLOBALS DriverGlobals);                                        \
    NTAPI_INLINE type name(VOID)                                                                     \
    {                                                                                                \
        return ovl_##name(WdfDriverGlobals);                                                         \
    }
#define WDF_ALIGN_SIZE_DOWN(length, alignment) ((size_t)(length) & ~((size_t)(alignment)-1))
#define WDF_ALIGN_SIZE_UP(length, alignment)   WDF_ALIGN_SIZE_DOWN((size_t)(length) + (alignment)-1, alignment)
#define WDF_PTR_ADD_OFFSET_TYPE(address, offset, type) ((type)((PUCHAR)(address) + (offset)))
#define WDF_PTR_ADD_OFFSET(address, offset)            WDF_PTR_ADD_OFFSET_TYPE(address, offset, PVOID)
/* Structures that begin with their size. */
#define WDF_STRUCT_INIT(pointer, type)                                                               \
    do {                                                                                             \
        RtlZeroMemory(pointer, sizeof(type));                                                        \
        (pointer)->Size = sizeof(type);                                                              \
    } while (0)
#endif
