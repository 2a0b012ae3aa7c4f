/* SPDX-License-Identifier: MIT */
/* The table behind the names: which directory a drive letter or a network share is. By default C:
 * is the root directory, so every file has a name on a drive; a line of the configuration changes
 * that. */
#include "nt/name.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/configuration.h"
#include "ntstatus.h"

static struct name_table table_of_process;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

int32_t name_table_init(struct name_table *table)
{
    memset(table, 0, sizeof *table);
    table->drives['C' - 'A'] = strdup("");
    return table->drives['C' - 'A'] != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

void name_table_free(struct name_table *table)
{
    for (size_t i = 0; i < 26; i++)
        free(table->drives[i]);
    while (table->shares != NULL) {
        struct name_share *share = table->shares;
        table->shares = share->next;
        free(share->unc);
        free(share->directory);
        free(share);
    }
    memset(table, 0, sizeof *table);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static int32_t share_add(struct name_table *table, const char *unc, size_t length, char *directory)
{
    struct name_share *share = malloc(sizeof *share);
    char *copy = strndup(unc, length);
    if (share == NULL || copy == NULL) {
        free(share);
        free(copy);
        free(directory);
        return STATUS_NO_MEMORY;
    }
    for (char *c = copy; *c != 0; c++)
        if (*c == '/')
            *c = '\\';
    *share = (struct name_share){table->shares, copy, directory};
    table->shares = share;
    return STATUS_SUCCESS;
}

/* One line: a name without blanks, blanks, a directory that may have some. */
static int32_t line_parse(struct name_table *table, const char *line, size_t length)
{
    size_t word = 0;
    while (length > 0 && is_blank(line[length - 1]))
        length--;
    while (length > 0 && is_blank(line[0]))
        line++, length--;
    while (word < length && !is_blank(line[word]))
        word++;
    size_t value = word;
    while (value < length && is_blank(line[value]))
        value++;
    if (word < 2 || line[0] == '#' || value == length || memchr(line, 0, length) != NULL)
        return STATUS_SUCCESS;

    const char *directory = line + value;
    size_t count = length - value;
    bool none = count == 1 && directory[0] == '-';
    while (count > 0 && directory[count - 1] == '/')
        count--;
    bool drive = word == 2 && line[1] == ':' &&
                 ((line[0] >= 'a' && line[0] <= 'z') || (line[0] >= 'A' && line[0] <= 'Z'));
    bool share = word > 2 && line[0] == '\\' && line[1] == '\\';
    if ((!drive && !share) || (!none && line[value] != '/') || count >= NAME_BYTES)
        return STATUS_SUCCESS;
    char *copy = none ? NULL : strndup(directory, count);
    if (!none && copy == NULL)
        return STATUS_NO_MEMORY;
    if (share)
        return none ? STATUS_SUCCESS : share_add(table, line + 2, word - 2, copy);
    char **slot = &table->drives[(line[0] & 0xdf) - 'A'];
    free(*slot);
    *slot = copy;
    return STATUS_SUCCESS;
}

int32_t name_table_parse(struct name_table *table, const char *text, size_t length)
{
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t count = end == NULL ? length : (size_t)(end - text);
        int32_t status = line_parse(table, text, count);
        if (status != STATUS_SUCCESS)
            return status;
        count += end != NULL;
        text += count;
        length -= count;
    }
    return STATUS_SUCCESS;
}

static void table_load(void)
{
    if (name_table_init(&table_of_process) != STATUS_SUCCESS)
        return; /* no drives: their names are not found */
    if (gethostname(table_of_process.host, sizeof table_of_process.host - 1) != 0)
        table_of_process.host[0] = 0;
    size_t length;
    char *text = configuration_read(&length);
    if (text != NULL)
        name_table_parse(&table_of_process, text, length);
    free(text);
}

const struct name_table *name_table_system(void)
{
    pthread_once(&table_once, table_load);
    return &table_of_process;
}
