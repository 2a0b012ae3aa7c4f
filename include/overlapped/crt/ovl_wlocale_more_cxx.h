/* SPDX-License-Identifier: MIT */
/* The wide half of <locale>: order of strings by their code units, and dates as the narrow ones are written. Reading dates, and
 * money, are not there: using them does not compile. */
#ifndef OVL_WLOCALE_MORE_CXX_H
#define OVL_WLOCALE_MORE_CXX_H
#include "ovl_wcodecvt_cxx.h"
#include <ctime>

namespace std
{
template <> inline int collate<wchar_t>::_M_compare(const wchar_t *one, const wchar_t *other) const throw()
{
    while (*one && *one == *other)
        one++, other++;
    return *one == *other ? 0 : *one < *other ? -1 : 1;
}

template <> inline size_t collate<wchar_t>::_M_transform(wchar_t *into, const wchar_t *from, size_t room) const throw()
{
    const size_t length = char_traits<wchar_t>::length(from);
    for (size_t i = 0; i < room && i <= length; i++)
        into[i] = from[i];
    return length;
}
OVL_FACET(collate<wchar_t>)

template <>
inline ostreambuf_iterator<wchar_t> time_put<wchar_t>::do_put(ostreambuf_iterator<wchar_t> to, ios_base &, wchar_t, const tm *when,
                                                              char letter, char modifier) const
{
    char format[4] = {'%', modifier ? modifier : letter, modifier ? letter : '\0', '\0'}, text[256];
    const size_t length = strftime(text, sizeof text, format, when);
    for (const char *at = text, *const end = text + length; at < end;) {
        unsigned point;
        const int count = ovl_utf8_read(at, end, point);
        at += count ? count : 1;
        if (point > 0xFFFF) {
            *to++ = static_cast<wchar_t>(0xD800 + ((point - 0x10000) >> 10));
            point = 0xDC00 + (point & 0x3FF);
        }
        *to++ = static_cast<wchar_t>(point);
    }
    return to;
}
OVL_FACET(time_put<wchar_t>)

template <> const time_get<wchar_t> &use_facet<time_get<wchar_t>>(const locale &) = delete;
template <> const money_get<wchar_t> &use_facet<money_get<wchar_t>>(const locale &) = delete;
template <> const money_put<wchar_t> &use_facet<money_put<wchar_t>>(const locale &) = delete;
} // namespace std
#endif
