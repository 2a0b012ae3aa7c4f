/* SPDX-License-Identifier: MIT */
/* A driver that uses WPP where EVENT_TRACING is defined, else a TraceEvents of its own; the
 * recorder, and TraceLogging. */
#include <ntddk.h>
#include <ntstrsafe.h>
#include <evntrace.h>
#include <TraceLoggingProvider.h>
#include <WppRecorder.h>

#if defined(EVENT_TRACING)
#define WPP_CONTROL_GUIDS                                                                          \
    WPP_DEFINE_CONTROL_GUID(ChoiceGuid, (1c1d6f0a, 9b52, 4e6e, 8d0f, 1a2b3c4d5e6f),                \
                            WPP_DEFINE_BIT(DBG_INIT) WPP_DEFINE_BIT(DBG_PNP))
#define WPP_LEVEL_FLAGS_LOGGER(lvl, flags) WPP_LEVEL_LOGGER(flags)
#define WPP_LEVEL_FLAGS_ENABLED(lvl, flags)                                                        \
    (WPP_LEVEL_ENABLED(flags) && WPP_CONTROL(WPP_BIT_##flags).Level >= lvl)
static VOID Changed(LPCGUID Guid, __int64 Logger, BOOLEAN Enable, ULONG Flags, UCHAR Level);
#define WPP_PRIVATE_ENABLE_CALLBACK Changed
/* begin_wpp config
   FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);
   FUNC RecordEvents(IFRLOG, LEVEL, FLAGS, MSG, ...);
   end_wpp */
#include "choice.tmh"
static ULONG Enables, Disables;
static VOID Changed(LPCGUID Guid, __int64 Logger, BOOLEAN Enable, ULONG Flags, UCHAR Level)
{
    UNREFERENCED_PARAMETER(Guid);
    UNREFERENCED_PARAMETER(Flags);
    if (Enable && Logger != 0 && Level >= TRACE_LEVEL_VERBOSE)
        Enables++;
    else
        Disables++;
}
#else
#define DBG_INIT 1
#define DBG_PNP  2
#define WPP_INIT_TRACING(DriverObject, RegistryPath)
#define WPP_CLEANUP(DriverObject)
static VOID TraceEvents(ULONG Level, ULONG Flags, PCSTR Format, ...)
{
    CHAR Text[200] = "";
    va_list List;
    va_start(List, Format);
    RtlStringCbVPrintfA(Text, sizeof Text, Format, List);
    va_end(List);
    DbgPrint("own %u %u: %s\n", Level, Flags, Text);
}
#endif

TRACELOGGING_DECLARE_PROVIDER(Provider);
TRACELOGGING_DEFINE_PROVIDER(Provider, "Ovl.Choice",
                             (0x5ab7e8c4, 0x7a3f, 0x4d1c, 0x9b, 0x1e, 0x0c, 0x3a, 0x6f, 0x2d, 0x8e,
                              0x12));

static ULONG Looked;

static ULONG Look(VOID)
{
    return ++Looked;
}

static VOID Log(PUNICODE_STRING Path)
{
    static const UCHAR Data[] = {0xde, 0xad};
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    TraceLoggingWrite(Provider, "TooEarly", TraceLoggingULong(Look(), "Looked"));
    TraceLoggingRegister(Provider);
    TraceLoggingWrite(Provider, "Bare");
    TraceLoggingWrite(
        Provider, "Full", TraceLoggingLevel(WINEVENT_LEVEL_WARNING), TraceLoggingKeyword(0x10),
        TraceLoggingNTStatus(Status), TraceLoggingInt32(-5, "Delta"),
        TraceLoggingHexUInt64(0xabcdefULL, "Mask", "a mask of bits"),
        TraceLoggingBoolean(TRUE, "Good"), TraceLoggingString("text", "Ansi"),
        TraceLoggingWideString(L"wide", "Wide"), TraceLoggingCountedString("abcdef", 3, "Counted"),
        TraceLoggingBinary(Data, sizeof Data, "Data"), TraceLoggingStruct(2, "Pair"),
        TraceLoggingUInt8(300, "A"), TraceLoggingUInt32(7, "B"),
        TraceLoggingUnicodeString(Path, "Path"), TraceLoggingFloat64(0.5, "Half"));
    TraceLoggingUnregister(Provider);
    TraceLoggingWrite(Provider, "TooLate", TraceLoggingULong(Look(), "Looked"));
    DbgPrint("looked %u\n", Looked);
}

static VOID Record(VOID)
{
#if defined(EVENT_TRACING)
    RECORDER_LOG_CREATE_PARAMS Params;
    RECORDER_LOG Log;
    RECORDER_LOG_CREATE_PARAMS_INIT_APPEND_VALUE(&Params, "Endpoint", 0x81);
    if (!NT_SUCCESS(WppRecorderLogCreate(&Params, &Log)))
        return;
    RecordEvents(Log, TRACE_LEVEL_INFORMATION, DBG_PNP, "recorded %d", 1);
    RecordEvents(WppRecorderLogGetDefault(), TRACE_LEVEL_INFORMATION, DBG_PNP, "recorded %d", 2);
    WppRecorderLogDelete(Log);
#endif
}

static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    TraceEvents(TRACE_LEVEL_VERBOSE, DBG_INIT, "unloaded");
    WPP_CLEANUP(DriverObject);
    UNREFERENCED_PARAMETER(DriverObject);
#if defined(EVENT_TRACING)
    DbgPrint("callbacks %u %u\n", Enables, Disables);
#endif
}

EXTERN_C DRIVER_INITIALIZE DriverEntry;
EXTERN_C NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WPP_INIT_TRACING(DriverObject, RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (DriverObject != NULL)
        TraceEvents(TRACE_LEVEL_INFORMATION, DBG_INIT, "entered with %s", "words");
    else
        TraceEvents(TRACE_LEVEL_ERROR, DBG_INIT, "not entered");
    Record();
    Log(RegistryPath);
    return STATUS_SUCCESS;
}
