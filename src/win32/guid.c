/* SPDX-License-Identifier: MIT */
/* GUIDs as text, fresh ones, and the allocator that goes with them: the part of COM's library that device programs use. There are no
 * apartments and no class objects. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "win32/face.h"

#include "objbase.h"

enum { GUID_UNITS = 38 }; /* {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx} */

static const char guid_form[] = "{________-____-____-____-____________}";
/* Where the text's bytes, in its order, stand in the structure: three little-endian numbers, then bytes. */
static const unsigned char guid_place[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static int hex_value(WCHAR unit)
{
    if (unit >= '0' && unit <= '9')
        return unit - '0';
    unit |= 0x20;
    return unit >= 'a' && unit <= 'f' ? unit - 'a' + 10 : -1;
}

int WINAPI StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax)
{
    static const char digits[] = "0123456789ABCDEF";
    if (cchMax < GUID_UNITS + 1)
        return 0;
    const unsigned char *bytes = (const unsigned char *)rguid;
    for (unsigned i = 0, nibble = 0; i < GUID_UNITS; i++) {
        lpsz[i] = (WCHAR)guid_form[i];
        if (guid_form[i] != '_')
            continue;
        unsigned char byte = bytes[guid_place[nibble / 2]];
        lpsz[i] = (WCHAR)digits[nibble++ % 2 == 0 ? byte >> 4 : byte & 15];
    }
    lpsz[GUID_UNITS] = 0;
    return GUID_UNITS + 1;
}

static HRESULT guid_parse(const WCHAR *text, GUID *guid, HRESULT malformed)
{
    unsigned char bytes[sizeof(GUID)] = {0};
    if (guid == NULL)
        return E_INVALIDARG;
    memset(guid, 0, sizeof *guid);
    if (text == NULL)
        return S_OK; /* the null GUID, as documented of IIDFromString's implementation */
    for (unsigned i = 0, nibble = 0; i < GUID_UNITS; i++) {
        int value = guid_form[i] == '_' ? hex_value(text[i]) : 0;
        if (value < 0 || (guid_form[i] != '_' && text[i] != (WCHAR)guid_form[i]))
            return malformed;
        if (guid_form[i] != '_')
            continue;
        unsigned char *byte = &bytes[guid_place[nibble++ / 2]];
        *byte = (unsigned char)(*byte << 4 | value);
    }
    if (text[GUID_UNITS] != 0)
        return malformed;
    memcpy(guid, bytes, sizeof bytes);
    return S_OK;
}

HRESULT WINAPI CLSIDFromString(LPCOLESTR lpsz, LPCLSID pclsid)
{
    return guid_parse(lpsz, pclsid, CO_E_CLASSSTRING);
}

HRESULT WINAPI IIDFromString(LPCOLESTR lpsz, LPIID lpiid)
{
    return guid_parse(lpsz, lpiid, E_INVALIDARG);
}

HRESULT WINAPI StringFromCLSID(const GUID *rclsid, LPOLESTR *lplpsz)
{
    if (lplpsz == NULL)
        return E_INVALIDARG;
    *lplpsz = CoTaskMemAlloc((GUID_UNITS + 1) * sizeof(WCHAR));
    if (*lplpsz == NULL)
        return E_OUTOFMEMORY;
    StringFromGUID2(rclsid, *lplpsz, GUID_UNITS + 1);
    return S_OK;
}

HRESULT WINAPI StringFromIID(const GUID *rclsid, LPOLESTR *lplpsz)
{
    return StringFromCLSID(rclsid, lplpsz);
}

/* Version 4, variant 1 (RFC 4122). */
HRESULT WINAPI CoCreateGuid(GUID *pguid)
{
    if (pguid == NULL)
        return E_INVALIDARG;
    if (getrandom(pguid, sizeof *pguid, 0) != sizeof *pguid)
        return HRESULT_FROM_WIN32(ERROR_GEN_FAILURE);
    pguid->Data3 = (WORD)((pguid->Data3 & 0x0fff) | 0x4000);
    pguid->Data4[0] = (BYTE)((pguid->Data4[0] & 0x3f) | 0x80);
    return S_OK;
}

LPVOID WINAPI CoTaskMemAlloc(SIZE_T cb)
{
    return malloc(cb != 0 ? cb : 1);
}

LPVOID WINAPI CoTaskMemRealloc(LPVOID pv, SIZE_T cb)
{
    if (cb == 0 && pv != NULL) {
        free(pv);
        return NULL;
    }
    return realloc(pv, cb != 0 ? cb : 1);
}

void WINAPI CoTaskMemFree(LPVOID pv)
{
    free(pv);
}
