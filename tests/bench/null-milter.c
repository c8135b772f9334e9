/* SPDX-License-Identifier: MIT */
/*
 * usage: null-milter SOCKET [verify|sign]
 *
 * The least that a milter can cost: one epoll loop that has every reply negotiated away but the one
 * to the end of the message, reads what comes in large pieces and looks at nothing but the
 * commands' first bytes. What a milter that works costs is measured against it. It listens on a
 * UNIX socket.
 *
 * With "verify" it also hashes what comes of each message, and verifies one RSA-2048 signature at
 * its end; with "sign" it makes one. That is the floor of the targets, at work as the others are:
 * beside Postfix's processes, and with the caches that they leave.
 */
#include "openssl-work.h"

#include <arpa/inet.h>
#include <libmilter/mfdef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_BYTES 65536
#define FRAME_HEAD 5 /* the length, and the command that it counts */
#define SILENT                                                                                     \
    (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA |               \
        SMFIP_NR_UNKN | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)

static int verifies, signs;
static struct work rsa;

/* A connection: the frame that is being read. */
struct client {
    int fd;
    EVP_MD_CTX *hash; /* of the message; NULL: nobody verifies */
    unsigned char head[FRAME_HEAD];
    size_t have; /* of the head */
    size_t rest; /* of the frame behind it */
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void say(int fd, const void *bytes, size_t length)
{
    if (write(fd, bytes, length) != (ssize_t)length)
        fail("null-milter: write");
}

static void negotiate(int fd)
{
    unsigned char reply[4 + 1 + 12] = {0, 0, 0, 13, SMFIC_OPTNEG};
    const uint32_t offer[] = {htonl(6), htonl(0), htonl(SILENT)};

    memcpy(reply + FRAME_HEAD, offer, sizeof offer);
    say(fd, reply, sizeof reply);
}

static void begin_hash(struct client *client)
{
    work_must(EVP_DigestInit_ex(client->hash, EVP_sha256(), NULL));
}

/* What a signature costs, at the end of the message. */
static void check_or_sign(struct client *client)
{
    unsigned char digest[WORK_DIGEST_BYTES];

    if (verifies) {
        work_must(EVP_DigestFinal_ex(client->hash, digest, NULL));
        work_rsa_verify(&rsa);
        begin_hash(client);
    }
    if (signs)
        work_rsa_sign(&rsa);
}

/* A frame is whole. False: the client leaves. */
static int answer(struct client *client)
{
    static const unsigned char go_on[] = {0, 0, 0, 1, SMFIR_CONTINUE};

    client->have = 0;
    if (client->head[4] == SMFIC_OPTNEG)
        negotiate(client->fd);
    else if (client->head[4] == SMFIC_BODYEOB) {
        check_or_sign(client);
        say(client->fd, go_on, sizeof go_on);
    }
    return client->head[4] != SMFIC_QUIT;
}

static int take(struct client *client, const unsigned char *bytes, size_t length)
{
    while (length > 0) {
        size_t piece;
        uint32_t size;

        if (client->have < FRAME_HEAD) {
            client->head[client->have++] = *bytes++;
            length--;
            if (client->have < FRAME_HEAD)
                continue;
            memcpy(&size, client->head, sizeof size);
            client->rest = ntohl(size) - 1;
        }
        piece = length < client->rest ? length : client->rest;
        if (verifies && (client->head[4] == SMFIC_HEADER || client->head[4] == SMFIC_BODY))
            work_must(EVP_DigestUpdate(client->hash, bytes, piece));
        bytes += piece;
        length -= piece;
        client->rest -= piece;
        if (client->rest == 0 && !answer(client))
            return 0;
    }
    return 1;
}

static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || strlen(path) >= sizeof address.sun_path)
        fail(path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, 0666) != 0 || listen(fd, SOMAXCONN) != 0)
        fail(path);
    return fd;
}

static void watch(int loop, struct client *client)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

    if (epoll_ctl(loop, EPOLL_CTL_ADD, client->fd, &event) != 0)
        fail("null-milter: epoll_ctl");
}

static void serve(struct client *client, unsigned char *room)
{
    ssize_t got = read(client->fd, room, READ_BYTES);

    if (got > 0 && take(client, room, (size_t)got))
        return;
    close(client->fd);
    EVP_MD_CTX_free(client->hash);
    free(client);
}

static void welcome(int loop, int listener)
{
    struct client *client = calloc(1, sizeof *client);

    if (client == NULL)
        fail("null-milter");
    client->fd = accept(listener, NULL, NULL);
    if (client->fd < 0) {
        free(client);
        return;
    }
    if (verifies) {
        client->hash = EVP_MD_CTX_new();
        begin_hash(client);
    }
    watch(loop, client);
}

int main(int argc, char **argv)
{
    static unsigned char room[READ_BYTES];
    struct client listener = {0};
    int loop = epoll_create1(EPOLL_CLOEXEC);

    verifies = argc == 3 && strcmp(argv[2], "verify") == 0;
    signs = argc == 3 && strcmp(argv[2], "sign") == 0;
    if (argc != 2 + (verifies || signs) || loop < 0) {
        fprintf(stderr, "usage: null-milter SOCKET [verify|sign]\n");
        return 2;
    }
    if (verifies || signs)
        work_rsa(&rsa);
    listener.fd = open_socket(argv[1]);
    watch(loop, &listener);
    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(loop, events, sizeof events / sizeof *events, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &listener)
                welcome(loop, listener.fd);
            else
                serve(events[i].data.ptr, room);
        }
    }
}
