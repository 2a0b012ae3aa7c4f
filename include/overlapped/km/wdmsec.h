/* SPDX-License-Identifier: MIT */
/* IoCreateDeviceSecure (wdm.h declares it) and the usual security descriptors, as text. */
#ifndef _WDMSEC_H_
#define _WDMSEC_H_
#include "wdm.h"

#define OVL_SDDL(name, text)                                              \
    static const WCHAR name##_text[] __attribute__((__unused__)) = text; \
    static const UNICODE_STRING name __attribute__((__unused__)) = {sizeof(text) - sizeof(WCHAR), sizeof(text), (PWCH)name##_text}
OVL_SDDL(SDDL_DEVOBJ_KERNEL_ONLY, L"D:P");
OVL_SDDL(SDDL_DEVOBJ_SYS_ALL, L"D:P(A;;GA;;;SY)");
OVL_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
OVL_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RX, L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
OVL_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
OVL_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)");
OVL_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)");
OVL_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
#define WdmlibIoCreateDeviceSecure IoCreateDeviceSecure
#endif
