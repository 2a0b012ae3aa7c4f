/* SPDX-License-Identifier: MIT */
/*
 * Baseline of echo_server: one thread, level-triggered epoll, read and write back. Prints its TCP
 * port and runs until it is killed.
 */
#include "raw.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static int listener_open(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (s < 0 || bind(s, (struct sockaddr *)&address, sizeof address) || listen(s, 1024) ||
        getsockname(s, (struct sockaddr *)&address, &length))
        die("listen");
    printf("port=%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return s;
}

static void watch(int poller, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event))
        die("epoll_ctl");
}

static void accept_all(int poller, int listener)
{
    int one = 1, s;

    while ((s = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(poller, s);
    }
}

static void echo(int s)
{
    char buffer[4096];
    ssize_t n = read(s, buffer, sizeof buffer);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0 || write(s, buffer, (size_t)n) != n)
        close(s);
}

int main(void)
{
    struct epoll_event events[256];
    int poller = epoll_create1(EPOLL_CLOEXEC);

    signal(SIGPIPE, SIG_IGN);
    int listener = listener_open();
    watch(poller, listener);
    for (;;) {
        int n = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                accept_all(poller, listener);
            else
                echo(events[i].data.fd);
        }
    }
}
