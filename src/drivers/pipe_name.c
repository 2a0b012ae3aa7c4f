/* SPDX-License-Identifier: MIT */
/* The names of pipes as names of directories, and the names inside such a directory: the whole of
 * what the processes that share a pipe have to agree on besides the packets themselves. */
#include "drivers/pipe_name.h"

#include <stdio.h>
#include <string.h>

#include "base/utf16.h"

static uint64_t hash_bytes(const char *text, size_t length, uint64_t hash)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u;
    return hash;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
           (uint8_t)c >= 0x80;
}

/* Folds the case of `name` into `folded` (UTF-8). 0: too long or empty. */
static size_t fold(const char *name, char *folded, size_t capacity)
{
    char16_t units[PIPE_NAME_MAX];
    size_t count = utf16_from_utf8(units, PIPE_NAME_MAX, name, strlen(name));
    if (count == 0 || count > PIPE_NAME_MAX)
        return 0;
    for (size_t i = 0; i < count; i++)
        units[i] = utf16_fold(units[i]);
    size_t length = utf8_from_utf16(folded, capacity, units, count);
    return length <= capacity ? length : 0;
}

bool pipe_key(const char *name, char key[PIPE_KEY_BYTES])
{
    enum { HASH_TAIL = 33, ESCAPE = 3 };
    char folded[PIPE_NAME_MAX * 3];
    size_t length = fold(name, folded, sizeof folded);
    if (length == 0)
        return false;
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (used + ESCAPE >= PIPE_KEY_BYTES - HASH_TAIL) {
            uint64_t one = hash_bytes(folded, length, 0xcbf29ce484222325u);
            uint64_t two = hash_bytes(folded, length, one ^ 0x9e3779b97f4a7c15u);
            snprintf(key + used, PIPE_KEY_BYTES - used, "~%016llx%016llx", (unsigned long long)one,
                     (unsigned long long)two);
            return true;
        }
        if (is_plain(folded[i]) && !(i == 0 && folded[i] == '.'))
            key[used++] = folded[i];
        else
            used +=
                (size_t)snprintf(key + used, PIPE_KEY_BYTES - used, "%%%02x", (uint8_t)folded[i]);
    }
    key[used] = 0;
    return true;
}

static bool take_number(const char **text, uint64_t limit, uint64_t *value)
{
    const char *at = *text;
    if (*at < '0' || *at > '9')
        return false;
    for (*value = 0; *at >= '0' && *at <= '9'; at++) {
        if (*value > (limit - (uint64_t)(*at - '0')) / 10)
            return false;
        *value = *value * 10 + (uint64_t)(*at - '0');
    }
    *text = at;
    return true;
}

static bool take_dot(const char **text)
{
    return *(*text)++ == '.';
}

void pipe_entry_parse(const char *text, struct pipe_entry *entry)
{
    enum pipe_entry_kind kind = text[0] == 'l'   ? PIPE_ENTRY_FREE
                                : text[0] == 'c' ? PIPE_ENTRY_CLAIMED
                                : text[0] == 'p' ? PIPE_ENTRY_PAGE
                                : text[0] == 's' ? PIPE_ENTRY_SERVER
                                                 : PIPE_ENTRY_OTHER;
    uint64_t server = 0, number = 0, client = 0;
    *entry = (struct pipe_entry){.kind = PIPE_ENTRY_OTHER};
    if (kind == PIPE_ENTRY_OTHER)
        return;
    text++;
    if (!take_dot(&text) || !take_number(&text, UINT32_MAX, &server))
        return;
    if (kind != PIPE_ENTRY_SERVER && (!take_dot(&text) || !take_number(&text, UINT64_MAX, &number)))
        return;
    if (kind == PIPE_ENTRY_CLAIMED &&
        (!take_dot(&text) || !take_number(&text, UINT32_MAX, &client)))
        return;
    if (*text == 0)
        *entry = (struct pipe_entry){kind, (uint32_t)server, number, (uint32_t)client};
}

void pipe_entry_format(const struct pipe_entry *entry, char text[PIPE_ENTRY_BYTES])
{
    unsigned server = entry->server, client = entry->client;
    unsigned long long number = entry->number;
    switch (entry->kind) {
    case PIPE_ENTRY_FREE:
        snprintf(text, PIPE_ENTRY_BYTES, "l.%u.%llu", server, number);
        break;
    case PIPE_ENTRY_CLAIMED:
        snprintf(text, PIPE_ENTRY_BYTES, "c.%u.%llu.%u", server, number, client);
        break;
    case PIPE_ENTRY_PAGE:
        snprintf(text, PIPE_ENTRY_BYTES, "p.%u.%llu", server, number);
        break;
    case PIPE_ENTRY_SERVER:
        snprintf(text, PIPE_ENTRY_BYTES, "s.%u", server);
        break;
    case PIPE_ENTRY_OTHER:
        text[0] = 0;
        break;
    }
}
