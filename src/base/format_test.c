/* SPDX-License-Identifier: MIT */
/* Microsoft's printf and scanf, as documented: sizes, widths of text, flags, cuts, what is refused. */
#include "base/format.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <uchar.h>

static int failures, checks;

static void check_text(int line, const char *got, int length, const char *want)
{
    checks++;
    if (length != (int)strlen(want) || strcmp(got, want)) {
        failures++;
        printf("not ok - line %d: %d \"%s\", expected %d \"%s\"\n", line, length, got,
               (int)strlen(want), want);
    }
}

static void check(int line, int condition, const char *text)
{
    checks++;
    if (!condition) {
        failures++;
        printf("not ok - line %d: %s\n", line, text);
    }
}
#define CHECK(condition) check(__LINE__, (condition), #condition)

static int print_narrow(char *to, size_t size, const char *format, ...)
{
    struct format_target target = {.units = to, .capacity = size - 1};
    struct format_args args;

    va_start(args.list, format);
    int length = format_print(&target, format, &args);
    va_end(args.list);
    to[target.used] = 0;
    return length;
}

/* The wide form; the result must be ASCII. */
static int print_wide(char *to, size_t size, const char16_t *format, ...)
{
    char16_t wide[300];
    struct format_target target = {.units = wide, .capacity = size - 1, .wide = true};
    struct format_args args;

    va_start(args.list, format);
    int length = format_print(&target, format, &args);
    va_end(args.list);
    for (size_t i = 0; i < target.used; i++)
        to[i] = wide[i] < 0x80 ? (char)wide[i] : '?';
    to[target.used] = 0;
    return length;
}

#define NARROW(want, ...)                                             \
    do {                                                              \
        char text_[300];                                              \
        int length_ = print_narrow(text_, sizeof(text_), __VA_ARGS__); \
        check_text(__LINE__, text_, length_, want);                   \
    } while (0)
#define WIDE(want, ...)                                             \
    do {                                                            \
        char text_[300];                                            \
        int length_ = print_wide(text_, sizeof(text_), __VA_ARGS__); \
        check_text(__LINE__, text_, length_, want);                 \
    } while (0)

static void integers(void)
{
    NARROW("42 -42 +42  42", "%d %i %+d % d", 42, -42, 42, 42);
    NARROW("   42|42   |00042|0042 ", "%5d|%-5d|%05d|%-5.4d", 42, 42, 42, 42);
    NARROW("|0|", "%.0d|%d|", 0, 0);
    NARROW("4294967295 4294967295", "%u %lu", 0xffffffffu, 0xffffffffu);
    NARROW("-1 -1", "%d %ld", -1, 0xffffffffu);
    NARROW("18446744073709551615 -9223372036854775808", "%I64u %lld", UINT64_MAX, INT64_MIN);
    NARROW("255 -1 65535 -1", "%hhu %hhd %hu %hd", 255, 255, 65535, 65535);
    NARROW("ff FF 0xff 0XFF 377 0377", "%x %X %#x %#X %o %#o", 255, 255, 255, 255, 255, 255);
    NARROW("0 0", "%#x %#o", 0, 0);
    NARROW("0000ff 0x00ff", "%06x %#06x", 255, 255);
    NARROW("7 8 9 10", "%I32d %Id %zu %jd", 7, (int64_t)8, (size_t)9, (int64_t)10);
    NARROW("  -7|-7  |", "%*d|%-*d|", 4, -7, 4, -7);
    NARROW("-7  |", "%*d|", -4, -7);
    NARROW("00000000DEADBEEF", "%p", (void *)0xdeadbeef);
    NARROW("100%", "%d%%", 100);
    WIDE("42 ffff 5", u"%d %x %I64d", 42, 65535, (int64_t)5);
}

static void floats(void)
{
    NARROW("3.140000 3.14 3", "%f %.2f %.0f", 3.14, 3.14, 3.14);
    NARROW("1.500000e+10 1.5E-05 1.5e+10", "%e %.1E %g", 1.5e10, 1.5e-5, 1.5e10);
    NARROW("-01.50| 1.50|+1.5|1.50  |", "%06.2f|%5.2f|%+.1f|%-6.2f|", -1.5, 1.5, 1.5, 1.5);
    NARROW("  inf|inf  |-inf", "%05f|%-5f|%f", HUGE_VAL, HUGE_VAL, -HUGE_VAL);
    NARROW("0x1.8p+0 2.5", "%a %.1Lf", 1.5, 2.5L);
    char text[8];
    CHECK(print_narrow(text, sizeof(text), "%.500f", 1.0) == 502 && !strcmp(text, "1.00000"));
}

static void texts(void)
{
    NARROW("abc|  abc|abc  |ab|", "%s|%5s|%-5s|%.2s|", "abc", "abc", "abc", "abc");
    NARROW("wide wide narrow", "%S %ls %hs", u"wide", u"wide", "narrow");
    NARROW("wide x", "%ws %c", u"wide", 'x');
    NARROW("\xc3\xa9|\xe2\x82\xac|\xf0\x9f\x98\x80", "%S|%C|%S", u"\u00e9", 0x20ac, u"\U0001f600");
    /* A precision counts what is put out, and no character is cut. */
    NARROW("\xc3\xa9|", "%.3S|", u"\u00e9\u00e9");
    NARROW("(null) (null) (n", "%s %S %.2s", (char *)NULL, (char16_t *)NULL, (char *)NULL);
    WIDE("wide narrow narrow wide", u"%s %S %hs %ls", u"wide", "narrow", "narrow", u"wide");
    WIDE("x y|   ab|?", u"%c %C|%5.2s|%S", 'x', 'y', u"abc", "\xc3\xa9");
    struct {
        unsigned short length, maximum;
        const void *text;
    } narrow = {3, 9, "abcdef"}, wide = {4, 9, u"xyz"};
    NARROW("abc xy", "%Z %wZ", (void *)&narrow, (void *)&wide);
    /* What lies behind the precision need not be terminated. */
    char two[2] = {'o', 'k'};
    NARROW("ok", "%.2s", two);
}

static size_t take_three(void *context, const void *units, size_t count)
{
    size_t taken = count < 3 ? count : 3;

    strncat(context, units, taken);
    return taken;
}

static size_t take_none(void *context, const void *units, size_t count)
{
    return 0;
}

static int print_drained(size_t (*drain)(void *, const void *, size_t), void *context,
                         const char *format, ...)
{
    char small[4];
    struct format_target target = {
        .units = small, .capacity = sizeof(small), .drain = drain, .context = context};
    struct format_args args;

    va_start(args.list, format);
    int length = format_print(&target, format, &args);
    va_end(args.list);
    return length;
}

static void edges(void)
{
    char text[8] = "";

    CHECK(print_narrow(text, 4, "%s", "abcdef") == 6 && !strcmp(text, "abc"));
    CHECK(print_narrow(text, 8, "%n", (int *)NULL) == -1);
    CHECK(print_narrow(text, 8, "%k") == -1);
    CHECK(print_narrow(text, 8, "%") == -1);
    CHECK(print_narrow(text, 8, "%99999999999d", 1) == -1);
    CHECK(print_narrow(text, 8, "%2147483647d%d", 1, 1) == -1);
    char gathered[32] = "";
    CHECK(print_drained(take_three, gathered, "%s-%d", "abcdefgh", 12345) == 14);
    CHECK(!strcmp(gathered, "abcdefgh-12345"));
    CHECK(print_drained(take_none, NULL, "%s", "abcdefgh") == -1);
}

/* ---- scanf ---- */

struct source {
    const char *text;
    size_t at;
};

static int source_next(void *context)
{
    struct source *source = context;

    return source->text[source->at] ? (unsigned char)source->text[source->at++] : -1;
}

static void source_back(void *context, int character)
{
    ((struct source *)context)->at--;
}

static int scan_full(bool sized, const char *text, const char *format, va_list list)
{
    struct source from = {.text = text};
    struct scan_source source = {
        .next = source_next, .back = source_back, .context = &from, .sized = sized};
    struct format_args args;

    va_copy(args.list, list);
    int count = scan_input(&source, format, &args);
    va_end(args.list);
    return count;
}

static int scan(const char *text, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    int count = scan_full(false, text, format, list);
    va_end(list);
    return count;
}

static int scan_sized(const char *text, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    int count = scan_full(true, text, format, list);
    va_end(list);
    return count;
}

static void scans(void)
{
    uint32_t guarded[2] = {0, 0x5a5a5a5a};
    int a = 0, b = 0, read = 0;
    int64_t big = 0;
    short small = 0;
    double real = 0;
    float single = 0;
    char text[16];
    char16_t wide[16];
    char unit;

    CHECK(scan("4000000000", "%lu", &guarded[0]) == 1 && guarded[0] == 4000000000u &&
          guarded[1] == 0x5a5a5a5a);
    CHECK(scan(" 12 , -7", "%d ,%d", &a, &b) == 2 && a == 12 && b == -7);
    CHECK(scan("0x1f 017 10", "%i %i %x", &a, &b, &read) == 3 && a == 31 && b == 15 && read == 16);
    CHECK(scan("-9000000000", "%I64d", &big) == 1 && big == -9000000000);
    CHECK(scan("12345", "%2d%hd", &a, &small) == 2 && a == 12 && small == 345);
    CHECK(scan("2.5 -1e3", "%lf %f", &real, &single) == 2 && real == 2.5 && single == -1000);
    CHECK(scan("word rest", "%15s%n", text, &read) == 1 && !strcmp(text, "word") && read == 4);
    CHECK(scan("abc123", "%[a-c]%[^x]", text, text + 8) == 2 && !strcmp(text, "abc") &&
          !strcmp(text + 8, "123"));
    CHECK(scan("x yz", "%c %*c%c", &unit, text) == 2 && unit == 'x' && text[0] == 'z');
    CHECK(scan("\xe2\x82\xac!", "%S", wide) == 1 && wide[0] == 0x20ac && wide[1] == '!' && !wide[2]);
    CHECK(scan("", "%d", &a) == -1 && scan("x", "%d", &a) == 0);
    CHECK(scan("1", "%d %d", &a, &b) == 1);
    CHECK(scan("50%", "%d%%%n", &a, &read) == 1 && read == 3);
    CHECK(scan_sized("longword", "%s", text, 4u) == 0 && !text[0]);
    CHECK(scan_sized("abc 5", "%s %d", text, 4u, &a) == 2 && !strcmp(text, "abc") && a == 5);
}

int main(void)
{
    integers();
    floats();
    texts();
    edges();
    scans();
    printf("%s - format: %d checks, %d failed\n", failures ? "not ok" : "ok", checks, failures);
    return failures != 0;
}
