/* SPDX-License-Identifier: MIT */
/* The same reads by the USB/IP protocol alone, from 127.0.0.1: raw_usbip busid=ID [size=N] [depth=N] [total=N]. The device was used before, so it
 * is configured. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../measure.h"

enum { DEPTH_MAX = 32, PORT = 3240, OP = 8, DEVICE = 312, HEADER = 48 };

static uint8_t *buffers[DEPTH_MAX];
static uint32_t devid, sequence;

static void put(uint8_t *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, 4);
}

static uint32_t get(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, 4);
    return ntohl(value);
}

static void read_all(int fd, void *bytes, size_t size)
{
    if (recv(fd, bytes, size, MSG_WAITALL) != (ssize_t)size)
        die("the connection");
}

static void submit(int fd, uint32_t endpoint, uint32_t in, uint32_t size, const uint8_t *setup)
{
    uint8_t pdu[HEADER] = {0};
    const uint32_t words[] = {1, ++sequence, devid, in, endpoint, in ? 0x200 : 0, size};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        put(pdu + 4 * i, words[i]);
    if (setup != NULL)
        memcpy(pdu + 40, setup, 8);
    if (send(fd, pdu, sizeof pdu, MSG_NOSIGNAL) != sizeof pdu)
        die("the connection");
}

static int import(const char *busid)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint8_t request[OP + 32] = {0x01, 0x11, 0x80, 0x03}, answer[OP + DEVICE];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    memcpy(request + OP, busid, strlen(busid));
    if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0 || send(fd, request, sizeof request, MSG_NOSIGNAL) != sizeof request)
        die("the server");
    read_all(fd, answer, sizeof answer);
    if (get(answer + 4) != 0)
        die("the import");
    devid = get(answer + OP + 288) << 16 | get(answer + OP + 292);
    uint8_t header[HEADER];
    submit(fd, 0, 0, 0, (const uint8_t[8]){0, 9, 1}); /* SET_CONFIGURATION 1 */
    read_all(fd, header, sizeof header);
    return fd;
}

int main(int argc, char **argv)
{
    uint32_t size = (uint32_t)arg_number(argc, argv, "size", 1 << 20);
    int depth = (int)arg_number(argc, argv, "depth", 4);
    uint64_t total = (uint64_t)arg_number(argc, argv, "total", 32 << 20);
    int fd = import(arg_text(argc, argv, "busid", ""));
    for (int i = 0; i < depth; i++)
        buffers[i] = malloc(size);
    uint64_t begun = now_ns(), got = 0, asked = 0;
    double cpu = cpu_seconds();
    for (int i = 0; i < depth && asked < total; i++, asked += size)
        submit(fd, 1, 1, size, NULL);
    while (got < total) {
        uint8_t header[HEADER];
        read_all(fd, header, sizeof header);
        uint32_t length = get(header + 24);
        if (get(header + 20) != 0 || length > size)
            die("a read");
        read_all(fd, buffers[get(header + 4) % (uint32_t)depth], length);
        got += length;
        if (asked < total) {
            submit(fd, 1, 1, size, NULL);
            asked += size;
        }
    }
    report("mb_s", (double)got * 1e3 / (double)(now_ns() - begun));
    report("cpu_us_mb", (cpu_seconds() - cpu) * 1e12 / (double)got);
    report_end();
    return 0;
}
