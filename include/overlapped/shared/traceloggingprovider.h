/* SPDX-License-Identifier: MIT */
/* TraceLogging: events that describe themselves, as lines of our trace (category driver). A field's value is looked at only when the trace
 * is on. Programs and drivers, C and C++. */
#ifndef OVL_TRACELOGGING_H
#define OVL_TRACELOGGING_H
#include "ovl_etw.h"
#include "evntprov.h"
#include "winmeta.h"

typedef struct ovl_etw_provider *TraceLoggingHProvider;

#define OVL_TLG_GUID(a, b, c, d, e, f, g, h, i, j, k) {a, b, c, {d, e, f, g, h, i, j, k}}
#define TRACELOGGING_DECLARE_PROVIDER(handle) OVL_TLG_EXTERN TraceLoggingHProvider const handle
#define TRACELOGGING_DEFINE_PROVIDER_STORAGE(storage, name, guid, ...) \
    static const GUID storage##_guid = OVL_TLG_GUID guid;              \
    static struct ovl_etw_provider storage = {&storage##_guid, name, 0}
#define TRACELOGGING_DEFINE_PROVIDER(handle, name, guid, ...)         \
    TRACELOGGING_DEFINE_PROVIDER_STORAGE(ovl_tlg_##handle, name, guid); \
    OVL_TLG_EXTERN TraceLoggingHProvider const handle;                \
    TraceLoggingHProvider const handle = &ovl_tlg_##handle
#ifdef __cplusplus
#define OVL_TLG_EXTERN extern "C"
#else
#define OVL_TLG_EXTERN extern
#endif
#define TraceLoggingOptionGroup(...)

#define TraceLoggingRegister(handle)                      ((LONG)ovl_etw_register(handle))
#define TraceLoggingRegisterEx(handle, callback, context) ((void)(callback), (void)(context), (LONG)ovl_etw_register(handle))
#define TraceLoggingUnregister(handle)                    ((void)ovl_etw_unregister(handle))
#define TraceLoggingProviderEnabled(handle, level, keyword) (ovl_etw_enabled(handle, 0) != 0)
#define TraceLoggingProviderId(handle)                    (*(handle)->id)

#define TraceLoggingWrite(handle, name, ...) OVL_TLG_WRITE(handle, name, 0, ##__VA_ARGS__)
#define TraceLoggingWriteActivity(handle, name, activity, related, ...) OVL_TLG_WRITE(handle, name, activity, ##__VA_ARGS__)
#define OVL_TLG_WRITE(handle, name, activity, ...)                                                                     \
    do {                                                                                                               \
        if (ovl_etw_enabled(handle, 0)) {                                                                              \
            const struct ovl_etw_field ovl_fields[] = {{0, "", 0, 0}, ##__VA_ARGS__};                                  \
            ovl_etw_log(handle, name, activity, ovl_fields, (unsigned)(sizeof ovl_fields / sizeof *ovl_fields)); \
        }                                                                                                              \
    } while (0)

/* What an event is, rather than holds: only the level is shown. */
#define TraceLoggingLevel(level)       {0, "level", (unsigned long long)(level), 0}
#define TraceLoggingKeyword(keyword)   {0, "", (unsigned long long)(keyword), 0}
#define TraceLoggingOpcode(opcode)     {0, "", (unsigned long long)(opcode), 0}
#define TraceLoggingEventTag(tag)      {0, "", (unsigned long long)(tag), 0}
#define TraceLoggingChannel(channel)   {0, "", (unsigned long long)(channel), 0}
#define TraceLoggingDescription(text)  {0, "", 0, 0}
#define TraceLoggingStruct(count, ...) {OVL_TLG_NAME("", ##__VA_ARGS__), "struct", (unsigned long long)(count), 0}

/* (value, name, description, tags): the name is the value's text where it is not there. */
#define OVL_TLG_SECOND(first, second, ...)  second
#define OVL_TLG_NAME(text, ...)             OVL_TLG_PICK(text, ##__VA_ARGS__, text, 0)
#define OVL_TLG_PICK(text, name, ...)       name
#define OVL_TLG_NUMBER(value, type, text, letter, ...) \
    {OVL_TLG_NAME(text, ##__VA_ARGS__), letter, (unsigned long long)(type)(value), 0}
#define OVL_TLG_POINTER(value, text, letter, size, ...) \
    {OVL_TLG_NAME(text, ##__VA_ARGS__), letter, OVL_ETW_ADDRESS(value), (unsigned long long)(size)}

#define TraceLoggingInt8(value, ...)      OVL_TLG_NUMBER(value, signed char, #value, "i1", ##__VA_ARGS__)
#define TraceLoggingUInt8(value, ...)     OVL_TLG_NUMBER(value, unsigned char, #value, "u1", ##__VA_ARGS__)
#define TraceLoggingInt16(value, ...)     OVL_TLG_NUMBER(value, short, #value, "i2", ##__VA_ARGS__)
#define TraceLoggingUInt16(value, ...)    OVL_TLG_NUMBER(value, unsigned short, #value, "u2", ##__VA_ARGS__)
#define TraceLoggingInt32(value, ...)     OVL_TLG_NUMBER(value, int, #value, "i4", ##__VA_ARGS__)
#define TraceLoggingUInt32(value, ...)    OVL_TLG_NUMBER(value, unsigned int, #value, "u4", ##__VA_ARGS__)
#define TraceLoggingInt64(value, ...)     OVL_TLG_NUMBER(value, long long, #value, "i8", ##__VA_ARGS__)
#define TraceLoggingUInt64(value, ...)    OVL_TLG_NUMBER(value, unsigned long long, #value, "u8", ##__VA_ARGS__)
#define TraceLoggingLong(value, ...)      OVL_TLG_NUMBER(value, int, #value, "i4", ##__VA_ARGS__)
#define TraceLoggingULong(value, ...)     OVL_TLG_NUMBER(value, unsigned int, #value, "u4", ##__VA_ARGS__)
#define TraceLoggingIntPtr(value, ...)    OVL_TLG_NUMBER(value, long long, #value, "i8", ##__VA_ARGS__)
#define TraceLoggingUIntPtr(value, ...)   OVL_TLG_NUMBER(value, unsigned long long, #value, "u8", ##__VA_ARGS__)
#define TraceLoggingHexInt8(value, ...)   OVL_TLG_NUMBER(value, unsigned char, #value, "x1", ##__VA_ARGS__)
#define TraceLoggingHexUInt8(value, ...)  OVL_TLG_NUMBER(value, unsigned char, #value, "x1", ##__VA_ARGS__)
#define TraceLoggingHexInt16(value, ...)  OVL_TLG_NUMBER(value, unsigned short, #value, "x2", ##__VA_ARGS__)
#define TraceLoggingHexUInt16(value, ...) OVL_TLG_NUMBER(value, unsigned short, #value, "x2", ##__VA_ARGS__)
#define TraceLoggingHexInt32(value, ...)  OVL_TLG_NUMBER(value, unsigned int, #value, "x4", ##__VA_ARGS__)
#define TraceLoggingHexUInt32(value, ...) OVL_TLG_NUMBER(value, unsigned int, #value, "x4", ##__VA_ARGS__)
#define TraceLoggingHexLong(value, ...)   OVL_TLG_NUMBER(value, unsigned int, #value, "x4", ##__VA_ARGS__)
#define TraceLoggingHexULong(value, ...)  OVL_TLG_NUMBER(value, unsigned int, #value, "x4", ##__VA_ARGS__)
#define TraceLoggingHexInt64(value, ...)  OVL_TLG_NUMBER(value, unsigned long long, #value, "x8", ##__VA_ARGS__)
#define TraceLoggingHexUInt64(value, ...) OVL_TLG_NUMBER(value, unsigned long long, #value, "x8", ##__VA_ARGS__)
#define TraceLoggingHexIntPtr(value, ...) OVL_TLG_NUMBER(value, unsigned long long, #value, "x8", ##__VA_ARGS__)
#define TraceLoggingHexUIntPtr(value, ...) OVL_TLG_NUMBER(value, unsigned long long, #value, "x8", ##__VA_ARGS__)
#define TraceLoggingNTStatus(value, ...)  OVL_TLG_NUMBER(value, unsigned int, #value, "x4", ##__VA_ARGS__)
#define TraceLoggingHResult(value, ...)   OVL_TLG_NUMBER(value, unsigned int, #value, "x4", ##__VA_ARGS__)
#define TraceLoggingWinError(value, ...)  OVL_TLG_NUMBER(value, unsigned int, #value, "u4", ##__VA_ARGS__)
#define TraceLoggingPid(value, ...)       OVL_TLG_NUMBER(value, unsigned int, #value, "u4", ##__VA_ARGS__)
#define TraceLoggingTid(value, ...)       OVL_TLG_NUMBER(value, unsigned int, #value, "u4", ##__VA_ARGS__)
#define TraceLoggingBool(value, ...)      OVL_TLG_NUMBER(value, int, #value, "b", ##__VA_ARGS__)
#define TraceLoggingBoolean(value, ...)   OVL_TLG_NUMBER(value, unsigned char, #value, "b", ##__VA_ARGS__)
#define TraceLoggingChar(value, ...)      OVL_TLG_NUMBER(value, unsigned char, #value, "c", ##__VA_ARGS__)
#define TraceLoggingWChar(value, ...)     OVL_TLG_NUMBER(value, unsigned short, #value, "c", ##__VA_ARGS__)
#define TraceLoggingFloat32(value, ...)   {OVL_TLG_NAME(#value, ##__VA_ARGS__), "f8", ovl_etw_double(value), 0}
#define TraceLoggingFloat64(value, ...)   {OVL_TLG_NAME(#value, ##__VA_ARGS__), "f8", ovl_etw_double(value), 0}
#define TraceLoggingPointer(value, ...)   OVL_TLG_POINTER(value, #value, "p", 0, ##__VA_ARGS__)
#define TraceLoggingCodePointer(value, ...) {OVL_TLG_NAME(#value, ##__VA_ARGS__), "p", (unsigned long long)(size_t)(value), 0}
#define TraceLoggingString(value, ...)    OVL_TLG_POINTER(value, #value, "A", 0, ##__VA_ARGS__)
#define TraceLoggingUtf8String(value, ...) OVL_TLG_POINTER(value, #value, "A", 0, ##__VA_ARGS__)
#define TraceLoggingWideString(value, ...) OVL_TLG_POINTER(value, #value, "U", 0, ##__VA_ARGS__)
#define TraceLoggingCountedString(value, count, ...)     OVL_TLG_POINTER(value, #value, "C0", count, ##__VA_ARGS__)
#define TraceLoggingCountedWideString(value, count, ...) OVL_TLG_POINTER(value, #value, "V0", count, ##__VA_ARGS__)
#define TraceLoggingUnicodeString(value, ...) OVL_TLG_POINTER((value)->Buffer, #value, "V0", (value)->Length / 2, ##__VA_ARGS__)
#define TraceLoggingAnsiString(value, ...)    OVL_TLG_POINTER((value)->Buffer, #value, "C0", (value)->Length, ##__VA_ARGS__)
#define TraceLoggingBinary(value, size, ...)  OVL_TLG_POINTER(value, #value, "B0", size, ##__VA_ARGS__)
#define TraceLoggingGuid(value, ...)          OVL_TLG_POINTER(&(value), #value, "G", 0, ##__VA_ARGS__)

/* The type decides. */
#ifdef __cplusplus
#define TraceLoggingValue(value, ...) ovl_tlg_field(value, OVL_TLG_NAME(#value, ##__VA_ARGS__))
extern "C++" {
#define OVL_TLG_FIELD(type, letter, bits)                                                                            \
    static inline __attribute__((__unused__)) struct ovl_etw_field ovl_tlg_field(type value, const char *name) \
    {                                                                                                                \
        struct ovl_etw_field field = {name, letter, bits, 0};                                                        \
        return field;                                                                                                \
    }
OVL_TLG_FIELD(bool, "b", value)
OVL_TLG_FIELD(char, "c", (unsigned char)value)
OVL_TLG_FIELD(signed char, "i1", (unsigned long long)value)
OVL_TLG_FIELD(unsigned char, "u1", value)
OVL_TLG_FIELD(short, "i2", (unsigned long long)value)
OVL_TLG_FIELD(unsigned short, "u2", value)
OVL_TLG_FIELD(int, "i4", (unsigned long long)value)
OVL_TLG_FIELD(unsigned int, "u4", value)
OVL_TLG_FIELD(long, "i8", (unsigned long long)value)
OVL_TLG_FIELD(unsigned long, "u8", value)
OVL_TLG_FIELD(long long, "i8", (unsigned long long)value)
OVL_TLG_FIELD(unsigned long long, "u8", value)
OVL_TLG_FIELD(double, "f8", ovl_etw_double(value))
OVL_TLG_FIELD(float, "f8", ovl_etw_double(value))
OVL_TLG_FIELD(const char *, "A", OVL_ETW_ADDRESS(value))
OVL_TLG_FIELD(const wchar_t *, "U", OVL_ETW_ADDRESS(value))
OVL_TLG_FIELD(const void *, "p", OVL_ETW_ADDRESS(value))
OVL_TLG_FIELD(const GUID &, "G", OVL_ETW_ADDRESS(&value))
}
#endif
#endif
