/* SPDX-License-Identifier: MIT */
#include "tests/unit/milter/wire.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <libmilter/mfdef.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "tests/unit/unit.h"

static struct sockaddr_un unix_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    assert_true(strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    return address;
}

int wire_listen(char *path_r)
{
    char folder[] = "/tmp/gatepost-wire-XXXXXX";
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_non_null(mkdtemp(folder));
    snprintf(path_r, 108, "%s/milter", folder);
    address = unix_address(path_r);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 128), 0);
    return fd;
}

static struct sockaddr_in tcp_address(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int wire_listen_tcp(char *path_r)
{
    struct sockaddr_in address = tcp_address(0);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 128), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(path_r, 108, "inet:%u", ntohs(address.sin_port));
    return fd;
}

void wire_unlisten(int fd, const char *path)
{
    char folder[108];

    if (fd >= 0)
        close(fd);
    if (strncmp(path, "inet:", 5) == 0)
        return;
    unlink(path);
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    rmdir(folder);
}

static int connect_to(const void *address, socklen_t len, sa_family_t family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    if (connect(fd, address, len) == 0)
        return fd;
    close(fd);
    return -1;
}

int wire_connect(const char *path)
{
    struct sockaddr_un local;
    struct sockaddr_in remote;

    if (strncmp(path, "inet:", 5) == 0) {
        remote = tcp_address((unsigned)strtoul(path + 5, NULL, 10));
        return connect_to(&remote, sizeof remote, AF_INET);
    }
    local = unix_address(path);
    return connect_to(&local, sizeof local, AF_UNIX);
}

/* --- packets --- */

static void send_all(int fd, const void *bytes, size_t len)
{
    const char *next = bytes;

    while (len != 0) {
        ssize_t sent = send(fd, next, len, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return; /* the reader will see it */
        next += sent;
        len -= (size_t)sent;
    }
}

void wire_send(struct wire *wire, char command, const void *data, size_t len)
{
    uint32_t size = htonl((uint32_t)len + 1);
    struct buffer packet = BUFFER_NONE;

    buffer_append(&packet, &size, sizeof size);
    buffer_append_byte(&packet, command);
    if (len != 0)
        buffer_append(&packet, data, len);
    send_all(wire->fd, packet.data, packet.len);
    buffer_done(&packet);
}

static bool receive_all(int fd, void *bytes, size_t len)
{
    char *next = bytes;

    while (len != 0) {
        struct pollfd ready = {fd, POLLIN, 0};
        ssize_t got;

        if (poll(&ready, 1, WIRE_TIMEOUT_MS) == 0)
            fail_msg("no answer from the milter");
        got = recv(fd, next, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        next += got;
        len -= (size_t)got;
    }
    return true;
}

void wire_receive(struct wire *wire, struct wire_packet *packet_r)
{
    uint32_t size;

    packet_r->command = 0;
    packet_r->len = 0;
    if (!receive_all(wire->fd, &size, sizeof size))
        return;
    size = ntohl(size);
    assert_in_range(size, 1, WIRE_PACKET_MAX);
    if (!receive_all(wire->fd, &packet_r->command, 1) ||
        !receive_all(wire->fd, packet_r->data, size - 1))
        packet_r->command = 0;
    packet_r->len = size - 1;
    packet_r->data[packet_r->len] = '\0';
}

/* --- negotiation --- */

static uint32_t number_at(const char *data)
{
    uint32_t number;

    memcpy(&number, data, sizeof number);
    return ntohl(number);
}

static void read_macro_lists(struct wire *wire, const struct wire_packet *packet)
{
    size_t used = 0;

    wire->macros[0] = '\0';
    for (size_t i = MILTER_OPTLEN; i + 4 < packet->len; i += 5 + strlen(packet->data + i + 4)) {
        used += (size_t)snprintf(wire->macros + used, sizeof wire->macros - used, "%u=%s;",
            number_at(packet->data + i), packet->data + i + 4);
        assert_true(used < sizeof wire->macros);
    }
}

void wire_open(struct wire *wire, const char *path, uint32_t actions, uint32_t steps)
{
    const uint32_t options[3] = {htonl(SMFI_PROT_VERSION), htonl(actions), htonl(steps)};
    static _Thread_local struct wire_packet packet;

    wire->fd = wire_connect(path);
    assert_true(wire->fd >= 0);
    wire_send(wire, SMFIC_OPTNEG, options, sizeof options);
    wire_receive(wire, &packet);
    assert_int_equal(packet.command, SMFIC_OPTNEG);
    assert_true(packet.len >= MILTER_OPTLEN);
    wire->actions = number_at(packet.data + 4);
    wire->steps = number_at(packet.data + 8);
    read_macro_lists(wire, &packet);
}

void wire_close(struct wire *wire)
{
    static _Thread_local struct wire_packet packet;

    wire_send(wire, SMFIC_QUIT, NULL, 0);
    wire_receive(wire, &packet); /* its end of the connection */
    assert_int_equal(packet.command, 0);
    close(wire->fd);
    wire->fd = -1;
}

void wire_macros(struct wire *wire, char stage, const char *const *pairs)
{
    struct buffer data = BUFFER_NONE;

    buffer_append_byte(&data, stage);
    for (size_t i = 0; pairs[i] != NULL; i++)
        buffer_append(&data, pairs[i], strlen(pairs[i]) + 1);
    wire_send(wire, SMFIC_MACRO, data.data, data.len);
    buffer_done(&data);
}

/* --- a message --- */

/* Answers that were not negotiated away. */
static void pass_over_answer(struct wire *wire, uint32_t no_reply_bit)
{
    static _Thread_local struct wire_packet packet;

    if ((wire->steps & no_reply_bit) != 0)
        return;
    wire_receive(wire, &packet);
    assert_int_equal(packet.command, SMFIR_CONTINUE);
}

void wire_say_connect(struct wire *wire, const char *ip, uint16_t port)
{
    wire_say_client(wire, ip, port, "mail.example.org", NULL);
}

void wire_say_client(
    struct wire *wire, const char *ip, uint16_t port, const char *name, const char *ptr)
{
    const char *const macros[] = {"j", "mx.example.net", "{client_addr}", ip, "{daemon_name}",
        "smtpd", "{client_name}", name, ptr != NULL ? "{client_ptr}" : NULL, ptr, NULL};
    struct buffer data = BUFFER_NONE;
    uint16_t network_port = htons(port);

    wire_macros(wire, SMFIC_CONNECT, macros);
    buffer_append(&data, name, strlen(name) + 1);
    buffer_append_byte(&data, strchr(ip, ':') != NULL ? SMFIA_INET6 : SMFIA_INET);
    buffer_append(&data, &network_port, sizeof network_port);
    buffer_append(&data, ip, strlen(ip) + 1);
    wire_send(wire, SMFIC_CONNECT, data.data, data.len);
    buffer_done(&data);
    pass_over_answer(wire, SMFIP_NR_CONN);
    wire_send(wire, SMFIC_HELO, "mail.example.org", sizeof "mail.example.org");
    pass_over_answer(wire, SMFIP_NR_HELO);
}

void wire_say_mail(struct wire *wire, const char *sender, const char *login)
{
    const char *const macros[] = {
        "{mail_addr}", sender, login != NULL ? "{auth_authen}" : NULL, login, NULL};

    wire_macros(wire, SMFIC_MAIL, macros);
    wire_send(wire, SMFIC_MAIL, sender, strlen(sender) + 1);
    pass_over_answer(wire, SMFIP_NR_MAIL);
}

void wire_say_header(struct wire *wire, const char *name, const char *value)
{
    struct buffer data = BUFFER_NONE;

    buffer_append(&data, name, strlen(name) + 1);
    if ((wire->steps & SMFIP_HDR_LEADSPC) != 0)
        buffer_append_byte(&data, ' ');
    buffer_append(&data, value, strlen(value) + 1);
    wire_send(wire, SMFIC_HEADER, data.data, data.len);
    buffer_done(&data);
    pass_over_answer(wire, SMFIP_NR_HDR);
}

void wire_say_rcpt(struct wire *wire)
{
    wire_send(wire, SMFIC_RCPT, "<b@example.net>", sizeof "<b@example.net>");
    pass_over_answer(wire, SMFIP_NR_RCPT);
    if ((wire->steps & SMFIP_NODATA) == 0) {
        wire_send(wire, SMFIC_DATA, NULL, 0);
        pass_over_answer(wire, SMFIP_NR_DATA);
    }
}

void wire_say_rest(struct wire *wire, const char *from)
{
    static const char body[] = "Hello\r\n";

    wire_say_header(wire, "From", from);
    wire_say_header(wire, "Subject", "hello");
    wire_send(wire, SMFIC_EOH, NULL, 0);
    pass_over_answer(wire, SMFIP_NR_EOH);
    wire_send(wire, SMFIC_BODY, body, sizeof body - 1);
    pass_over_answer(wire, SMFIP_NR_BODY);
}

void wire_say_end(struct wire *wire, const char *queue_id)
{
    const char *const macros[] = {"i", queue_id, NULL};

    wire_macros(wire, SMFIC_BODYEOB, macros);
    wire_send(wire, SMFIC_BODYEOB, NULL, 0);
}

static void note_change(struct wire_answer *answer, const struct wire_packet *packet)
{
    const char *name = packet->data + 4;
    size_t used = strlen(answer->changes);

    assert_true(packet->len > 4);
    snprintf(answer->changes + used, sizeof answer->changes - used, "%c%u:%s:%s|", packet->command,
        number_at(packet->data), name, name + strlen(name) + 1);
}

void wire_read_answer(struct wire *wire, struct wire_answer *answer_r)
{
    static _Thread_local struct wire_packet packet;

    memset(answer_r, 0, sizeof *answer_r);
    for (;;) {
        wire_receive(wire, &packet);
        if (packet.command == SMFIR_INSHEADER || packet.command == SMFIR_CHGHEADER) {
            note_change(answer_r, &packet);
            continue;
        }
        answer_r->verdict = packet.command;
        if (packet.command == SMFIR_REPLYCODE)
            snprintf(answer_r->reply, sizeof answer_r->reply, "%.511s", packet.data);
        return;
    }
}

/* Whether a thread sleeps or is gone: its state is behind its name, which is in brackets. */
static bool is_asleep(const char *thread)
{
    char path[64], line[256] = "";
    FILE *file;
    const char *bracket;

    snprintf(path, sizeof path, "/proc/self/task/%.16s/stat", thread);
    file = fopen(path, "r");
    if (file == NULL)
        return true;
    if (fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    fclose(file);
    bracket = strrchr(line, ')');
    return bracket == NULL || bracket[2] == 'S';
}

static bool is_quiet(void)
{
    DIR *folder = opendir("/proc/self/task");
    bool is_quiet = true;

    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != gettid())
            is_quiet = is_quiet && is_asleep(entry->d_name);
    closedir(folder);
    return is_quiet;
}

void wire_await_quiet(void)
{
    while (!is_quiet())
        sched_yield(); /* nothing tells of the end of a detached thread */
}
