/* SPDX-License-Identifier: MIT */
/* Names of pipes and of what is in their directories; the framing of messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/pipe_message.h"
#include "drivers/pipe_name.h"

static int checks, failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("not ok - %s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
        }                                                                                          \
    } while (0)

static bool key_is(const char *name, const char *want)
{
    char key[PIPE_KEY_BYTES];
    return pipe_key(name, key) && !strcmp(key, want);
}

static bool same_key(const char *a, const char *b)
{
    char one[PIPE_KEY_BYTES], two[PIPE_KEY_BYTES];
    return pipe_key(a, one) && pipe_key(b, two) && !strcmp(one, two);
}

static void keys(void)
{
    char key[PIPE_KEY_BYTES];
    CHECK(key_is("Simple.Pipe-1_x", "simple.pipe-1_x"));
    CHECK(key_is("..", "%2e."));
    CHECK(key_is(".", "%2e"));
    CHECK(key_is("a/b\\c", "a%2fb%5cc"));
    CHECK(key_is("100% sure~", "100%25%20sure%7e"));
    CHECK(!pipe_key("", key));
    CHECK(same_key("\xc3\x84pfel", "\xc3\xa4PFEL"));
    CHECK(!same_key("a/b", "a%2fb"));
    char longest[PIPE_NAME_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[PIPE_NAME_MAX + 1] = 0;
    CHECK(!pipe_key(longest, key));
    longest[PIPE_NAME_MAX] = 0;
    CHECK(pipe_key(longest, key) && strlen(key) < PIPE_KEY_BYTES);
    char other[PIPE_NAME_MAX + 1];
    memcpy(other, longest, sizeof other);
    other[PIPE_NAME_MAX - 1] = 'y';
    CHECK(!same_key(longest, other));
    other[PIPE_NAME_MAX - 1] = 'X';
    CHECK(same_key(longest, other));
    char slashes[PIPE_NAME_MAX + 1];
    memset(slashes, '/', sizeof slashes - 1);
    slashes[PIPE_NAME_MAX] = 0;
    CHECK(pipe_key(slashes, key) && strlen(key) < PIPE_KEY_BYTES && !strchr(key, '/'));
}

static void entry_round_trip(struct pipe_entry entry)
{
    char text[PIPE_ENTRY_BYTES];
    struct pipe_entry back;
    pipe_entry_format(&entry, text);
    pipe_entry_parse(text, &back);
    CHECK(back.kind == entry.kind && back.server == entry.server && back.number == entry.number &&
          back.client == entry.client);
}

static void entries(void)
{
    entry_round_trip((struct pipe_entry){PIPE_ENTRY_FREE, 1, 0, 0});
    entry_round_trip((struct pipe_entry){PIPE_ENTRY_CLAIMED, UINT32_MAX, UINT64_MAX, 4194304});
    entry_round_trip((struct pipe_entry){PIPE_ENTRY_PAGE, 77, 12345678901234u, 0});
    entry_round_trip((struct pipe_entry){PIPE_ENTRY_SERVER, 9, 0, 0});
    static const char *const wrong[] = {"",
                                        ".",
                                        "..",
                                        "info",
                                        "l",
                                        "l.",
                                        "l.1",
                                        "l.1.",
                                        "l.1.2x",
                                        "l.x.1",
                                        "s.",
                                        "s.1.2",
                                        "c.1.2",
                                        "c.1.2.",
                                        "l.4294967296.1",
                                        "x.1.2",
                                        "l.1.18446744073709551616"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct pipe_entry entry;
        pipe_entry_parse(wrong[i], &entry);
        CHECK(entry.kind == PIPE_ENTRY_OTHER);
    }
}

static bool header_is_refused(size_t received, uint8_t at, uint8_t value)
{
    uint8_t header[PIPE_HEADER_BYTES];
    struct pipe_fragment fragment = {.first = true, .rest = 5};
    pipe_header_write(header, &fragment);
    if (at < PIPE_HEADER_BYTES)
        header[at] = value;
    return !pipe_header_read(header, received, &fragment);
}

static void headers(void)
{
    uint8_t header[PIPE_HEADER_BYTES];
    struct pipe_fragment fragment = {.first = true, .rest = 0x01020304}, back;
    pipe_header_write(header, &fragment);
    CHECK(pipe_header_read(header, PIPE_HEADER_BYTES + 9, &back));
    CHECK(back.first && back.rest == 0x01020304 && back.payload == 9);
    CHECK(header_is_refused(0, 99, 0));
    CHECK(header_is_refused(PIPE_HEADER_BYTES - 1, 99, 0));
    CHECK(header_is_refused(PIPE_HEADER_BYTES + PIPE_FRAGMENT_MAX + 1, 99, 0));
    CHECK(!header_is_refused(PIPE_HEADER_BYTES + PIPE_FRAGMENT_MAX, 99, 0));
    CHECK(header_is_refused(PIPE_HEADER_BYTES + 1, 0, 0));
    CHECK(header_is_refused(PIPE_HEADER_BYTES + 1, 2, 0x80));
    CHECK(header_is_refused(PIPE_HEADER_BYTES, 99, 0)); /* empty, but more is to follow */
    fragment = (struct pipe_fragment){.first = true, .rest = UINT32_MAX};
    pipe_header_write(header, &fragment);
    CHECK(!pipe_header_read(header, PIPE_HEADER_BYTES + 1, &back));
}

static void steps(void)
{
    struct pipe_reader reader = {0};
    CHECK(pipe_reader_step(&reader, &(struct pipe_fragment){true, 0, 0}) == PIPE_STEP_BEGINS);
    CHECK(!reader.inside);
    CHECK(pipe_reader_step(&reader, &(struct pipe_fragment){true, 10, 15}) == PIPE_STEP_BEGINS);
    CHECK(reader.inside && reader.rest == 15);
    CHECK(pipe_reader_step(&reader, &(struct pipe_fragment){false, 5, 10}) == PIPE_STEP_GOES_ON);
    CHECK(pipe_reader_step(&reader, &(struct pipe_fragment){true, 1, 1}) == PIPE_STEP_CUT_SHORT);
    CHECK(pipe_reader_step(&reader, &(struct pipe_fragment){false, 2, 0}) == PIPE_STEP_INVALID);
    CHECK(pipe_reader_step(&reader, &(struct pipe_fragment){false, 1, 0}) == PIPE_STEP_GOES_ON);
    CHECK(!reader.inside);
    CHECK(pipe_reader_step(&reader, &(struct pipe_fragment){false, 1, 0}) == PIPE_STEP_INVALID);
}

int main(void)
{
    keys();
    entries();
    headers();
    steps();
    printf("%sok - %d checks\n1..1\n", failures ? "not " : "", checks);
    return failures != 0;
}
