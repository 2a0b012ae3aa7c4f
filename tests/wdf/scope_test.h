/* SPDX-License-Identifier: MIT */
/* What the scope driver and its program agree on: control devices whose callbacks must not overlap, and one that preprocesses IRPs. */
#ifndef SCOPE_TEST_H
#define SCOPE_TEST_H

#define SCOPE_DISPATCH   L"\\\\.\\OvlScopeDispatch"   /* scope device, level dispatch */
#define SCOPE_PASSIVE    L"\\\\.\\OvlScopePassive"    /* scope device, level passive */
#define SCOPE_QUEUE      L"\\\\.\\OvlScopeQueue"      /* scope queue: reads and writes have a queue each */
#define SCOPE_PREPROCESS L"\\\\.\\OvlScopePreprocess"

#define IOCTL_SCOPE_WORK  CTL_CODE(0x22, 0x940, METHOD_BUFFERED, FILE_ANY_ACCESS) /* stays inside for a while */
#define IOCTL_SCOPE_START CTL_CODE(0x22, 0x941, METHOD_BUFFERED, FILE_ANY_ACCESS) /* timer and DPC or work item run too */
#define IOCTL_SCOPE_STOP  CTL_CODE(0x22, 0x942, METHOD_BUFFERED, FILE_ANY_ACCESS) /* they stop; out: struct scope_counts */
#define IOCTL_SCOPE_KEPT  CTL_CODE(0x22, 0x943, METHOD_BUFFERED, FILE_ANY_ACCESS) /* the preprocess callback completes it */

struct scope_counts {
    unsigned int requests, timers, dpcs, works, locked;
    unsigned int overlaps;    /* a callback found another inside */
    unsigned int wrong_irql;
    unsigned int refusals;    /* of callbacks whose level does not suit: how many of those tried */
    unsigned int preprocessed;
};

#endif
