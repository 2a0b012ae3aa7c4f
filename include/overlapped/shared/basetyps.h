/* SPDX-License-Identifier: MIT */
/* The words of interface declarations, as far as headers of drivers and devices use them. */
#ifndef _BASETYPS_H_
#define _BASETYPS_H_
#include "guiddef.h"
#include "ovl_types.h"

#ifndef EXTERN_C
#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif
#endif
#ifndef STDMETHODCALLTYPE
#define STDMETHODCALLTYPE
#define STDAPICALLTYPE
#define STDAPI           EXTERN_C HRESULT STDAPICALLTYPE
#define STDAPI_(type)    EXTERN_C type STDAPICALLTYPE
#define STDMETHODIMP     HRESULT STDMETHODCALLTYPE
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE
#endif
#endif
