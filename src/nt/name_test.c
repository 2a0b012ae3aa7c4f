/* SPDX-License-Identifier: MIT */
/* What each form of a Windows name means, and the way back from a POSIX path. */
#include "nt/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "ntstatus.h"

static int failures;

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("not ok - %s:%d: %s: ", __FILE__, __LINE__, #condition);                        \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

static const struct row {
    const char *source;
    enum device_kind kind;
    const char *text;
    uint32_t number;
} good[] = {
    {"/tmp/a.txt", DEVICE_FILE, "/tmp/a.txt", 0},
    {"/tmp/odd. :*?", DEVICE_FILE, "/tmp/odd. :*?", 0},
    {"/tmp\\a\\b", DEVICE_FILE, "/tmp/a/b", 0},
    {"/", DEVICE_FILE, "/", 0},
    {"/a/../b/", DEVICE_FILE, "/a/../b/", 0},
    {"a.txt", DEVICE_FILE, "a.txt", 0},
    {"dir\\a.txt", DEVICE_FILE, "dir/a.txt", 0},
    {"dir/a.txt. .", DEVICE_FILE, "dir/a.txt", 0},
    {".\\a\\.\\b\\..\\c", DEVICE_FILE, "a/c", 0},
    {"..\\..\\a", DEVICE_FILE, "../../a", 0},
    {"a\\..\\..\\b\\..\\..\\c", DEVICE_FILE, "../../c", 0},
    {".", DEVICE_FILE, ".", 0},
    {"a\\..", DEVICE_FILE, ".", 0},
    {"dir\\", DEVICE_FILE, "dir/", 0},
    {"\\a\\b", DEVICE_FILE, "/a/b", 0},
    {"C:\\", DEVICE_FILE, "/", 0},
    {"c:\\Users\\..\\x", DEVICE_FILE, "/x", 0},
    {"C:\\..\\..\\x", DEVICE_FILE, "/x", 0},
    {"C:/a//b", DEVICE_FILE, "/a/b", 0},
    {"C:a", DEVICE_FILE, "a", 0},
    {"C:", DEVICE_FILE, ".", 0},
    {"D:\\a", DEVICE_FILE, "/mnt/data/a", 0},
    {"d:a", DEVICE_FILE, "/mnt/data/a", 0},
    {"D:\\..\\..\\a", DEVICE_FILE, "/mnt/data/a", 0},
    {"D:\\", DEVICE_FILE, "/mnt/data", 0},
    {"C:\\f::$DATA", DEVICE_FILE, "/f", 0},
    {"\\\\?\\C:\\a. \\b*", DEVICE_FILE, "/a. /b*", 0},
    {"\\\\?\\C:\\a\\..\\b", DEVICE_FILE, "/a/../b", 0},
    {"\\\\?\\D:\\a", DEVICE_FILE, "/mnt/data/a", 0},
    {"\\\\.\\C:\\a", DEVICE_FILE, "/a", 0},
    {"\\\\.\\C:", DEVICE_DRIVE, "C:", 2},
    {"\\\\?\\d:", DEVICE_DRIVE, "d:", 3},
    {"\\\\.\\PhysicalDrive12", DEVICE_PHYSICAL_DRIVE, "PhysicalDrive12", 12},
    {"\\\\.\\COM10", DEVICE_SERIAL, "COM10", 10},
    {"COM1", DEVICE_SERIAL, "COM1", 1},
    {"com3:", DEVICE_SERIAL, "com3", 3},
    {"COM10", DEVICE_FILE, "COM10", 0},
    {"LPT2", DEVICE_PARALLEL, "LPT2", 2},
    {"nul", DEVICE_NULL, "nul", 0},
    {"NUL:", DEVICE_NULL, "NUL", 0},
    {"\\\\.\\NUL", DEVICE_NULL, "NUL", 0},
    {"nul.txt", DEVICE_FILE, "nul.txt", 0},
    {"CON", DEVICE_CONSOLE, "CON", 0},
    {"conin$", DEVICE_CONSOLE_INPUT, "conin$", 0},
    {"CONOUT$", DEVICE_CONSOLE_OUTPUT, "CONOUT$", 0},
    {"\\\\.\\pipe\\a", DEVICE_PIPE, "a", 0},
    {"\\\\.\\PIPE\\a\\b", DEVICE_PIPE, "a\\b", 0},
    {"//./pipe/a", DEVICE_PIPE, "a", 0},
    {"\\\\?\\pipe\\a", DEVICE_PIPE, "a", 0},
    {"\\\\box\\pipe\\a", DEVICE_PIPE, "a", 0},
    {"\\\\LOCALHOST\\pipe\\a", DEVICE_PIPE, "a", 0},
    {"\\\\.\\mailslot\\a\\b", DEVICE_MAILSLOT, "a\\b", 0},
    {"\\\\*\\mailslot\\a", DEVICE_MAILSLOT, "a", 0},
    {"\\\\server\\share\\d\\f", DEVICE_FILE, "/mnt/share/d/f", 0},
    {"\\\\SERVER\\Share", DEVICE_FILE, "/mnt/share", 0},
    {"\\\\?\\UNC\\server\\share\\f", DEVICE_FILE, "/mnt/share/f", 0},
    {"\\\\.\\MyDevice", DEVICE_NAMED, "MyDevice", 0},
    {"\\\\.\\Global\\MyDevice", DEVICE_NAMED, "MyDevice", 0},
    {"\\\\?\\usb#vid_1234&pid_5678#1#{guid}\\PIPE00", DEVICE_NAMED,
     "usb#vid_1234&pid_5678#1#{guid}\\PIPE00", 0},
    {"\xff\xfe.txt", DEVICE_FILE, "\xff\xfe.txt", 0},
    {"\xe4\xb8\xad\xf0\x9f\x98\x80", DEVICE_FILE, "\xe4\xb8\xad\xf0\x9f\x98\x80", 0},
};

static const struct {
    const char *source;
    int32_t status;
} bad[] = {
    {"", STATUS_OBJECT_PATH_NOT_FOUND},
    {"a*b", STATUS_OBJECT_NAME_INVALID},
    {"a?", STATUS_OBJECT_NAME_INVALID},
    {"C:\\a|b", STATUS_OBJECT_NAME_INVALID},
    {"C:\\a<", STATUS_OBJECT_NAME_INVALID},
    {"a\tb", STATUS_OBJECT_NAME_INVALID},
    {"file:stream", STATUS_OBJECT_NAME_INVALID},
    {"::$DATA", STATUS_OBJECT_NAME_INVALID},
    {"Q:\\a", STATUS_OBJECT_PATH_NOT_FOUND},
    {"\\\\?\\Q:\\a", STATUS_OBJECT_PATH_NOT_FOUND},
    {"\\\\.\\Q:", STATUS_OBJECT_NAME_NOT_FOUND},
    {"\\\\elsewhere\\pipe\\a", STATUS_BAD_NETWORK_PATH},
    {"\\\\server\\other\\f", STATUS_BAD_NETWORK_PATH},
    {"\\\\", STATUS_OBJECT_NAME_INVALID},
    {"\\\\.\\", STATUS_OBJECT_NAME_INVALID},
    {"\\\\.\\pipe\\", STATUS_OBJECT_NAME_INVALID},
};

static void check_names(const struct name_table *table)
{
    struct name name;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int32_t status = name_resolve(table, good[i].source, strlen(good[i].source), &name);
        CHECK(status == 0, "%s: %08x", good[i].source, (unsigned)status);
        CHECK(name.kind == good[i].kind, "%s: kind %d", good[i].source, name.kind);
        CHECK(strcmp(name.text, good[i].text) == 0, "%s: %s, want %s", good[i].source, name.text,
              good[i].text);
        CHECK(name.number == good[i].number, "%s: number %u", good[i].source, name.number);

        char16_t wide[256];
        size_t length = utf16_from_utf8(wide, 256, good[i].source, strlen(good[i].source));
        status = name_resolve_wide(table, wide, length, &name);
        CHECK(status == 0 && strcmp(name.text, good[i].text) == 0, "wide %s: %s", good[i].source,
              name.text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int32_t status = name_resolve(table, bad[i].source, strlen(bad[i].source), &name);
        CHECK(status == bad[i].status, "%s: %08x", bad[i].source, (unsigned)status);
    }
    CHECK(name_resolve(table, "a\0b", 3, &name) == STATUS_OBJECT_NAME_INVALID, "NUL inside");
}

/* Up to the limit a name is taken whole; beyond it is refused, never cut. */
static void check_length(const struct name_table *table)
{
    static char source[3 * NAME_BYTES];
    struct name name;
    memset(source, 'x', sizeof source);
    source[0] = '/';
    CHECK(name_resolve(table, source, NAME_BYTES - 1, &name) == 0 &&
              strlen(name.text) == NAME_BYTES - 1,
          "fits");
    CHECK(name_resolve(table, source, NAME_BYTES, &name) == STATUS_NAME_TOO_LONG, "one more");
    CHECK(name_resolve(table, source + 1, sizeof source - 1, &name) == STATUS_NAME_TOO_LONG,
          "relative");
    memcpy(source, "\\\\.\\pipe\\", 9);
    CHECK(name_resolve(table, source, sizeof source, &name) == STATUS_NAME_TOO_LONG, "pipe");
    memcpy(source, "\\\\.\\thing", 9);
    CHECK(name_resolve(table, source, sizeof source, &name) == STATUS_NAME_TOO_LONG, "device");
}

static void check_way_back(const struct name_table *table)
{
    static const char *const pairs[][2] = {
        {"/", "C:\\"},
        {"/home/me/x", "C:\\home\\me\\x"},
        {"/mnt/data", "D:\\"},
        {"/mnt/data/f", "D:\\f"},
        {"/mnt/database", "C:\\mnt\\database"},
    };
    char text[64];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        size_t length = name_to_windows(table, pairs[i][0], text, sizeof text);
        CHECK(length == strlen(pairs[i][1]) && strcmp(text, pairs[i][1]) == 0, "%s: %s",
              pairs[i][0], text);
    }
    memset(text, 'z', sizeof text);
    CHECK(name_to_windows(table, "/home", text, 7) == 7 && text[0] == 'z',
          "too small a buffer is left alone");
    CHECK(name_to_windows(table, "/home", text, 8) == 7 && strcmp(text, "C:\\home") == 0,
          "just enough");
}

static void check_table(void)
{
    static const char lines[] =
        "# drives\n  E: /media/with blank/  \r\nC: -\nnonsense\nF: relative\n"
        "\\\\srv/pub /pub\nG:";
    struct name_table table;
    struct name name;
    CHECK(name_table_init(&table) == 0, "defaults");
    CHECK(name_table_parse(&table, lines, sizeof lines - 1) == 0, "parse");
    CHECK(name_resolve(&table, "e:\\x", 4, &name) == 0 &&
              strcmp(name.text, "/media/with blank/x") == 0,
          "%s", name.text);
    CHECK(name_resolve(&table, "C:\\x", 4, &name) == STATUS_OBJECT_PATH_NOT_FOUND,
          "C: was taken away");
    CHECK(name_resolve(&table, "F:\\x", 4, &name) == STATUS_OBJECT_PATH_NOT_FOUND, "not absolute");
    CHECK(name_resolve(&table, "G:\\x", 4, &name) == STATUS_OBJECT_PATH_NOT_FOUND, "no value");
    CHECK(name_resolve(&table, "\\\\SRV\\pub\\x", 11, &name) == 0 &&
              strcmp(name.text, "/pub/x") == 0,
          "%s", name.text);
    name_table_free(&table);
}

int main(void)
{
    static const char lines[] = "D: /mnt/data\n\\\\server\\share /mnt/share/\n";
    struct name_table table;
    if (name_table_init(&table) != 0 || name_table_parse(&table, lines, sizeof lines - 1) != 0)
        return 1;
    strcpy(table.host, "box");
    check_names(&table);
    check_length(&table);
    check_way_back(&table);
    check_table();
    name_table_free(&table);
    return failures != 0;
}
