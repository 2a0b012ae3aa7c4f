/* SPDX-License-Identifier: MIT */
/* min and max, of programs and of drivers. */
#ifndef OVL_MIN_MAX_H
#define OVL_MIN_MAX_H
/* The macros of C; in C++ they would break the standard headers, so there they are templates, less
 * special than std::min and std::max and therefore never in their way. */
#ifndef NOMINMAX
#ifndef __cplusplus
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#else
extern "C++" {
template <class A, class B> constexpr auto max(const A &a, const B &b) -> decltype(a + b)
{
    return a > b ? a : b;
}
template <class A, class B> constexpr auto min(const A &a, const B &b) -> decltype(a + b)
{
    return a < b ? a : b;
}
}
#endif
#endif
#endif
