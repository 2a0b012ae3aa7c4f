/* SPDX-License-Identifier: MIT */
/* Parses the configuration file's lines about USB devices (usb_rules.h). What is malformed is said
 * in the trace. */
#include "drivers/usb_rules.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "drivers/configuration.h"

static struct usb_rule *rules;
static uint32_t rule_count;
static pthread_once_t rules_once = PTHREAD_ONCE_INIT;

/* The next word of the line; its length, 0 at the end. */
static size_t word_next(const char **at, const char *end, const char **word)
{
    while (*at < end && (**at == ' ' || **at == '\t' || **at == '\r'))
        ++*at;
    *word = *at;
    while (*at < end && **at != ' ' && **at != '\t' && **at != '\r')
        ++*at;
    return (size_t)(*at - *word);
}

/* `digits` hexadecimal digits at the beginning of `text`; -1. */
static int32_t hex_parse(const char *text, size_t digits)
{
    int32_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        char c = text[i], lower = (char)(c | 0x20);
        int digit = c >= '0' && c <= '9'           ? c - '0'
                    : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                   : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static bool device_parse(const char *text, size_t length, struct usb_rule *rule)
{
    if ((length != 9 && length != 12) || text[4] != ':' || (length == 12 && text[9] != ':'))
        return false;
    int32_t vendor = hex_parse(text, 4), product = hex_parse(text + 5, 4);
    rule->interface = length == 12 ? hex_parse(text + 10, 2) : -1;
    if (vendor < 0 || product < 0 || (length == 12 && rule->interface < 0))
        return false;
    rule->vendor = (uint16_t)vendor;
    rule->product = (uint16_t)product;
    return true;
}

/* "on", "off" or "always", then perhaps milliseconds. */
static bool idle_parse(const char **at, const char *end, struct usb_idle *idle)
{
    const char *word;
    size_t size = word_next(at, end, &word);
    bool always = size == 6 && memcmp(word, "always", 6) == 0;
    idle->enabled = true;
    idle->ignores_wake = always;
    idle->state = always || (size == 2 && memcmp(word, "on", 2) == 0);
    if (!idle->state && (size != 3 || memcmp(word, "off", 3) != 0))
        return false;
    size = word_next(at, end, &word);
    for (size_t i = 0; i < size; i++) {
        if (word[i] < '0' || word[i] > '9' || idle->timeout_ms > UINT32_MAX / 10 - 1)
            return false;
        idle->timeout_ms = idle->timeout_ms * 10 + (uint32_t)(word[i] - '0');
    }
    return true;
}

bool usb_rule_parse(const char *line, size_t length, struct usb_rule *rule)
{
    const char *at = line, *end = line + length, *word;
    size_t size = word_next(&at, end, &word);
    if (size != 3 || memcmp(word, "usb", 3) != 0)
        return false;
    size = word_next(&at, end, &word);
    if (!device_parse(word, size, rule))
        return false;
    memset(&rule->idle, 0, sizeof rule->idle);
    size = word_next(&at, end, &word);
    rule->is_idle = size == 4 && memcmp(word, "idle", 4) == 0;
    if (rule->is_idle)
        return idle_parse(&at, end, &rule->idle) && word_next(&at, end, &word) == 0;
    if (size != 6 || memcmp(word, "winusb", 6) != 0)
        return false;
    size = word_next(&at, end, &word);
    return usb_guid_parse(word, size, &rule->guid) && word_next(&at, end, &word) == 0;
}

static bool rule_add(const struct usb_rule *rule)
{
    struct usb_rule *more = realloc(rules, (rule_count + 1) * sizeof *rules);
    if (more == NULL)
        return false;
    rules = more;
    rules[rule_count++] = *rule;
    return true;
}

static void rules_load(void)
{
    size_t length = 0;
    char *text = configuration_read(&length);
    for (size_t at = 0; text != NULL && at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t size = end == NULL ? length - at : (size_t)(end - (text + at));
        struct usb_rule rule;
        if (usb_rule_parse(text + at, size, &rule)) {
            if (!rule_add(&rule))
                break;
        } else if (size > 4 && memcmp(text + at, "usb ", 4) == 0) {
            trace_note(TRACE_DRIVER, "configuration: not understood: %.*s", (int)size, text + at);
        }
        at += size + (end != NULL);
    }
    free(text);
}

const struct usb_rule *usb_rules(uint32_t *count)
{
    pthread_once(&rules_once, rules_load);
    *count = rule_count;
    return rules;
}
