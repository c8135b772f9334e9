/* SPDX-License-Identifier: MIT */
/*
 * Sessions carried by libmilter: adapters of a few lines. Its callbacks run on threads of its
 * pool; only the one for the end of message waits. All of libmilter is global, and so is this
 * file's state.
 *
 * What libmilter cannot do, and what we do about it:
 * - it cannot stop accepting: door.h takes the socket from under it;
 * - it takes the signals: libmilter-signals.h keeps them;
 * - on smfi_stop() it drops the sessions that are open: we stop it when no message is in flight;
 * - it does not say when a reply has been written: the next command of that connection says so.
 */
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "milter/door.h"
#include "milter/libmilter-socket.h"
#include "milter/negotiation.h"
#include "milter/roster.h"
#include "milter/stats.h"
#include "milter/transport.h"

#define NAME "gatepost-milter"
/* How long the last reply may take from our hands into the socket. */
#define REPLY_GRACE_MS 200
/* How long callbacks may take to see that we close. */
#define CLOSE_GRACE_MS 5000
#define KNOCK_MS 20

struct connection {
    struct roster_entry entry; /* the first member: an entry of the roster is a connection */
    struct session *session;
    unsigned long protocol; /* SMFIP_* as negotiated */
    bool is_refused;        /* one too many, or we are going */
    struct buffer value;    /* a header value given its blank back; the words of a reply */
};

static struct carrier {
    struct transport transport;
    struct roster roster;
    struct transport_options options;
    int fd;   /* what libmilter accepts from and closes: a copy of the listening descriptor */
    int bell; /* once the door is shut: where to wake the listener; -1 before */
    bool is_unix;
    pthread_t thread;
} carrier = {.transport = {.kind = &transport_libmilter}, .roster = ROSTER_NONE, .bell = -1};

/* --- connections --- */

/* The session's resume callback; on the resolver's thread. */
static void connection_resume(void *context)
{
    struct connection *connection = context;

    roster_resume(&carrier.roster, &connection->entry);
}

static struct connection *connection_new(void)
{
    struct connection *connection = memory_alloc_zero(1, sizeof *connection);

    buffer_init(&connection->value);
    connection->session = session_new(carrier.options.source, connection_resume, connection);
    return connection;
}

static void connection_free(struct connection *connection)
{
    session_free(&connection->session);
    buffer_done(&connection->value);
    free(connection);
}

/* A callback begins. NULL: there is no connection, or it may not be touched any more. */
static struct connection *enter(SMFICTX *ctx)
{
    struct connection *connection;

    if (!roster_enter(&carrier.roster))
        return NULL;
    connection = smfi_getpriv(ctx);
    if (connection == NULL)
        roster_leave(&carrier.roster);
    else if (connection->entry.state == ROSTER_ANSWERED)
        roster_set_state(&carrier.roster, &connection->entry, ROSTER_IDLE);
    return connection;
}

static void leave(void)
{
    roster_leave(&carrier.roster);
}

/* The same for what belongs to a message: NULL too where the connection was refused. */
static struct connection *enter_message(SMFICTX *ctx)
{
    struct connection *connection = enter(ctx);

    if (connection != NULL && connection->is_refused) {
        leave();
        return NULL;
    }
    return connection;
}

/* The return of a callback that has nothing to say. */
static sfsistat leave_silently(const struct connection *connection, unsigned long no_reply_bit)
{
    bool silent = (connection->protocol & no_reply_bit) != 0;

    leave();
    return silent ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

/* --- libmilter's callbacks --- */

static struct text macro(SMFICTX *ctx, const char *name)
{
    return text_from_string(smfi_getsymval(ctx, (char *)(uintptr_t)name));
}

static bool ask_for_macros(SMFICTX *ctx)
{
    bool all = true;

    for (size_t i = 0; i < NEGOTIATION_MACRO_LISTS; i++)
        all = all && smfi_setsymlist(ctx, (int)negotiation_macros[i].stage,
                         (char *)(uintptr_t)negotiation_macros[i].names) == MI_SUCCESS;
    return all;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long f2, unsigned long f3, unsigned long *actions_r, unsigned long *steps_r,
    unsigned long *f2_r, unsigned long *f3_r)
{
    struct connection *connection;
    enum roster_admission admission;

    (void)f2;
    (void)f3;
    if ((actions & NEGOTIATION_ACTIONS_NEEDED) != NEGOTIATION_ACTIONS_NEEDED) {
        log_error(NULL, "the mail server does not let milters change header fields");
        return SMFIS_REJECT;
    }
    if (!roster_enter(&carrier.roster))
        return SMFIS_REJECT;
    connection = connection_new();
    admission = roster_admit(&carrier.roster, &connection->entry);
    if (admission == ROSTER_CLOSED) {
        connection_free(connection);
        leave();
        return SMFIS_REJECT;
    }
    connection->is_refused = admission == ROSTER_REFUSED;
    smfi_setpriv(ctx, connection);
    stats_count_connections(1);
    if ((actions & SMFIF_SETSYMLIST) != 0 && !ask_for_macros(ctx))
        log_warning(NULL, "the macros needed could not be asked for");
    connection->protocol = negotiation_steps(steps, carrier.is_unix, connection->is_refused);
    *actions_r = actions & NEGOTIATION_ACTIONS_WANTED;
    *steps_r = connection->protocol;
    *f2_r = 0;
    *f3_r = 0;
    leave();
    return SMFIS_CONTINUE;
}

/* Postfix shows mail of sendmail(1) and its own bounces as a client on loopback without a port. */
static bool is_local(const struct ip *ip, const struct sockaddr *address)
{
    if (address == NULL || !ip_is_loopback(ip))
        return false;
    return address->sa_family == AF_INET6
               ? ((const struct sockaddr_in6 *)(const void *)address)->sin6_port == 0
               : ((const struct sockaddr_in *)(const void *)address)->sin_port == 0;
}

static sfsistat refuse(SMFICTX *ctx, const char *what)
{
    char code[] = "451", enhanced[] = "4.3.2";
    char words[] = "mail filter is busy or restarting, try again later";

    log_warning(NULL, "%s refused: stopping, or milter.max_connections are open", what);
    smfi_setreply(ctx, code, enhanced, words);
    return SMFIS_TEMPFAIL;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, struct sockaddr *address)
{
    struct connection *connection = enter(ctx);
    struct session_client client = {0};

    (void)name;
    if (connection == NULL)
        return SMFIS_NOREPLY;
    if (connection->is_refused) {
        leave();
        return refuse(ctx, "connection");
    }
    if (address != NULL)
        client.ip = ip_from_sockaddr(address);
    if (client.ip.family == IP_NONE)
        (void)!ip_parse(macro(ctx, "{client_addr}"), &client.ip);
    client.is_local = is_local(&client.ip, address);
    client.name = macro(ctx, "{client_name}");
    client.name_known = client.name.data != NULL;
    client.ptr = macro(ctx, "{client_ptr}");
    client.ptr_known = client.ptr.data != NULL;
    client.daemon_name = macro(ctx, "{daemon_name}");
    session_connect(connection->session, &client);
    return leave_silently(connection, SMFIP_NR_CONN);
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    struct connection *connection = enter_message(ctx);

    if (connection == NULL)
        return SMFIS_NOREPLY;
    session_helo(connection->session, text_from_string(name));
    return leave_silently(connection, SMFIP_NR_HELO);
}

/* The only command before the end of a message that the server waits for: here we can say no. */
static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
    struct connection *connection = enter(ctx);
    struct session_sender sender = {TEXT_NONE, TEXT_NONE};

    if (connection == NULL)
        return SMFIS_TEMPFAIL;
    if (connection->is_refused || !roster_begin_message(&carrier.roster, &connection->entry)) {
        connection->is_refused = true;
        leave();
        return refuse(ctx, "message");
    }
    sender.address = text_from_string(arguments[0]);
    sender.login = macro(ctx, "{auth_authen}");
    session_mail(connection->session, &sender);
    leave();
    return SMFIS_CONTINUE;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments)
{
    struct connection *connection = enter_message(ctx);

    if (connection == NULL)
        return SMFIS_NOREPLY;
    session_rcpt(connection->session, text_from_string(arguments[0]));
    return leave_silently(connection, SMFIP_NR_RCPT);
}

static sfsistat on_data(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

/* The value with the blank behind the colon, which an old MTA leaves out. */
static struct text whole_value(struct connection *connection, const char *value)
{
    if ((connection->protocol & SMFIP_HDR_LEADSPC) != 0)
        return text_from_string(value);
    buffer_clear(&connection->value);
    buffer_append_byte(&connection->value, ' ');
    buffer_append_string(&connection->value, value);
    return buffer_text(&connection->value);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct connection *connection = enter_message(ctx);

    if (connection == NULL)
        return SMFIS_NOREPLY;
    session_header(connection->session, text_from_string(name), whole_value(connection, value));
    return leave_silently(connection, SMFIP_NR_HDR);
}

static sfsistat on_end_header(SMFICTX *ctx)
{
    struct connection *connection = enter_message(ctx);

    if (connection == NULL)
        return SMFIS_NOREPLY;
    session_end_header(connection->session);
    return leave_silently(connection, SMFIP_NR_EOH);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t len)
{
    struct connection *connection = enter_message(ctx);

    if (connection == NULL)
        return SMFIS_NOREPLY;
    session_body(connection->session, text_from_bytes((const char *)bytes, len));
    return leave_silently(connection, SMFIP_NR_BODY);
}

/* --- the end of message --- */

static int make_change(
    SMFICTX *ctx, const struct connection *connection, const struct reply_change *change)
{
    char *name = (char *)(uintptr_t)change->name;
    char *value = (char *)(uintptr_t)change->value;

    if (change->kind == REPLY_QUARANTINE)
        return smfi_quarantine(ctx, value);
    /* Without arguments: those of MAIL FROM that concern bounces stay with Postfix. */
    if (change->kind == REPLY_CHANGE_SENDER)
        return smfi_chgfrom(ctx, value, NULL);
    if (value != NULL && (connection->protocol & SMFIP_HDR_LEADSPC) == 0 && value[0] == ' ')
        value++;
    switch (change->kind) {
    case REPLY_INSERT_HEADER:
        return smfi_insheader(ctx, (int)change->index, name, value);
    case REPLY_ADD_HEADER:
        return smfi_addheader(ctx, name, value);
    default:
        return smfi_chgheader(
            ctx, name, (int)change->index, change->kind == REPLY_REMOVE_HEADER ? NULL : value);
    }
}

static sfsistat verdict_status(
    SMFICTX *ctx, struct connection *connection, const struct reply *reply)
{
    static const sfsistat statuses[] = {
        [REPLY_CONTINUE] = SMFIS_CONTINUE,
        [REPLY_REJECT] = SMFIS_REJECT,
        [REPLY_TEMPFAIL] = SMFIS_TEMPFAIL,
        [REPLY_DISCARD] = SMFIS_DISCARD,
    };

    if (reply->code != NULL) {
        buffer_clear(&connection->value);
        protocol_append_words(&connection->value, reply->text);
        smfi_setreply(ctx, (char *)(uintptr_t)reply->code, (char *)(uintptr_t)reply->enhanced,
            (char *)(uintptr_t)buffer_string(&connection->value));
    }
    return statuses[reply->verdict];
}

/* A message whose changes cannot all be made does not go on: it would be unsigned, or forged. */
static sfsistat apply(SMFICTX *ctx, struct connection *connection, const struct reply *reply)
{
    for (size_t i = 0; i < reply->change_count; i++)
        if (make_change(ctx, connection, &reply->changes[i]) != MI_SUCCESS) {
            log_error(NULL, "the mail server did not take a change to the message");
            return SMFIS_TEMPFAIL;
        }
    return verdict_status(ctx, connection, reply);
}

static sfsistat on_end_message(SMFICTX *ctx)
{
    struct connection *connection = enter_message(ctx);
    const struct reply *reply = NULL;
    enum session_progress progress;
    sfsistat status = SMFIS_TEMPFAIL;

    if (connection == NULL)
        return SMFIS_TEMPFAIL;
    progress = session_end_message(connection->session, macro(ctx, "i"), &reply);
    while (progress == SESSION_LATER && roster_wait(&carrier.roster, &connection->entry))
        progress = session_resume(connection->session, &reply);
    if (progress == SESSION_NOW) {
        status = apply(ctx, connection, reply);
    } else {
        session_dismiss(connection->session, macro(ctx, "i"));
    }
    roster_set_state(&carrier.roster, &connection->entry, ROSTER_ANSWERED);
    leave();
    return status;
}

static sfsistat on_abort(SMFICTX *ctx)
{
    struct connection *connection = enter_message(ctx);

    if (connection == NULL)
        return SMFIS_CONTINUE;
    session_abort(connection->session);
    roster_set_state(&carrier.roster, &connection->entry, ROSTER_IDLE);
    leave();
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
    struct connection *connection = enter(ctx);

    if (connection == NULL)
        return SMFIS_CONTINUE;
    smfi_setpriv(ctx, NULL);
    roster_remove(&carrier.roster, &connection->entry);
    connection_free(connection);
    stats_count_connections(-1);
    leave();
    return SMFIS_CONTINUE;
}

/* --- the transport's life --- */

static void *run(void *context)
{
    (void)context;
    smfi_main();
    if (!roster_is_closing(&carrier.roster))
        carrier.options.failed(carrier.options.context);
    return NULL;
}

static enum err register_callbacks(struct failure *failure)
{
    char name[] = NAME;
    struct smfiDesc description = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = NEGOTIATION_ACTIONS_WANTED,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_data = on_data,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_negotiate = on_negotiate,
    };

    if (smfi_register(description) != MI_SUCCESS)
        return failure_set(failure, ERR_UNSUPPORTED, "libmilter: the registration failed");
    return ERR_NONE;
}

/* Signals are the main thread's; libmilter's threads inherit this. */
static enum err start_thread(struct failure *failure)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&carrier.thread, NULL, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return failure_set(failure, ERR_IO, "cannot start the milter's thread");
    return ERR_NONE;
}

static enum err open_libmilter(const struct transport_options *options,
    struct transport **transport_r, struct failure *failure)
{
    enum err err;

    carrier.options = *options;
    roster_set_max(&carrier.roster, options->max_connections);
    carrier.roster.drained = options->drained;
    carrier.roster.context = options->context;
    carrier.is_unix = door_is_unix(options->listen_fd);
    err = register_callbacks(failure);
    if (err == ERR_NONE)
        err = libmilter_socket_give(options->listen_fd, &carrier.fd, failure);
    if (err == ERR_NONE)
        err = start_thread(failure);
    if (err == ERR_NONE)
        *transport_r = &carrier.transport;
    return err;
}

static void set_max_connections(struct transport *transport, size_t max)
{
    (void)transport;
    roster_set_max(&carrier.roster, max);
}

static void shut_door(void)
{
    struct failure failure;

    if (carrier.bell < 0 && door_shut(carrier.fd, &carrier.bell, &failure) != ERR_NONE)
        log_warning(NULL, "%s: new connections are still taken, and refused", failure.text);
}

static void drain(struct transport *transport)
{
    (void)transport;
    shut_door();
    roster_drain(&carrier.roster);
}

static void *stop_libmilter(void *context)
{
    (void)context;
    smfi_stop();
    return NULL;
}

static bool has_ended(pthread_t thread)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += KNOCK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return pthread_timedjoin_np(thread, NULL, &until) == 0;
}

/*
 * smfi_stop() says so and then waits for a lock that the listener holds while it polls, for five
 * seconds at a time. So another thread says it, and this one knocks until the listener is gone.
 */
static void end_thread(void)
{
    pthread_t stopper;
    bool is_stopping = pthread_create(&stopper, NULL, stop_libmilter, NULL) == 0;

    if (!is_stopping)
        smfi_stop();
    do
        door_knock(carrier.bell);
    while (!has_ended(carrier.thread));
    if (is_stopping)
        pthread_join(stopper, NULL);
}

static bool close_libmilter(struct transport **transport)
{
    struct roster_entry *next = NULL;
    bool all_out;

    *transport = NULL;
    shut_door();
    all_out = roster_close(&carrier.roster, REPLY_GRACE_MS, CLOSE_GRACE_MS);
    end_thread();
    if (carrier.bell >= 0)
        close(carrier.bell);
    for (struct roster_entry *entry = carrier.roster.first; all_out && entry != NULL;
         entry = next) {
        next = entry->next;
        roster_remove(&carrier.roster, entry);
        connection_free((struct connection *)entry);
    }
    return all_out;
}

static size_t messages(struct transport *transport)
{
    (void)transport;
    return roster_messages(&carrier.roster);
}

const struct transport_kind transport_libmilter = {
    .name = "libmilter",
    .open = open_libmilter,
    .set_max_connections = set_max_connections,
    .drain = drain,
    .close = close_libmilter,
    .messages = messages,
};
