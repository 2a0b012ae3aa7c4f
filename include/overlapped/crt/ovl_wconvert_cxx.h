/* SPDX-License-Identifier: MIT */
/* codecvt_utf8, codecvt_utf8_utf16 and codecvt_utf16 for wide characters of 16 bits. At the end of <codecvt>. */
#ifndef OVL_WCONVERT_CXX_H
#define OVL_WCONVERT_CXX_H
#include "ovl_wcodecvt_cxx.h"

namespace std
{
/* UTF-8 with a byte order mark where the mode says so. codecvt_utf8 is UCS-2 for 16 bits by the letter; pairs are joined, as
 * Microsoft's does. */
template <codecvt_mode mode> class ovl_wide_utf8 : public codecvt<wchar_t, char, mbstate_t>
{
public:
    explicit ovl_wide_utf8(size_t refs = 0) : codecvt<wchar_t, char, mbstate_t>(refs) {}

protected:
    typedef codecvt<wchar_t, char, mbstate_t> plain;
    result do_out(mbstate_t &state, const wchar_t *from, const wchar_t *from_end, const wchar_t *&from_next, char *to, char *to_end,
                  char *&to_next) const override
    {
        if ((mode & generate_header) && from < from_end && !(state.__count & ovl_wide_state::BEGUN)) {
            if (to_end - to < 3)
                return from_next = from, to_next = to, partial;
            ovl_wide_state{state}.begin();
            to += ovl_utf8_write(0xFEFF, to);
        }
        return plain::do_out(state, from, from_end, from_next, to, to_end, to_next);
    }
    result do_in(mbstate_t &state, const char *from, const char *from_end, const char *&from_next, wchar_t *to, wchar_t *to_end,
                 wchar_t *&to_next) const override
    {
        unsigned point;
        if ((mode & consume_header) && from < from_end && !(state.__count & ovl_wide_state::BEGUN)) {
            const int count = ovl_utf8_read(from, from_end, point);
            if (count == 0)
                return from_next = from, to_next = to, partial;
            ovl_wide_state{state}.begin();
            if (point == 0xFEFF)
                from += count;
        }
        return plain::do_in(state, from, from_end, from_next, to, to_end, to_next);
    }
};

/* Two bytes for a unit. */
template <codecvt_mode mode> class ovl_wide_utf16 : public codecvt<wchar_t, char, mbstate_t>
{
public:
    explicit ovl_wide_utf16(size_t refs = 0) : codecvt<wchar_t, char, mbstate_t>(refs) {}

protected:
    static const int SWAPPED = 4; /* in the state: the mark said the other order */
    static void put(char *to, unsigned unit, bool little)
    {
        to[little ? 0 : 1] = static_cast<char>(unit);
        to[little ? 1 : 0] = static_cast<char>(unit >> 8);
    }
    static unsigned get(const char *from, bool little)
    {
        return static_cast<unsigned char>(from[little ? 0 : 1]) | static_cast<unsigned>(static_cast<unsigned char>(from[little ? 1 : 0])) << 8;
    }
    result do_out(mbstate_t &state, const wchar_t *from, const wchar_t *from_end, const wchar_t *&from_next, char *to, char *to_end,
                  char *&to_next) const override
    {
        const bool little = mode & little_endian;
        if ((mode & generate_header) && from < from_end && to_end - to >= 2 && ovl_wide_state{state}.begin()) {
            put(to, 0xFEFF, little);
            to += 2;
        }
        for (; from < from_end && to_end - to >= 2; from++, to += 2)
            put(to, static_cast<unsigned>(*from), little);
        from_next = from;
        to_next = to;
        return from == from_end ? ok : partial;
    }
    result do_unshift(mbstate_t &, char *to, char *, char *&to_next) const override { return to_next = to, noconv; }
    result do_in(mbstate_t &state, const char *from, const char *from_end, const char *&from_next, wchar_t *to, wchar_t *to_end,
                 wchar_t *&to_next) const override
    {
        if ((mode & consume_header) && from_end - from >= 2 && ovl_wide_state{state}.begin()) {
            const unsigned mark = get(from, mode & little_endian);
            if (mark == 0xFFFE)
                state.__count |= SWAPPED;
            if (mark == 0xFFFE || mark == 0xFEFF)
                from += 2;
        }
        const bool little = ((mode & little_endian) != 0) != ((state.__count & SWAPPED) != 0);
        for (; from_end - from >= 2 && to < to_end; from += 2)
            *to++ = static_cast<wchar_t>(get(from, little));
        from_next = from;
        to_next = to;
        return from == from_end ? ok : partial;
    }
    int do_length(mbstate_t &, const char *from, const char *end, size_t most) const override
    {
        const size_t units = static_cast<size_t>(end - from) / 2;
        return static_cast<int>(2 * (units < most ? units : most));
    }
    int do_max_length() const throw() override { return 4; }
};

#define OVL_CODECVT(name, base)                                                                                           \
    template <unsigned long most, codecvt_mode mode> class name<wchar_t, most, mode> : public base<mode>                   \
    {                                                                                                                     \
    public:                                                                                                               \
        explicit name(size_t refs = 0) : base<mode>(refs) {}                                                              \
        ~name() {}                                                                                                        \
    };
OVL_CODECVT(codecvt_utf8, ovl_wide_utf8)
OVL_CODECVT(codecvt_utf8_utf16, ovl_wide_utf8)
OVL_CODECVT(codecvt_utf16, ovl_wide_utf16)
#undef OVL_CODECVT
} // namespace std
#endif
