/* SPDX-License-Identifier: MIT */
/*
 * Sessions carried by loops of our own: a thread for each processor, none for a session. What the
 * loops share beside the flags is the roster, whose lock is held for a few instructions.
 */
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "milter/door.h"
#include "milter/event-loop.h"
#include "milter/transport.h"

#define THREADS_MAX 64
/* How long answers that wait for their reader may take. */
#define REPLY_GRACE_MS 200
/* How long the loops may take to see that we close. */
#define CLOSE_GRACE_S 5

struct carrier {
    struct transport transport;
    struct roster roster;
    struct event_crew crew;
    size_t begun; /* loops whose thread was started */
};

static struct carrier *carrier_of(struct transport *transport)
{
    return (struct carrier *)(void *)transport;
}

/* The processors that we may run on. */
static size_t processors(void)
{
    cpu_set_t set;
    int count = 1;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : (size_t)count;
}

static struct carrier *carrier_new(const struct transport_options *options)
{
    struct carrier *carrier = memory_alloc_zero(1, sizeof *carrier);

    carrier->transport.kind = &transport_event;
    carrier->roster = (struct roster)ROSTER_NONE;
    carrier->roster.max = options->max_connections;
    carrier->roster.drained = options->drained;
    carrier->roster.context = options->context;
    carrier->crew.terms = (struct conversation_terms){.roster = &carrier->roster,
        .source = options->source,
        .is_unix = door_is_unix(options->listen_fd),
        .resume = event_link_on_resumed};
    carrier->crew.idle_ms = options->idle_ms != 0 ? options->idle_ms : TRANSPORT_IDLE_MS;
    carrier->crew.failed = options->failed;
    carrier->crew.context = options->context;
    return carrier;
}

static void tell_loops(struct carrier *carrier)
{
    for (size_t i = 0; i < carrier->begun; i++)
        event_loop_tell(&carrier->crew.loops[i]);
}

/* False: one of them does not end. */
static bool join_loops(struct carrier *carrier)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_GRACE_S;
    for (; carrier->begun != 0; carrier->begun--)
        if (pthread_timedjoin_np(carrier->crew.loops[carrier->begun - 1].thread, NULL, &until) != 0)
            return false;
    return true;
}

/* No loop runs any more. */
static void carrier_free(struct carrier *carrier)
{
    for (size_t i = 0; i < carrier->crew.count; i++)
        event_loop_done(&carrier->crew.loops[i]);
    free(carrier->crew.loops);
    free(carrier);
}

/* All loops stand before the first runs: they look at each other. */
static enum err make_loops(struct carrier *carrier, size_t count, struct failure *failure)
{
    struct event_crew *crew = &carrier->crew;
    enum err err = ERR_NONE;

    crew->loops = memory_alloc_zero(count, sizeof *crew->loops);
    while (err == ERR_NONE && crew->count < count) {
        err = event_loop_init(&crew->loops[crew->count], crew, failure);
        crew->count += err == ERR_NONE;
    }
    while (err == ERR_NONE && carrier->begun < count) {
        err = event_loop_begin(&crew->loops[carrier->begun], failure);
        carrier->begun += err == ERR_NONE;
    }
    return err;
}

static bool end_loops(struct carrier *carrier)
{
    atomic_store(&carrier->crew.is_closing, true);
    tell_loops(carrier);
    return join_loops(carrier);
}

static enum err open_event(const struct transport_options *options, struct transport **transport_r,
    struct failure *failure)
{
    struct carrier *carrier = carrier_new(options);
    enum err err = door_copy(options->listen_fd, &carrier->crew.listen_fd, failure);

    if (err != ERR_NONE) {
        free(carrier);
        return err;
    }
    err = make_loops(carrier, options->threads != 0 ? options->threads : processors(), failure);
    if (err == ERR_NONE)
        *transport_r = &carrier->transport;
    else if (end_loops(carrier))
        carrier_free(carrier);
    return err;
}

static void set_max_connections(struct transport *transport, size_t max)
{
    roster_set_max(&carrier_of(transport)->roster, max);
}

static void drain(struct transport *transport)
{
    struct carrier *carrier = carrier_of(transport);

    atomic_store(&carrier->crew.is_draining, true);
    tell_loops(carrier);
    roster_drain(&carrier->roster);
}

static bool close_event(struct transport **transport)
{
    struct carrier *carrier = carrier_of(*transport);

    *transport = NULL;
    (void)roster_close(&carrier->roster, REPLY_GRACE_MS, 0);
    if (!end_loops(carrier))
        return false;
    carrier_free(carrier);
    return true;
}

static size_t messages(struct transport *transport)
{
    return roster_messages(&carrier_of(transport)->roster);
}

const struct transport_kind transport_event = {
    .name = "event",
    .open = open_event,
    .set_max_connections = set_max_connections,
    .drain = drain,
    .close = close_event,
    .messages = messages,
};
