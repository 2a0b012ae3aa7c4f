/* SPDX-License-Identifier: MIT */
/* GUIDs: the structure, DEFINE_GUID (a definition where INITGUID is defined), and comparison. */
#ifndef GUID_DEFINED
#define GUID_DEFINED
#include "ovl_compiler.h"
#include <string.h>

typedef struct _GUID {
    unsigned int Data1;
    unsigned short Data2;
    unsigned short Data3;
    unsigned char Data4[8];
} GUID;
typedef GUID *LPGUID;
typedef const GUID *LPCGUID;
typedef GUID IID, *LPIID;
typedef GUID CLSID, *LPCLSID;
typedef GUID FMTID, *LPFMTID;
OVL_STATIC_ASSERT(sizeof(GUID) == 16, "a GUID has 16 bytes");
#define IID_NULL   GUID_NULL
#define CLSID_NULL GUID_NULL

#ifdef __cplusplus
#define REFGUID  const GUID &
#define REFIID   const IID &
#define REFCLSID const CLSID &
static inline int IsEqualGUID(REFGUID a, REFGUID b)
{
    return !memcmp(&a, &b, sizeof(GUID));
}
static inline bool operator==(REFGUID a, REFGUID b)
{
    return !memcmp(&a, &b, sizeof(GUID));
}
static inline bool operator!=(REFGUID a, REFGUID b)
{
    return !(a == b);
}
#else
#define REFGUID           const GUID *
#define REFIID            const IID *
#define REFCLSID          const CLSID *
#define IsEqualGUID(a, b) (!memcmp(a, b, sizeof(GUID)))
#endif
#define IsEqualIID(a, b)   IsEqualGUID(a, b)
#define IsEqualCLSID(a, b) IsEqualGUID(a, b)
#endif

/* Outside the guard: a second inclusion after INITGUID turns declarations into definitions. The
 * definitions are weak, because several files of one program may define the same GUID. */
#undef DEFINE_GUID
#ifdef __cplusplus
#define OVL_GUID_LINKAGE extern "C"
#else
#define OVL_GUID_LINKAGE extern
#endif
#ifdef INITGUID
#ifdef __cplusplus
#define OVL_GUID_DEFINE extern "C" const GUID
#else
#define OVL_GUID_DEFINE const GUID
#endif
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    OVL_GUID_LINKAGE const GUID name __attribute__((__weak__));      \
    OVL_GUID_DEFINE name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) OVL_GUID_LINKAGE const GUID name
#endif
