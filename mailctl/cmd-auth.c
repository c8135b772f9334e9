/* SPDX-License-Identifier: MIT */

/* auth list, why, networks, unblock: guessers and owners, as gatepost-authd knows them. */

#include <inttypes.h>

#include "lib/base/array.h"
#include "lib/base/ip.h"
#include "lib/store/known-network.h"
#include "lib/store/user.h"
#include "mailctl/commands.h"
#include "mailctl/daemon-ask.h"
#include "mailctl/directory.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"
#include "mailctl/user-options.h"

/* No login is longer; a request has room for it. */
#define WHOM_MAX 320

/* Different ones in a time; limit 0: as many as there are. */
struct window {
    int64_t used, limit;
};

/* What is counted of an account or a network. */
struct counted {
    struct text count;
    struct window hour, day;
    int64_t until;       /* 0: it is not over */
    struct text network; /* empty: the account's alone */
    struct text account; /* empty: the network's alone */
};

struct counts {
    ARRAY(struct counted) of;
};

/* --- the daemon's answer --- */

static bool take_window(struct text *line, struct window *window_r)
{
    return daemon_take_number(line, &window_r->used) && daemon_take_number(line, &window_r->limit);
}

static bool read_counts(struct text answer, struct counts *counts)
{
    struct counted counted;
    struct text line;

    while (text_split(&answer, '\n', &line) && line.len != 0) {
        if (!text_split(&line, '\t', &counted.count) || !take_window(&line, &counted.hour) ||
            !take_window(&line, &counted.day) || !daemon_take_number(&line, &counted.until) ||
            !text_split(&line, '\t', &counted.network))
            return false;
        if (text_equals(counted.network, TEXT("-")))
            counted.network = TEXT("");
        counted.account = line;
        array_push(&counts->of, counted);
    }
    return true;
}

/* The texts live in the answer. */
static int ask_counts(struct invocation *invocation, const char *request, struct buffer *answer,
    struct counts *counts)
{
    int status = daemon_ask(invocation, "authd", request, answer);

    if (status == EX_OK && !read_counts(buffer_text(answer), counts))
        status = invocation_complain(invocation, EX_PROTOCOL,
            "gatepost-authd answers in a form that is not known here: is it of the same version?");
    return status;
}

/* --- how counts are shown --- */

static struct text number_text(const struct invocation *invocation, int64_t number)
{
    return arena_print(invocation->arena, "%" PRId64, number);
}

static struct text limit_text(const struct invocation *invocation, int64_t limit)
{
    return limit == 0 ? TEXT("unlimited") : number_text(invocation, limit);
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct counted *counted = item;

    cells[0] = counted->count;
    cells[1] = counted->account;
    cells[2] = counted->network;
    cells[3] = number_text(invocation, counted->hour.used);
    cells[4] = limit_text(invocation, counted->hour.limit);
    cells[5] = number_text(invocation, counted->day.used);
    cells[6] = limit_text(invocation, counted->day.limit);
    cells[7] = counted->until != 0 ? directory_time(invocation, counted->until) : TEXT("");
}

static json_t *window_json(const struct window *window)
{
    return json_pack("{s:I, s:o}", "used", (json_int_t)window->used, "limit",
        window->limit != 0 ? json_integer(window->limit) : json_null());
}

static json_t *text_or_null(struct text text)
{
    return text.len != 0 ? output_json_text(text) : json_null();
}

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct counted *counted = item;

    (void)invocation;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "count", output_json_text(counted->count),
        "account", text_or_null(counted->account), "network", text_or_null(counted->network),
        "hour", window_json(&counted->hour), "day", window_json(&counted->day), "refused_until",
        counted->until != 0 ? directory_json_time(counted->until) : json_null());
}

static int show_counts(struct invocation *invocation, const char *request)
{
    static const char *const headings[] = {"count", "account", "network", "hour", "hour limit",
        "day", "day limit", "refused until", NULL};
    static const struct listing listing = {headings, sizeof(struct counted), to_cells, to_json};
    struct counts counts = {ARRAY_NONE};
    struct buffer answer = BUFFER_NONE;
    int status = ask_counts(invocation, request, &answer, &counts);

    if (status == EX_OK)
        listing_print(invocation, &listing, counts.of.items, counts.of.count);
    array_done(&counts.of);
    buffer_done(&answer);
    return status;
}

/* --- list --- */

static int run_list(struct invocation *invocation)
{
    return show_counts(invocation, "refused");
}

static const char *const list_examples[] = {"mailctl auth list", "mailctl auth list --json", NULL};

const struct command command_auth_list = {
    .noun = "auth",
    .verb = "list",
    .help = "list accounts and networks that strangers guess at or from, and are refused for it",
    .details =
        "What is counted is told in gatepost-authd(8). An account that is listed is closed to\n"
        "strangers alone: its owner logs in from where he did before.",
    .examples = list_examples,
    .run = run_list,
};

/* --- why --- */

/* The name of an account, an address or a network, as a word of a request. */
static int read_whom(const struct invocation *invocation, struct text *whom_r)
{
    struct text whom = invocation_argument(invocation, 0);

    if (whom.len == 0 || whom.len > WHOM_MAX || text_has_control(whom))
        return invocation_complain(invocation, EX_DATAERR,
            "\"%.*s\": an account, an IP address or a network was expected, like "
            "alice@example.org or 192.0.2.0/24",
            TEXT_ARGS(text_head(whom, WHOM_MAX)));
    *whom_r = whom;
    return EX_OK;
}

static int run_why(struct invocation *invocation)
{
    struct text whom = TEXT_NONE;
    int status = read_whom(invocation, &whom);

    if (status != EX_OK)
        return status;
    return show_counts(
        invocation, arena_print(invocation->arena, "counted %.*s", TEXT_ARGS(whom)).data);
}

static const char *const why_examples[] = {
    "mailctl auth why alice@example.org", "mailctl auth why 192.0.2.9", NULL};

const struct command command_auth_why = {
    .noun = "auth",
    .verb = "why",
    .arguments = "WHOM",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "show what is counted of an account or a network, and whether it is refused",
    .details =
        "WHOM is the name of an account, an IP address or a network. What was not tried in the\n"
        "last day has nothing counted.",
    .examples = why_examples,
    .run = run_why,
};

/* --- networks --- */

static void network_to_cells(
    const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct known_network *network = item;

    cells[0] = network->network;
    cells[1] = directory_time(invocation, network->first);
    cells[2] = directory_time(invocation, network->last);
    cells[3] = network->service;
    cells[4] =
        network->app_password != 0 ? number_text(invocation, network->app_password) : TEXT("");
}

static json_t *network_to_json(const struct invocation *invocation, const void *item)
{
    const struct known_network *network = item;

    (void)invocation;
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "network", output_json_text(network->network),
        "first", directory_json_time(network->first), "last", directory_json_time(network->last),
        "service", text_or_null(network->service), "app_password",
        network->app_password != 0 ? json_integer(network->app_password) : json_null());
}

static int run_networks(struct invocation *invocation)
{
    static const char *const headings[] = {
        "network", "first", "last", "service", "app password", NULL};
    static const struct listing listing = {
        headings, sizeof(struct known_network), network_to_cells, network_to_json};
    struct known_network_list list = {NULL, 0};
    struct store *store;
    struct user user;
    int status = user_options_find(invocation, STORE_READ, &store, &user);

    if (status != EX_OK)
        return status;
    store = invocation_store(invocation, STORE_GUARD, STORE_READ, &status);
    if (store == NULL)
        return status;
    if (known_network_list(store, user.address, invocation->arena, &list) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const networks_examples[] = {"mailctl auth networks alice@example.org", NULL};

const struct command command_auth_networks = {
    .noun = "auth",
    .verb = "networks",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "list the networks from which a user has logged in, and when last",
    .details = "There the user is no stranger. A login is noted at most every ten minutes.",
    .examples = networks_examples,
    .run = run_networks,
};

/* --- unblock --- */

static int run_unblock(struct invocation *invocation)
{
    struct counts counts = {ARRAY_NONE};
    struct buffer answer = BUFFER_NONE;
    struct text whom = TEXT_NONE;
    int status = read_whom(invocation, &whom);
    bool is_counted;

    if (status == EX_OK)
        status = ask_counts(invocation,
            arena_print(invocation->arena, "counted %.*s", TEXT_ARGS(whom)).data, &answer, &counts);
    is_counted = counts.of.count != 0;
    array_done(&counts.of);
    buffer_clear(&answer);
    if (status == EX_OK && is_counted && !invocation->dry_run)
        status = daemon_ask(invocation, "authd",
            arena_print(invocation->arena, "forgive %.*s", TEXT_ARGS(whom)).data, &answer);
    buffer_done(&answer);
    if (status == EX_OK)
        directory_say(invocation, whom, is_counted ? "unblocked" : "unchanged",
            is_counted ? NULL : ": nothing was counted");
    return status;
}

static const char *const unblock_examples[] = {
    "mailctl auth unblock alice@example.org", "mailctl auth unblock 192.0.2.0/24", NULL};

const struct command command_auth_unblock = {
    .noun = "auth",
    .verb = "unblock",
    .arguments = "WHOM",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "forget what is counted of an account or a network",
    .details =
        "Who was refused for it may try again at once. Networks that guard.block lists stay\n"
        "refused.",
    .examples = unblock_examples,
    .run = run_unblock,
};
