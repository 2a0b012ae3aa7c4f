/* SPDX-License-Identifier: MIT */
/* The load for echo_server: many connections through one completion port and one thread. Each sends
 * a message, reads the echo, compares it byte for byte, notes how long it took, and sends the next.
 *
 *   echo_client [--port N] [--connections N] [--seconds N] [--size N]
 * Port 7777, 64 connections, 5 seconds, 64 bytes. */
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state { CONNECTING, WRITING, READING };

struct connection {
    OVERLAPPED overlapped;
    SOCKET socket;
    enum state state;
    DWORD have; /* bytes of the message that went out or came back */
    unsigned serial;
    LONGLONG sent_at;
    char *out, *in;
};

static HANDLE port;
static struct sockaddr_in address;
static LPFN_CONNECTEX connect_ex;
static DWORD message_size = 64;
static int alive, errors, mismatches, ending;
static LONGLONG frequency, echoes;

/* Latencies in steps of 1/16 of a power of two of microseconds: 2 % wide, and small. */
enum { STEPS = 16, POWERS = 26 };
static LONGLONG histogram[POWERS * STEPS];

static LONGLONG now(void)
{
    LARGE_INTEGER counter;
    QueryPerformanceCounter(&counter);
    return counter.QuadPart;
}

static void note_latency(LONGLONG ticks)
{
    double us = (double)ticks * 1e6 / (double)frequency;
    int power = 0;
    while (us >= 2 && power < POWERS - 1) {
        us /= 2;
        power++;
    }
    int step = us < 1 ? 0 : (int)((us - 1) * STEPS);
    histogram[power * STEPS + (step < STEPS ? step : STEPS - 1)]++;
}

static double percentile(double part)
{
    LONGLONG seen = 0;
    for (int i = 0; i < POWERS * STEPS; i++) {
        seen += histogram[i];
        if ((double)seen >= part * (double)echoes)
            return (double)(1 << i / STEPS) * (1 + (i % STEPS + 0.5) / STEPS);
    }
    return 0;
}

static void connection_end(struct connection *c, const char *what)
{
    if (what) {
        if (errors++ < 5)
            printf("%s: error %u\n", what, (unsigned)GetLastError());
    }
    closesocket(c->socket);
    c->socket = INVALID_SOCKET;
    free(c->out); /* nothing is in flight on it: its request has just ended, or never began */
    free(c->in);
    alive--;
}

static void transfer(struct connection *c, enum state state)
{
    WSABUF buffer = {message_size - c->have, (state == WRITING ? c->out : c->in) + c->have};
    DWORD flags = 0;
    int result;
    memset(&c->overlapped, 0, sizeof c->overlapped);
    c->state = state;
    if (state == WRITING)
        result = WSASend(c->socket, &buffer, 1, NULL, 0, &c->overlapped, NULL);
    else
        result = WSARecv(c->socket, &buffer, 1, NULL, &flags, &c->overlapped, NULL);
    if (result != 0 && WSAGetLastError() != WSA_IO_PENDING)
        connection_end(c, state == WRITING ? "WSASend" : "WSARecv");
}

static void next_message(struct connection *c)
{
    if (ending) {
        connection_end(c, NULL);
        return;
    }
    c->serial++;
    for (DWORD i = 0; i < message_size; i++)
        c->out[i] = (char)(c->serial * 17 + i);
    memset(c->in, 0, message_size);
    c->have = 0;
    c->sent_at = now();
    transfer(c, WRITING);
}

static void connection_open(struct connection *c)
{
    struct sockaddr_in any;
    int on = 1;
    memset(&any, 0, sizeof any);
    any.sin_family = AF_INET; /* ConnectEx wants a bound socket */
    c->out = malloc(message_size);
    c->in = malloc(message_size);
    c->socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    alive++;
    if (c->socket == INVALID_SOCKET || bind(c->socket, (struct sockaddr *)&any, sizeof any) ||
        !c->out || !c->in || CreateIoCompletionPort((HANDLE)c->socket, port, 0, 0) != port) {
        connection_end(c, "socket");
        return;
    }
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof on);
    if (!connect_ex(c->socket, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL,
                    &c->overlapped) &&
        WSAGetLastError() != WSA_IO_PENDING)
        connection_end(c, "ConnectEx");
}

static void completed(struct connection *c, BOOL success, DWORD bytes)
{
    if (!success || (c->state != CONNECTING && bytes == 0)) {
        connection_end(c, c->state == CONNECTING ? "connecting" : "transfer");
        return;
    }
    if (c->state == CONNECTING) {
        setsockopt(c->socket, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0);
        next_message(c);
        return;
    }
    c->have += bytes;
    if (c->have < message_size) {
        transfer(c, c->state);
    } else if (c->state == WRITING) {
        c->have = 0;
        transfer(c, READING);
    } else {
        note_latency(now() - c->sent_at);
        echoes++;
        mismatches += memcmp(c->in, c->out, message_size) != 0;
        next_message(c);
    }
}

static int number_after(int argc, char **argv, const char *option, int standard)
{
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], option))
            return atoi(argv[i + 1]);
    return standard;
}

static int prepare(int number)
{
    WSADATA data;
    LARGE_INTEGER ticks;
    DWORD bytes;
    GUID id = WSAID_CONNECTEX;
    QueryPerformanceFrequency(&ticks);
    frequency = ticks.QuadPart;
    if (WSAStartup(MAKEWORD(2, 2), &data))
        return 0;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((u_short)number);
    SOCKET any = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (WSAIoctl(any, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &connect_ex,
                 sizeof connect_ex, &bytes, NULL, NULL))
        return 0;
    closesocket(any);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    return port != NULL;
}

int main(int argc, char **argv)
{
    int count = number_after(argc, argv, "--connections", 64);
    int seconds = number_after(argc, argv, "--seconds", 5);
    message_size = (DWORD)number_after(argc, argv, "--size", 64);
    if (count < 1 || message_size < 1 || !prepare(number_after(argc, argv, "--port", 7777))) {
        printf("echo_client: cannot begin: error %u\n", (unsigned)GetLastError());
        return 1;
    }
    struct connection *connections = calloc((size_t)count, sizeof *connections);
    if (connections == NULL)
        return 1;
    LONGLONG start = now(), end = start + seconds * frequency;
    for (int i = 0; i < count; i++)
        connection_open(&connections[i]);
    while (alive > 0) {
        DWORD bytes = 0;
        ULONG_PTR key;
        OVERLAPPED *overlapped = NULL;
        BOOL success = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 10000);
        if (overlapped == NULL) {
            printf("no answer for ten seconds\n");
            errors++;
            break;
        }
        ending = ending || now() >= end;
        completed(CONTAINING_RECORD(overlapped, struct connection, overlapped), success, bytes);
    }
    double took = (double)(now() - start) / (double)frequency;
    if (alive == 0) /* else requests are still in flight, and the OVERLAPPEDs are in use */
        free(connections);
    printf("echo_client: %lld echoes of %u bytes on %d connections in %.2f s: %.0f echoes/s, p50 "
           "%.0f us, p99 %.0f us, "
           "%d errors, %d mismatches\n",
           (long long)echoes, (unsigned)message_size, count, took, (double)echoes / took,
           percentile(0.5), percentile(0.99), errors, mismatches);
    return errors == 0 && mismatches == 0 && echoes > 0 ? 0 : 1;
}
