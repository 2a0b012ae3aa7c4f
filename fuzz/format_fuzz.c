/* SPDX-License-Identifier: MIT */
/* Formats and inputs of printf and scanf. Arguments are fixed and safe for every conversion: a pointer to
 * a terminated buffer in every slot, and stars read its low bits as an int. */
#include "base/format.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sixteen slots of 64 bits; what they point to is text of both widths and big enough to be written. */
static int print(struct format_target *target, const void *format, ...)
{
    struct format_args args;

    va_start(args.list, format);
    int length = format_print(target, format, &args);
    va_end(args.list);
    return length;
}

static int scan(struct scan_source *source, const void *format, ...)
{
    struct format_args args;

    va_start(args.list, format);
    int count = scan_input(source, format, &args);
    va_end(args.list);
    return count;
}

struct source {
    const uint8_t *at, *end;
};

static int next(void *context)
{
    struct source *source = context;

    return source->at < source->end ? *source->at++ : -1;
}

static void back(void *context, int character)
{
    ((struct source *)context)->at--;
}

/* More conversions than there are arguments are the caller's error, not the formatter's. */
static bool few(const uint8_t *data, size_t size, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += data[i] == '%' || data[i] == '*';
    return count <= most;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) char text[16] = "text\0\0\0";
    char room[300], *format = malloc(size + 1);
    char16_t wide_room[300], *wide = malloc((size + 1) * sizeof(*wide));
    struct format_target narrow_target = {.units = room, .capacity = sizeof(room)};
    struct format_target wide_target = {.units = wide_room, .capacity = 300, .wide = true};

    if (format && wide && size < 400 && few(data, size, 5) && !memchr(data, 'Z', size) &&
        !memchr(data, 'L', size)) {
        memcpy(format, data, size);
        format[size] = 0;
        for (size_t i = 0; i <= size; i++)
            wide[i] = (unsigned char)format[i];
        print(&narrow_target, format, text, text, text, text, text, text);
        print(&wide_target, wide, text, text, text, text, text, text);
        /* The format of scanf ends at the first zero byte, its input is the rest. */
        size_t length = strlen(format);
        struct source from = {data + (length < size ? length + 1 : size), data + size};
        struct scan_source source = {.next = next, .back = back, .context = &from};
        _Alignas(16) char to[6][2048];
        scan(&source, format, to[0], to[1], to[2], to[3], to[4], to[5]);
    }
    free(format);
    free(wide);
    return 0;
}
