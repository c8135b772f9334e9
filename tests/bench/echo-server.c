/* SPDX-License-Identifier: MIT */
/*
 * usage: echo-server SOCKET
 *
 * The floor of what answers over a UNIX socket: one epoll loop that writes back what it has read.
 * Says "ready" once it listens; runs until it is killed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_BYTES 65536
#define EVENTS 64

static void must(int result, const char *what)
{
    if (result >= 0)
        return;
    perror(what);
    exit(1);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    must(fd, "socket");
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    (void)unlink(path);
    must(bind(fd, (struct sockaddr *)&address, sizeof address), path);
    must(listen(fd, SOMAXCONN), path);
    must(chmod(path, 0777), path);
    return fd;
}

static void watch(int poller, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    must(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void echo(int fd)
{
    static char bytes[READ_BYTES];
    ssize_t len = read(fd, bytes, sizeof bytes);

    if (len <= 0 || send(fd, bytes, (size_t)len, MSG_NOSIGNAL) != len)
        close(fd);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    int poller = epoll_create1(0), listener;

    if (argc != 2) {
        fputs("usage: echo-server SOCKET\n", stderr);
        return 64;
    }
    must(poller, "epoll");
    listener = listen_at(argv[1]);
    watch(poller, listener);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(poller, events, EVENTS, -1);

        for (int i = 0; i < count; i++)
            if (events[i].data.fd == listener)
                watch(poller, accept(listener, NULL, NULL));
            else
                echo(events[i].data.fd);
    }
}
