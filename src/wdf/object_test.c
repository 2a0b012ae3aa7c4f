/* SPDX-License-Identifier: MIT */
/* The object model by its own methods: order of cleanup and destruction, contexts, references, attributes that are refused, what is
 * deleted at a raised level, races of deletion, handles that are none. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wdf/driver.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

static int failures, checks;

#define CHECK(condition)                                                                             \
    do {                                                                                             \
        checks++;                                                                                    \
        if (!(condition)) {                                                                          \
            failures++;                                                                              \
            printf("not ok - %s:%d: %s\n", __FILE__, __LINE__, #condition);                          \
        }                                                                                            \
    } while (0)

typedef struct _NAMED {
    char name;
    KIRQL irql;
} NAMED;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NAMED, GetNamed)
typedef struct _OTHER {
    int number;
} OTHER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(OTHER, GetOther)

static struct wdm_driver host = {.name = "unit"};
static char order[64];
static KIRQL cleanup_irql;
static _Atomic int cleanups, destroys;

static struct lock order_lock;

static void note(char what)
{
    lock_acquire(&order_lock);
    size_t length = strlen(order);
    if (length < sizeof order - 1)
        order[length] = what;
    lock_release(&order_lock);
}

/* Cleanups in order, each object's destruction behind its own; a child's may overlap its parent's cleanup on another thread. */
static bool order_is_of_child_and_parent(char child, char parent)
{
    const char *c = strchr(order, child), *p = strchr(order, parent);
    const char *c_end = strchr(order, child - 'a' + 'A'), *p_end = strchr(order, parent - 'a' + 'A');
    return strlen(order) == 4 && c != NULL && p != NULL && c_end != NULL && p_end != NULL && c < p && c < c_end && p < p_end;
}

static void on_cleanup(WDFOBJECT object)
{
    note(GetNamed(object)->name);
    cleanup_irql = KeGetCurrentIrql();
    cleanups++;
}

static void on_destroy(WDFOBJECT object)
{
    note((char)(GetNamed(object)->name - 'a' + 'A'));
    destroys++;
}

static WDFOBJECT make(char name, WDFOBJECT parent, WDF_EXECUTION_LEVEL level)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFOBJECT object = NULL;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, NAMED);
    attributes.ParentObject = parent;
    attributes.EvtCleanupCallback = on_cleanup;
    attributes.EvtDestroyCallback = on_destroy;
    attributes.ExecutionLevel = level;
    CHECK(WdfObjectCreate(&attributes, &object) == STATUS_SUCCESS);
    GetNamed(object)->name = name;
    return object;
}

static const WDF_EXECUTION_LEVEL INHERIT = WdfExecutionLevelInheritFromParent;

static void test_order(void)
{
    memset(order, 0, sizeof order);
    WDFOBJECT a = make('a', NULL, INHERIT), b = make('b', a, INHERIT);
    make('c', b, INHERIT);
    make('d', a, INHERIT);
    WdfObjectDelete(a);
    CHECK(strcmp(order, "dDcCbBaA") == 0);
    memset(order, 0, sizeof order);
    a = make('a', NULL, INHERIT);
    b = make('b', a, INHERIT);
    WdfObjectReference(b);
    WdfObjectDelete(a);
    CHECK(strcmp(order, "baA") == 0); /* cleaned up as a child, alive by its reference */
    CHECK(GetNamed(b)->name == 'b');
    WdfObjectDereference(b);
    CHECK(strcmp(order, "baAB") == 0);
}

static void test_contexts(void)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    PVOID first = NULL, second = NULL;
    WDFOBJECT a = make('a', NULL, INHERIT);
    CHECK(GetOther(a) == NULL);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, OTHER);
    CHECK(WdfObjectAllocateContext(a, &attributes, &first) == STATUS_SUCCESS && first == GetOther(a));
    CHECK(GetOther(a)->number == 0);
    CHECK(WdfObjectAllocateContext(a, &attributes, &second) == STATUS_OBJECT_NAME_EXISTS && second == first);
    CHECK(WdfObjectContextGetObject(first) == a && WdfObjectContextGetObject(GetNamed(a)) == a);
    CHECK(((uintptr_t)first & 15) == 0 && ((uintptr_t)GetNamed(a) & 15) == 0);
    WdfObjectReference(a);
    WdfObjectDelete(a);
    CHECK(WdfObjectAllocateContext(a, &attributes, &second) == STATUS_OBJECT_NAME_EXISTS);
    WdfObjectDereference(a);
    attributes.ContextSizeOverride = 100;
    CHECK(WdfObjectCreate(&attributes, &a) == STATUS_SUCCESS);
    memset(GetOther(a), 0x5a, 100);
    WdfObjectDelete(a);
}

static void test_refused(void)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFOBJECT a;
    WDFMEMORY memory;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.Size--;
    CHECK(WdfObjectCreate(&attributes, &a) == STATUS_INFO_LENGTH_MISMATCH);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ContextSizeOverride = 8;
    CHECK(WdfObjectCreate(&attributes, &a) == STATUS_WDF_OBJECT_ATTRIBUTES_INVALID);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, OTHER);
    attributes.ContextSizeOverride = 1;
    CHECK(WdfObjectCreate(&attributes, &a) == STATUS_WDF_OBJECT_ATTRIBUTES_INVALID);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = (WDF_EXECUTION_LEVEL)7;
    CHECK(WdfObjectCreate(&attributes, &a) == STATUS_WDF_OBJECT_ATTRIBUTES_INVALID);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    CHECK(WdfMemoryCreate(&attributes, NonPagedPool, 0, 8, &memory, NULL) == STATUS_WDF_EXECUTION_LEVEL_INVALID);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.SynchronizationScope = WdfSynchronizationScopeQueue;
    CHECK(WdfMemoryCreate(&attributes, NonPagedPool, 0, 8, &memory, NULL) == STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID);
    a = make('a', NULL, INHERIT);
    WdfObjectReference(a);
    WdfObjectDelete(a);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = a;
    CHECK(WdfMemoryCreate(&attributes, NonPagedPool, 0, 8, &memory, NULL) == STATUS_DELETE_PENDING);
    WdfObjectDereference(a);
}

/* A passive child holds its parent's cleanup up until the worker is through; the order stays. */
static void test_raised(void)
{
    memset(order, 0, sizeof order);
    WDFOBJECT a = make('a', NULL, WdfExecutionLevelDispatch);
    make('p', a, WdfExecutionLevelPassive);
    KIRQL before;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    WdfObjectDelete(a);
    KeLowerIrql(before);
    wdf_objects_settle();
    CHECK(order_is_of_child_and_parent('p', 'a'));
    memset(order, 0, sizeof order);
    a = make('q', NULL, WdfExecutionLevelPassive);
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    WdfObjectDelete(a);
    KeLowerIrql(before);
    wdf_objects_settle();
    CHECK(strcmp(order, "qQ") == 0 && cleanup_irql == PASSIVE_LEVEL);
}

static void test_memory(void)
{
    WDFMEMORY memory;
    WDFLOOKASIDE list;
    PVOID buffer;
    size_t size = 0;
    char text[8] = "abcdefg", copy[8];
    CHECK(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPool, 0, 0, &memory, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPool, 0, 16, &memory, &buffer) == STATUS_SUCCESS);
    CHECK(WdfMemoryGetBuffer(memory, &size) == buffer && size == 16);
    CHECK(WdfMemoryCopyFromBuffer(memory, 8, text, 8) == STATUS_SUCCESS);
    CHECK(WdfMemoryCopyFromBuffer(memory, 9, text, 8) == STATUS_BUFFER_TOO_SMALL);
    CHECK(WdfMemoryCopyToBuffer(memory, 8, copy, 8) == STATUS_SUCCESS && memcmp(copy, text, 8) == 0);
    CHECK(WdfMemoryCopyToBuffer(memory, (size_t)-4, copy, 8) == STATUS_BUFFER_TOO_SMALL);
    CHECK(WdfMemoryAssignBuffer(memory, text, 8) == STATUS_INVALID_DEVICE_REQUEST);
    WdfObjectDelete(memory);
    CHECK(WdfMemoryCreatePreallocated(WDF_NO_OBJECT_ATTRIBUTES, text, 8, &memory) == STATUS_SUCCESS);
    CHECK(WdfMemoryAssignBuffer(memory, copy, 4) == STATUS_SUCCESS && WdfMemoryGetBuffer(memory, &size) == copy && size == 4);
    WdfObjectDelete(memory);
    CHECK(WdfLookasideListCreate(WDF_NO_OBJECT_ATTRIBUTES, 32, NonPagedPool, WDF_NO_OBJECT_ATTRIBUTES, 0, &list) == STATUS_SUCCESS);
    CHECK(WdfMemoryCreateFromLookaside(list, &memory) == STATUS_SUCCESS);
    WdfObjectDelete(list); /* its memory outlives it */
    memset(WdfMemoryGetBuffer(memory, &size), 1, 32);
    CHECK(size == 32);
    WdfObjectDelete(memory);
}

enum { RACES = 2000, THREADS = 4 };
static _Atomic(WDFOBJECT) target;
static pthread_barrier_t barrier;

static void *racer(void *unused)
{
    for (int i = 0; i < RACES; i++) {
        pthread_barrier_wait(&barrier);
        WDFOBJECT object = target;
        wdf_object_delete(object);
        pthread_barrier_wait(&barrier);
    }
    return unused;
}

/* Parent and child are deleted by four threads at once: each is cleaned up once. */
static void test_race(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    cleanups = destroys = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, racer, NULL);
    for (int i = 0; i < RACES; i++) {
        memset(order, 0, sizeof order);
        WDFOBJECT a = make('a', NULL, INHERIT), b = make('b', a, i % 2 ? INHERIT : WdfExecutionLevelPassive);
        WdfObjectReference(a);
        WdfObjectReference(b);
        target = b;
        pthread_barrier_wait(&barrier);
        wdf_object_delete(a);
        pthread_barrier_wait(&barrier);
        CHECK(strcmp(order, "ba") == 0);
        WdfObjectDereference(a);
        WdfObjectDereference(b);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK(cleanups == 2 * RACES && destroys == 2 * RACES);
    pthread_barrier_destroy(&barrier);
}

static bool stops(void (*wrong)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        freopen("/dev/null", "w", stderr);
        wrong();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void wrong_class(void)
{
    WdfMemoryGetBuffer((WDFMEMORY)make('a', NULL, INHERIT), NULL);
}

static void wrong_null(void)
{
    WdfObjectDelete(NULL);
}

static void wrong_count(void)
{
    WdfObjectDereference(make('a', NULL, INHERIT));
}

static void wrong_driver_delete(void)
{
    WdfObjectDelete(WdfGetDriver());
}

int main(void)
{
    UNICODE_STRING path;
    WDF_DRIVER_CONFIG config;
    WCHAR text[] = {'\\', 'R', 0};
    DRIVER_OBJECT *object = &host.object;
    RtlInitUnicodeString(&path, text);
    object->DriverExtension = &host.extension;
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.Size--;
    CHECK(WdfDriverCreate(object, &path, NULL, &config, NULL) == STATUS_INFO_LENGTH_MISMATCH);
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    CHECK(WdfDriverCreate(object, &path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE) == STATUS_SUCCESS);
    CHECK(WdfDriverCreate(object, &path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE) == STATUS_DRIVER_INTERNAL_ERROR);
    CHECK(WdfDriverWdmGetDriverObject(WdfGetDriver()) == object);
    CHECK(WdfDriverGetRegistryPath(WdfGetDriver())[1] == 'R');
    CHECK(WdfWdmDriverGetWdfDriverHandle(object) == WdfGetDriver());
    test_order();
    test_contexts();
    test_refused();
    test_raised();
    test_memory();
    test_race();
    CHECK(stops(wrong_class));
    CHECK(stops(wrong_null));
    CHECK(stops(wrong_count));
    CHECK(stops(wrong_driver_delete));
    memset(order, 0, sizeof order);
    WDFOBJECT leaked = make('l', NULL, INHERIT);
    WdfObjectReference(leaked);
    CHECK(wdf_verifier_count() == 0);
    host.framework_finish(object);
    CHECK(wdf_verifier_count() == 1 && strcmp(order, "l") == 0 && WdfGetDriver() == NULL);
    wdf_object_dereference(leaked);
    CHECK(strcmp(order, "lL") == 0);
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}
