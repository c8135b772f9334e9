/* SPDX-License-Identifier: MIT */
#include "lib/store/known-network.h"

#include "lib/store/rows.h"
#include "lib/store/statement.h"

static enum err put(struct store *store, const struct known_network *network)
{
    struct statement *st = statement_start(store,
        "INSERT INTO known_network (address, network, first, last, service, app_password)"
        " VALUES ($address, $network, $first, $last, $service, $app_password)"
        " ON CONFLICT (address, network) DO UPDATE SET last = excluded.last,"
        " service = excluded.service, app_password = excluded.app_password"
        " WHERE excluded.last >= last OR last > excluded.last + $ahead");

    statement_bind_text(st, "$address", network->address);
    statement_bind_text(st, "$network", network->network);
    statement_bind_number(st, "$first", network->first);
    statement_bind_number(st, "$last", network->last);
    statement_bind_text(st, "$service", network->service);
    statement_bind_number(st, "$app_password", network->app_password);
    statement_bind_number(st, "$ahead", KNOWN_NETWORK_AHEAD_SECONDS);
    return statement_run(st, NULL);
}

static enum err drop_the_oldest(struct store *store, struct text address)
{
    struct statement *st =
        statement_start(store, "DELETE FROM known_network WHERE address = $address AND network IN"
                               " (SELECT network FROM known_network WHERE address = $address"
                               "  ORDER BY last DESC, network LIMIT -1 OFFSET $max)");

    statement_bind_text(st, "$address", address);
    statement_bind_number(st, "$max", KNOWN_NETWORKS_MAX);
    return statement_run(st, NULL);
}

enum err known_network_note(struct store *store, const struct known_network *network)
{
    bool own = statement_begin(store);
    enum err err = put(store, network);

    if (err == ERR_NONE)
        err = drop_the_oldest(store, network->address);
    return statement_end(store, own, err);
}

enum err known_network_last(
    struct store *store, struct text address, struct text network, int64_t *last_r)
{
    struct statement *st = statement_start(
        store, "SELECT last FROM known_network WHERE address = $address AND network = $network");
    enum err err, end;

    statement_bind_text(st, "$address", address);
    statement_bind_text(st, "$network", network);
    err = statement_step(st);
    if (err == ERR_NONE)
        *last_r = statement_number(st, 0);
    end = statement_finish(st);
    return end != ERR_NONE ? end : err;
}

enum err known_network_list(struct store *store, struct text address, struct arena *arena,
    struct known_network_list *list_r)
{
    struct statement *st = statement_start(store,
        "SELECT address, network, first, last, service, app_password FROM known_network"
        " WHERE address = $address ORDER BY last DESC, network");
    ARRAY(struct known_network) found = ARRAY_NONE;
    enum err err;

    statement_bind_text(st, "$address", address);
    while (statement_step(st) == ERR_NONE)
        array_push(&found, (struct known_network){
                               .address = statement_text(st, 0, arena),
                               .network = statement_text(st, 1, arena),
                               .first = statement_number(st, 2),
                               .last = statement_number(st, 3),
                               .service = statement_text(st, 4, arena),
                               .app_password = statement_number(st, 5),
                           });
    err = statement_finish(st);
    if (err == ERR_NONE)
        *list_r = (struct known_network_list){
            rows_keep(arena, found.items, found.count, sizeof *found.items), found.count};
    array_done(&found);
    return err;
}

enum err known_network_expire(struct store *store, int64_t before, int64_t max, int64_t *count_r)
{
    struct statement *st =
        statement_start(store, "DELETE FROM known_network WHERE (address, network) IN"
                               " (SELECT address, network FROM known_network WHERE last < $before"
                               "  ORDER BY last LIMIT $max)");

    statement_bind_number(st, "$before", before);
    statement_bind_number(st, "$max", max);
    return statement_run(st, count_r);
}
