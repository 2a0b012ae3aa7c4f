/* SPDX-License-Identifier: MIT */
/* What programs without windows use of the window system: message waits, thread messages,
 * wsprintf, character case. */
#ifndef _WINUSER_H_
#define _WINUSER_H_
#include "windef.h"
#include "synchapi.h"

#include <stdarg.h>
#define MWMO_WAITALL        0x0001
#define MWMO_ALERTABLE      0x0002
#define MWMO_INPUTAVAILABLE 0x0004
#define PM_NOREMOVE         0x00000000
#define SW_HIDE             0x00000000
#define WM_NULL             0x00000000
#define PM_REMOVE           0x00000001
#define QS_KEY              0x00000001
#define SW_NORMAL           0x00000001
#define SW_SHOWNORMAL       0x00000001
#define PM_NOYIELD          0x00000002
#define QS_MOUSEMOVE        0x00000002
#define WM_DESTROY          0x00000002
#define QS_MOUSEBUTTON      0x00000004
#define SW_SHOW             0x00000005
#define QS_MOUSE            0x00000006
#define QS_POSTMESSAGE      0x00000008
#define SW_SHOWDEFAULT      0x0000000A
#define QS_TIMER            0x00000010
#define WM_CLOSE            0x00000010
#define WM_QUIT             0x00000012
#define QS_PAINT            0x00000020
#define QS_SENDMESSAGE      0x00000040
#define QS_HOTKEY           0x00000080
#define QS_ALLPOSTMESSAGE   0x00000100
#define WM_TIMER            0x00000113
#define WM_DEVICECHANGE     0x00000219
#define QS_RAWINPUT         0x00000400
#define WM_USER             0x00000400
#define QS_TOUCH            0x00000800
#define QS_POINTER          0x00001000
#define QS_INPUT            0x00001C07
#define QS_ALLEVENTS        0x00001CBF
#define QS_ALLINPUT         0x00001CFF
#define WM_APP              0x00008000

typedef struct tagMSG {
    HWND hwnd;
    UINT message;
    WPARAM wParam;
    LPARAM lParam;
    DWORD time;
    POINT pt;
} MSG, *PMSG, *NPMSG, *LPMSG;

typedef PVOID HDEVNOTIFY, *PHDEVNOTIFY;
#define DEVICE_NOTIFY_WINDOW_HANDLE         0x00000000
#define DEVICE_NOTIFY_SERVICE_HANDLE        0x00000001
#define DEVICE_NOTIFY_ALL_INTERFACE_CLASSES 0x00000004

OVL_BEGIN_C

HDEVNOTIFY WINAPI RegisterDeviceNotificationA(HANDLE hRecipient, LPVOID NotificationFilter, DWORD Flags);
HDEVNOTIFY WINAPI RegisterDeviceNotificationW(HANDLE hRecipient, LPVOID NotificationFilter, DWORD Flags);
BOOL WINAPI UnregisterDeviceNotification(HDEVNOTIFY Handle);

DWORD WINAPI MsgWaitForMultipleObjects(DWORD nCount, const HANDLE *pHandles, BOOL fWaitAll,
                                       DWORD dwMilliseconds, DWORD dwWakeMask);
DWORD WINAPI MsgWaitForMultipleObjectsEx(DWORD nCount, const HANDLE *pHandles, DWORD dwMilliseconds,
                                         DWORD dwWakeMask, DWORD dwFlags);
LPSTR WINAPI CharLowerA(LPSTR lpsz);
LPWSTR WINAPI CharLowerW(LPWSTR lpsz);
LPSTR WINAPI CharUpperA(LPSTR lpsz);
LPWSTR WINAPI CharUpperW(LPWSTR lpsz);

#define MB_OK              0x00000000
#define MB_ICONHAND        0x00000010
#define MB_ICONQUESTION    0x00000020
#define MB_ICONEXCLAMATION 0x00000030
#define MB_ICONASTERISK    0x00000040
#define MB_ICONERROR       MB_ICONHAND
#define MB_ICONSTOP        MB_ICONHAND
#define MB_ICONWARNING     MB_ICONEXCLAMATION
#define MB_ICONINFORMATION MB_ICONASTERISK
BOOL WINAPI MessageBeep(UINT uType);
int WINAPIV wsprintfA(LPSTR, LPCSTR, ...);
int WINAPIV wsprintfW(LPWSTR, LPCWSTR, ...);
int WINAPI wvsprintfA(LPSTR, LPCSTR, va_list arglist);
int WINAPI wvsprintfW(LPWSTR, LPCWSTR, va_list arglist);

OVL_END_C

#ifdef UNICODE
#define RegisterDeviceNotification RegisterDeviceNotificationW
#define wsprintf  wsprintfW
#define wvsprintf wvsprintfW
#define CharLower CharLowerW
#define CharUpper CharUpperW
#else
#define RegisterDeviceNotification RegisterDeviceNotificationA
#define wsprintf  wsprintfA
#define wvsprintf wvsprintfA
#define CharLower CharLowerA
#define CharUpper CharUpperA
#endif

#endif
