/* SPDX-License-Identifier: MIT */
/* Structured exception handling, as far as macros go: nothing is ever caught, because faults are not
 * turned into exceptions here. The guarded block runs; a __finally block runs when the guarded block
 * ends by reaching its end or by __leave, and not when it ends by return or goto. docs/porting.md says
 * more. In C++ __try is what libstdc++ makes of it: try. */
#ifndef OVL_CRT_EXCPT
#define OVL_CRT_EXCPT
#ifdef __cplusplus
extern "C++" {
struct ovl_seh_leave {
};
}
#include <exception>
#if __cpp_exceptions
#undef __try
#define __try     try
#define __leave   throw ovl_seh_leave()
#define __finally     catch (ovl_seh_leave &) {}
#define __except(filter)             \
    catch (ovl_seh_leave &)          \
    {                                \
    }                                \
    if (0 && (filter))
#endif
#else
/* A switch, not a loop: break means __leave, and continue still means the loop around the block. */
#define __try            switch (0) default:
#define __leave          break
#define __finally
#define __except(filter) if (0 && (filter))
#endif
#define GetExceptionCode()        0
#define GetExceptionInformation() ((struct _EXCEPTION_POINTERS *)0)
#define _exception_code()         0
#define _exception_info()         ((struct _EXCEPTION_POINTERS *)0)
#define AbnormalTermination()     0
#define _abnormal_termination()   0

#endif
