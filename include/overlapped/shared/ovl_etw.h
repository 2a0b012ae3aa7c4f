/* SPDX-License-Identifier: MIT */
/* What the headers of `ovl mc` stand on: event descriptors, and the way of an event into our trace (category driver). Programs and
 * drivers. */
#ifndef OVL_ETW_H
#define OVL_ETW_H
#include "guiddef.h"

#ifndef EVENT_DESCRIPTOR_DEF
#define EVENT_DESCRIPTOR_DEF
typedef struct _EVENT_DESCRIPTOR {
    unsigned short Id;
    unsigned char Version;
    unsigned char Channel;
    unsigned char Level;
    unsigned char Opcode;
    unsigned short Task;
    unsigned long long Keyword;
} EVENT_DESCRIPTOR, *PEVENT_DESCRIPTOR;
typedef const EVENT_DESCRIPTOR *PCEVENT_DESCRIPTOR;
OVL_STATIC_ASSERT(sizeof(EVENT_DESCRIPTOR) == 16, "EVENT_DESCRIPTOR has 16 bytes");
#endif

OVL_BEGIN_C

struct ovl_etw_provider {
    const GUID *id;
    const char *name;
    int registered;
};

/* `fields`: "Name:type,..." in the order of the values. Types: i or u and the bytes, x (hexadecimal) and the bytes, U (UTF-16, ends at
 * NUL), A (char, likewise), f4, f8 (the bits), b (truth), G (a GUID's address), p (an address), Bn (the bytes at an address, as many as the nth
 * value, from 0, says), Vn (UTF-16 units, likewise), Cn (char, likewise), c (a character). `message`: with %1, %2 ... for the values; NULL: none. */
struct ovl_etw_event {
    const EVENT_DESCRIPTOR *descriptor;
    const char *name;
    const char *fields;
    const char *message;
};

/* 0 always, as drivers do not look; any thread, any level. Events of a provider that is not registered are dropped. */
unsigned int ovl_etw_register(struct ovl_etw_provider *provider);
unsigned int ovl_etw_unregister(struct ovl_etw_provider *provider);
int ovl_etw_enabled(const struct ovl_etw_provider *provider, const EVENT_DESCRIPTOR *event);
unsigned int ovl_etw_write(const struct ovl_etw_provider *provider, const struct ovl_etw_event *event, const GUID *activity,
                           const unsigned long long *values);

/* A field of an event that describes itself; `size` is the nth value of the types that have one. Without a name it is a property: "level" is
 * shown, and of the others nothing. "struct": that many of the next fields belong to it. */
struct ovl_etw_field {
    const char *name;
    const char *type;
    unsigned long long value, size;
};
unsigned int ovl_etw_log(const struct ovl_etw_provider *provider, const char *event, const GUID *activity, const struct ovl_etw_field *fields,
                         unsigned count);

OVL_END_C

static __inline__ __attribute__((__unused__)) unsigned long long ovl_etw_double(double value)
{
    unsigned long long bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
#define OVL_ETW_ADDRESS(pointer) ((unsigned long long)(size_t)(const void *)(pointer))
#endif
