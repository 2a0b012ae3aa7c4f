/* SPDX-License-Identifier: MIT */
/* The program of fx2_driver.c: lights, display, a loop-back through the bulk pipes by overlapped I/O, and a wait for the switches that ends
 * when they are turned. usage: ovl run --driver fx2_driver.so,inf=fx2.inx --usb fx2 fx2 */
#include <windows.h>
#include <cfgmgr32.h>
#include <stdio.h>
#include <string.h>
#include <winioctl.h>

#include "fx2.h"

static int failures;

static void Expect(BOOL good, const char *what)
{
    printf("%-60s %s\n", what, good ? "ok" : "FAILED");
    failures += !good;
}

static HANDLE OpenBoard(void)
{
    static WCHAR list[4096];
    if (CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_FX2, NULL, list, sizeof list / sizeof *list,
                                      CM_GET_DEVICE_INTERFACE_LIST_PRESENT) != CR_SUCCESS || list[0] == 0)
        return INVALID_HANDLE_VALUE;
    return CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

/* Waits for a request that was begun; FALSE with the error set. */
static BOOL Finish(HANDLE board, BOOL begun, OVERLAPPED *overlapped, DWORD *bytes)
{
    if (!begun && GetLastError() != ERROR_IO_PENDING)
        return FALSE;
    return GetOverlappedResult(board, overlapped, bytes, TRUE);
}

static BOOL Control(HANDLE board, DWORD code, BYTE *in, BYTE *out)
{
    OVERLAPPED overlapped = {0};
    DWORD bytes = 0;
    overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    BOOL begun = DeviceIoControl(board, code, in, in != NULL, out, out != NULL, NULL, &overlapped);
    BOOL good = Finish(board, begun, &overlapped, &bytes);
    CloseHandle(overlapped.hEvent);
    return good && bytes == (out != NULL);
}

static void Lights(HANDLE board)
{
    BYTE value = 0xa5, answer = 0;
    Expect(Control(board, IOCTL_FX2_SET_BAR_GRAPH, &value, NULL) && Control(board, IOCTL_FX2_GET_BAR_GRAPH, NULL, &answer) &&
               answer == value, "the bar graph shows what was set");
    value = 0x3f;
    Expect(Control(board, IOCTL_FX2_SET_DISPLAY, &value, NULL) && Control(board, IOCTL_FX2_GET_DISPLAY, NULL, &answer) &&
               answer == value, "the display shows a zero");
}

enum { PIECES = 8, PIECE = 3000 };

/* All reads and writes at once. A read ends with a write's short last packet. */
static void LoopBack(HANDLE board)
{
    static BYTE out[PIECES][PIECE], in[PIECES][4096];
    OVERLAPPED reads[PIECES] = {{0}}, writes[PIECES] = {{0}};
    BOOL good = TRUE;
    for (int i = 0; i < PIECES; i++) {
        memset(out[i], 'a' + i, PIECE);
        reads[i].hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        writes[i].hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        good &= ReadFile(board, in[i], sizeof in[i], NULL, &reads[i]) || GetLastError() == ERROR_IO_PENDING;
    }
    for (int i = 0; i < PIECES; i++)
        good &= WriteFile(board, out[i], PIECE, NULL, &writes[i]) || GetLastError() == ERROR_IO_PENDING;
    if (!good)
        CancelIoEx(board, NULL); /* what no write comes for would wait for ever */
    for (int i = 0; i < PIECES; i++) {
        DWORD wrote = 0, read = 0;
        good &= GetOverlappedResult(board, &writes[i], &wrote, TRUE) && wrote == PIECE;
        if (!good)
            CancelIoEx(board, NULL);
        good &= GetOverlappedResult(board, &reads[i], &read, TRUE) && read == PIECE && memcmp(in[i], out[i], PIECE) == 0;
        CloseHandle(reads[i].hEvent);
        CloseHandle(writes[i].hEvent);
    }
    Expect(good, "eight writes come back in eight reads, in order");
}

static void Switches(HANDLE board, BYTE turned)
{
    BYTE answer = 0;
    DWORD bytes = 0;
    OVERLAPPED wait = {0};
    wait.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    BOOL begun = DeviceIoControl(board, IOCTL_FX2_WAIT_SWITCHES, NULL, 0, &answer, 1, NULL, &wait);
    Expect(!begun && GetLastError() == ERROR_IO_PENDING, "waiting for the switches pends");
    BOOL moved = Control(board, IOCTL_FX2_TURN_SWITCHES, &turned, NULL);
    Expect(moved, "a hand turns them");
    if (!moved)
        CancelIoEx(board, &wait);
    Expect(GetOverlappedResult(board, &wait, &bytes, TRUE) && bytes == 1 && answer == turned, "the wait ends with their new state");
    answer = 0;
    Expect(Control(board, IOCTL_FX2_GET_SWITCHES, NULL, &answer) && answer == turned, "so says a control request");
    ResetEvent(wait.hEvent);
    DeviceIoControl(board, IOCTL_FX2_WAIT_SWITCHES, NULL, 0, &answer, 1, NULL, &wait);
    Expect(CancelIoEx(board, &wait) && !GetOverlappedResult(board, &wait, &bytes, TRUE) &&
               GetLastError() == ERROR_OPERATION_ABORTED, "a wait can be cancelled");
    CloseHandle(wait.hEvent);
}

int main(void)
{
    HANDLE board = OpenBoard();
    if (board == INVALID_HANDLE_VALUE) {
        printf("no board, or its driver is not loaded\n");
        return 2;
    }
    Lights(board);
    LoopBack(board);
    Switches(board, 0x42);
    Expect(Control(board, IOCTL_FX2_RESET, NULL, NULL), "the port is reset");
    LoopBack(board);
    Switches(board, 0x81);
    CloseHandle(board);
    return failures != 0;
}
