/* SPDX-License-Identifier: MIT */
/* What a .tmh that ovcc or `ovl wpp` makes stands on: WPP's control blocks, in a module of their own, and the way of a message into our trace
 * (category driver). Behind WPP_CONTROL_GUIDS, as WPP wants it. Programs and drivers. */
#ifndef OVL_WPP_H
#define OVL_WPP_H
#include "evntrace.h"
#include "guiddef.h"
#include "ovl_types.h"
#include <stdarg.h>

enum { OVL_WPP_FLAG_WORDS = 8 };

/* Logger is not 0 while the provider is enabled, and tells the library which one it is. */
typedef struct _WPP_TRACE_CONTROL_BLOCK {
    unsigned long long Logger;
    GUID ControlGuid;
    const char *FriendlyName;
    unsigned char FlagsLen, Level;
    unsigned short Started; /* between WPP_INIT_TRACING and WPP_CLEANUP */
    unsigned int Flags[OVL_WPP_FLAG_WORDS];
} WPP_TRACE_CONTROL_BLOCK, *PWPP_TRACE_CONTROL_BLOCK;
typedef union {
    WPP_TRACE_CONTROL_BLOCK Control;
} WPP_CB_TYPE;
typedef void (*PFN_WPP_PRIVATE_ENABLE_CALLBACK)(LPCGUID Guid, long long Logger, unsigned char Enable, unsigned int Flags, unsigned char Level);

/* A complex type (DEFINE_CPLX_TYPE): `take` gets its value, and gives ovl_wpp_pairs the parts that its macro names. */
struct ovl_wpp_pair {
    const void *address;
    size_t size;
};
struct ovl_wpp_complex {
    const char *name;
    void (*take)(void *target, va_list *values);
};

OVL_BEGIN_C
/* Enables the providers as OVERLAPPED_TRACE and OVERLAPPED_WPP say. What follows `callback` is WPP_INIT_TRACING's and is not used. */
void ovl_wpp_start(WPP_TRACE_CONTROL_BLOCK *controls, unsigned count, PFN_WPP_PRIVATE_ENABLE_CALLBACK callback, ...);
void ovl_wpp_stop(WPP_TRACE_CONTROL_BLOCK *controls, unsigned count, PFN_WPP_PRIVATE_ENABLE_CALLBACK callback, ...);
/* `site`: level, flags, prefix, suffix and custom types, each ended by NUL. `unit`: 1 for a message of char, 2 for one of WCHAR. The values of
 * prefix, message and suffix follow in that order. */
void ovl_wpp_write(unsigned long long logger, const char *site, const char *file, unsigned line, const char *function, size_t unit,
                   const struct ovl_wpp_complex *complexes, const void *message, ...);
/* `item`: ItemHEXDump, ItemPString and so on. */
void ovl_wpp_pairs(void *target, const char *item, const struct ovl_wpp_pair *pairs, size_t count);
OVL_END_C

#ifdef WPP_CONTROL_GUIDS
#define OVL_WPP_GUID(a, b, c, d, e)                                                                                              \
    {0x##a, 0x##b, 0x##c, {(0x##d >> 8) & 255, 0x##d & 255, (0x##e##ULL >> 40) & 255, (0x##e##ULL >> 32) & 255, (0x##e##ULL >> 24) & 255, \
                           (0x##e##ULL >> 16) & 255, (0x##e##ULL >> 8) & 255, 0x##e##ULL & 255}}

#define WPP_DEFINE_CONTROL_GUID(name, guid, bits) WPP_CTL_##name,
enum WPP_CTL_NO { WPP_CONTROL_GUIDS WPP_LAST_CTL };
#undef WPP_DEFINE_CONTROL_GUID

#define WPP_DEFINE_CONTROL_GUID(name, guid, bits) WPP_BLOCK_START_##name = WPP_CTL_##name * 0x10000, bits WPP_BLOCK_END_##name,
#define WPP_DEFINE_BIT(name)                      WPP_BIT_##name,
enum WPP_DEFINE_BITS { WPP_CONTROL_GUIDS OVL_WPP_LAST_BIT };
#undef WPP_DEFINE_CONTROL_GUID
#undef WPP_DEFINE_BIT

#define WPP_DEFINE_CONTROL_GUID(name, guid, bits) {{0, OVL_WPP_GUID guid, #name, OVL_WPP_FLAG_WORDS, 0, 0, {0}}},
OVL_BEGIN_C
__attribute__((__weak__, __visibility__("hidden"))) WPP_CB_TYPE WPP_CB[] = {WPP_CONTROL_GUIDS};
OVL_END_C
#undef WPP_DEFINE_CONTROL_GUID

#define WPP_LOGPAIR(size, address) {(address), (size_t)(size)},
#define WPP_MAIN_CB       WPP_CB
#define WPP_CTRL_NO(bit)  ((bit) >> 16)
#define WPP_FLAG_NO(bit)  ((0xFFFF & ((bit)-1)) / 32)
#define WPP_BITNO(bit)    (0x1F & ((bit)-1))
#define WPP_MASK(bit)     (1u << WPP_BITNO(bit))
#define WPP_CONTROL(bit)  (WPP_CB[WPP_CTRL_NO(bit)].Control)
#define WPP_GET_LOGGER    (WPP_CB[0].Control.Logger)
#define WPP_CHECK_INIT    (WPP_CB[0].Control.Started != 0) &&
#define WPP_INIT_CONTROL_ARRAY(array)
#define OVL_WPP_BIT_ON(bit) ((WPP_CONTROL(bit).Flags[WPP_FLAG_NO(bit)] & WPP_MASK(bit)) != 0)

#ifndef WPP_LEVEL_ENABLED
#define WPP_LEVEL_ENABLED(flag) OVL_WPP_BIT_ON(WPP_BIT_##flag)
#endif
#ifndef WPP_LEVEL_LOGGER
#define WPP_LEVEL_LOGGER(flag) (WPP_CONTROL(WPP_BIT_##flag).Logger),
#endif
#ifndef WPP_FLAG_ENABLED
#define WPP_FLAG_ENABLED(flag) WPP_LEVEL_ENABLED(flag)
#endif
#ifndef WPP_FLAG_LOGGER
#define WPP_FLAG_LOGGER(flag) WPP_LEVEL_LOGGER(flag)
#endif
#ifndef WPP_FLAGS_ENABLED
#define WPP_FLAGS_ENABLED(flags) WPP_LEVEL_ENABLED(flags)
#endif
#ifndef WPP_FLAGS_LOGGER
#define WPP_FLAGS_LOGGER(flags) WPP_LEVEL_LOGGER(flags)
#endif
#ifndef WPP_ENABLED
#define WPP_ENABLED() 1
#endif
#ifndef WPP_LOGGER
#define WPP_LOGGER() (WPP_GET_LOGGER),
#endif
#ifdef WPP_DEBUG
#define OVL_WPP_DEBUG(arguments) WPP_DEBUG(arguments),
#else
#define OVL_WPP_DEBUG(arguments)
#endif

/* The log of a message to the recorder. */
#ifdef _WPPRECORDER_H_
#define OVL_WPP_LOG(log) ovl_recorder_identifier(log)
#else
#define OVL_WPP_LOG(log) ((void)(log), "")
#endif
#ifdef WPP_PRIVATE_ENABLE_CALLBACK
#define OVL_WPP_CALLBACK WPP_PRIVATE_ENABLE_CALLBACK
#else
#define OVL_WPP_CALLBACK 0
#endif
/* (DriverObject, RegistryPath) in drivers, (L"name") in programs; WPP_CLEANUP(DriverObject) and WPP_CLEANUP(). */
#define WPP_INIT_TRACING(...) ovl_wpp_start(&WPP_CB[0].Control, WPP_LAST_CTL, OVL_WPP_CALLBACK, ##__VA_ARGS__)
#define WPP_CLEANUP(...)      ovl_wpp_stop(&WPP_CB[0].Control, WPP_LAST_CTL, OVL_WPP_CALLBACK, ##__VA_ARGS__)
#endif
#endif
