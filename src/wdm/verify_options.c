/* SPDX-License-Identifier: MIT */
/* OVERLAPPED_VERIFIER: words with commas between, read before main.
 *
 *   on              the rules; a process with reports ends with 86       seed=N     of all that is drawn
 *   log             the same, but reports leave the exit status alone    lowmem=N   the Nth allocation fails
 *   abort           the same as on; what stops leaves a core             lowmem=P%  each fails with that chance (P: 1, 0.5 ...)
 *   off             nothing                                              cancel=P%  a program's request is cancelled a little later
 *   -RULE           that rule is not reported                            delay=US   completions come up to so many microseconds late
 *   spin=MS         how long a spin lock may be held (25)                wait=MS    how long a removal may wait for a request (10000) */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm/verify.h"

uint32_t verify_flags;
enum { SPIN_MS = 25, WAIT_MS = 10000 };
struct verify_options verify_options = {.wait_ms = WAIT_MS, .result_fd = -1};

static bool number_read(const char *text, uint64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return false;
    *value = strtoull(text, &end, 0);
    return *end == '\0';
}

/* "2%", "0.5%": in 1000. */
static bool chance_read(const char *text, uint32_t *chance)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return false;
    double percent = strtod(text, &end);
    if (strcmp(end, "%") != 0 || percent > 100)
        return false;
    *chance = (uint32_t)(percent * 10 + 0.5);
    return true;
}

static bool value_read(const char *text, uint32_t *value)
{
    uint64_t number;
    if (!number_read(text, &number) || number > UINT32_MAX)
        return false;
    *value = (uint32_t)number;
    return true;
}

static bool setting_read(const char *name, const char *value, struct verify_options *options, uint32_t *flags)
{
    uint32_t number;
    if (strcmp(name, "seed") == 0)
        return number_read(value, &options->seed);
    if (strcmp(name, "lowmem") == 0) {
        *flags |= VERIFY_LOW_MEMORY;
        return chance_read(value, &options->low_memory_chance) || value_read(value, &options->low_memory_at);
    }
    if (strcmp(name, "cancel") == 0) {
        *flags |= VERIFY_CANCEL;
        return chance_read(value, &options->cancel_chance);
    }
    if (strcmp(name, "delay") == 0) {
        *flags |= VERIFY_DELAY;
        return value_read(value, &options->delay_us) && options->delay_us > 0;
    }
    if (strcmp(name, "spin") == 0)
        return value_read(value, &options->spin_ms);
    if (strcmp(name, "wait") == 0)
        return value_read(value, &options->wait_ms);
    if (strcmp(name, "result") == 0 && value_read(value, &number)) {
        options->result_fd = (int)number;
        return true;
    }
    return false;
}

static bool rule_known(const char *name)
{
    static const char *const rules[] = {
#define RULE(name, text) name,
#include "wdm/verify.def"
#undef RULE
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i], name) == 0)
            return true;
    return false;
}

static bool word_read(char *word, struct verify_options *options, uint32_t *flags)
{
    char *value = strchr(word, '=');
    *flags |= VERIFY_RULES;
    if (word[0] == '-') {
        size_t used = strlen(options->ignored);
        if (!rule_known(word + 1) || used + strlen(word) + 2 > sizeof options->ignored)
            return false;
        snprintf(options->ignored + used, sizeof options->ignored - used, "%s%s,", used == 0 ? "," : "", word + 1);
        return true;
    }
    if (value != NULL) {
        *value = '\0';
        bool good = setting_read(word, value + 1, options, flags);
        *value = '=';
        return good;
    }
    if (strcmp(word, "log") == 0)
        options->log = true;
    else if (strcmp(word, "abort") == 0)
        options->abort = true;
    else if (strcmp(word, "off") == 0 || strcmp(word, "0") == 0)
        *flags = 0;
    else
        return strcmp(word, "on") == 0 || strcmp(word, "1") == 0 || strcmp(word, "exit") == 0;
    return true;
}

bool verify_options_parse(const char *text, struct verify_options *options, uint32_t *flags, char wrong[64])
{
    *options = (struct verify_options){.seed = 1, .spin_ms = SPIN_MS, .wait_ms = WAIT_MS, .result_fd = -1};
    *flags = 0;
    while (*text != '\0') {
        char word[64];
        size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        if (length >= sizeof word || (length != 0 && !word_read(word, options, flags))) {
            snprintf(wrong, 64, "%s", word);
            *flags = 0;
            return false;
        }
        text += length + (text[length] == ',');
    }
    return true;
}

__attribute__((constructor)) static void options_read(void)
{
    const char *text = getenv("OVERLAPPED_VERIFIER");
    char wrong[64];
    uint32_t flags = 0;
    if (text == NULL)
        return;
    if (!verify_options_parse(text, &verify_options, &flags, wrong)) {
        fprintf(stderr, "overlapped: OVERLAPPED_VERIFIER: no option %s\n", wrong);
        _Exit(2); /* a verifier that silently does not verify would be worse */
    }
    verify_flags = flags;
}
