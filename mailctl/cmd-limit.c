/* SPDX-License-Identifier: MIT */

/* limit list, show, reset: what users have sent, as gatepost-policyd counts it. */

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/array.h"
#include "lib/base/config.h"
#include "lib/store/user.h"
#include "mailctl/commands.h"
#include "mailctl/daemon-ask.h"
#include "mailctl/directory.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"

/* No login is longer; a request has room for it. */
#define LOGIN_MAX 320

/* Messages or recipients, of one user. */
struct quantity {
    int64_t used;
    int64_t limit;   /* 0: unlimited */
    int64_t free_at; /* seconds since 1970; 0: now */
};

struct usage {
    struct text user;
    struct quantity messages, recipients;
    int64_t period_ms;
};

struct usages {
    ARRAY(struct usage) of;
};

/* --- the daemon's answer --- */

static bool take_quantity(struct text *line, struct quantity *quantity_r)
{
    return daemon_take_number(line, &quantity_r->used) &&
           daemon_take_number(line, &quantity_r->limit) &&
           daemon_take_number(line, &quantity_r->free_at);
}

static bool take_period(struct text *answer, int64_t *period_ms_r)
{
    struct text line, word;

    return text_split(answer, '\n', &line) && text_split(&line, '\t', &word) &&
           text_equals(word, TEXT("period_ms")) && daemon_take_number(&line, period_ms_r);
}

static bool read_usages(struct text answer, struct usages *usages)
{
    struct usage usage = {.user = TEXT_NONE};
    struct text line;

    if (!take_period(&answer, &usage.period_ms))
        return false;
    while (text_split(&answer, '\n', &line) && line.len != 0) {
        if (!take_quantity(&line, &usage.messages) || !take_quantity(&line, &usage.recipients))
            return false;
        usage.user = line;
        array_push(&usages->of, usage);
    }
    return true;
}

/* user empty: of all. The texts live in the answer. */
static int ask_usage(
    struct invocation *invocation, struct text user, struct buffer *answer, struct usages *usages)
{
    struct text request = user.len == 0
                              ? TEXT("usage")
                              : arena_print(invocation->arena, "usage %.*s", TEXT_ARGS(user));
    int status = daemon_ask(invocation, "policyd", request.data, answer);

    if (status != EX_OK)
        return status;
    if (!read_usages(buffer_text(answer), usages) || (user.len != 0 && usages->of.count != 1))
        return invocation_complain(invocation, EX_PROTOCOL,
            "gatepost-policyd answers in a form that is not known here: is it of the same "
            "version?");
    return EX_OK;
}

/* A name as it is given at login. */
static int read_login(const struct invocation *invocation, struct text *login_r)
{
    struct text login = invocation_argument(invocation, 0);

    if (login.len == 0 || login.len > LOGIN_MAX || text_has_control(login))
        return invocation_complain(invocation, EX_DATAERR,
            "\"%.*s\": the name of a login was expected, like alice@example.org",
            TEXT_ARGS(text_head(login, LOGIN_MAX)));
    *login_r = login;
    return EX_OK;
}

/* --- list --- */

static struct text limit_text(const struct invocation *invocation, int64_t limit)
{
    return limit == 0 ? TEXT("unlimited") : arena_print(invocation->arena, "%" PRId64, limit);
}

static struct text free_text(const struct invocation *invocation, const struct usage *usage)
{
    int64_t messages = usage->messages.free_at, recipients = usage->recipients.free_at;
    int64_t later = messages > recipients ? messages : recipients;

    return later == 0 ? TEXT("now") : directory_time(invocation, later);
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct usage *usage = item;

    cells[0] = usage->user;
    cells[1] = arena_print(invocation->arena, "%" PRId64, usage->messages.used);
    cells[2] = limit_text(invocation, usage->messages.limit);
    cells[3] = arena_print(invocation->arena, "%" PRId64, usage->recipients.used);
    cells[4] = limit_text(invocation, usage->recipients.limit);
    cells[5] = free_text(invocation, usage);
}

static json_t *quantity_json(const struct quantity *quantity)
{
    return json_pack("{s:I, s:o, s:o}", "used", (json_int_t)quantity->used, "limit",
        quantity->limit != 0 ? json_integer(quantity->limit) : json_null(), "free_at",
        quantity->free_at != 0 ? directory_json_time(quantity->free_at) : json_null());
}

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct usage *usage = item;

    (void)invocation;
    return json_pack("{s:o, s:o, s:o, s:I}", "user", output_json_text(usage->user), "messages",
        quantity_json(&usage->messages), "recipients", quantity_json(&usage->recipients),
        "period_seconds", (json_int_t)(usage->period_ms / 1000));
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {
        "user", "messages", "message limit", "recipients", "recipient limit", "next", NULL};
    static const struct listing listing = {headings, sizeof(struct usage), to_cells, to_json};
    struct usages usages = {ARRAY_NONE};
    struct buffer answer = BUFFER_NONE;
    int status = ask_usage(invocation, TEXT(""), &answer, &usages);

    if (status == EX_OK)
        listing_print(invocation, &listing, usages.of.items, usages.of.count);
    array_done(&usages.of);
    buffer_done(&answer);
    return status;
}

static const char *const list_examples[] = {
    "mailctl limit list", "mailctl limit list --json", NULL};

const struct command command_limit_list = {
    .noun = "limit",
    .verb = "list",
    .help = "list who has sent how much in the last period",
    .details =
        "Of users who have sent something, who sent last first. \"next\" is when one more may\n"
        "be sent. gatepost-policyd must run: it counts.",
    .examples = list_examples,
    .run = run_list,
};

/* --- show --- */

/* Somebody who has sent nothing may be a misspelt name: is there such a user? */
static int check_known(struct invocation *invocation, const struct usage *usage)
{
    int status = EX_CONFIG;
    struct store *store;
    struct user user;

    if (usage->messages.used != 0 || usage->recipients.used != 0 ||
        text_find(usage->user, '@') == usage->user.len)
        return EX_OK;
    store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    if (store == NULL)
        return status;
    if (user_find(store, usage->user, invocation->arena, &user) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    return EX_OK;
}

/* For the verbs on one user: asks, and runs them with what the daemon says. */
static int with_usage(struct invocation *invocation,
    int (*run)(struct invocation *invocation, const struct usage *usage))
{
    struct usages usages = {ARRAY_NONE};
    struct buffer answer = BUFFER_NONE;
    struct text login = TEXT_NONE;
    int status = read_login(invocation, &login);

    if (status == EX_OK)
        status = ask_usage(invocation, login, &answer, &usages);
    for (size_t i = 0; status == EX_OK && i < usages.of.count; i++) {
        status = check_known(invocation, &usages.of.items[i]);
        if (status == EX_OK)
            status = run(invocation, &usages.of.items[i]);
    }
    array_done(&usages.of);
    buffer_done(&answer);
    return status;
}

static struct text quantity_text(
    const struct invocation *invocation, const struct quantity *quantity)
{
    struct text limit = limit_text(invocation, quantity->limit);

    return arena_print(invocation->arena, "%" PRId64 " of %.*s", quantity->used, TEXT_ARGS(limit));
}

static struct text duration_text(const struct invocation *invocation, int64_t ms)
{
    struct buffer words = BUFFER_NONE;
    struct text text;

    config_format_duration(ms, &words);
    text = arena_copy(invocation->arena, buffer_text(&words));
    buffer_done(&words);
    return text;
}

static int print_usage(struct invocation *invocation, const struct usage *usage)
{
    static const char *const names[] = {"user", "messages", "recipients", "next", "period", NULL};
    const struct text values[] = {
        usage->user,
        quantity_text(invocation, &usage->messages),
        quantity_text(invocation, &usage->recipients),
        free_text(invocation, usage),
        duration_text(invocation, usage->period_ms),
    };

    listing_print_fields(invocation, names, values, to_json(invocation, usage));
    return EX_OK;
}

static int run_show(struct invocation *invocation)
{
    return with_usage(invocation, print_usage);
}

static const char *const show_examples[] = {"mailctl limit show alice@example.org", NULL};

const struct command command_limit_show = {
    .noun = "limit",
    .verb = "show",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "show what a user has sent, the limit, and when it frees",
    .details = "The limits are policyd.messages and policyd.recipients of gatepost.conf(5).",
    .examples = show_examples,
    .run = run_show,
};

/* --- reset --- */

static int reset(struct invocation *invocation, const struct usage *usage)
{
    struct text request = arena_print(invocation->arena, "reset %.*s", TEXT_ARGS(usage->user));
    struct buffer answer = BUFFER_NONE;
    int status = EX_OK;

    if (usage->messages.used == 0 && usage->recipients.used == 0) {
        directory_say(invocation, usage->user, "unchanged", ": nothing was counted");
        return EX_OK;
    }
    if (!invocation->dry_run)
        status = daemon_ask(invocation, "policyd", request.data, &answer);
    buffer_done(&answer);
    if (status == EX_OK)
        directory_say(invocation, usage->user, "reset", NULL);
    return status;
}

static int run_reset(struct invocation *invocation)
{
    return with_usage(invocation, reset);
}

static const char *const reset_examples[] = {"mailctl limit reset alice@example.org", NULL};

const struct command command_limit_reset = {
    .noun = "limit",
    .verb = "reset",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "forget what a user has sent: the next message may go",
    .examples = reset_examples,
    .run = run_reset,
};
