/* SPDX-License-Identifier: MIT */
/* UTF-16 and UTF-8, without loss in either direction: a lone surrogate becomes three bytes (as
 * WTF-8 does), and a byte that is no UTF-8 (Linux names are only bytes) becomes U+DC80 + its low
 * bits and comes back. */
#ifndef BASE_UTF16_H
#define BASE_UTF16_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

/* Writes as many whole characters as fit and returns how many bytes (units) all of them need.
 * Nothing is terminated. `to` may be NULL when capacity is 0. */
size_t utf8_from_utf16(char *to, size_t capacity, const char16_t *from, size_t length);
size_t utf16_from_utf8(char16_t *to, size_t capacity, const char *from, size_t length);

size_t utf16_length(const char16_t *text);

/* Simple case folding: ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic. */
char16_t utf16_fold(char16_t unit);

/* Takes one character of valid or invalid UTF-8 from `from`; returns the bytes used (at least 1).
 */
size_t utf8_decode(const char *from, size_t length, uint32_t *character);

#endif
