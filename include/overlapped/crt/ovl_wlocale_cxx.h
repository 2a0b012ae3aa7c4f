/* SPDX-License-Identifier: MIT */
/* The wide half of <ios> where wchar_t has 16 bits: facets of the program's own, because those of libstdc++ were
 * compiled for 32 bits. A locale that has none answers with them, so every locale is good for wide streams; numbers
 * are written as in the classic locale. Included at the end of <ios>. */
#ifndef OVL_WLOCALE_CXX_H
#define OVL_WLOCALE_CXX_H
#include <wctype.h>

namespace std
{
/* What a locale says that lacks a facet, or has one for 32 bits. */
#define OVL_FACET(type)                                                                     \
    template <> inline bool has_facet<type>(const locale &) throw()                         \
    {                                                                                       \
        return true;                                                                        \
    }                                                                                       \
    template <> inline const type &use_facet<type>(const locale &where)                     \
    {                                                                                       \
        struct facet_of : type {                                                            \
            facet_of() : type(1) {}                                                         \
            ~facet_of() {}                                                                  \
        };                                                                                  \
        const size_t at = type::id._M_id();                                                 \
        if (at < where._M_impl->_M_facets_size && where._M_impl->_M_facets[at])             \
            return static_cast<const type &>(*where._M_impl->_M_facets[at]);                \
        static const facet_of &own = *new facet_of; /* other statics' destructors */             \
        return own;                                                                         \
    }                                                                                       \
    template <> inline const type &use_facet<const type>(const locale &where)               \
    {                                                                                       \
        return use_facet<type>(where);                                                      \
    }

/* ---- Characters ------------------------------------------------------------------------------------------- */

template <> inline ctype<wchar_t>::~ctype() {}

template <> inline bool ctype<wchar_t>::do_is(mask what, wchar_t c) const
{
    const wint_t wide = static_cast<wint_t>(c);
    return ((what & upper) && iswupper(wide)) || ((what & lower) && iswlower(wide)) ||
           ((what & alpha) && iswalpha(wide)) || ((what & digit) && iswdigit(wide)) ||
           ((what & xdigit) && iswxdigit(wide)) || ((what & space) && iswspace(wide)) ||
           ((what & print) && iswprint(wide)) || ((what & cntrl) && iswcntrl(wide)) ||
           ((what & punct) && iswpunct(wide));
}

template <> inline const wchar_t *ctype<wchar_t>::do_is(const wchar_t *from, const wchar_t *end, mask *into) const
{
    static const mask each[] = {upper, lower, alpha, digit, xdigit, space, print, cntrl, punct};
    for (; from < end; from++, into++) {
        *into = 0;
        for (mask one : each)
            if (do_is(one, *from))
                *into = static_cast<mask>(*into | one);
    }
    return end;
}

template <> inline const wchar_t *ctype<wchar_t>::do_scan_is(mask what, const wchar_t *from, const wchar_t *end) const
{
    while (from < end && !do_is(what, *from))
        from++;
    return from;
}

template <> inline const wchar_t *ctype<wchar_t>::do_scan_not(mask what, const wchar_t *from, const wchar_t *end) const
{
    while (from < end && do_is(what, *from))
        from++;
    return from;
}

template <> inline wchar_t ctype<wchar_t>::do_toupper(wchar_t c) const
{
    const wint_t upper_case = towupper(static_cast<wint_t>(c));
    return upper_case <= 0xFFFF ? static_cast<wchar_t>(upper_case) : c;
}

template <> inline const wchar_t *ctype<wchar_t>::do_toupper(wchar_t *from, const wchar_t *end) const
{
    for (; from < end; from++)
        *from = do_toupper(*from);
    return end;
}

template <> inline wchar_t ctype<wchar_t>::do_tolower(wchar_t c) const
{
    const wint_t lower_case = towlower(static_cast<wint_t>(c));
    return lower_case <= 0xFFFF ? static_cast<wchar_t>(lower_case) : c;
}

template <> inline const wchar_t *ctype<wchar_t>::do_tolower(wchar_t *from, const wchar_t *end) const
{
    for (; from < end; from++)
        *from = do_tolower(*from);
    return end;
}

template <> inline wchar_t ctype<wchar_t>::do_widen(char c) const
{
    return static_cast<unsigned char>(c); /* bytes above 127 as Windows' C locale has them */
}

template <> inline const char *ctype<wchar_t>::do_widen(const char *from, const char *end, wchar_t *into) const
{
    for (; from < end; from++)
        *into++ = do_widen(*from);
    return end;
}

template <> inline char ctype<wchar_t>::do_narrow(wchar_t c, char otherwise) const
{
    return c <= 0xFF ? static_cast<char>(c) : otherwise;
}

template <>
inline const wchar_t *ctype<wchar_t>::do_narrow(const wchar_t *from, const wchar_t *end, char otherwise, char *into) const
{
    for (; from < end; from++)
        *into++ = do_narrow(*from, otherwise);
    return end;
}
OVL_FACET(ctype<wchar_t>)

/* ---- Numbers ------------------------------------------------------------------------------------------------ */

template <> inline void numpunct<wchar_t>::_M_initialize_numpunct(__c_locale)
{
    if (!_M_data)
        _M_data = new __numpunct_cache<wchar_t>;
    _M_data->_M_grouping = "";
    _M_data->_M_grouping_size = 0;
    _M_data->_M_use_grouping = false;
    _M_data->_M_decimal_point = L'.';
    _M_data->_M_thousands_sep = L',';
    _M_data->_M_truename = L"true";
    _M_data->_M_truename_size = 4;
    _M_data->_M_falsename = L"false";
    _M_data->_M_falsename_size = 5;
}

template <> inline numpunct<wchar_t>::~numpunct()
{
    delete _M_data;
}
OVL_FACET(numpunct<wchar_t>)

/* libstdc++ keeps this in the locale, under a number that its own locales have no room for. */
template <> struct __use_cache<__numpunct_cache<wchar_t>> {
    const __numpunct_cache<wchar_t> *operator()(const locale &where) const
    {
        struct cache_of : __numpunct_cache<wchar_t> {
            cache_of() : __numpunct_cache<wchar_t>(1) { _M_cache(locale::classic()); }
        };
        static const cache_of &own = *new cache_of;
        static_cast<void>(where);
        return &own;
    }
};
OVL_FACET(num_put<wchar_t>)
OVL_FACET(num_get<wchar_t>)
} // namespace std
#endif
