/* SPDX-License-Identifier: MIT */
/* Descriptors as text: walks the chain by the lengths it states, each kind by a function of its
 * own; what an endpoint's bytes mean follows from the speed. */
#include "usb/describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct walk {
    struct describe_text *out;
    enum usb_speed speed;
    unsigned indent;
    bool brief;
    uint8_t class, subclass; /* of the interface that is walked */
    struct usb_endpoint_shape {
        uint8_t attributes, interval;
        uint16_t packet;
    } endpoint;
};

void describe_printf(struct describe_text *out, const char *format, ...)
{
    size_t room = out->length < out->size ? out->size - out->length : 0;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(room != 0 ? out->text + out->length : NULL, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        out->length += (size_t)length;
}

#define LINE(walk, deeper, format, ...)                                                            \
    describe_printf((walk)->out, "%*s" format "\n", (int)((walk)->indent + (deeper)*2u), "",       \
                    __VA_ARGS__)

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

const char *usb_speed_text(enum usb_speed speed)
{
    static const char *const names[] = {"unknown speed", "low speed",  "full speed",
                                        "high speed",    "SuperSpeed", "SuperSpeedPlus"};
    return speed <= USB_SPEED_SUPER_PLUS ? names[speed] : names[0];
}

const char *usb_transfer_text(enum usb_transfer transfer)
{
    static const char *const names[] = {"control", "isochronous", "bulk", "interrupt"};
    return names[transfer & 3];
}

const char *usb_class_text(uint8_t code)
{
    static const struct {
        uint8_t code;
        const char *name;
    } names[] = {{0x00, "by interface"},  {0x01, "audio"},        {0x02, "communications"},
                 {0x03, "HID"},           {0x05, "physical"},     {0x06, "image"},
                 {0x07, "printer"},       {0x08, "mass storage"}, {0x09, "hub"},
                 {0x0a, "CDC data"},      {0x0b, "smart card"},   {0x0d, "content security"},
                 {0x0e, "video"},         {0x0f, "health"},       {0x10, "audio/video"},
                 {0x11, "billboard"},     {0xdc, "diagnostic"},   {0xe0, "wireless"},
                 {0xef, "miscellaneous"}, {0xfe, "application"},  {0xff, "vendor"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code)
            return names[i].name;
    return "unknown";
}

/* "{xxxxxxxx-...}" of 16 bytes as Microsoft stores them. */
static void guid_text(const uint8_t *guid, char text[40])
{
    snprintf(text, 40, "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", get32(guid),
             get16(guid + 4), get16(guid + 6), guid[8], guid[9], guid[10], guid[11], guid[12],
             guid[13], guid[14], guid[15]);
}

/* ---- The standard ones: `d` has d[0] bytes, at least what the table below asks for ----------- */

static void describe_device(struct walk *walk, const uint8_t *d)
{
    LINE(walk, 0, "Device %04x:%04x release %x.%02x, USB %x.%02x", get16(d + 8), get16(d + 10),
         d[13], d[12], d[3], d[2]);
    LINE(walk, 1, "class %02x (%s) subclass %02x protocol %02x", d[4], usb_class_text(d[4]), d[5],
         d[6]);
    LINE(walk, 1, "control packets of %u bytes",
         walk->speed >= USB_SPEED_SUPER && d[7] < 16 ? 1u << d[7] : d[7]);
    LINE(walk, 1, "strings: manufacturer %u, product %u, serial %u; configurations %u", d[14],
         d[15], d[16], d[17]);
}

static void describe_configuration(struct walk *walk, const uint8_t *d)
{
    unsigned milliamperes = d[8] * (walk->speed >= USB_SPEED_SUPER ? 8u : 2u);
    LINE(walk, 0, "Configuration %u: %u interfaces, %u bytes, %s powered%s, at most %u mA", d[5],
         d[4], get16(d + 2), d[7] & 0x40 ? "self" : "bus", d[7] & 0x20 ? ", remote wake-up" : "",
         milliamperes);
}

static void describe_association(struct walk *walk, const uint8_t *d)
{
    LINE(walk, 1, "Function: interfaces %u to %u, class %02x (%s) subclass %02x protocol %02x",
         d[2], (d[2] + d[3] - 1u) & 0xff, d[4], usb_class_text(d[4]), d[5], d[6]);
}

static void describe_interface(struct walk *walk, const uint8_t *d)
{
    walk->class = d[5];
    walk->subclass = d[6];
    LINE(walk, 1,
         "Interface %u setting %u: class %02x (%s) subclass %02x protocol %02x, %u endpoints", d[2],
         d[3], d[5], usb_class_text(d[5]), d[6], d[7], d[4]);
}

/* Microseconds between service intervals; 0: bInterval is not valid here. */
static uint32_t interval_us(enum usb_speed speed, uint8_t transfer, uint8_t interval)
{
    if (transfer == USB_INTERRUPT && speed < USB_SPEED_HIGH)
        return interval * 1000u;
    if (interval < 1 || interval > 16)
        return 0;
    return (speed < USB_SPEED_HIGH ? 1000u : 125u) << (interval - 1);
}

static void describe_endpoint(struct walk *walk, const uint8_t *d)
{
    static const char *const syncs[] = {"", ", asynchronous", ", adaptive", ", synchronous"};
    static const char *const usages[] = {"", ", feedback", ", implicit feedback", ""};
    uint8_t transfer = d[3] & 3;
    uint16_t packet = get16(d + 4) & 0x7ff;
    unsigned transactions = walk->speed == USB_SPEED_HIGH ? (get16(d + 4) >> 11 & 3u) + 1 : 1;
    bool iso = transfer == USB_ISOCH, periodic = iso || transfer == USB_INTERRUPT;
    walk->endpoint = (struct usb_endpoint_shape){d[3], d[6], packet};
    LINE(walk, 2, "Endpoint %02x: %s %s, packets of %u bytes%s%s", d[2],
         usb_transfer_text(transfer), d[2] & 0x80 ? "IN" : "OUT", packet,
         iso ? syncs[d[3] >> 2 & 3] : "", iso ? usages[d[3] >> 4 & 3] : "");
    if (!periodic)
        return;
    uint32_t period = interval_us(walk->speed, transfer, d[6]);
    if (period == 0)
        LINE(walk, 3, "every: bInterval %u is not valid", d[6]);
    else if (walk->speed >= USB_SPEED_SUPER)
        LINE(walk, 3, "every %u us", period); /* its companion says how much */
    else
        LINE(walk, 3, "every %u us (bInterval %u), %u bytes an interval", period, d[6],
             packet * transactions);
}

static void describe_companion(struct walk *walk, const uint8_t *d)
{
    uint8_t transfer = walk->endpoint.attributes & 3;
    unsigned burst = d[2] + 1u;
    if (transfer == USB_BULK)
        LINE(walk, 3, "bursts of %u packets, %u streams", burst,
             d[3] & 0x1f ? 1u << (d[3] & 0x1f & 31u) : 0);
    else if (transfer == USB_ISOCH && d[3] & 0x80)
        LINE(walk, 3, "bursts of %u packets; see the next companion", burst);
    else if (transfer == USB_ISOCH)
        LINE(walk, 3, "%u bursts of %u packets, %u bytes an interval", (d[3] & 3) + 1u, burst,
             get16(d + 4));
    else
        LINE(walk, 3, "bursts of %u packets, %u bytes an interval", burst, get16(d + 4));
}

static void describe_isoch_companion(struct walk *walk, const uint8_t *d)
{
    LINE(walk, 3, "%u bytes an interval", get32(d + 4));
}

static void describe_bos(struct walk *walk, const uint8_t *d)
{
    LINE(walk, 0, "BOS: %u capabilities, %u bytes", d[4], get16(d + 2));
}

static void describe_platform(struct walk *walk, const uint8_t *d)
{
    static const uint8_t os_20[16] = {0xdf, 0x60, 0xdd, 0xd8, 0x89, 0x45, 0xc7, 0x4c,
                                      0x9c, 0xd2, 0x65, 0x9d, 0x9e, 0x64, 0x8a, 0x9f};
    char guid[40];
    guid_text(d + 4, guid);
    LINE(walk, 1, "Platform %s", guid);
    if (memcmp(d + 4, os_20, 16) != 0)
        return;
    for (unsigned at = 20; at + 8 <= d[0]; at += 8)
        LINE(walk, 2,
             "Microsoft OS 2.0: from NTDDI %08x on, a set of %u bytes by vendor request %02x",
             get32(d + at), get16(d + at + 4), d[at + 6]);
}

static void describe_capability(struct walk *walk, const uint8_t *d)
{
    char guid[40];
    if (d[2] == 0x02 && d[0] >= 7) {
        LINE(walk, 1, "USB 2.0 extension: attributes %08x%s", get32(d + 3),
             d[3] & 2 ? ", link power management" : "");
    } else if (d[2] == 0x03 && d[0] >= 10) {
        LINE(walk, 1, "SuperSpeed: speeds %04x, U1 exit %u us, U2 exit %u us", get16(d + 4), d[7],
             get16(d + 8));
    } else if (d[2] == 0x04 && d[0] >= 20) {
        guid_text(d + 4, guid);
        LINE(walk, 1, "Container %s", guid);
    } else if (d[2] == 0x05 && d[0] >= 20) {
        describe_platform(walk, d);
    } else {
        LINE(walk, 1, "Capability %02x of %u bytes", d[2], d[0]);
    }
}

/* ---- Audio class 1, the basics --------------------------------------------------------------- */

static void describe_rates(struct walk *walk, const uint8_t *d)
{
    LINE(walk, 2, "Format: %u channels, %u bits in %u bytes", d[4], d[6], d[5]);
    if (d[7] == 0 && d[0] >= 14)
        LINE(walk, 3, "%u to %u samples a second", get32(d + 8) & 0xffffff, get32(d + 10) >> 8);
    for (unsigned i = 0; i < d[7] && 8 + 3 * i + 3 <= d[0]; i++)
        LINE(walk, 3, "%u samples a second", d[8 + 3 * i] | (unsigned)get16(d + 9 + 3 * i) << 8);
}

static const char *terminal_text(uint16_t type)
{
    switch (type) {
    case 0x0101:
        return "USB stream";
    case 0x0201:
        return "microphone";
    case 0x0301:
        return "speaker";
    case 0x0302:
        return "headphones";
    case 0x0603:
        return "line connector";
    default:
        return "terminal";
    }
}

static void describe_class(struct walk *walk, const uint8_t *d)
{
    bool audio = walk->class == 1;
    if (audio && walk->subclass == 1 && d[0] >= 8 && d[2] == 1)
        LINE(walk, 2, "Audio control %x.%02x: %u bytes, %u streaming interfaces", d[4], d[3],
             get16(d + 5), d[7]);
    else if (audio && walk->subclass == 1 && d[0] >= 8 && d[2] == 2)
        LINE(walk, 2, "Input terminal %u: %s (%04x), %u channels", d[3],
             terminal_text(get16(d + 4)), get16(d + 4), d[7]);
    else if (audio && walk->subclass == 1 && d[0] >= 9 && d[2] == 3)
        LINE(walk, 2, "Output terminal %u: %s (%04x), from %u", d[3], terminal_text(get16(d + 4)),
             get16(d + 4), d[7]);
    else if (audio && walk->subclass == 1 && d[0] >= 6 && d[2] == 6)
        LINE(walk, 2, "Feature unit %u, from %u", d[3], d[4]);
    else if (audio && walk->subclass == 2 && d[0] >= 7 && d[2] == 1 && d[1] == 0x24)
        LINE(walk, 2, "Streams terminal %u, delay %u frames, format %04x", d[3], d[4],
             get16(d + 5));
    else if (audio && walk->subclass == 2 && d[0] >= 8 && d[2] == 2 && d[3] == 1)
        describe_rates(walk, d);
    else if (audio && d[1] == 0x25 && d[0] >= 7)
        LINE(walk, 3, "Audio endpoint: attributes %02x, lock delay %u", d[3], get16(d + 5));
    else
        LINE(walk, 2, "Class-specific %02x/%02x of %u bytes", d[1], d[2], d[0]);
}

/* ---- The walk -------------------------------------------------------------------------------- */

static const struct {
    uint8_t type, least;
    void (*describe)(struct walk *walk, const uint8_t *d);
} kinds[] = {{USB_DT_DEVICE, 18, describe_device},
             {USB_DT_CONFIGURATION, 9, describe_configuration},
             {USB_DT_ASSOCIATION, 8, describe_association},
             {USB_DT_INTERFACE, 9, describe_interface},
             {USB_DT_ENDPOINT, 7, describe_endpoint},
             {USB_DT_COMPANION, 6, describe_companion},
             {USB_DT_ISOCH_COMPANION, 8, describe_isoch_companion},
             {USB_DT_BOS, 5, describe_bos},
             {16, 3, describe_capability},
             {0x24, 3, describe_class},
             {0x25, 3, describe_class}};

static bool is_brief(uint8_t type)
{
    return type == USB_DT_CONFIGURATION || type == USB_DT_ASSOCIATION || type == USB_DT_INTERFACE ||
           type == USB_DT_ENDPOINT || type == USB_DT_COMPANION || type == USB_DT_ISOCH_COMPANION;
}

static void describe_one(struct walk *walk, const uint8_t *d)
{
    if (walk->brief && !is_brief(d[1]))
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].type != d[1])
            continue;
        if (d[0] >= kinds[i].least)
            kinds[i].describe(walk, d);
        else
            LINE(walk, 1, "Descriptor %02x has %u bytes, not %u", d[1], d[0], kinds[i].least);
        return;
    }
    LINE(walk, 2, "Descriptor %02x of %u bytes", d[1], d[0]);
}

static void describe_chain(struct walk *walk, const uint8_t *bytes, size_t length)
{
    const uint8_t *at = bytes, *end = at + length;
    for (; end - at >= 2 && at[0] >= 2 && at[0] <= end - at; at += at[0])
        describe_one(walk, at);
    if (at != end)
        LINE(walk, 1, "%u bytes at offset %u are no descriptor", (unsigned)(end - at),
             (unsigned)(at - bytes));
}

void usb_describe(struct describe_text *out, const void *bytes, size_t length, enum usb_speed speed,
                  unsigned indent)
{
    describe_chain(&(struct walk){.out = out, .speed = speed, .indent = indent}, bytes, length);
}

void usb_describe_brief(struct describe_text *out, const void *bytes, size_t length,
                        enum usb_speed speed, unsigned indent)
{
    describe_chain(&(struct walk){.out = out, .speed = speed, .indent = indent, .brief = true},
                   bytes, length);
}

/* ---- Microsoft OS 2.0 ------------------------------------------------------------------------ */

/* UTF-16LE as ASCII; zeros between strings become a blank, what is no ASCII a question mark. */
static void wide_text(const uint8_t *at, size_t bytes, char *text, size_t size)
{
    size_t length = 0;
    while (bytes >= 2 && get16(at + bytes - 2) == 0)
        bytes -= 2;
    for (size_t i = 0; i + 2 <= bytes && length + 1 < size; i += 2) {
        uint16_t unit = get16(at + i);
        text[length++] = unit == 0 ? ' ' : unit < 0x20 || unit > 0x7e ? '?' : (char)unit;
    }
    text[length] = '\0';
}

static void os_property(struct walk *walk, const uint8_t *d, uint16_t length)
{
    char name[96], value[256];
    uint16_t name_bytes = get16(d + 6);
    if (name_bytes > length - 10) {
        LINE(walk, 2, "a property's name of %u bytes does not fit", name_bytes);
        return;
    }
    uint16_t value_bytes = get16(d + 8 + name_bytes);
    if (value_bytes > length - 10 - name_bytes) {
        LINE(walk, 2, "a property's value of %u bytes does not fit", value_bytes);
        return;
    }
    uint16_t type = get16(d + 4);
    wide_text(d + 8, name_bytes, name, sizeof name);
    wide_text(d + 10 + name_bytes, value_bytes, value, sizeof value);
    if (type == 1 || type == 2 || type == 7)
        LINE(walk, 2, "%s: %s", name, value);
    else
        LINE(walk, 2, "%s: %u bytes of type %u", name, value_bytes, type);
}

static void os_one(struct walk *walk, const uint8_t *d, uint16_t length)
{
    uint16_t type = get16(d + 2);
    if (type == 0 && length >= 10)
        LINE(walk, 0, "Microsoft OS 2.0 set: NTDDI %08x, %u bytes", get32(d + 4), get16(d + 8));
    else if (type == 1 && length >= 8)
        LINE(walk, 1, "configuration %u", d[4]);
    else if (type == 2 && length >= 8)
        LINE(walk, 1, "function from interface %u", d[4]);
    else if (type == 3 && length >= 20)
        LINE(walk, 2, "compatible id %.8s %.8s", (const char *)d + 4, (const char *)d + 12);
    else if (type == 4 && length >= 10)
        os_property(walk, d, length);
    else
        LINE(walk, 2, "descriptor %u of %u bytes", type, length);
}

void usb_describe_os_set(struct describe_text *out, const void *bytes, size_t length,
                         unsigned indent)
{
    struct walk walk = {.out = out, .indent = indent};
    const uint8_t *at = bytes;
    while (length >= 4) {
        uint16_t one = get16(at);
        if (one < 4 || one > length)
            break;
        os_one(&walk, at, one);
        at += one;
        length -= one;
    }
    if (length != 0)
        LINE(&walk, 1, "%u bytes are no descriptor", (unsigned)length);
}
