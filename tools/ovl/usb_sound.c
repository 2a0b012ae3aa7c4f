/* SPDX-License-Identifier: MIT */
/* WAV files for isochronous pipes: the format that an audio setting's descriptors name must be the
 * file's, for nothing is converted. */
#include <stdlib.h>
#include <string.h>

#include "ovl.h"
#include "usb/wav.h"
#include "usb_pipe.h"

enum {
    CS_INTERFACE = 0x24,
    FORMAT_TYPE = 2,
    FORMAT_TYPE_I = 1,
    CONFIG_MAX = 65535,
    WAV_MAX = 1 << 30
};

/* The type I format descriptor (Audio 1.0, Formats 2.2.5) behind the setting's interface
 * descriptor, with one frequency. */
static bool format_parse(const UCHAR *at, ULONG left, struct sound_format *format)
{
    for (ULONG length = at[0]; left > length && length >= 2;
         left -= length, at += length, length = at[0]) {
        const UCHAR *next = at + length;
        if (next[0] < 2 || next[0] > left - length || next[1] == USB_INTERFACE_DESCRIPTOR_TYPE)
            return false;
        if (next[1] != CS_INTERFACE || next[0] < 11 || next[2] != FORMAT_TYPE ||
            next[3] != FORMAT_TYPE_I)
            continue;
        *format = (struct sound_format){
            next[4], next[6], next[8] | (uint32_t)next[9] << 8 | (uint32_t)next[10] << 16};
        return format->channels != 0 && format->bits % 8 == 0 && format->bits != 0;
    }
    return false;
}

bool sound_format_find(const struct transfer_pipe *pipe, struct sound_format *format)
{
    ULONG length = 0;
    UCHAR *bytes = malloc(CONFIG_MAX);
    bool found = false;
    if (bytes != NULL && WinUsb_GetDescriptor(pipe->first, USB_CONFIGURATION_DESCRIPTOR_TYPE, 0, 0,
                                              bytes, CONFIG_MAX, &length)) {
        PUSB_INTERFACE_DESCRIPTOR setting =
            WinUsb_ParseConfigurationDescriptor((PUSB_CONFIGURATION_DESCRIPTOR)bytes, bytes,
                                                pipe->interface, pipe->setting, -1, -1, -1);
        if (setting != NULL)
            found = format_parse((const UCHAR *)setting, length - (ULONG)((UCHAR *)setting - bytes),
                                 format);
    }
    free(bytes);
    return found;
}

static bool format_check(const char *path, const struct transfer_pipe *pipe,
                         struct sound_format *format)
{
    if (!sound_format_find(pipe, format)) {
        complain("%s: the pipe's setting has no audio format of one frequency", path);
        return false;
    }
    uint64_t second = (uint64_t)format->rate * format->channels * format->bits / 8;
    uint64_t moved = (uint64_t)pipe->pipe.MaximumBytesPerInterval * pipe->frame_packets * 1000;
    if (second != moved)
        complain("%s: %u Hz, %u bits, %u channels do not fill the pipe's packets", path,
                 format->rate, format->bits, format->channels);
    return second == moved;
}

static uint8_t *file_read(const char *path, size_t *length)
{
    FILE *file = fopen(path, "re");
    uint8_t *bytes = NULL;
    size_t size = 0;
    *length = 0;
    while (file != NULL && !feof(file) && !ferror(file) && size < WAV_MAX) {
        size = size == 0 ? 1 << 20 : size * 2;
        uint8_t *larger = realloc(bytes, size);
        if (larger == NULL)
            break;
        bytes = larger;
        *length += fread(bytes + *length, 1, size - *length, file);
    }
    bool whole = file != NULL && feof(file) && !ferror(file);
    if (file != NULL)
        fclose(file);
    if (whole)
        return bytes;
    complain("%s: cannot be read", path);
    free(bytes);
    return NULL;
}

uint8_t *sound_read(const char *path, const struct transfer_pipe *pipe, size_t *length)
{
    struct sound_format want;
    struct wav_format have;
    const uint8_t *samples;
    uint32_t bytes;
    size_t size;
    uint8_t *file = format_check(path, pipe, &want) ? file_read(path, &size) : NULL;
    if (file == NULL)
        return NULL;
    if (wav_parse(file, size, &have, &samples, &bytes) == 0 && have.channels == want.channels &&
        have.bits == want.bits && have.rate == want.rate) {
        memmove(file, samples, bytes);
        *length = bytes;
        return file;
    }
    complain("%s: not a WAV file of %u Hz, %u bits, %u channels", path, want.rate, want.bits,
             want.channels);
    free(file);
    return NULL;
}

static struct wav_format wav_of(const struct sound_format *format)
{
    return (struct wav_format){(uint16_t)format->channels, (uint16_t)format->bits, format->rate};
}

FILE *sound_create(const char *path, const struct transfer_pipe *pipe, struct sound_format *format)
{
    if (!format_check(path, pipe, format))
        return NULL;
    FILE *file = fopen(path, "w+e");
    struct wav_format wav = wav_of(format);
    if (file != NULL && wav_head_write(file, &wav, 0) == 0)
        return file;
    complain("%s: cannot be written", path);
    if (file != NULL)
        fclose(file);
    return NULL;
}

int sound_close(const char *path, FILE *file, const struct sound_format *format, uint64_t bytes)
{
    struct wav_format wav = wav_of(format);
    bool good = bytes < UINT32_MAX - 64 && wav_head_write(file, &wav, (uint32_t)bytes) == 0;
    good = fclose(file) == 0 && good;
    if (!good)
        complain("%s: cannot be written", path);
    return good ? 0 : 1;
}
