/* SPDX-License-Identifier: MIT */
/* std::wcout, wcerr, wclog and wcin: UTF-8 on the standard streams of C, so that they mix with printf and std::cout.
 * Included at the end of <iostream>. */
#ifndef OVL_WIOSTREAM_CXX_H
#define OVL_WIOSTREAM_CXX_H
#include "ovl_wcodecvt_cxx.h"
#include <cstdio>

namespace std
{
inline namespace ovl_wide
{
class stdio_writer : public basic_streambuf<wchar_t>
{
public:
    explicit stdio_writer(FILE *to) : file(to), state() {}

protected:
    int_type overflow(int_type c) override
    {
        if (traits_type::eq_int_type(c, traits_type::eof()))
            return sync() == 0 ? traits_type::not_eof(c) : c;
        const wchar_t unit = traits_type::to_char_type(c);
        return xsputn(&unit, 1) == 1 ? c : traits_type::eof();
    }

    streamsize xsputn(const wchar_t *from, streamsize count) override
    {
        char bytes[512];
        const wchar_t *const begin = from, *const end = from + count;
        while (from < end) {
            char *stop;
            use_facet<codecvt<wchar_t, char, mbstate_t>>(locale::classic()).out(state, from, end, from, bytes, bytes + sizeof bytes, stop);
            const size_t length = static_cast<size_t>(stop - bytes);
            if (fwrite(bytes, 1, length, file) != length)
                return from - begin > 0 ? from - begin - 1 : 0;
        }
        return count;
    }

    int sync() override { return fflush(file) == 0 ? 0 : -1; }

private:
    FILE *file;
    mbstate_t state;
};

class stdio_reader : public basic_streambuf<wchar_t>
{
public:
    explicit stdio_reader(FILE *of) : file(of) { setg(units + 1, units + 1, units + 1); }

protected:
    int_type underflow() override
    {
        char bytes[4];
        wchar_t *filled = units + 1;
        const wchar_t last = gptr() > eback() ? gptr()[-1] : L'\0';
        for (int length = 0; filled == units + 1 && length < 4;) {
            const int byte = getc(file);
            if (byte == EOF)
                return traits_type::eof();
            bytes[length++] = static_cast<char>(byte);
            mbstate_t state = mbstate_t();
            const char *next;
            use_facet<codecvt<wchar_t, char, mbstate_t>>(locale::classic())
                .in(state, bytes, bytes + length, next, units + 1, units + 3, filled);
            if (next != bytes && next != bytes + length)
                ungetc(bytes[length - 1], file); /* what broke the sequence off may be a character */
        }
        units[0] = last; /* one may be put back */
        setg(units, units + 1, filled);
        return traits_type::to_int_type(units[1]);
    }

private:
    FILE *file;
    wchar_t units[4] = {};
};

/* Never destroyed: destructors of others may still write. */
inline wostream &stdio_stream(FILE *to, bool at_once)
{
    wostream *made = new wostream(new stdio_writer(to));
    if (at_once)
        made->setf(ios_base::unitbuf);
    return *made;
}
inline wistream &stdio_stream(FILE *of, wostream &tied)
{
    wistream *made = new wistream(new stdio_reader(of));
    made->tie(&tied);
    return *made;
}

inline wostream &wcout = stdio_stream(stdout, false);
inline wostream &wcerr = stdio_stream(stderr, true);
inline wostream &wclog = stdio_stream(stderr, false);
inline wistream &wcin = stdio_stream(stdin, wcout);
} // namespace ovl_wide
} // namespace std
#endif
