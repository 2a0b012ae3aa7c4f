/* SPDX-License-Identifier: MIT */
/* The inflight trace recorder. A message to one of its logs goes to our trace as it happens, with the log's identifier before it; nothing is kept
 * for a debugger. */
#ifndef _WPPRECORDER_H_
#define _WPPRECORDER_H_
#include "wdm.h"

#define RECORDER_LOG_IDENTIFIER_MAX_CHARS  16
#define WPP_RECORDER                       1
#define WPP_RECORDER_DEFAULT_TAG           'lcRW'

typedef enum _WPP_RECORDER_TRI_STATE { WppRecorderFalse, WppRecorderTrue, WppRecorderDefault } WPP_RECORDER_TRI_STATE;

typedef struct ovl_recorder_log {
    ULONG Tag;
    CHAR Identifier[48];
} *RECORDER_LOG;

typedef struct _RECORDER_CONFIGURE_PARAMS {
    ULONG Size;
    BOOLEAN CreateDefaultLog;
    WPP_RECORDER_TRI_STATE UseTimeStamp;
    WPP_RECORDER_TRI_STATE PreciseTimeStamp;
} RECORDER_CONFIGURE_PARAMS, *PRECORDER_CONFIGURE_PARAMS;

typedef struct _RECORDER_LOG_CREATE_PARAMS {
    ULONG Size;
    ULONG LogTag;
    ULONG TotalBufferSize;
    ULONG ErrorPartitionSize;
    ULONG_PTR LogIdentifierAppendValue;
    BOOLEAN LogIdentifierAppendValueSet;
    ULONG LogIdentifierSize;
    CHAR LogIdentifier[RECORDER_LOG_IDENTIFIER_MAX_CHARS];
    WPP_RECORDER_TRI_STATE UseTimeStamp;
    WPP_RECORDER_TRI_STATE PreciseTimeStamp;
} RECORDER_LOG_CREATE_PARAMS, *PRECORDER_LOG_CREATE_PARAMS;

#define OVL_RECORDER static __inline__ __attribute__((__unused__))

OVL_RECORDER VOID RECORDER_CONFIGURE_PARAMS_INIT(PRECORDER_CONFIGURE_PARAMS Params)
{
    memset(Params, 0, sizeof *Params);
    Params->Size = sizeof *Params;
    Params->CreateDefaultLog = TRUE;
    Params->UseTimeStamp = Params->PreciseTimeStamp = WppRecorderDefault;
}

OVL_RECORDER VOID RECORDER_LOG_CREATE_PARAMS_INIT(PRECORDER_LOG_CREATE_PARAMS Params, PCSTR LogIdentifier)
{
    memset(Params, 0, sizeof *Params);
    Params->Size = sizeof *Params;
    Params->LogIdentifierSize = sizeof Params->LogIdentifier;
    Params->UseTimeStamp = Params->PreciseTimeStamp = WppRecorderDefault;
    if (LogIdentifier != NULL)
        memcpy(Params->LogIdentifier, LogIdentifier, strnlen(LogIdentifier, sizeof Params->LogIdentifier - 1));
}

OVL_RECORDER VOID RECORDER_LOG_CREATE_PARAMS_INIT_APPEND_VALUE(PRECORDER_LOG_CREATE_PARAMS Params, PCSTR LogIdentifier, ULONG_PTR Value)
{
    RECORDER_LOG_CREATE_PARAMS_INIT(Params, LogIdentifier);
    Params->LogIdentifierAppendValue = Value;
    Params->LogIdentifierAppendValueSet = TRUE;
}
#define RECORDER_LOG_CREATE_PARAMS_INIT_APPEND_POINTER(Params, LogIdentifier, Pointer) \
    RECORDER_LOG_CREATE_PARAMS_INIT_APPEND_VALUE(Params, LogIdentifier, (ULONG_PTR)(Pointer))

/* A module's own; 0 where the driver configured it away. */
__attribute__((__weak__, __visibility__("hidden"))) BOOLEAN ovl_recorder_no_default;
OVL_RECORDER VOID WppRecorderConfigure(PRECORDER_CONFIGURE_PARAMS ConfigureParams)
{
    ovl_recorder_no_default = !ConfigureParams->CreateDefaultLog;
}
OVL_RECORDER BOOLEAN WppRecorderIsDefaultLogAvailable(VOID)
{
    return !ovl_recorder_no_default;
}
OVL_RECORDER RECORDER_LOG WppRecorderLogGetDefault(VOID)
{
    static struct ovl_recorder_log log;
    return ovl_recorder_no_default ? NULL : &log;
}

/* As on Windows, a log is non-paged pool that WppRecorderLogDelete frees; the verifier tells of one that is forgotten. */
OVL_RECORDER NTSTATUS WppRecorderLogCreate(PRECORDER_LOG_CREATE_PARAMS CreateParams, RECORDER_LOG *RecorderLog)
{
    ULONG Tag = CreateParams->LogTag != 0 ? CreateParams->LogTag : WPP_RECORDER_DEFAULT_TAG;
    RECORDER_LOG Log = (RECORDER_LOG)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *Log, Tag);
    *RecorderLog = NULL;
    if (Log == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Log->Tag = Tag;
    memcpy(Log->Identifier, CreateParams->LogIdentifier, sizeof CreateParams->LogIdentifier);
    if (CreateParams->LogIdentifierAppendValueSet) {
        CHAR *At = Log->Identifier + strnlen(Log->Identifier, sizeof CreateParams->LogIdentifier);
        *At++ = '-';
        for (int Shift = 60, Begun = 0; Shift >= 0; Shift -= 4) {
            ULONG Digit = (ULONG)(CreateParams->LogIdentifierAppendValue >> Shift) & 15;
            if ((Begun |= Digit != 0) || Shift == 0)
                *At++ = "0123456789abcdef"[Digit];
        }
    }
    *RecorderLog = Log;
    return STATUS_SUCCESS;
}
OVL_RECORDER VOID WppRecorderLogDelete(RECORDER_LOG RecorderLog)
{
    ExFreePoolWithTag(RecorderLog, RecorderLog->Tag);
}
OVL_RECORDER NTSTATUS WppRecorderLogSetIdentifier(RECORDER_LOG RecorderLog, PCSTR LogIdentifier)
{
    size_t Length = strnlen(LogIdentifier, RECORDER_LOG_IDENTIFIER_MAX_CHARS - 1);
    memcpy(RecorderLog->Identifier, LogIdentifier, Length);
    RecorderLog->Identifier[Length] = '\0';
    return STATUS_SUCCESS;
}

OVL_RECORDER const CHAR *ovl_recorder_identifier(RECORDER_LOG log)
{
    return log == NULL ? "" : log->Identifier;
}
#endif
