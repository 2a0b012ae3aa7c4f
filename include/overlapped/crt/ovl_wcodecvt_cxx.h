/* SPDX-License-Identifier: MIT */
/* Wide characters of 16 bits and bytes: UTF-8 in files, whatever the locale, and the conversions of <codecvt>.
 * Included at the end of <fstream>, <locale> and <codecvt>. */
#ifndef OVL_WCODECVT_CXX_H
#define OVL_WCODECVT_CXX_H
#include <ios>
#include <bits/codecvt.h>

namespace std
{
/* What is remembered between two calls: the first half of a pair, and that the mark at the beginning was seen to. */
struct ovl_wide_state {
    mbstate_t &state;
    enum { PENDING = 1, BEGUN = 2 };
    bool pending() const { return state.__count & PENDING; }
    unsigned first() const { return state.__value.__wch; }
    void keep(unsigned unit)
    {
        state.__count |= PENDING;
        state.__value.__wch = unit;
    }
    void drop() { state.__count &= ~PENDING; }
    bool begin()
    {
        const bool first = !(state.__count & BEGUN);
        state.__count |= BEGUN;
        return first;
    }
};

/* A code point for the unit, or 0 when it waits for its other half; a half without the other is U+FFFD. */
inline unsigned ovl_wide_join(ovl_wide_state kept, unsigned unit)
{
    const bool low = (unit & 0xFC00) == 0xDC00, high = (unit & 0xFC00) == 0xD800;
    if (kept.pending()) {
        const unsigned first = kept.first();
        kept.drop();
        if (low)
            return 0x10000 + ((first & 0x3FF) << 10) + (unit & 0x3FF);
        if (high)
            kept.keep(unit);
        return 0xFFFD;
    }
    if (high) {
        kept.keep(unit);
        return 0;
    }
    return low ? 0xFFFD : unit;
}

inline int ovl_utf8_write(unsigned point, char *into)
{
    if (point < 0x80) {
        into[0] = static_cast<char>(point);
        return 1;
    }
    const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned lead[] = {0, 0xC0, 0xE0, 0xF0};
    into[0] = static_cast<char>(lead[more] | point >> (6 * more));
    for (int i = 1; i <= more; i++)
        into[i] = static_cast<char>(0x80 | (point >> (6 * (more - i)) & 0x3F));
    return more + 1;
}

/* Bytes that the character takes, 0 when there are not enough; what is no UTF-8 is U+FFFD, byte by byte. */
inline int ovl_utf8_read(const char *from, const char *end, unsigned &point)
{
    const unsigned lead = static_cast<unsigned char>(*from);
    const int more = lead < 0x80 ? 0 : (lead & 0xE0) == 0xC0 ? 1 : (lead & 0xF0) == 0xE0 ? 2 : (lead & 0xF8) == 0xF0 ? 3 : -1;
    static const unsigned least[] = {0, 0x80, 0x800, 0x10000};
    point = more <= 0 ? lead : lead & (0x3Fu >> more);
    for (int i = 1; i <= more; i++) {
        if (from + i == end)
            return 0;
        if ((from[i] & 0xC0) != 0x80) {
            point = 0xFFFD;
            return 1;
        }
        point = point << 6 | (from[i] & 0x3F);
    }
    if (more < 0 || point < least[more] || point > 0x10FFFF || (point & 0xFFFFF800) == 0xD800) {
        point = 0xFFFD;
        return 1;
    }
    return more + 1;
}

template <>
inline codecvt_base::result codecvt<wchar_t, char, mbstate_t>::do_out(mbstate_t &state, const wchar_t *from, const wchar_t *from_end,
                                                                      const wchar_t *&from_next, char *to, char *to_end,
                                                                      char *&to_next) const
{
    result answer = ok;
    for (; from < from_end; from++) {
        char bytes[4];
        mbstate_t after = state;
        const unsigned point = ovl_wide_join({after}, static_cast<unsigned>(*from));
        const int count = point || !*from ? ovl_utf8_write(point, bytes) : 0;
        if (count > to_end - to) {
            answer = partial;
            break;
        }
        state = after;
        for (int i = 0; i < count; i++)
            *to++ = bytes[i];
    }
    from_next = from;
    to_next = to;
    return answer;
}

template <>
inline codecvt_base::result codecvt<wchar_t, char, mbstate_t>::do_unshift(mbstate_t &state, char *to, char *to_end, char *&to_next) const
{
    to_next = to;
    if (!ovl_wide_state{state}.pending())
        return noconv;
    if (to_end - to < 3)
        return partial;
    ovl_wide_state{state}.drop();
    to_next += ovl_utf8_write(0xFFFD, to);
    return ok;
}

template <>
inline codecvt_base::result codecvt<wchar_t, char, mbstate_t>::do_in(mbstate_t &, const char *from, const char *from_end,
                                                                     const char *&from_next, wchar_t *to, wchar_t *to_end,
                                                                     wchar_t *&to_next) const
{
    result answer = ok;
    while (from < from_end && answer == ok) {
        unsigned point;
        const int count = ovl_utf8_read(from, from_end, point);
        if (count == 0 || to_end - to < (point > 0xFFFF ? 2 : 1)) {
            answer = partial;
        } else {
            from += count;
            if (point > 0xFFFF) {
                *to++ = static_cast<wchar_t>(0xD800 + ((point - 0x10000) >> 10));
                point = 0xDC00 + (point & 0x3FF);
            }
            *to++ = static_cast<wchar_t>(point);
        }
    }
    from_next = from;
    to_next = to;
    return answer;
}

template <> inline int codecvt<wchar_t, char, mbstate_t>::do_encoding() const throw()
{
    return 0; /* a varying number of bytes */
}

template <> inline bool codecvt<wchar_t, char, mbstate_t>::do_always_noconv() const throw()
{
    return false;
}

template <> inline int codecvt<wchar_t, char, mbstate_t>::do_max_length() const throw()
{
    return 4;
}

template <>
inline int codecvt<wchar_t, char, mbstate_t>::do_length(mbstate_t &, const char *from, const char *end, size_t most) const
{
    const char *at = from;
    while (at < end && most > 0) {
        unsigned point;
        const int count = ovl_utf8_read(at, end, point);
        const size_t units = point > 0xFFFF ? 2 : 1;
        if (count == 0 || units > most)
            break;
        at += count;
        most -= units;
    }
    return static_cast<int>(at - from);
}
typedef codecvt<wchar_t, char, mbstate_t> ovl_wide_codecvt;
OVL_FACET(ovl_wide_codecvt)
} // namespace std
#endif
