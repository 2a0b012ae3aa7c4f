/* SPDX-License-Identifier: MIT */
/* What serial drivers and their programs say to each other: control codes, their buffers, and the
 * interface class of ports. */
#ifndef _NTDDSER_H_
#define _NTDDSER_H_
#include "ovl_types.h"
#include "devioctl.h"

#ifdef DEFINE_GUID
DEFINE_GUID(GUID_DEVINTERFACE_COMPORT, 0x86e0d1e0, 0x8089, 0x11d0, 0x9c, 0xe4, 0x08, 0x00, 0x3e,
            0x30, 0x1f, 0x73);
DEFINE_GUID(GUID_DEVINTERFACE_SERENUM_BUS_ENUMERATOR, 0x4d36e978, 0xe325, 0x11ce, 0xbf, 0xc1, 0x08,
            0x00, 0x2b, 0xe1, 0x03, 0x18);
#define GUID_CLASS_COMPORT GUID_DEVINTERFACE_COMPORT
#endif

/* ---- Control codes ---------------------------------------------------------------------- */

#define OVL_SERIAL_CODE(function)                                                                  \
    CTL_CODE(FILE_DEVICE_SERIAL_PORT, function, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_SERIAL_SET_BAUD_RATE     OVL_SERIAL_CODE(1)
#define IOCTL_SERIAL_SET_QUEUE_SIZE    OVL_SERIAL_CODE(2)
#define IOCTL_SERIAL_SET_LINE_CONTROL  OVL_SERIAL_CODE(3)
#define IOCTL_SERIAL_SET_BREAK_ON      OVL_SERIAL_CODE(4)
#define IOCTL_SERIAL_SET_BREAK_OFF     OVL_SERIAL_CODE(5)
#define IOCTL_SERIAL_IMMEDIATE_CHAR    OVL_SERIAL_CODE(6)
#define IOCTL_SERIAL_SET_TIMEOUTS      OVL_SERIAL_CODE(7)
#define IOCTL_SERIAL_GET_TIMEOUTS      OVL_SERIAL_CODE(8)
#define IOCTL_SERIAL_SET_DTR           OVL_SERIAL_CODE(9)
#define IOCTL_SERIAL_CLR_DTR           OVL_SERIAL_CODE(10)
#define IOCTL_SERIAL_RESET_DEVICE      OVL_SERIAL_CODE(11)
#define IOCTL_SERIAL_SET_RTS           OVL_SERIAL_CODE(12)
#define IOCTL_SERIAL_CLR_RTS           OVL_SERIAL_CODE(13)
#define IOCTL_SERIAL_SET_XOFF          OVL_SERIAL_CODE(14)
#define IOCTL_SERIAL_SET_XON           OVL_SERIAL_CODE(15)
#define IOCTL_SERIAL_GET_WAIT_MASK     OVL_SERIAL_CODE(16)
#define IOCTL_SERIAL_SET_WAIT_MASK     OVL_SERIAL_CODE(17)
#define IOCTL_SERIAL_WAIT_ON_MASK      OVL_SERIAL_CODE(18)
#define IOCTL_SERIAL_PURGE             OVL_SERIAL_CODE(19)
#define IOCTL_SERIAL_GET_BAUD_RATE     OVL_SERIAL_CODE(20)
#define IOCTL_SERIAL_GET_LINE_CONTROL  OVL_SERIAL_CODE(21)
#define IOCTL_SERIAL_GET_CHARS         OVL_SERIAL_CODE(22)
#define IOCTL_SERIAL_SET_CHARS         OVL_SERIAL_CODE(23)
#define IOCTL_SERIAL_GET_HANDFLOW      OVL_SERIAL_CODE(24)
#define IOCTL_SERIAL_SET_HANDFLOW      OVL_SERIAL_CODE(25)
#define IOCTL_SERIAL_GET_MODEMSTATUS   OVL_SERIAL_CODE(26)
#define IOCTL_SERIAL_GET_COMMSTATUS    OVL_SERIAL_CODE(27)
#define IOCTL_SERIAL_XOFF_COUNTER      OVL_SERIAL_CODE(28)
#define IOCTL_SERIAL_GET_PROPERTIES    OVL_SERIAL_CODE(29)
#define IOCTL_SERIAL_GET_DTRRTS        OVL_SERIAL_CODE(30)
#define IOCTL_SERIAL_CONFIG_SIZE       OVL_SERIAL_CODE(32)
#define IOCTL_SERIAL_GET_STATS         OVL_SERIAL_CODE(35)
#define IOCTL_SERIAL_CLEAR_STATS       OVL_SERIAL_CODE(36)
#define IOCTL_SERIAL_GET_MODEM_CONTROL OVL_SERIAL_CODE(37)
#define IOCTL_SERIAL_SET_MODEM_CONTROL OVL_SERIAL_CODE(38)
#define IOCTL_SERIAL_SET_FIFO_CONTROL  OVL_SERIAL_CODE(39)
#ifndef IOCTL_SERIAL_LSRMST_INSERT /* winioctl.h has it too */
#define IOCTL_SERIAL_LSRMST_INSERT                                                                 \
    CTL_CODE(FILE_DEVICE_SERIAL_PORT, 31, METHOD_BUFFERED, FILE_ANY_ACCESS)
#endif
/* Internal control codes: a number means another function there. */
#define IOCTL_SERIAL_INTERNAL_DO_WAIT_WAKE     OVL_SERIAL_CODE(1)
#define IOCTL_SERIAL_INTERNAL_CANCEL_WAIT_WAKE OVL_SERIAL_CODE(2)
#define IOCTL_SERIAL_INTERNAL_BASIC_SETTINGS   OVL_SERIAL_CODE(3)
#define IOCTL_SERIAL_INTERNAL_RESTORE_SETTINGS OVL_SERIAL_CODE(4)

/* ---- Their buffers ---------------------------------------------------------------------- */

typedef struct _SERIAL_BAUD_RATE {
    ULONG BaudRate;
} SERIAL_BAUD_RATE, *PSERIAL_BAUD_RATE;
typedef struct _SERIAL_CHARS {
    UCHAR EofChar;
    UCHAR ErrorChar;
    UCHAR BreakChar;
    UCHAR EventChar;
    UCHAR XonChar;
    UCHAR XoffChar;
} SERIAL_CHARS, *PSERIAL_CHARS;
typedef struct _SERIAL_STATUS {
    ULONG Errors;
    ULONG HoldReasons;
    ULONG AmountInInQueue;
    ULONG AmountInOutQueue;
    BOOLEAN EofReceived;
    BOOLEAN WaitForImmediate;
} SERIAL_STATUS, *PSERIAL_STATUS;
typedef struct _SERIAL_HANDFLOW {
    ULONG ControlHandShake;
    ULONG FlowReplace;
    LONG XonLimit;
    LONG XoffLimit;
} SERIAL_HANDFLOW, *PSERIAL_HANDFLOW;
typedef struct _SERIAL_LINE_CONTROL {
    UCHAR StopBits;
    UCHAR Parity;
    UCHAR WordLength;
} SERIAL_LINE_CONTROL, *PSERIAL_LINE_CONTROL;
typedef struct _SERIAL_COMMPROP {
    USHORT PacketLength;
    USHORT PacketVersion;
    ULONG ServiceMask;
    ULONG Reserved1;
    ULONG MaxTxQueue;
    ULONG MaxRxQueue;
    ULONG MaxBaud;
    ULONG ProvSubType;
    ULONG ProvCapabilities;
    ULONG SettableParams;
    ULONG SettableBaud;
    USHORT SettableData;
    USHORT SettableStopParity;
    ULONG CurrentTxQueue;
    ULONG CurrentRxQueue;
    ULONG ProvSpec1;
    ULONG ProvSpec2;
    WCHAR ProvChar[1];
} SERIAL_COMMPROP, *PSERIAL_COMMPROP;
typedef struct _SERIALPERF_STATS {
    ULONG ReceivedCount;
    ULONG TransmittedCount;
    ULONG FrameErrorCount;
    ULONG SerialOverrunErrorCount;
    ULONG BufferOverrunErrorCount;
    ULONG ParityErrorCount;
} SERIALPERF_STATS, *PSERIALPERF_STATS;
typedef struct _SERIAL_TIMEOUTS {
    ULONG ReadIntervalTimeout;
    ULONG ReadTotalTimeoutMultiplier;
    ULONG ReadTotalTimeoutConstant;
    ULONG WriteTotalTimeoutMultiplier;
    ULONG WriteTotalTimeoutConstant;
} SERIAL_TIMEOUTS, *PSERIAL_TIMEOUTS;
typedef struct _SERIAL_QUEUE_SIZE {
    ULONG InSize;
    ULONG OutSize;
} SERIAL_QUEUE_SIZE, *PSERIAL_QUEUE_SIZE;
typedef struct _SERIAL_XOFF_COUNTER {
    ULONG Timeout;
    LONG Counter;
    UCHAR XoffChar;
} SERIAL_XOFF_COUNTER, *PSERIAL_XOFF_COUNTER;
typedef struct _SERIAL_BASIC_SETTINGS {
    SERIAL_TIMEOUTS Timeouts;
    SERIAL_HANDFLOW HandFlow;
    ULONG RxFifo;
    ULONG TxFifo;
} SERIAL_BASIC_SETTINGS, *PSERIAL_BASIC_SETTINGS;
typedef struct _SERIALCONFIG {
    ULONG Size;
    USHORT Version;
    ULONG SubType;
    ULONG ProvOffset;
    ULONG ProviderSize;
    WCHAR ProviderData[1];
} SERIALCONFIG, *PSERIALCONFIG;

/* ---- Line control ----------------------------------------------------------------------- */

#define STOP_BIT_1    0
#define STOP_BITS_1_5 1
#define STOP_BITS_2   2
#define NO_PARITY     0
#define ODD_PARITY    1
#define EVEN_PARITY   2
#define MARK_PARITY   3
#define SPACE_PARITY  4

/* ---- Handshake: ControlHandShake, then FlowReplace -------------------------------------- */

#define SERIAL_DTR_MASK          0x00000003
#define SERIAL_DTR_CONTROL       0x00000001
#define SERIAL_DTR_HANDSHAKE     0x00000002
#define SERIAL_CTS_HANDSHAKE     0x00000008
#define SERIAL_DSR_HANDSHAKE     0x00000010
#define SERIAL_DCD_HANDSHAKE     0x00000020
#define SERIAL_OUT_HANDSHAKEMASK 0x00000038
#define SERIAL_DSR_SENSITIVITY   0x00000040
#define SERIAL_ERROR_ABORT       0x80000000
#define SERIAL_CONTROL_INVALID   0x7fffff84
#define SERIAL_AUTO_TRANSMIT     0x00000001
#define SERIAL_AUTO_RECEIVE      0x00000002
#define SERIAL_ERROR_CHAR        0x00000004
#define SERIAL_NULL_STRIPPING    0x00000008
#define SERIAL_BREAK_CHAR        0x00000010
#define SERIAL_RTS_MASK          0x000000c0
#define SERIAL_RTS_CONTROL       0x00000040
#define SERIAL_RTS_HANDSHAKE     0x00000080
#define SERIAL_TRANSMIT_TOGGLE   0x000000c0
#define SERIAL_XOFF_CONTINUE     0x80000000
#define SERIAL_FLOW_INVALID      0x7fffff20

/* ---- Properties ------------------------------------------------------------------------- */

#define SERIAL_BAUD_075          0x00000001
#define SERIAL_BAUD_110          0x00000002
#define SERIAL_BAUD_134_5        0x00000004
#define SERIAL_BAUD_150          0x00000008
#define SERIAL_BAUD_300          0x00000010
#define SERIAL_BAUD_600          0x00000020
#define SERIAL_BAUD_1200         0x00000040
#define SERIAL_BAUD_1800         0x00000080
#define SERIAL_BAUD_2400         0x00000100
#define SERIAL_BAUD_4800         0x00000200
#define SERIAL_BAUD_7200         0x00000400
#define SERIAL_BAUD_9600         0x00000800
#define SERIAL_BAUD_14400        0x00001000
#define SERIAL_BAUD_19200        0x00002000
#define SERIAL_BAUD_38400        0x00004000
#define SERIAL_BAUD_56K          0x00008000
#define SERIAL_BAUD_128K         0x00010000
#define SERIAL_BAUD_115200       0x00020000
#define SERIAL_BAUD_57600        0x00040000
#define SERIAL_BAUD_USER         0x10000000
#define SERIAL_SP_PARITY         0x0001
#define SERIAL_SP_BAUD           0x0002
#define SERIAL_SP_DATABITS       0x0004
#define SERIAL_SP_STOPBITS       0x0008
#define SERIAL_SP_HANDSHAKING    0x0010
#define SERIAL_SP_PARITY_CHECK   0x0020
#define SERIAL_SP_CARRIER_DETECT 0x0040
#define SERIAL_PCF_DTRDSR        0x00000001
#define SERIAL_PCF_RTSCTS        0x00000002
#define SERIAL_PCF_CD            0x00000004
#define SERIAL_PCF_PARITY_CHECK  0x00000008
#define SERIAL_PCF_XONXOFF       0x00000010
#define SERIAL_PCF_SETXCHAR      0x00000020
#define SERIAL_PCF_TOTALTIMEOUTS 0x00000040
#define SERIAL_PCF_INTTIMEOUTS   0x00000080
#define SERIAL_PCF_SPECIALCHARS  0x00000100
#define SERIAL_PCF_16BITMODE     0x00000200
#define SERIAL_DATABITS_5        0x0001
#define SERIAL_DATABITS_6        0x0002
#define SERIAL_DATABITS_7        0x0004
#define SERIAL_DATABITS_8        0x0008
#define SERIAL_DATABITS_16       0x0010
#define SERIAL_DATABITS_16X      0x0020
#define SERIAL_STOPBITS_10       0x0001
#define SERIAL_STOPBITS_15       0x0002
#define SERIAL_STOPBITS_20       0x0004
#define SERIAL_PARITY_NONE       0x0100
#define SERIAL_PARITY_ODD        0x0200
#define SERIAL_PARITY_EVEN       0x0400
#define SERIAL_PARITY_MARK       0x0800
#define SERIAL_PARITY_SPACE      0x1000
#define SERIAL_SP_UNSPECIFIED    0x00000000
#define SERIAL_SP_RS232          0x00000001
#define SERIAL_SP_PARALLEL       0x00000002
#define SERIAL_SP_RS422          0x00000003
#define SERIAL_SP_RS423          0x00000004
#define SERIAL_SP_RS449          0x00000005
#define SERIAL_SP_MODEM          0x00000006
#define SERIAL_SP_FAX            0x00000021
#define SERIAL_SP_SCANNER        0x00000022
#define SERIAL_SP_BRIDGE         0x00000100
#define SERIAL_SP_LAT            0x00000101
#define SERIAL_SP_TELNET         0x00000102
#define SERIAL_SP_X25            0x00000103
#define SERIAL_SP_SERIALCOMM     0x00000001

/* ---- Events, and what LSRMST_INSERT puts between the data ------------------------------- */

#define SERIAL_EV_RXCHAR         0x0001
#define SERIAL_EV_RXFLAG         0x0002
#define SERIAL_EV_TXEMPTY        0x0004
#define SERIAL_EV_CTS            0x0008
#define SERIAL_EV_DSR            0x0010
#define SERIAL_EV_RLSD           0x0020
#define SERIAL_EV_BREAK          0x0040
#define SERIAL_EV_ERR            0x0080
#define SERIAL_EV_RING           0x0100
#define SERIAL_EV_PERR           0x0200
#define SERIAL_EV_RX80FULL       0x0400
#define SERIAL_EV_EVENT1         0x0800
#define SERIAL_EV_EVENT2         0x1000
#define SERIAL_LSRMST_LSR_DATA   0x01
#define SERIAL_LSRMST_LSR_NODATA 0x02
#define SERIAL_LSRMST_MST        0x03
#define SERIAL_LSRMST_ESCAPE     0x00

/* ---- Status, purging, modem lines ------------------------------------------------------- */

#define SERIAL_IOC_MCR_DTR              0x00000001
#define SERIAL_IOC_MCR_RTS              0x00000002
#define SERIAL_IOC_MCR_OUT1             0x00000004
#define SERIAL_IOC_MCR_OUT2             0x00000008
#define SERIAL_IOC_MCR_LOOP             0x00000010
#define SERIAL_PURGE_TXABORT            0x00000001
#define SERIAL_PURGE_RXABORT            0x00000002
#define SERIAL_PURGE_TXCLEAR            0x00000004
#define SERIAL_PURGE_RXCLEAR            0x00000008
#define SERIAL_IOC_FCR_FIFO_ENABLE      0x00000001
#define SERIAL_IOC_FCR_RCVR_RESET       0x00000002
#define SERIAL_IOC_FCR_XMIT_RESET       0x00000004
#define SERIAL_IOC_FCR_DMA_MODE         0x00000008
#define SERIAL_IOC_FCR_RES1             0x00000010
#define SERIAL_IOC_FCR_RES2             0x00000020
#define SERIAL_IOC_FCR_RCVR_TRIGGER_LSB 0x00000040
#define SERIAL_IOC_FCR_RCVR_TRIGGER_MSB 0x00000080
#define SERIAL_ERROR_BREAK              0x00000001
#define SERIAL_ERROR_FRAMING            0x00000002
#define SERIAL_ERROR_OVERRUN            0x00000004
#define SERIAL_ERROR_QUEUEOVERRUN       0x00000008
#define SERIAL_ERROR_PARITY             0x00000010
#define SERIAL_TX_WAITING_FOR_CTS       0x00000001
#define SERIAL_TX_WAITING_FOR_DSR       0x00000002
#define SERIAL_TX_WAITING_FOR_DCD       0x00000004
#define SERIAL_TX_WAITING_FOR_XON       0x00000008
#define SERIAL_TX_WAITING_XOFF_SENT     0x00000010
#define SERIAL_TX_WAITING_ON_BREAK      0x00000020
#define SERIAL_RX_WAITING_FOR_DSR       0x00000040
#define SERIAL_DTR_STATE                0x00000001
#define SERIAL_RTS_STATE                0x00000002
#define SERIAL_CTS_STATE                0x00000010
#define SERIAL_DSR_STATE                0x00000020
#define SERIAL_RI_STATE                 0x00000040
#define SERIAL_DCD_STATE                0x00000080
#endif
