/* SPDX-License-Identifier: MIT */
/*
 * usage: late-names ADDRESS MILLISECONDS < TABLE
 *
 * A name server that answers each question so much later, and that costs next to nothing itself. A
 * line of the table is "NAME TYPE HEX": a record's owner, the number of its type, its data on the
 * wire. A name that begins with "%." stands below any domain that has two labels and begins with a
 * "c" and a digit, a "%" alone for the domain itself; a name that begins with "*._report." for all
 * that end so. It serves by UDP, as the zone's server and as
 * a resolver, and says "ready" when it does.
 */
#define _GNU_SOURCE /* for ppoll() */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECORDS_MAX 256
#define DATA_MAX 1200
#define MESSAGE_MAX 1400
#define HEAD 12
#define WAITING_MAX 32768 /* a power of two */
#define TYPE_CNAME 5
#define TTL_S 60

struct record {
    char name[256];
    unsigned type, len;
    unsigned char data[DATA_MAX];
};

struct reply {
    struct sockaddr_in to;
    int64_t due_us;
    size_t len;
    unsigned char bytes[MESSAGE_MAX];
};

static struct record records[RECORDS_MAX];
static size_t record_count;
static struct reply waiting[WAITING_MAX]; /* a ring: each waits as long as the others */
static size_t first, past;

static void fail(const char *what)
{
    fprintf(stderr, "late-names: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void read_table(void)
{
    static char line[8192], hex[4096];

    while (fgets(line, sizeof line, stdin) != NULL && record_count < RECORDS_MAX) {
        struct record *record = &records[record_count];

        if (sscanf(line, "%255s %u %4095s", record->name, &record->type, hex) != 3)
            continue;
        for (record->len = 0; hex[record->len * 2] != '\0' && record->len < DATA_MAX; record->len++)
            sscanf(hex + record->len * 2, "%2hhx", &record->data[record->len]);
        record_count++;
    }
}

/* The name of the question in lower case; returns where its type stands, 0 where it is none. */
static size_t read_name(const unsigned char *bytes, size_t len, char name[256])
{
    size_t at = HEAD, used = 0;

    while (at < len && bytes[at] != 0) {
        size_t label = bytes[at++];

        if (label > 63 || at + label >= len || used + label + 1 >= 255)
            return 0;
        for (size_t i = 0; i < label; i++)
            name[used++] = (char)tolower(bytes[at + i]);
        name[used++] = '.';
        at += label;
    }
    name[used == 0 ? 0 : used - 1] = '\0';
    return at + 5 <= len ? at + 1 : 0;
}

/* The last two labels give way to a "%", where they are a domain's of the table. */
static void generalize(char name[256])
{
    char *report = strstr(name, "._report.");
    char *dot = strrchr(name, '.'), *start = dot;

    if (report != NULL) {
        memmove(name + 1, report, strlen(report) + 1);
        name[0] = '*';
        return;
    }
    while (start != NULL && start > name && start[-1] != '.')
        start--;
    if (start != NULL && start[0] == 'c' && isdigit((unsigned char)start[1])) {
        start[0] = '%';
        start[1] = '\0';
    }
}

static size_t append(unsigned char *bytes, size_t len, const struct record *record)
{
    const unsigned char head[] = {0xc0, HEAD, (unsigned char)(record->type >> 8),
        (unsigned char)record->type, 0, 1, 0, 0, 0, TTL_S, (unsigned char)(record->len >> 8),
        (unsigned char)record->len};

    if (len + sizeof head + record->len > MESSAGE_MAX)
        return len;
    memcpy(bytes + len, head, sizeof head);
    memcpy(bytes + len + sizeof head, record->data, record->len);
    bytes[7]++;
    return len + sizeof head + record->len;
}

/* Whoever hears that there is nothing wants the SOA of a zone: that of the name's last label. */
static size_t append_authority(unsigned char *bytes, size_t len)
{
    static const unsigned char data[] = {0, 6, 0, 1, 0, 0, 0, TTL_S, 0, 22, 0, 0, 0, 0, 0, 1, 0, 0,
        14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0, 0, 0, TTL_S};
    size_t at = HEAD;

    while (bytes[at] != 0 && bytes[at + bytes[at] + 1] != 0)
        at += bytes[at] + 1U;
    if (len + 2 + sizeof data > MESSAGE_MAX)
        return len;
    bytes[len] = 0xc0;
    bytes[len + 1] = (unsigned char)at;
    memcpy(bytes + len + 2, data, sizeof data);
    bytes[9]++;
    return len + 2 + sizeof data;
}

/* In place of the question. Returns the length, 0 for what is no question. */
static size_t answer(unsigned char *bytes, size_t len)
{
    char name[256];
    size_t at = len > HEAD ? read_name(bytes, len, name) : 0;
    unsigned type;
    bool is_known = false;

    if (at == 0)
        return 0;
    generalize(name);
    type = (unsigned)bytes[at] << 8 | bytes[at + 1];
    len = at + 4;
    bytes[2] = 0x84 | (bytes[2] & 1);
    bytes[3] = 0x80;
    memcpy(bytes + 4, "\0\1\0\0\0\0\0\0", 8);
    for (size_t i = 0; i < record_count; i++) {
        if (strcmp(records[i].name, name) != 0)
            continue;
        is_known = true;
        if (records[i].type == type || records[i].type == TYPE_CNAME)
            len = append(bytes, len, &records[i]);
    }
    if (!is_known)
        bytes[3] |= 3;
    return bytes[7] == 0 ? append_authority(bytes, len) : len;
}

static void take(int fd, int64_t delay_us)
{
    while (past - first < WAITING_MAX) {
        struct reply *reply = &waiting[past % WAITING_MAX];
        socklen_t to_len = sizeof reply->to;
        ssize_t got = recvfrom(fd, reply->bytes, sizeof reply->bytes, MSG_DONTWAIT,
            (struct sockaddr *)&reply->to, &to_len);

        if (got < 0)
            return;
        reply->len = answer(reply->bytes, (size_t)got);
        reply->due_us = now_us() + delay_us;
        past += reply->len != 0;
    }
}

static void give(int fd)
{
    for (int64_t now = now_us(); first != past && waiting[first % WAITING_MAX].due_us <= now;
         first++) {
        const struct reply *reply = &waiting[first % WAITING_MAX];

        (void)sendto(
            fd, reply->bytes, reply->len, 0, (const struct sockaddr *)&reply->to, sizeof reply->to);
    }
}

static void serve(int fd, int64_t delay_us)
{
    for (;;) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        struct timespec until = {0, 0}, *patience = NULL;

        if (first != past) {
            int64_t left = waiting[first % WAITING_MAX].due_us - now_us();

            until.tv_nsec = left > 0 ? (long)left * 1000 : 0;
            patience = &until;
        }
        (void)ppoll(&poll_fd, 1, patience, NULL);
        take(fd, delay_us);
        give(fd);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 8 << 20;

    if (argc != 3 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
        fprintf(stderr, "usage: late-names ADDRESS MILLISECONDS < TABLE\n");
        return 64;
    }
    read_table();
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail(argv[1]);
    puts("ready");
    fflush(stdout);
    serve(fd, atoll(argv[2]) * 1000);
}
