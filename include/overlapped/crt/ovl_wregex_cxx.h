/* SPDX-License-Identifier: MIT */
/* Names of the wide regular expressions. At the end of <regex>. */
#ifndef OVL_WREGEX_CXX_H
#define OVL_WREGEX_CXX_H
#include "ovl_wlocale_more_cxx.h"
namespace std
{
typedef basic_regex<wchar_t> wregex;
typedef sub_match<const wchar_t *> wcsub_match;
typedef sub_match<wstring::const_iterator> wssub_match;
typedef match_results<const wchar_t *> wcmatch;
typedef match_results<wstring::const_iterator> wsmatch;
typedef regex_iterator<const wchar_t *> wcregex_iterator;
typedef regex_iterator<wstring::const_iterator> wsregex_iterator;
typedef regex_token_iterator<const wchar_t *> wcregex_token_iterator;
typedef regex_token_iterator<wstring::const_iterator> wsregex_token_iterator;
} // namespace std
#endif
