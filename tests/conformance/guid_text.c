/* SPDX-License-Identifier: MIT */
/* GUIDs as text and the multimedia clock, as device programs use them. */
#include "../tap.h"

#include <objbase.h>
#include <mmsystem.h>

static const GUID sample = {0x8fe6d4d7, 0x49dd, 0x41e7, {0x94, 0x86, 0x49, 0xaf, 0xc6, 0xbf, 0xe4, 0x75}};
static const WCHAR sample_text[] = L"{8FE6D4D7-49DD-41E7-9486-49AFC6BFE475}";

static void text(void)
{
    WCHAR out[39];
    is_int(StringFromGUID2(&sample, out, 38), 0, "no room for the end: 0");
    is_int(StringFromGUID2(&sample, out, 39), 39, "39 characters, the end counted");
    ok(!memcmp(out, sample_text, sizeof sample_text), "capital digits in braces");
    LPOLESTR made = NULL;
    is_int(StringFromCLSID(&sample, &made), S_OK, "StringFromCLSID");
    ok(made && !memcmp(made, sample_text, sizeof sample_text), "gives the same");
    CoTaskMemFree(made);
}

static void parse(void)
{
    GUID guid;
    is_int(CLSIDFromString(sample_text, &guid), S_OK, "CLSIDFromString");
    ok(IsEqualGUID(&guid, &sample), "the GUID is back");
    is_int(IIDFromString(L"{8fe6d4d7-49dd-41e7-9486-49afc6bfe475}", &guid), S_OK, "small digits too");
    ok(IsEqualGUID(&guid, &sample), "the GUID is back");
    is_int(CLSIDFromString(L"8FE6D4D7-49DD-41E7-9486-49AFC6BFE475", &guid), CO_E_CLASSSTRING, "without braces it is no GUID");
    is_int(CLSIDFromString(L"{8FE6D4D7-49DD-41E7-9486-49AFC6BFE47G}", &guid), CO_E_CLASSSTRING, "nor with another letter");
    is_int(CLSIDFromString(L"{8FE6D4D7-49DD", &guid), CO_E_CLASSSTRING, "nor cut short");
}

static void fresh(void)
{
    GUID one, other;
    is_int(CoCreateGuid(&one), S_OK, "CoCreateGuid");
    is_int(CoCreateGuid(&other), S_OK, "and again");
    ok(!IsEqualGUID(&one, &other), "no two are the same");
    ok((one.Data3 & 0xf000) == 0x4000 && (one.Data4[0] & 0xc0) == 0x80, "random ones, version 4");
}

static void multimedia(void)
{
    TIMECAPS caps;
    is_int(timeGetDevCaps(&caps, sizeof caps), TIMERR_NOERROR, "timeGetDevCaps");
    is_int(caps.wPeriodMin, 1, "a millisecond at least");
    is_int(timeBeginPeriod(1), TIMERR_NOERROR, "timeBeginPeriod(1)");
    DWORD before = timeGetTime();
    Sleep(20);
    ok(timeGetTime() - before >= 20, "the clock goes");
    is_int(timeEndPeriod(1), TIMERR_NOERROR, "timeEndPeriod(1)");
    is_int(timeBeginPeriod(0), TIMERR_NOCANDO, "no period of 0");
}

int main(void)
{
    tap_begin();
    part(text);
    part(parse);
    part(fresh);
    part(multimedia);
    return tap_end();
}
