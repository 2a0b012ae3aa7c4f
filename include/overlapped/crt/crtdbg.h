/* SPDX-License-Identifier: MIT */
/* Debug heap and reports: assertions are assert's; the heap's own checks are the sanitizers' work. */
#ifndef OVL_CRT_CRTDBG
#define OVL_CRT_CRTDBG
#include "ovl_crt.h"
#include <assert.h>
#include <stdlib.h>
#define _ASSERT(condition)              assert(condition)
#define _ASSERTE(condition)             assert(condition)
#define _ASSERT_EXPR(condition, text)   assert(condition)
#define _CRT_WARN             0
#define _CRT_ERROR            1
#define _CRT_ASSERT           2
#define _CRTDBG_ALLOC_MEM_DF  0x01
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _CRTDBG_REPORT_FLAG   (-1)
#define _CRTDBG_MODE_FILE     0x1
#define _CRTDBG_MODE_DEBUG    0x2
#define _CRTDBG_FILE_STDERR   ((void *)-5)
#define _CrtSetDbgFlag(flags)           ((int)0)
#define _CrtSetReportMode(type, mode)   ((int)0)
#define _CrtSetReportFile(type, file)   ((void *)0)
#define _CrtCheckMemory()               ((int)1)
#define _CrtDumpMemoryLeaks()           ((int)0)
#define _CrtSetBreakAlloc(number)       ((int)-1)
#define _RPT0(type, text)               ((void)0)
#define _RPT1(type, text, a)            ((void)0)
#define _RPTF0(type, text)              ((void)0)

#endif
