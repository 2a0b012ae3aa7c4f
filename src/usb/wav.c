/* SPDX-License-Identifier: MIT */
/* The chunks of a WAV file. */
#include "usb/wav.h"

#include <errno.h>
#include <string.h>

static uint32_t get(const uint8_t *at, uint32_t bytes)
{
    uint32_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | at[bytes];
    return value;
}

static void put(uint8_t *at, uint32_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

int wav_parse(const uint8_t *bytes, size_t size, struct wav_format *format, const uint8_t **samples,
              uint32_t *length)
{
    enum { PCM = 1 };
    if (size < 12 || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0)
        return -EINVAL;
    format->channels = 0;
    for (size_t at = 12; at + 8 <= size;) {
        uint32_t chunk = get(bytes + at + 4, 4);
        size_t left = size - at - 8;
        if (memcmp(bytes + at, "fmt ", 4) == 0 && chunk >= 16 && left >= 16) {
            if (get(bytes + at + 8, 2) != PCM)
                return -EINVAL;
            format->channels = (uint16_t)get(bytes + at + 10, 2);
            format->rate = get(bytes + at + 12, 4);
            format->bits = (uint16_t)get(bytes + at + 22, 2);
        } else if (memcmp(bytes + at, "data", 4) == 0 && format->channels != 0) {
            *samples = bytes + at + 8;
            *length = chunk < left ? chunk : (uint32_t)left;
            return 0;
        }
        if (chunk > left)
            break;
        at += 8 + (size_t)chunk + (chunk & 1);
    }
    return -EINVAL;
}

int wav_head_write(FILE *file, const struct wav_format *format, uint32_t length)
{
    uint32_t frame = format->channels * format->bits / 8u;
    uint8_t head[44] = "RIFF....WAVEfmt ";
    put(head + 4, 36 + length, 4);
    put(head + 16, 16, 4);
    put(head + 20, 1, 2);
    put(head + 22, format->channels, 2);
    put(head + 24, format->rate, 4);
    put(head + 28, format->rate * frame, 4);
    put(head + 32, frame, 2);
    put(head + 34, format->bits, 2);
    memcpy(head + 36, "data", 4);
    put(head + 40, length, 4);
    rewind(file);
    return fwrite(head, 1, sizeof head, file) == sizeof head ? 0 : -EIO;
}
