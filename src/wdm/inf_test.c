/* SPDX-License-Identifier: MIT */
/* Setup files, registry files and drivers' names: decorations, strings, continued lines, and what is wrong in them. */
#include <stdio.h>
#include <string.h>

#include "wdm/driver_spec.h"
#include "wdm/inf.h"

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("not ok - %s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
        }                                                                                          \
    } while (0)

static char heard[4096]; /* what the sink was told, one line each */

static void hear(const char *format, const char *one, const char *other)
{
    size_t used = strlen(heard);
    snprintf(heard + used, sizeof heard - used, format, one, other);
}

static void on_id(void *context, const char *id, const char *description, const char *manufacturer)
{
    (void)context;
    hear("id %s (%s)", id, description);
    hear(" by %s%s\n", manufacturer, "");
}

static void on_service(void *context, const char *name)
{
    (void)context;
    hear("service %s%s\n", name, "");
}

static void on_class(void *context, const char *name, const char *guid)
{
    (void)context;
    hear("class %s %s\n", name, guid);
}

static void on_value(void *context, enum inf_root root, const char *key, const char *name, uint32_t type, const void *data, size_t length)
{
    char line[64];
    (void)context;
    snprintf(line, sizeof line, "%d:%u:%zu:%02x", (int)root, (unsigned)type, length, length != 0 ? *(const unsigned char *)data : 0);
    hear("value %s\\%s ", key, name);
    hear("%s%s\n", line, "");
}

static const struct inf_sink sink = {on_id, on_service, on_class, on_value};

static bool inf(const char *text, struct inf_error *error)
{
    heard[0] = '\0';
    return inf_read(text, strlen(text), &sink, NULL, error);
}

static void inf_check(void)
{
    struct inf_error error;
    CHECK(inf("[version]\nClass=A ; comment\nClassGuid={1}\n[MANUFACTURER]\n%m%=Mod,NTx86,NTamd64\n[Mod]\na=I,USB\\OLD\n"
              "[Mod.NTamd64]\n\"x, y\"=I,USB\\A,USB\\B\n[I.NTamd64.Services]\nAddService=,2\nAddService=svc,0x2,S\n[S]\nAddReg=R\n"
              "[R]\nHKR,,N,0x10001,5\nHKCU,,No,,x\nHKLM,K,M,,y\n[strings]\nm=\"Maker\"\n",
              &error));
    CHECK(strcmp(heard, "class A {1}\nid USB\\A (x, y) by Maker\nid USB\\B (x, y) by Maker\nservice svc\nvalue \\N 0:4:4:05\nvalue K\\M 3:1:4:79\n") == 0);
    CHECK(inf("[Version]\n[Manufacturer]\nm=Mod\n[Mod]\nd=I, \\\n  USB\\A\\\n\n", &error));
    CHECK(strcmp(heard, "id USB\\A (d) by m\n") == 0);
    CHECK(inf("\xef\xbb\xbf[Version]\r\n[Manufacturer]\r\nm=Mod,NT.10.0\r\n[Mod.NT.10.0]\r\n%d%=I,USB\\%d%%%\r\n[Strings]\r\nd=q\r\n",
              &error));
    CHECK(strcmp(heard, "id USB\\q% (q) by m\n") == 0);
    CHECK(!inf("[Manufacturer]\nm=Mod\n[Mod]\nd=I,A\n", &error) && strstr(error.what, "[Version]") != NULL);
    CHECK(!inf("[Version]\nx=1\n[Manufacturer\n", &error) && error.line == 3);
    CHECK(!inf("[Version]\n", &error) && strstr(error.what, "models") != NULL);
    CHECK(!inf("", &error));
}

static bool reg(const char *text, struct inf_error *error)
{
    heard[0] = '\0';
    return registry_file_read(text, strlen(text), &sink, NULL, error);
}

static void registry_check(void)
{
    struct inf_error error;
    CHECK(reg("a = dword:0x10\n[Parameters\\b]\n\"c\" = \"d\"\r\n; no\n@ = hex:\n[Device\\x]\nq = qword:1\n[Device]\nm = multi:\"a\" , \"b\"", &error));
    CHECK(strcmp(heard, "value Parameters\\a 0:4:4:10\nvalue Parameters\\b\\c 0:1:4:64\nvalue Parameters\\b\\ 0:3:0:00\n"
                        "value x\\q 1:11:8:01\nvalue \\m 1:7:10:61\n") == 0);
    CHECK(!reg("a = dword:x", &error) && error.line == 1);
    CHECK(!reg("\n\na = dword:4294967296", &error) && error.line == 3);
    CHECK(!reg("a = \"open", &error));
    CHECK(!reg("a = \"b\" c", &error));
    CHECK(!reg("a = hex:100", &error));
    CHECK(!reg("just words", &error));
    CHECK(!reg("[open", &error));
    CHECK(reg("", &error));
}

static void spec_check(void)
{
    static struct driver_spec spec;
    const char *wrong;
    static const char text[] = "/a,b/d.so,inf=x.inf,id=USB\\VID_1&PID_2,id=USB\\3,reg=r,s";
    CHECK(driver_spec_parse(text, strlen(text), &spec, &wrong));
    CHECK(strcmp(spec.path, "/a,b/d.so") == 0 && strcmp(spec.inf, "x.inf") == 0 && strcmp(spec.reg, "r,s") == 0);
    CHECK(strcmp(spec.ids, "USB\\VID_1&PID_2") == 0 && strcmp(spec.ids + strlen(spec.ids) + 1, "USB\\3") == 0);
    CHECK(!driver_spec_parse("d.so,id=", 8, &spec, &wrong));
    CHECK(!driver_spec_parse(",id=a", 5, &spec, &wrong));
    CHECK(!driver_spec_parse("", 0, &spec, &wrong));
    size_t length;
    const char *item = driver_spec_next(":;a,id=b;c:", &length);
    CHECK(item != NULL && length == 6 && memcmp(item, "a,id=b", 6) == 0);
    item = driver_spec_next(item + length, &length);
    CHECK(item != NULL && length == 1 && *item == 'c');
    CHECK(driver_spec_next(item + length, &length) == NULL);
}

int main(void)
{
    inf_check();
    registry_check();
    spec_check();
    if (failures == 0)
        printf("ok - setup files, registry files, drivers' names\n");
    return failures != 0;
}
