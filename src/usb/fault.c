/* SPDX-License-Identifier: MIT */
/* The fault script's parser, and the counting that decides which packet is hit. */
#include "usb/fault.h"

#include <errno.h>
#include <string.h>

struct cursor {
    const char *at, *end;
};

struct word {
    const char *text;
    size_t length;
};

static bool word_is(struct word word, const char *text)
{
    return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

static bool is_end_of_rule(char c)
{
    return c == '+' || c == ';' || c == '\n';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == ':';
}

/* The next word inside a rule; empty at the rule's end. A # makes the rest of the line a comment.
 */
static struct word next_word(struct cursor *cursor)
{
    while (cursor->at < cursor->end && is_space(*cursor->at))
        cursor->at++;
    if (cursor->at < cursor->end && *cursor->at == '#') {
        while (cursor->at < cursor->end && *cursor->at != '\n')
            cursor->at++;
    }
    struct word word = {.text = cursor->at};
    while (cursor->at < cursor->end && !is_space(*cursor->at) && !is_end_of_rule(*cursor->at) &&
           *cursor->at != '#')
        cursor->at++;
    word.length = (size_t)(cursor->at - word.text);
    return word;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

static bool parse_number(struct word word, uint32_t base, uint32_t limit, uint32_t *number)
{
    if (word.length > 2 && word.text[0] == '0' && (word.text[1] == 'x' || word.text[1] == 'X')) {
        base = 16;
        word.text += 2;
        word.length -= 2;
    }
    if (word.length == 0)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < word.length; i++) {
        uint32_t digit = (uint32_t)digit_of(word.text[i]);
        if (digit >= base)
            return false;
        value = value * base + digit;
        if (value > limit)
            return false;
    }
    *number = (uint32_t)value;
    return true;
}

static uint8_t kind_of(struct word word)
{
    static const char *const names[] = {"",     "stall", "short",  "babble", "nak",        "late",
                                        "drop", "crc",   "unplug", "replug", "descriptor", "slow"};
    for (uint8_t i = FAULT_STALL; i <= FAULT_SLOW; i++) {
        if (word_is(word, names[i]))
            return i;
    }
    return FAULT_NONE;
}

static bool parse_what(struct word word, struct fault_rule *rule)
{
    static const char *const names[] = {"length", "total", "endpoint", "device", "random"};
    for (uint8_t i = 0; i <= FAULT_WHAT_RANDOM; i++) {
        if (word_is(word, names[i])) {
            rule->what = i;
            return true;
        }
    }
    return false;
}

static bool parse_key(struct word word, struct fault_rule *rule)
{
    const char *equals = memchr(word.text, '=', word.length);
    if (equals == NULL)
        return false;
    struct word key = {word.text, (size_t)(equals - word.text)};
    struct word value = {equals + 1, word.length - key.length - 1};
    uint32_t number = 0;
    if (word_is(key, "what"))
        return parse_what(value, rule);
    if (word_is(key, "ep")) {
        if (!parse_number(value, 16, 0xff, &number) || (number & 0x70) != 0)
            return false;
        rule->endpoint = (uint16_t)number;
        return true;
    }
    if (!parse_number(value, 10, UINT32_MAX, &number))
        return false;
    if (word_is(key, "at"))
        rule->at = number;
    else if (word_is(key, "every"))
        rule->every = number;
    else if (word_is(key, "chance") && number <= 1000)
        rule->chance = number;
    else if (word_is(key, "times"))
        rule->times = number;
    else if (word_is(key, "ms") && number <= 3600000)
        rule->ms = number;
    else if (word_is(key, "bytes"))
        rule->bytes = number;
    else if (word_is(key, "stream") && number <= UINT16_MAX)
        rule->stream = (uint16_t)number;
    else
        return false;
    return true;
}

static int parse_rule(struct cursor *cursor, struct fault_set *set, const char **reason)
{
    struct word word = next_word(cursor);
    if (word.length == 0)
        return 0;
    if (set->count == FAULT_RULES_MAX) {
        *reason = "too many rules";
        return -EINVAL;
    }
    struct fault_rule *rule = &set->rules[set->count];
    *rule = (struct fault_rule){
        .kind = kind_of(word), .endpoint = FAULT_ANY_ENDPOINT, .bytes = UINT32_MAX};
    if (rule->kind == FAULT_NONE) {
        *reason = "no such fault";
        return -EINVAL;
    }
    while ((word = next_word(cursor)).length != 0) {
        if (!parse_key(word, rule)) {
            *reason = "a key or value that a fault cannot have";
            return -EINVAL;
        }
    }
    if (rule->kind == FAULT_SLOW && rule->endpoint == FAULT_ANY_ENDPOINT)
        rule->endpoint = 0;
    if (rule->at == 0 && rule->every == 0 && rule->chance == 0)
        rule->every = 1;
    if (rule->kind == FAULT_UNPLUG && rule->times == 0)
        rule->times = 1;
    set->count++;
    return 0;
}

int fault_parse(const char *script, size_t length, uint64_t seed, struct fault_set *set,
                const char **reason)
{
    *set = (struct fault_set){.random = seed ^ 0x9e3779b97f4a7c15u};
    struct cursor cursor = {script, script + length};
    while (cursor.at < cursor.end) {
        int error = parse_rule(&cursor, set, reason);
        if (error != 0) {
            set->count = 0;
            return error;
        }
        if (cursor.at < cursor.end)
            cursor.at++; /* what ended the rule */
    }
    return 0;
}

static bool is_of_packets(const struct fault_rule *rule)
{
    return rule->kind != FAULT_REPLUG && rule->kind != FAULT_DESCRIPTOR;
}

static bool matches(const struct fault_rule *rule, uint16_t endpoint, uint16_t stream)
{
    if (!is_of_packets(rule) || (rule->stream != 0 && rule->stream != stream))
        return false;
    /* Without an address a rule means every endpoint but the default pipe: the device shall still
     * be found. */
    return rule->endpoint == FAULT_ANY_ENDPOINT ? endpoint != 0 : rule->endpoint == endpoint;
}

bool fault_concerns(const struct fault_set *set, uint16_t endpoint, uint16_t stream)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct fault_rule *rule = &set->rules[i];
        if (matches(rule, endpoint, stream) && (rule->times == 0 || rule->hits < rule->times))
            return true;
    }
    return false;
}

static uint32_t draw(struct fault_set *set)
{
    set->random += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = set->random;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

const struct fault_rule *fault_next(struct fault_set *set, uint16_t endpoint, uint16_t stream)
{
    struct fault_rule *hit = NULL;
    for (uint32_t i = 0; i < set->count; i++) {
        struct fault_rule *rule = &set->rules[i];
        if (!matches(rule, endpoint, stream) || (rule->times != 0 && rule->hits >= rule->times))
            continue;
        rule->seen++;
        bool now = rule->at != 0 ? rule->seen == rule->at
                                 : rule->every != 0 && rule->seen % rule->every == 0;
        if (rule->chance != 0)
            now |= draw(set) % 1000 < rule->chance;
        if (now && hit == NULL) {
            hit = rule;
            hit->hits++;
        }
    }
    return hit;
}

const struct fault_rule *fault_find(const struct fault_set *set, enum fault_kind kind)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->rules[i].kind == kind)
            return &set->rules[i];
    }
    return NULL;
}

static void spoil_one(struct fault_set *set, uint8_t what, uint8_t *device, uint8_t *config,
                      uint16_t length)
{
    switch (what) {
    case FAULT_WHAT_LENGTH:
        config[9] = 1;
        break; /* bLength of the first descriptor behind the configuration's */
    case FAULT_WHAT_TOTAL:
        config[2] = config[3] = 0xff;
        break;
    case FAULT_WHAT_DEVICE:
        device[0] = 9;
        break;
    case FAULT_WHAT_ENDPOINT:
        for (uint32_t at = 0; at + 7 <= length && config[at] >= 2; at += config[at]) {
            if (config[at + 1] == 5) {
                config[at + 2] |= 0x70;
                break;
            }
        }
        break;
    default:
        config[9 + draw(set) % (length - 9u)] = (uint8_t)draw(set);
        break;
    }
}

void fault_spoil(struct fault_set *set, uint8_t *device, uint8_t *config, uint16_t config_length)
{
    if (config_length <= 9)
        return;
    for (uint32_t i = 0; i < set->count; i++) {
        struct fault_rule *rule = &set->rules[i];
        if (rule->kind != FAULT_DESCRIPTOR || (rule->times != 0 && rule->hits >= rule->times))
            continue;
        rule->hits++;
        spoil_one(set, rule->what, device, config, config_length);
    }
}
