/* SPDX-License-Identifier: MIT */
/* WAV files (RIFF, PCM) for the audio model: one read whole, one written as data comes. */
#ifndef USB_WAV_H
#define USB_WAV_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct wav_format {
    uint16_t channels, bits;
    uint32_t rate;
};

/* Finds format and samples in a file's bytes. 0 or -EINVAL; pure. */
int wav_parse(const uint8_t *bytes, size_t size, struct wav_format *format, const uint8_t **samples, uint32_t *length);

/* Writes the header for `length` bytes of samples at the file's beginning. 0 or -EIO. */
int wav_head_write(FILE *file, const struct wav_format *format, uint32_t length);

#endif
