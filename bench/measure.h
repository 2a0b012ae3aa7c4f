/* SPDX-License-Identifier: MIT */
/*
 * What both sides of a comparison share: the clock, the processor time, the way figures are
 * printed. Raw programs and Windows programs link the same measure.c, so neither is measured
 * with a kinder ruler. No system header is included here: a Windows program sees only windows.h.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

/* No system has a call of this number: it fails at once and is easy to tell from the others. */
#define BENCH_MARK_CALL 0xbe9c

/* Arguments are key=value words. */
int64_t arg_number(int argc, char **argv, const char *key, int64_t missing);
const char *arg_text(int argc, char **argv, const char *key, const char *missing);

/* One line of key=value words on standard output is a program's whole result. */
void report(const char *key, double value);
void report_end(void);
void report_rate(double ops, uint64_t elapsed_ns, double cpu); /* rate, us, cpu_us; ends the line */
void report_text(const char *line); /* a line of its own, flushed: "ready" */
void die(const char *what);         /* with the C library's errno */
void die_code(const char *what, uint32_t code);

uint64_t now_ns(void);
double cpu_seconds(void); /* user and system time of this process */

/* Voluntary context switches of every thread of the process except the caller: the program's own
 * threads, or those that the library keeps for itself (named ovl-*); -1: unknown. */
enum switches_whose { SWITCHES_PROGRAM, SWITCHES_LIBRARY };
int64_t switches_of_others(enum switches_whose whose);
int64_t resident_bytes(void);

/* Two marks bracket the stretch whose system calls the tool raw/syscalls counts. */
void mark_system_calls(void);

/* Keeps the calling thread on the n-th processor that the process may use, round and round. */
void pin_thread(int n);

/* A pipe of the C library: a read of it blocks where no completion port can know of it. */
void foreign_pipe(int ends[2]);
void foreign_read(int end);
void foreign_write(int end);

uint64_t random_next(uint64_t *state);
uint64_t percentile(uint64_t *values, size_t count, double share); /* sorts */

#endif
