/* SPDX-License-Identifier: MIT */
/* Fault scripts: the grammar, what is refused, which packets are hit, and that a seed repeats
 * itself. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "usb/fault.h"

static int checks, failures;

static void check(int good, const char *text, int line)
{
    checks++;
    failures += !good;
    printf("%sok %d - %s # line %d\n", good ? "" : "not ", checks, text, line);
}
#define CHECK(condition) check(condition, #condition, __LINE__)

static int parse(const char *script, struct fault_set *set)
{
    const char *reason = NULL;
    int error = fault_parse(script, strlen(script), 7, set, &reason);
    if (error != 0 && (reason == NULL || set->count != 0))
        return 1; /* refused without a reason, or not emptied */
    return error;
}

static void test_grammar(void)
{
    static const char *const bad[] = {"burn",
                                      "stall:ep",
                                      "stall:ep=",
                                      "stall:ep=99999",
                                      "stall:ep=71",
                                      "nak:ms=5000000",
                                      "short:bytes=12x",
                                      "stall:chance=1001",
                                      "descriptor:what=colour",
                                      "stall:at=4294967296"};
    struct fault_set set;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(parse(bad[i], &set) == -EINVAL);
    CHECK(parse("", &set) == 0 && set.count == 0);
    CHECK(parse(" # nothing\n ; + \n", &set) == 0 && set.count == 0);
    CHECK(
        parse(
            "stall:ep=81:at=3 + nak ep=0x02 ms=10 every=4; unplug:ep=83:at=0x10 # now\nreplug:ms=5",
            &set) == 0);
    CHECK(set.count == 4 && set.rules[0].kind == FAULT_STALL && set.rules[0].endpoint == 0x81 &&
          set.rules[0].at == 3);
    CHECK(set.rules[1].kind == FAULT_NAK && set.rules[1].endpoint == 2 && set.rules[1].ms == 10 &&
          set.rules[1].every == 4);
    CHECK(set.rules[2].at == 16 && set.rules[2].times == 1);
    CHECK(fault_find(&set, FAULT_REPLUG) == &set.rules[3] &&
          fault_find(&set, FAULT_DESCRIPTOR) == NULL);
    char many[33 * 6 + 1] = "";
    for (int i = 0; i < 33; i++)
        strcat(many, "stall;");
    CHECK(parse(many, &set) == -EINVAL);
}

static void test_hits(void)
{
    struct fault_set set;
    CHECK(parse("stall:ep=81:at=3+drop:ep=81:every=5:times=2+crc:every=4", &set) == 0);
    CHECK(fault_concerns(&set, 0x81, 0) && fault_concerns(&set, 0x02, 0) &&
          !fault_concerns(&set, 0, 0));
    uint8_t kinds[20];
    for (int i = 0; i < 20; i++) {
        const struct fault_rule *rule = fault_next(&set, 0x81, 0);
        kinds[i] = rule == NULL ? FAULT_NONE : rule->kind;
    }
    CHECK(kinds[0] == FAULT_NONE && kinds[2] == FAULT_STALL && kinds[3] == FAULT_CRC &&
          kinds[4] == FAULT_DROP);
    CHECK(kinds[9] == FAULT_DROP && kinds[14] == FAULT_NONE && kinds[19] == FAULT_CRC);
    CHECK(fault_next(&set, 0x00, 0) == NULL);
    CHECK(parse("nak:ep=81:stream=3", &set) == 0 && fault_concerns(&set, 0x81, 3) &&
          !fault_concerns(&set, 0x81, 2) && !fault_concerns(&set, 0x81, 0));
    CHECK(fault_next(&set, 0x81, 2) == NULL && fault_next(&set, 0x81, 3) != NULL &&
          set.rules[0].seen == 1);
    CHECK(parse("nak:stream=65536", &set) != 0);
    CHECK(parse("slow:ms=3", &set) == 0 && fault_concerns(&set, 0, 0) &&
          !fault_concerns(&set, 0x81, 0));
}

static void test_seed(void)
{
    struct fault_set a, b;
    CHECK(parse("drop:chance=100", &a) == 0 && parse("drop:chance=100", &b) == 0);
    unsigned hits = 0, same = 0;
    for (int i = 0; i < 10000; i++) {
        const struct fault_rule *x = fault_next(&a, 0x83, 0), *y = fault_next(&b, 0x83, 0);
        hits += x != NULL;
        same += (x != NULL) == (y != NULL);
    }
    CHECK(same == 10000 && hits > 800 && hits < 1200);
}

static void test_spoil(void)
{
    struct fault_set set;
    uint8_t device[18] = {18, 1}, config[25] = {9, 2,    25, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0,
                                                1, 0xff, 0,  0, 0, 7, 5, 0x81, 2,  0, 2, 0};
    CHECK(parse("descriptor:what=endpoint:times=1", &set) == 0);
    fault_spoil(&set, device, config, sizeof config);
    CHECK(config[20] == 0xf1);
    config[20] = 0x81;
    fault_spoil(&set, device, config, sizeof config);
    CHECK(config[20] == 0x81); /* once */
    CHECK(parse("descriptor:what=device+descriptor:what=total", &set) == 0);
    fault_spoil(&set, device, config, sizeof config);
    CHECK(device[0] == 9 && config[2] == 0xff);
}

int main(void)
{
    test_grammar();
    test_hits();
    test_seed();
    test_spoil();
    printf("1..%d\n", checks);
    return failures != 0;
}
