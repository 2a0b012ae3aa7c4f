/*++
SPDX-License-Identifier: MIT

Module Name:

    Trace.h

Abstract:

    The provider, its flags and the trace functions.

Environment:

    User and kernel mode

--*/

#define WPP_CONTROL_GUIDS                                              \
    WPP_DEFINE_CONTROL_GUID(                                           \
        TracedBoardTraceGuid, (3c1d6f0a,9b52,4e6e,8d0f,1a2b3c4d5e6f),  \
                                                                       \
        WPP_DEFINE_BIT(MYDRIVER_ALL_INFO)                              \
        WPP_DEFINE_BIT(TRACE_DRIVER)                                   \
        WPP_DEFINE_BIT(TRACE_DEVICE)                                   \
        WPP_DEFINE_BIT(TRACE_QUEUE)                                    \
        )

#define WPP_FLAG_LEVEL_LOGGER(flag, level)                             \
    WPP_LEVEL_LOGGER(flag)

#define WPP_FLAG_LEVEL_ENABLED(flag, level)                            \
    (WPP_LEVEL_ENABLED(flag) &&                                        \
     WPP_CONTROL(WPP_BIT_ ## flag).Level >= level)

#define WPP_LEVEL_FLAGS_LOGGER(lvl,flags)                              \
           WPP_LEVEL_LOGGER(flags)

#define WPP_LEVEL_FLAGS_ENABLED(lvl, flags)                            \
           (WPP_LEVEL_ENABLED(flags) && WPP_CONTROL(WPP_BIT_ ## flags).Level >= lvl)

#define WPP_RECORDER_FLAGS_LEVEL_ARGS(flags, lvl) WPP_RECORDER_LEVEL_FLAGS_ARGS(lvl, flags)
#define WPP_RECORDER_FLAGS_LEVEL_FILTER(flags, lvl) WPP_RECORDER_LEVEL_FLAGS_FILTER(lvl, flags)

//
// For a status that is returned: a line only where it is an error.
//
#define WPP_LEVEL_FLAGS_STATUS_PRE(level, flags, status) { if (!NT_SUCCESS(status)) {
#define WPP_LEVEL_FLAGS_STATUS_POST(level, flags, status) ; } }
#define WPP_LEVEL_FLAGS_STATUS_ENABLED(level, flags, status) WPP_LEVEL_FLAGS_ENABLED(level, flags)
#define WPP_LEVEL_FLAGS_STATUS_LOGGER(level, flags, status) WPP_LEVEL_FLAGS_LOGGER(level, flags)

//
// This comment block is scanned by the trace preprocessor to define our
// Trace function.
//
// begin_wpp config
// FUNC Trace{FLAG=MYDRIVER_ALL_INFO}(LEVEL, MSG, ...);
// FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);
//
// FUNC TraceFailure{LEVEL=TRACE_LEVEL_ERROR, FLAGS=TRACE_DEVICE}(STATUS);
// USESUFFIX(TraceFailure, "failed with %!STATUS!", STATUS);
// FUNC TraceQueue{LEVEL=TRACE_LEVEL_VERBOSE}((FLAGS,
//      MSG, ...));
// USEPREFIX(TraceQueue, "%!STDPREFIX! %!FUNC!: ");
// CUSTOM_TYPE(BoardState, ItemEnum(_BOARD_STATE));
// CUSTOM_TYPE(BoardSwitches, ItemSetLong(SW1, SW2, SW3, SW4));
// CUSTOM_TYPE(Answer, ItemListLong(No, Yes, Perhaps));
// end_wpp
//
#define WPP_LEVEL_FLAGS_PRIVATE 1 /* a name like WPP's own: nothing to it */
