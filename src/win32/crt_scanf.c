/* SPDX-License-Identifier: MIT */
/* Microsoft's scanf family over base/scan.c: sources are strings and streams of either width. */
#include "win32/crt.h"

#include "base/format.h"

struct text_source {
    const void *text;
    size_t at;
};

static int text_next(void *context)
{
    struct text_source *source = context;
    unsigned char unit = ((const unsigned char *)source->text)[source->at];

    if (!unit)
        return -1;
    source->at++;
    return unit;
}

static void text_back(void *context, int character)
{
    ((struct text_source *)context)->at -= character > 0xffff ? 2 : 1;
}

static int wide_text_next(void *context)
{
    struct text_source *source = context;
    const char16_t *from = (const char16_t *)source->text + source->at;

    if (!from[0])
        return -1;
    if ((from[0] & 0xfc00) == 0xd800 && (from[1] & 0xfc00) == 0xdc00) {
        source->at += 2;
        return 0x10000 + ((from[0] & 0x3ff) << 10) + (from[1] & 0x3ff);
    }
    source->at++;
    return from[0];
}

static int stream_next(void *context)
{
    return getc_unlocked(context);
}

static void stream_back(void *context, int character)
{
    ungetc(character, context);
}

static int wide_stream_next(void *context)
{
    return crt_get_unit(context);
}

static void wide_stream_back(void *context, int character)
{
    crt_unget_unit(context, character);
}

static int scan_text(const void *text, bool wide, bool sized, const void *format,
                     struct format_args *args)
{
    struct text_source from = {.text = text};
    struct scan_source source = {.next = wide ? wide_text_next : text_next,
                                 .back = text_back,
                                 .context = &from,
                                 .wide = wide,
                                 .sized = sized};

    return scan_input(&source, format, args);
}

static int scan_stream(FILE *stream, bool wide, bool sized, const void *format,
                       struct format_args *args)
{
    struct scan_source source = {.next = wide ? wide_stream_next : stream_next,
                                 .back = wide ? wide_stream_back : stream_back,
                                 .context = stream,
                                 .wide = wide,
                                 .sized = sized};

    flockfile(stream);
    int count = scan_input(&source, format, args);
    funlockfile(stream);
    return count;
}

#define SCAN_LIST(name, unit, call, ...)                        \
    CRT(int, name, __VA_ARGS__, const unit *format, va_list list) \
    {                                                           \
        struct format_args args;                                \
        va_copy(args.list, list);                               \
        int count = (call);                                     \
        va_end(args.list);                                      \
        return count;                                           \
    }
#define SCAN(name, unit, call, ...)                       \
    CRT(int, name, __VA_ARGS__, const unit *format, ...)  \
    {                                                     \
        struct format_args args;                          \
        va_start(args.list, format);                      \
        int count = (call);                               \
        va_end(args.list);                                \
        return count;                                     \
    }
#define SCAN_INPUT(name, unit, wide, sized)                             \
    CRT(int, name, const unit *format, ...)                             \
    {                                                                   \
        struct format_args args;                                        \
        va_start(args.list, format);                                    \
        int count = scan_stream(stdin, wide, sized, format, &args);     \
        va_end(args.list);                                              \
        return count;                                                   \
    }

SCAN(ovl_crt_sscanf, char, scan_text(text, false, false, format, &args), const char *text)
SCAN(ovl_crt_sscanf_s, char, scan_text(text, false, true, format, &args), const char *text)
SCAN_LIST(ovl_crt_vsscanf, char, scan_text(text, false, false, format, &args), const char *text)
SCAN(ovl_crt_swscanf, char16_t, scan_text(text, true, false, format, &args), const char16_t *text)
SCAN(ovl_crt_swscanf_s, char16_t, scan_text(text, true, true, format, &args), const char16_t *text)
SCAN_LIST(ovl_crt_vswscanf, char16_t, scan_text(text, true, false, format, &args),
          const char16_t *text)
SCAN(ovl_crt_fscanf, char, scan_stream(stream, false, false, format, &args), FILE *stream)
SCAN(ovl_crt_fscanf_s, char, scan_stream(stream, false, true, format, &args), FILE *stream)
SCAN_LIST(ovl_crt_vfscanf, char, scan_stream(stream, false, false, format, &args), FILE *stream)
SCAN(ovl_crt_fwscanf, char16_t, scan_stream(stream, true, false, format, &args), FILE *stream)
SCAN(ovl_crt_fwscanf_s, char16_t, scan_stream(stream, true, true, format, &args), FILE *stream)
SCAN_LIST(ovl_crt_vfwscanf, char16_t, scan_stream(stream, true, false, format, &args), FILE *stream)
SCAN_INPUT(ovl_crt_scanf, char, false, false)
SCAN_INPUT(ovl_crt_scanf_s, char, false, true)
SCAN_INPUT(ovl_crt_wscanf, char16_t, true, false)
SCAN_INPUT(ovl_crt_wscanf_s, char16_t, true, true)

CRT(int, ovl_crt_vscanf, const char *format, va_list list)
{
    return ovl_crt_vfscanf(stdin, format, list);
}

CRT(int, ovl_crt_vwscanf, const char16_t *format, va_list list)
{
    return ovl_crt_vfwscanf(stdin, format, list);
}
