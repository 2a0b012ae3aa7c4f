/* SPDX-License-Identifier: MIT */
/* The model `audio`: a USB Audio Class 1.0 speaker and microphone, 48 kHz, 16 bits, two channels,
 * one packet of 192 bytes a millisecond. The microphone delivers in=F.wav (then silence); what the
 * speaker gets goes to out=F.wav. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "usb/model_config.h"
#include "usb/wav.h"

enum {
    SPEAKER = 0x01,
    MICROPHONE = 0x82,
    RATE = 48000,
    FRAME_BYTES = 4,
    PACKET_BYTES = RATE / 1000 * FRAME_BYTES,
    OS_VENDOR = 0x20
};
enum { CONTROL_INTERFACE = 0, SPEAKER_INTERFACE = 1, MICROPHONE_INTERFACE = 2 };
enum { WAV_MAX = 256 << 20 };

static const struct wav_format wav_format = {.channels = 2, .bits = 16, .rate = RATE};

struct audio {
    uint8_t descriptor[18];
    struct model_config config;
    uint8_t *file; /* the whole of in= */
    const uint8_t *samples;
    uint32_t length, at;
    FILE *out;
    uint32_t written;
};

static int input_read(struct audio *audio, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -errno;
    size_t room = 0, size = 0, got = 0;
    do {
        if (size == room) {
            room = room == 0 ? 1 << 16 : room * 2;
            uint8_t *grown = room <= WAV_MAX ? realloc(audio->file, room) : NULL;
            if (grown == NULL) {
                fclose(file);
                return -ENOMEM;
            }
            audio->file = grown;
        }
        got = fread(audio->file + size, 1, room - size, file);
        size += got;
    } while (got != 0);
    fclose(file);
    struct wav_format format;
    int error = wav_parse(audio->file, size, &format, &audio->samples, &audio->length);
    if (error == 0 && (format.channels != 2 || format.bits != 16 || format.rate != RATE))
        error = -EINVAL;
    if (error != 0)
        trace_note(TRACE_USB, "%s: not a WAV file of 48000 Hz, 16 bits, 2 channels", path);
    return error;
}

static void audio_destroy(void *state)
{
    struct audio *audio = state;
    if (audio->out != NULL) {
        if (wav_head_write(audio->out, &wav_format, audio->written) != 0 || fflush(audio->out) != 0)
            trace_note(TRACE_USB, "audio: the recording's header was not written");
        fclose(audio->out);
    }
    free(audio->file);
    free(audio);
}

static int audio_create(struct virtual_device *device, const void *context, const char *options,
                        void **state)
{
    struct audio *audio = calloc(1, sizeof *audio);
    if (audio == NULL)
        return -ENOMEM;
    char path[4096];
    int error = 0;
    if (usb_model_option(options, "in", path, sizeof path))
        error = input_read(audio, path);
    if (error == 0 && usb_model_option(options, "out", path, sizeof path)) {
        audio->out = fopen(path, "w+e");
        error = audio->out == NULL ? -errno : wav_head_write(audio->out, &wav_format, 0);
    }
    if (error != 0) {
        audio_destroy(audio);
        return error;
    }
    *state = audio;
    return 0;
}

/* ---- Descriptors (Audio 1.0, sections 4.3 to 4.6; Formats 2.2) ------------------------------- */

static void streaming(struct model_config *config, uint8_t number, uint8_t terminal,
                      uint8_t address, uint8_t interval)
{
    const uint8_t general[7] = {7, 0x24, 1, terminal, 1, 1, 0};
    const uint8_t format[11] = {11,        0x24, 2, 1, 2, 2, 16, 1, RATE & 0xff, RATE >> 8 & 0xff,
                                RATE >> 16};
    /* Audio's endpoint descriptor has two bytes more (bRefresh, bSynchAddress); adaptive out,
     * synchronous in. */
    const uint8_t endpoint[9] = {9,
                                 USB_DT_ENDPOINT,
                                 address,
                                 address & USB_ENDPOINT_IN ? 0x0d : 0x09,
                                 PACKET_BYTES,
                                 0,
                                 interval,
                                 0,
                                 0};
    const uint8_t audio_endpoint[7] = {7, 0x25, 1, 0, 0, 0, 0};
    model_config_interface(config, number, 0, 0, 1, 2);
    model_config_interface(config, number, 1, 1, 1, 2);
    model_config_add(config, general, sizeof general);
    model_config_add(config, format, sizeof format);
    model_config_add(config, endpoint, sizeof endpoint);
    model_config_add(config, audio_endpoint, sizeof audio_endpoint);
}

static int audio_describe(void *state, enum usb_speed speed,
                          struct usb_model_description *description)
{
    struct audio *audio = state;
    if (speed > USB_SPEED_HIGH)
        return -EOPNOTSUPP;
    /* clang-format off */
    static const uint8_t control[] = {
        10, 0x24, 1, 0x00, 0x01, 52, 0, 2, SPEAKER_INTERFACE, MICROPHONE_INTERFACE, /* header */
        12, 0x24, 2, 1, 0x01, 0x01, 0, 2, 3, 0, 0, 0,                               /* 1: from USB, stereo */
        9,  0x24, 3, 2, 0x01, 0x03, 0, 1, 0,                                        /* 2: speaker */
        12, 0x24, 2, 3, 0x01, 0x02, 0, 2, 3, 0, 0, 0,                               /* 3: microphone */
        9,  0x24, 3, 4, 0x01, 0x01, 0, 3, 0,                                        /* 4: to USB */
    };
    /* clang-format on */
    uint8_t interval = speed == USB_SPEED_HIGH ? 4 : 1;
    model_device(audio->descriptor, speed, 0x0210, 0x1209, 0x0002);
    model_config_begin(&audio->config, speed, 3, 0xc0);
    model_config_interface(&audio->config, CONTROL_INTERFACE, 0, 0, 1, 1);
    model_config_add(&audio->config, control, sizeof control);
    streaming(&audio->config, SPEAKER_INTERFACE, 1, SPEAKER, interval);
    streaming(&audio->config, MICROPHONE_INTERFACE, 4, MICROPHONE, interval);
    model_config_end(&audio->config);
    *description = (struct usb_model_description){
        .device = audio->descriptor,
        .config = audio->config.bytes,
        .config_length = audio->config.length,
        .strings = {NULL, "Overlapped", "Virtual audio device", "AUDIO-0001"},
        .guid = "{6c1f1d52-3a0e-4f27-9c8e-617564696f01}",
        .os_vendor_code = OS_VENDOR};
    return 0;
}

/* ---- Data ------------------------------------------------------------------------------------ */

static void audio_selected(void *state, uint8_t interface, uint8_t setting)
{
    struct audio *audio = state;
    if (interface == MICROPHONE_INTERFACE && setting == 1)
        audio->at = 0; /* it begins to listen */
    if (interface == SPEAKER_INTERFACE && setting == 0 && audio->out != NULL) {
        /* What was played so far is a whole file. */
        if (wav_head_write(audio->out, &wav_format, audio->written) != 0 ||
            fseek(audio->out, 0, SEEK_END) != 0 || fflush(audio->out) != 0)
            trace_note(TRACE_USB, "audio: the recording's header was not written");
    }
}

static uint32_t audio_isoch_in(void *state, uint8_t endpoint, uint64_t microframe, void *buffer,
                               uint32_t room)
{
    struct audio *audio = state;
    uint32_t sent = room < PACKET_BYTES ? room : PACKET_BYTES, left = audio->length - audio->at;
    uint32_t copied = left < sent ? left : sent;
    if (copied != 0)
        memcpy(buffer, audio->samples + audio->at, copied);
    memset((uint8_t *)buffer + copied, 0, sent - copied);
    audio->at += copied;
    return sent;
}

static void audio_isoch_out(void *state, uint8_t endpoint, uint64_t microframe, const void *data,
                            uint32_t length)
{
    struct audio *audio = state;
    if (audio->out == NULL)
        return;
    size_t written = fwrite(data, 1, length, audio->out);
    audio->written += (uint32_t)written;
    if (written != length)
        trace_note(TRACE_USB, "audio: the recording is cut: %s", strerror(errno));
}

static int audio_control(void *state, const struct usb_setup *setup, void *data)
{
    /* The sampling frequency of an endpoint: SET_CUR and GET_CUR of the one that it has. */
    enum {
        FROM_ENDPOINT = 0xa2,
        TO_ENDPOINT = 0x22,
        SET_CUR = 0x01,
        GET_CUR = 0x81,
        FREQUENCY = 0x0100
    };
    static const uint8_t rate[3] = {RATE & 0xff, RATE >> 8 & 0xff, RATE >> 16};
    if (setup->value != FREQUENCY || setup->length != 3)
        return -EPIPE;
    if (setup->type == FROM_ENDPOINT && setup->request == GET_CUR) {
        memcpy(data, rate, 3);
        return 3;
    }
    bool same =
        setup->type == TO_ENDPOINT && setup->request == SET_CUR && memcmp(data, rate, 3) == 0;
    return same ? 3 : -EPIPE;
}

const struct usb_model usb_model_audio = {
    .name = "audio",
    .create = audio_create,
    .destroy = audio_destroy,
    .describe = audio_describe,
    .selected = audio_selected,
    .control = audio_control,
    .isoch_in = audio_isoch_in,
    .isoch_out = audio_isoch_out,
};
