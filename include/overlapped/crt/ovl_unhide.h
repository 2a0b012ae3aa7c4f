/* SPDX-License-Identifier: MIT */
/* After a header of the C++ library: see ovl_hide.h. libstdc++'s own __try outlives a first inclusion,
 * as it does without us, unless excpt.h gave it its meaning. */
#pragma pop_macro("OUT")
#pragma pop_macro("IN")
#pragma pop_macro("far")
#pragma pop_macro("near")
#pragma pop_macro("max")
#pragma pop_macro("min")
#pragma pop_macro("_WIN64")
#pragma pop_macro("_WIN32")
#pragma pop_macro("__try")
#pragma pop_macro("__inout")
#pragma pop_macro("__out")
#pragma pop_macro("__in")
