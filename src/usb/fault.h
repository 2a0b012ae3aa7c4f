/* SPDX-License-Identifier: MIT */
/* Faults of a virtual device: a script is parsed into rules (pure, no I/O), and each packet asks whether one of them hits. Same
 * script, seed and packets: same faults. The grammar stands in docs/usb-devices.md. */
#ifndef USB_FAULT_H
#define USB_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_STALL,
    FAULT_SHORT,
    FAULT_BABBLE,
    FAULT_NAK,
    FAULT_LATE,
    FAULT_DROP,
    FAULT_CRC,
    FAULT_UNPLUG,
    FAULT_REPLUG,
    FAULT_DESCRIPTOR,
    FAULT_SLOW,
};

enum fault_descriptor { FAULT_WHAT_LENGTH, FAULT_WHAT_TOTAL, FAULT_WHAT_ENDPOINT, FAULT_WHAT_DEVICE, FAULT_WHAT_RANDOM };

enum { FAULT_ANY_ENDPOINT = 0x100, FAULT_RULES_MAX = 32 };

struct fault_rule {
    uint8_t kind;      /* enum fault_kind */
    uint8_t what;      /* enum fault_descriptor */
    uint16_t endpoint; /* an address, or FAULT_ANY_ENDPOINT */
    uint16_t stream;   /* of that stream only; 0: of all */
    uint32_t at;       /* the packet (from 1) that it hits; 0: see every and chance */
    uint32_t every;    /* each so many packets */
    uint32_t chance;   /* in 1000, drawn with the seed */
    uint32_t times;    /* how often at most; 0: no limit */
    uint32_t ms;
    uint32_t bytes;
    uint32_t seen, hits; /* so far */
};

struct fault_set {
    struct fault_rule rules[FAULT_RULES_MAX];
    uint32_t count;
    uint64_t random;
};

/* Parses `length` bytes of script. 0, or -EINVAL and *reason a static text; *set is then empty. */
int fault_parse(const char *script, size_t length, uint64_t seed, struct fault_set *set, const char **reason);

/* Whether any rule concerns packets of this endpoint and stream (0: it has none; then it has to be asked for each). */
bool fault_concerns(const struct fault_set *set, uint16_t endpoint, uint16_t stream);

/* One packet passes: the rule that hits it, or NULL. Counts. */
const struct fault_rule *fault_next(struct fault_set *set, uint16_t endpoint, uint16_t stream);

/* The first rule of a kind that is no packet's (replug, descriptor), or NULL. */
const struct fault_rule *fault_find(const struct fault_set *set, enum fault_kind kind);

/* Spoils a copy of the descriptors as the descriptor rules say. */
void fault_spoil(struct fault_set *set, uint8_t *device, uint8_t *config, uint16_t config_length);

#endif
