/* SPDX-License-Identifier: MIT */
/* `ovl trace`: runs a program with its trace going to a file, then shows it by request: each with what happened
 * to it and when. --json writes the same for the Perfetto viewer (the Chrome trace event format). */
#include "ovl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_BYTES = 1024, EVENT_BYTES = 40, BUCKETS = 4096 };

struct event {
    struct event *next; /* of the same request */
    double seconds;
    long thread;
    char name[EVENT_BYTES];
    char *fields;
};

struct request {
    struct request *next;   /* in the order they began */
    struct request *older;  /* in its bucket: those that began before it */
    unsigned long long address;
    int open; /* no end was seen yet */
    struct event *first, *last;
};

struct trace {
    struct request *first, *last;
    struct request *buckets[BUCKETS]; /* by address, the newest first */
    double start;
    int started;
    unsigned long long lines;
};

static void *must(void *memory)
{
    if (memory == NULL) {
        complain("no memory");
        exit(2);
    }
    return memory;
}

static struct request **bucket_of(struct trace *trace, unsigned long long address)
{
    return &trace->buckets[address / 64 % BUCKETS];
}

/* The newest of those that used this address, or NULL. */
static struct request *request_find(struct trace *trace, unsigned long long address)
{
    struct request *at = *bucket_of(trace, address);
    while (at != NULL && at->address != address)
        at = at->older;
    return at;
}

static struct request *request_begin(struct trace *trace, unsigned long long address)
{
    struct request *request = must(calloc(1, sizeof *request));
    request->address = address;
    request->open = 1;
    if (trace->last != NULL)
        trace->last->next = request;
    else
        trace->first = request;
    trace->last = request;
    request->older = *bucket_of(trace, address);
    *bucket_of(trace, address) = request;
    return request;
}

static void line_add(struct trace *trace, char *line)
{
    double seconds;
    long thread;
    char name[EVENT_BYTES];
    int used = 0;
    if (sscanf(line, "%lf %ld %39s%n", &seconds, &thread, name, &used) < 3)
        return;
    trace->lines++;
    if (!trace->started) {
        trace->start = seconds;
        trace->started = 1;
    }
    char *fields = line + used;
    fields[strcspn(fields, "\n")] = '\0';
    unsigned long long address = 0;
    int rest = 0;
    if (sscanf(fields, " request=%llx%n", &address, &rest) == 1)
        fields += rest;
    struct request *request = request_find(trace, address);
    int begins = strcmp(name, "irp_sent") == 0 ||
                 (strcmp(name, "port_queued") == 0 && (request == NULL || !request->open));
    if (request == NULL || (begins && address != 0))
        request = request_begin(trace, address);
    if (strcmp(name, "port_taken") == 0 || strcmp(name, "port_handed") == 0)
        request->open = 0;
    struct event *event = must(calloc(1, sizeof *event));
    event->seconds = seconds - trace->start;
    event->thread = thread;
    snprintf(event->name, sizeof event->name, "%s", name);
    event->fields = must(strdup(fields + strspn(fields, " ")));
    if (request->last != NULL)
        request->last->next = event;
    else
        request->first = event;
    request->last = event;
}

static void trace_print(const struct trace *trace)
{
    unsigned long long number = 0;
    for (const struct request *request = trace->first; request != NULL; request = request->next) {
        if (request->address == 0)
            printf("without a request\n");
        else
            printf("request %llu\n", ++number);
        for (const struct event *event = request->first; event != NULL; event = event->next)
            printf("  %+.6f  thread %ld  %-16s %s\n", event->seconds, event->thread, event->name,
                   event->fields);
    }
    printf("%llu requests, %llu events\n", number, trace->lines);
}

static int trace_write_json(const struct trace *trace, const char *path)
{
    FILE *out = fopen(path, "w");
    if (out == NULL)
        return complain("%s: %s", path, strerror(errno));
    fputs("{\"traceEvents\":[\n", out);
    const char *comma = "";
    unsigned long long number = 0;
    for (const struct request *request = trace->first; request != NULL; request = request->next) {
        number++;
        for (const struct event *event = request->first; event != NULL; event = event->next) {
            const char *phase = event == request->first ? "b" : event->next == NULL ? "e" : "n";
            if (request->address == 0)
                fprintf(out, "%s{\"name\":\"%s\",\"ph\":\"i\",\"s\":\"t\"", comma, event->name);
            else
                fprintf(out, "%s{\"name\":\"%s\",\"cat\":\"request\",\"ph\":\"%s\",\"id\":%llu", comma,
                        phase[0] == 'n' ? event->name : "request", phase, number);
            fprintf(out, ",\"pid\":1,\"tid\":%ld,\"ts\":%.3f,\"args\":{\"event\":\"%s\",\"fields\":\"%s\"}}",
                    event->thread, event->seconds * 1e6, event->name, event->fields);
            comma = ",\n";
        }
    }
    fputs("\n]}\n", out);
    if (fclose(out) != 0)
        return complain("%s: %s", path, strerror(errno));
    return 0;
}

static int program_trace(char **argv, const char *file)
{
    pid_t pid = fork();
    if (pid < 0)
        return complain("fork: %s", strerror(errno));
    if (pid == 0) {
        setenv("OVERLAPPED_TRACE_FILE", file, 1);
        if (getenv("OVERLAPPED_TRACE") == NULL)
            setenv("OVERLAPPED_TRACE", "irp,apc,port,unsupported", 1);
        _exit(program_exec(argv));
    }
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return complain("wait: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int command_trace(int argc, char **argv)
{
    const char *json = NULL;
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strncmp(argv[at], "--json=", 7) == 0)
            json = argv[at] + 7;
        else if (!environment_option(argv[at]))
            return complain("trace: no option %s", argv[at]);
    }
    if (at == argc)
        return complain("trace: which program?");
    char file[] = "/tmp/ovl-trace-XXXXXX";
    int fd = mkstemp(file);
    if (fd < 0)
        return complain("%s: %s", file, strerror(errno));
    int status = program_trace(argv + at, file);
    FILE *in = fdopen(fd, "r");
    unlink(file);
    if (in == NULL)
        return complain("%s: %s", file, strerror(errno));
    static struct trace trace;
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, in) != NULL)
        line_add(&trace, line);
    fclose(in);
    trace_print(&trace);
    int written = json == NULL ? 0 : trace_write_json(&trace, json);
    return status != 0 ? status : written;
}
