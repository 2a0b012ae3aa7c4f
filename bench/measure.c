/* SPDX-License-Identifier: MIT */
/*
 * The part of measure.h that needs no operating system: arguments, figures, random numbers. Plain
 * C, compiled by the plain compiler on either system (so printf has its own system's meaning).
 */
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *arg_text(int argc, char **argv, const char *key, const char *missing)
{
    size_t length = strlen(key);

    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], key, length) && argv[i][length] == '=')
            return argv[i] + length + 1;
    return missing;
}

int64_t arg_number(int argc, char **argv, const char *key, int64_t missing)
{
    const char *text = arg_text(argc, argv, key, NULL);
    char *end;

    if (!text)
        return missing;
    int64_t value = strtoll(text, &end, 10);
    if (end == text || *end) {
        fprintf(stderr, "%s=%s: not a number\n", key, text);
        exit(2);
    }
    return value;
}

void report(const char *key, double value)
{
    printf("%s=%.9g ", key, value);
}

void report_end(void)
{
    putchar('\n');
    fflush(stdout);
}

void report_rate(double ops, uint64_t elapsed_ns, double cpu)
{
    report("rate", ops * 1e9 / (double)elapsed_ns);
    report("us", (double)elapsed_ns / 1e3 / ops);
    report("cpu_us", cpu * 1e6 / ops);
    report_end();
}

void report_text(const char *line)
{
    puts(line);
    fflush(stdout);
}

void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

void die_code(const char *what, uint32_t code)
{
    fprintf(stderr, "%s: error %u (0x%x)\n", what, code, code);
    exit(1);
}

/* xorshift64: good enough to scatter reads, and costs nothing beside them. */
uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

uint64_t percentile(uint64_t *values, size_t count, double share)
{
    if (!count)
        return 0;
    qsort(values, count, sizeof *values, compare);
    return values[(size_t)(share * (double)(count - 1))];
}
