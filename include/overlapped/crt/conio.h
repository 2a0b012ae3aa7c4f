/* SPDX-License-Identifier: MIT */
/* Keys from the terminal, without waiting for a line. */
#ifndef OVL_CRT_CONIO
#define OVL_CRT_CONIO
#include "ovl_crt.h"
#include <stdio.h>

OVL_BEGIN_C
int _kbhit(void) OVL_SYMBOL(ovl_crt__kbhit);
int _getch(void) OVL_SYMBOL(ovl_crt__getch);
int _getche(void) OVL_SYMBOL(ovl_crt__getche);
int _putch(int unit) OVL_SYMBOL(ovl_crt__putch);
OVL_END_C

#define _cprintf printf
#define _cputs(text) (fputs((text), stdout) < 0)
#define kbhit    _kbhit
#define getch    _getch
#define getche   _getche
#define putch    _putch

#endif
