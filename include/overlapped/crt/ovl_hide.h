/* SPDX-License-Identifier: MIT */
/* Before a header of the C++ library: names that Windows headers define and it uses for its own
 * variables, and the two that would make it choose Windows' ways. No guard: it nests. */
#pragma push_macro("__in")
#pragma push_macro("__out")
#pragma push_macro("__inout")
#pragma push_macro("__try")
#pragma push_macro("_WIN32")
#pragma push_macro("_WIN64")
#pragma push_macro("min")
#pragma push_macro("max")
#pragma push_macro("near")
#pragma push_macro("far")
#pragma push_macro("IN")
#pragma push_macro("OUT")
#undef __in
#undef __out
#undef __inout
#undef __try
#undef _WIN32
#undef _WIN64
#undef min
#undef max
#undef near
#undef far
#undef IN
#undef OUT
#if __cpp_exceptions
#define __try try
#else
#define __try if (true)
#endif
