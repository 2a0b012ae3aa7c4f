/* SPDX-License-Identifier: MIT */
/* The native types that user programs may name. */
#ifndef _WINTERNL_
#define _WINTERNL_
#include "minwindef.h"
#include "ntdef.h"

typedef struct _IO_STATUS_BLOCK {
    union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;
typedef VOID(NTAPI *PIO_APC_ROUTINE)(PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG Reserved);

OVL_BEGIN_C
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status);
OVL_END_C

#endif
