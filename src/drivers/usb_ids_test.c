/* SPDX-License-Identifier: MIT */
/* Ids, names and rules of USB devices, and Microsoft OS descriptors: known ones, cut ones, lying
 * ones. */
#include <stdio.h>
#include <string.h>

#include "drivers/usb_node_make.h"
#include "drivers/usb_rules.h"

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("not ok - %s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
        }                                                                                          \
    } while (0)

static const struct usb_id_source plain = {.vendor = 0x1209,
                                           .product = 0xab1,
                                           .revision = 0x102,
                                           .function = -1,
                                           .class = 0xff,
                                           .compatible = "WINUSB"};

static void ids_check(void)
{
    char text[512];
    struct usb_id_source function = plain;
    function.function = 0x1a;
    CHECK(usb_ids_hardware(&plain, text, sizeof text));
    CHECK(strcmp(text, "USB\\VID_1209&PID_0AB1&REV_0102") == 0);
    CHECK(strcmp(text + strlen(text) + 1, "USB\\VID_1209&PID_0AB1") == 0);
    CHECK(usb_id_list_size(text) == 31 + 22 + 1);
    CHECK(usb_ids_hardware(&function, text, sizeof text));
    CHECK(usb_id_list_has(text, "usb\\vid_1209&pid_0ab1&mi_1a"));
    CHECK(usb_ids_compatible(&plain, text, sizeof text));
    CHECK(strcmp(text, "USB\\MS_COMP_WINUSB") == 0);
    CHECK(usb_id_list_has(text, "USB\\Class_FF&SubClass_00&Prot_00") &&
          usb_id_list_has(text, "USB\\Class_FF"));
    CHECK(!usb_id_list_has(text, "USB\\COMPOSITE"));
    function = plain;
    function.is_composite = true;
    function.class = 0;
    CHECK(usb_ids_compatible(&function, text, sizeof text));
    CHECK(usb_id_list_has(text, "USB\\COMPOSITE") &&
          usb_id_list_has(text, "USB\\DevClass_00&SubClass_00&Prot_00"));
    for (size_t room = 0; room < 60; room++) {
        memset(text, 'x', sizeof text);
        bool fits = usb_ids_hardware(&plain, text, room);
        CHECK(fits == (room >= 54));
        CHECK(text[room] == 'x');
    }
}

static void names_check(void)
{
    char text[256], guid_text[USB_GUID_TEXT];
    struct usb_guid guid, container, again;
    struct usb_id_source function = plain;
    function.function = 1;
    CHECK(usb_instance_id(&plain, "A/b1", "1-2", 2, text, sizeof text));
    CHECK(strcmp(text, "USB\\VID_1209&PID_0AB1\\A/b1") == 0);
    CHECK(usb_interface_name(text, &usb_guid_device, text + 100, 100));
    CHECK(strcmp(text + 100, "usb#vid_1209&pid_0ab1#a#b1#{a5dcbf10-6530-11d2-901f-00c04fb951ed}") ==
          0);
    CHECK(!usb_interface_name(text, &usb_guid_device, text + 100, 60));
    CHECK(usb_instance_id(&plain, "has blank", "1-2", 2, text, sizeof text));
    CHECK(strncmp(text, "USB\\VID_1209&PID_0AB1\\5&", 24) == 0 &&
          strcmp(text + strlen(text) - 4, "&0&2") == 0);
    CHECK(usb_instance_id(&function, text, "", 0, text + 100, 100));
    CHECK(strncmp(text + 100, "USB\\VID_1209&PID_0AB1&MI_01\\6&", 30) == 0);
    CHECK(!usb_serial_is_valid("") && !usb_serial_is_valid("a,b") && !usb_serial_is_valid("\x80") &&
          usb_serial_is_valid("0"));
    CHECK(usb_guid_parse("a5dcbf10-6530-11d2-901f-00c04fb951ed", 36, &guid) &&
          usb_guid_equal(&guid, &usb_guid_device));
    CHECK(usb_guid_parse("{A5DCBF10-6530-11D2-901F-00C04FB951ED}", 38, &guid) &&
          usb_guid_equal(&guid, &usb_guid_device));
    CHECK(!usb_guid_parse("{A5DCBF10-6530-11D2-901F-00C04FB951ED", 37, &guid));
    CHECK(!usb_guid_parse("A5DCBF10-6530-11D2-901F000C04FB951ED", 36, &guid));
    usb_guid_format(&usb_guid_device, guid_text);
    CHECK(strcmp(guid_text, "{A5DCBF10-6530-11D2-901F-00C04FB951ED}") == 0);
    usb_container_id(&plain, "S1", "here", &container);
    usb_container_id(&plain, "S1", "there", &again);
    CHECK(usb_guid_equal(&container, &again));
    usb_container_id(&plain, "", "there", &again);
    CHECK(!usb_guid_equal(&container, &again));
    CHECK(container.bytes[7] >> 4 == 8 && container.bytes[8] >> 6 == 2);
}

static void rules_check(void)
{
    struct usb_rule rule;
    static const char good[] =
        "usb 1209:0aB1:1f\twinusb  {A5DCBF10-6530-11D2-901F-00C04FB951ED} \r";
    static const char *const bad[] = {
        "",
        "usb",
        "usb 1209:0ab1",
        "usb 1209:0ab1 winusb",
        "usb 1209:0ab1 serial {}",
        "usb 1209:0ab1 winusb {A5DCBF10-6530-11D2-901F-00C04FB951ED} more",
        "usb 1209:0ag1 winusb {A5DCBF10-6530-11D2-901F-00C04FB951ED}",
        "D: /srv/data",
        "usb 1209:0ab1:1 winusb {A5DCBF10-6530-11D2-901F-00C04FB951ED}"};
    CHECK(usb_rule_parse(good, strlen(good), &rule));
    CHECK(rule.vendor == 0x1209 && rule.product == 0xab1 && rule.interface == 0x1f &&
          usb_guid_equal(&rule.guid, &usb_guid_device));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!usb_rule_parse(bad[i], strlen(bad[i]), &rule));
}

static bool idle_is(const char *line, bool ignores_wake, bool state, uint32_t timeout_ms)
{
    struct usb_rule rule;
    return usb_rule_parse(line, strlen(line), &rule) && rule.is_idle && rule.idle.enabled &&
           rule.idle.ignores_wake == ignores_wake && rule.idle.state == state &&
           rule.idle.timeout_ms == timeout_ms;
}

static void idle_check(void)
{
    struct usb_rule rule;
    static const char *const bad[] = {"usb 1209:0001 idle", "usb 1209:0001 idle maybe",
                                      "usb 1209:0001 idle on x", "usb 1209:0001 idle on 99999999999",
                                      "usb 1209:0001 idle on 5 6"};
    CHECK(idle_is("usb 1209:0001 idle on 5000", false, true, 5000));
    CHECK(idle_is("usb 1209:0001 idle off", false, false, 0));
    CHECK(idle_is("usb 1209:0001:02 idle always 1", true, true, 1));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!usb_rule_parse(bad[i], strlen(bad[i]), &rule));
}

/* Appends `text` as UTF-16 with its NUL. */
static size_t put_text(uint8_t *at, const char *text)
{
    size_t length = strlen(text) + 1;
    for (size_t i = 0; i < length; i++) {
        at[2 * i] = (uint8_t)text[i];
        at[2 * i + 1] = 0;
    }
    return 2 * length;
}

static size_t put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    return 2;
}

/* A 2.0 set of a composite device whose function 2 wants WinUSB under one GUID. */
static size_t set_make(uint8_t *set)
{
    static const char guid[] = "{A5DCBF10-6530-11D2-901F-00C04FB951ED}";
    size_t at = 10, property;
    memset(set, 0, 512);
    put16(set, 10);
    set[7] = 6;
    set[6] = 3;
    put16(set + at, 8), put16(set + at + 2, 1);
    at += 8;
    put16(set + at, 8), put16(set + at + 2, 2), set[at + 4] = 2;
    at += 8;
    put16(set + at, 20), put16(set + at + 2, 3), memcpy(set + at + 4, "WINUSB", 6);
    at += 20;
    property = at;
    put16(set + at + 2, 4), put16(set + at + 4, 7);
    at += 8;
    size_t name = put_text(set + at, "DeviceInterfaceGUIDs");
    put16(set + at - 2, name);
    at += name;
    size_t value = put_text(set + at + 2, guid) + 2;
    put16(set + at, value);
    at += 2 + value;
    put16(set + property, at - property);
    property = at;
    put16(set + at + 2, 4), put16(set + at + 4, 4);
    at += 8;
    name = put_text(set + at, "DefaultIdleTimeout");
    put16(set + at - 2, name);
    at += name;
    put16(set + at, 4), put16(set + at + 2, 1234);
    at += 6;
    put16(set + property, at - property);
    put16(set + 8, at);
    put16(set + 16, at - 10);
    put16(set + 24, at - 18);
    return at;
}

static void set_check(void)
{
    uint8_t set[512];
    static struct usb_os_info info;
    size_t length = set_make(set);
    CHECK(usb_osdesc_parse_set(set, length, &info));
    const struct usb_os_function *function = usb_os_find(&info, 2);
    CHECK(function != NULL && strcmp(function->compatible, "WINUSB") == 0 &&
          function->guid_count == 1 && usb_guid_equal(&function->guids[0], &usb_guid_device));
    CHECK(function->idle.timeout_ms == 1234 && !function->idle.enabled);
    CHECK(usb_os_find(&info, -1) != NULL && usb_os_find(&info, -1)->compatible[0] == 0);
    for (size_t cut = 0; cut < length; cut++) {
        memset(&info, 0, sizeof info);
        CHECK(!usb_osdesc_parse_set(set, cut, &info));
    }
    for (size_t i = 0; i < length;
         i++) { /* every byte a lie: whatever comes out, nothing is read outside (sanitizers) */
        uint8_t kept = set[i];
        for (unsigned lie = 0; lie < 256; lie += 85) {
            set[i] = (uint8_t)lie;
            memset(&info, 0, sizeof info);
            usb_osdesc_parse_set(set, length, &info);
        }
        set[i] = kept;
    }
}

static void bos_check(void)
{
    struct usb_bos_info bos;
    uint8_t bytes[5 + 20 + 28] = {5, 15, sizeof bytes, 0, 2, 20, 16, 4, 0, 0xaa};
    static const uint8_t platform[28] = {28,   16,   5,    0,    0xdf, 0x60, 0xdd, 0xd8, 0x89, 0x45,
                                         0xc7, 0x4c, 0x9c, 0xd2, 0x65, 0x9d, 0x9e, 0x64, 0x8a, 0x9f,
                                         0,    0,    3,    6,    0xb2, 0,    0x77, 0};
    memcpy(bytes + 25, platform, sizeof platform);
    usb_bos_parse(bytes, sizeof bytes, &bos);
    CHECK(bos.has_container && bos.container.bytes[0] == 0xaa && bos.has_osdesc &&
          bos.vendor_code == 0x77 && bos.set_length == 0xb2);
    for (size_t cut = 0; cut < 25; cut++) {
        usb_bos_parse(bytes, cut, &bos);
        CHECK(!bos.has_container && !bos.has_osdesc);
    }
    bytes[25] = 0;
    usb_bos_parse(bytes, sizeof bytes, &bos);
    CHECK(bos.has_container && !bos.has_osdesc);
}

static void version_1_check(void)
{
    static const uint8_t string[18] = {18, 3,   'M', 0,   'S', 0,   'F', 0,    'T',
                                       0,  '1', 0,   '0', 0,   '0', 0,   0x21, 0};
    uint8_t code = 0, ids[40] = {40, 0, 0, 0, 0, 1, 4, 0, 1}, properties[256] = {0};
    static struct usb_os_info info;
    CHECK(usb_osdesc_parse_string(string, 18, &code) && code == 0x21);
    CHECK(!usb_osdesc_parse_string(string, 17, &code));
    memcpy(ids + 18, "WINUSB", 6);
    CHECK(usb_osdesc_parse_ids(ids, sizeof ids, false, &info) && info.functions[0].interface == -1);
    CHECK(!usb_osdesc_parse_ids(ids, sizeof ids - 1, false, &info));
    size_t at = 10 + 8;
    size_t name = put_text(properties + at + 2, "DeviceInterfaceGUID");
    put16(properties + at, name);
    at += 2 + name;
    size_t value = put_text(properties + at + 4, "{A5DCBF10-6530-11D2-901F-00C04FB951ED}");
    put16(properties + at, value);
    at += 4 + value;
    put16(properties, at), put16(properties + 4, 0x100), put16(properties + 6, 5),
        put16(properties + 8, 1);
    put16(properties + 10, at - 10), properties[14] = 1;
    CHECK(usb_osdesc_parse_properties(properties, at, &info.functions[0]) &&
          info.functions[0].guid_count == 1);
    CHECK(!usb_osdesc_parse_properties(properties, at - 1, &info.functions[0]));
}

static void shape_check(void)
{
    static const uint8_t config[] = {
        9, 2, 0, 0,  4, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xff, 0, 0, 0, 9, 4, 0, 1, 0, 0xff, 0,
        0, 0, 8, 11, 1, 2, 2, 2,    0,  0, 9, 4, 1, 0, 0,    2, 2, 0, 0, 9, 4, 2, 0, 0,    10,
        0, 0, 0, 9,  4, 3, 0, 0,    1,  1, 0, 0, 9, 4, 4,    0, 0, 1, 2, 0, 0, 9, 4};
    static struct usb_shape shape;
    usb_shape_parse(config, sizeof config, &shape);
    CHECK(shape.interface_count == 5 && shape.function_count == 3);
    CHECK(shape.functions[1].first == 1 && shape.functions[1].count == 2);
    CHECK(shape.functions[2].first == 3 && shape.functions[2].count == 2);
}

int main(void)
{
    ids_check();
    names_check();
    rules_check();
    idle_check();
    set_check();
    bos_check();
    version_1_check();
    shape_check();
    printf("%s\n", failures == 0 ? "ok" : "failed");
    return failures != 0;
}
