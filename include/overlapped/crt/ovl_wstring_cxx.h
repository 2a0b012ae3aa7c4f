/* SPDX-License-Identifier: MIT */
/* What libstdc++ leaves out of <string> when it believes that there are no wide characters: numbers from
 * and to std::wstring. Included at the end of <string> where wchar_t has 16 bits. */
#ifndef OVL_WSTRING_CXX_H
#define OVL_WSTRING_CXX_H
#include <stdlib.h>
#include <wchar.h>
#include <cerrno>
#include <bits/functexcept.h> /* <stdexcept> itself may be what is being read */

namespace std
{
#define OVL_TO_WSTRING(type)                     \
    inline wstring to_wstring(type value)        \
    {                                            \
        const string text = to_string(value);    \
        return wstring(text.begin(), text.end()); \
    }
OVL_TO_WSTRING(int)
OVL_TO_WSTRING(unsigned)
OVL_TO_WSTRING(long)
OVL_TO_WSTRING(unsigned long)
OVL_TO_WSTRING(long long)
OVL_TO_WSTRING(unsigned long long)
OVL_TO_WSTRING(float)
OVL_TO_WSTRING(double)
OVL_TO_WSTRING(long double)
#undef OVL_TO_WSTRING

/* As [string.conversions] has it: invalid_argument without digits, out_of_range beyond the type. */
template <typename result, typename convert>
inline result ovl_from_wstring(const char *name, const wstring &text, size_t *used, convert call)
{
    const wchar_t *begin = text.c_str();
    wchar_t *end = nullptr;
    const int before = errno;
    errno = 0;
    const auto value = call(begin, &end);
    const bool range = errno == ERANGE || static_cast<decltype(value)>(static_cast<result>(value)) != value;
    errno = before;
    if (end == begin)
        __throw_invalid_argument(name);
    if (range && value == value)
        __throw_out_of_range(name);
    if (used)
        *used = static_cast<size_t>(end - begin);
    return static_cast<result>(value);
}
#define OVL_INTEGER(name, type, function)                                                        \
    inline type name(const wstring &text, size_t *used = nullptr, int base = 10)                 \
    {                                                                                            \
        return ovl_from_wstring<type>(#name, text, used, [base](const wchar_t *from, wchar_t **end) { \
            return function(from, end, base);                                                    \
        });                                                                                      \
    }
OVL_INTEGER(stoi, int, ::wcstol)
OVL_INTEGER(stol, long, ::wcstol)
OVL_INTEGER(stoul, unsigned long, ::wcstoul)
OVL_INTEGER(stoll, long long, ::wcstoll)
OVL_INTEGER(stoull, unsigned long long, ::wcstoull)
#undef OVL_INTEGER
#define OVL_FLOATING(name, type, function)                                                       \
    inline type name(const wstring &text, size_t *used = nullptr)                                \
    {                                                                                            \
        return ovl_from_wstring<type>(#name, text, used,                                         \
                                      [](const wchar_t *from, wchar_t **end) { return function(from, end); }); \
    }
OVL_FLOATING(stof, float, ::wcstof)
OVL_FLOATING(stod, double, ::wcstod)
OVL_FLOATING(stold, long double, ::wcstold)
#undef OVL_FLOATING
} // namespace std

#endif
