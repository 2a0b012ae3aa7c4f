/* SPDX-License-Identifier: MIT */
/* What ovl usb read, write, iso-read and iso-write share: the options, the pipe that they mean, opened by WinUSB, and the
 * running figures. */
#ifndef TOOLS_OVL_USB_PIPE_H
#define TOOLS_OVL_USB_PIPE_H

#include <windows.h>
#include <winusb.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct transfer_options {
    bool in, isoch;
    const char *device;
    int pipe, interface, setting; /* -1: the first that fits */
    uint32_t size;                /* bulk: bytes of a transfer */
    uint32_t frames;              /* isochronous: milliseconds of a transfer */
    uint32_t depth;               /* transfers under way */
    uint32_t timeout_ms;
    uint64_t count;  /* transfers; 0: not by count */
    double seconds;  /* 0: not by time */
    const char *file, *wav;
    const char *request; /* a vendor request that goes first */
    bool quiet;
};

/* The commands: each opens the pipe, moves the data and returns the exit status. */
int usb_bulk(const struct transfer_options *options);
int usb_isoch(const struct transfer_options *options);

/* The name of the device that `text` means: a name, or vendor and product id. */
const char *usb_device_named(const char *text);

/* Reads them; a status to exit with, or -1 to go on. */
int options_read(struct transfer_options *options, int argc, char **argv);

struct transfer_pipe {
    HANDLE device, port; /* the port is the device's */
    WINUSB_INTERFACE_HANDLE first, usb; /* the function's first interface; the pipe's */
    WINUSB_PIPE_INFORMATION_EX pipe;
    UCHAR interface, setting;
    ULONG frame_packets; /* isochronous: packets in a frame */
};

/* Opens the device and selects the setting. 0, or the status to exit with. */
int pipe_open(const struct transfer_options *options, struct transfer_pipe *pipe);
/* Back to setting 0, and closes. */
void pipe_close(struct transfer_pipe *pipe);
/* Complains with the last error; 1. */
int pipe_failed(const char *what);

/* Keys of the port's packets. */
enum { KEY_TRANSFER, KEY_INTERRUPT };

/* The next transfer that has ended, or NULL: at `until_ms` of the progress's time, a second passed or the keyboard's interrupt. */
struct progress {
    const struct transfer_options *options;
    uint64_t begin, shown, shown_bytes, bytes;
    uint64_t packets, late, lost, restarts;
    bool interrupted;
};
void progress_begin(struct progress *progress, const struct transfer_options *options);
OVERLAPPED *progress_wait(struct progress *progress, const struct transfer_pipe *pipe, DWORD *error, DWORD *bytes);
double progress_seconds(const struct progress *progress);
/* No new transfers: the time is over, or the keyboard says so. */
bool progress_over(const struct progress *progress);
void progress_end(const struct progress *progress);

/* Samples as a WAV file has them. */
struct sound_format {
    uint32_t channels, bits, rate;
};
/* The format that the audio descriptors of the pipe's setting say. false: there are none. */
bool sound_format_find(const struct transfer_pipe *pipe, struct sound_format *format);
/* A file's samples; NULL (complained). They are the caller's. */
uint8_t *sound_read(const char *path, const struct transfer_pipe *pipe, size_t *length);
FILE *sound_create(const char *path, const struct transfer_pipe *pipe, struct sound_format *format);
/* Completes the header. 0 or 1 (complained). */
int sound_close(const char *path, FILE *file, const struct sound_format *format, uint64_t bytes);

#endif
