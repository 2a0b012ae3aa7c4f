/* SPDX-License-Identifier: MIT */
/* With a 16-bit wchar_t libstdc++ must not use what was compiled for 32 bits: told that there is no
 * wide character support it instantiates std::wstring from its headers, and has no std::wcout. */
#ifndef OVL_CXX_CONFIG
#define OVL_CXX_CONFIG
#include_next <bits/c++config.h>
#if __SIZEOF_WCHAR_T__ == 2
#undef _GLIBCXX_USE_WCHAR_T
#endif
#endif
