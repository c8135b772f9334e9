/* SPDX-License-Identifier: MIT */
#include "authd/sentry.h"

#include <sodium.h>
#include <stdlib.h>

#include "authd/guard-writer.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/store/store-keeper.h"

#define DAY_S ((int64_t)24 * 3600)
#define PASSWORD_MASK ((UINT32_C(1) << SENTRY_PASSWORD_BITS) - 1)

struct sentry {
    struct guard *guard;
    struct directory *directory;
    struct guard_writer *writer;
    bool is_enabled;
    int64_t known_seconds;
    struct guard_rules rules;
    struct arena *arena; /* of the rules */
};

/* --- settings ------------------------------------------------------------------------------- */

static struct guard_limit limit_of(int64_t hour, int64_t day)
{
    return (struct guard_limit){.hour = (unsigned)hour, .day = (unsigned)day};
}

static struct guard_rules rules_of(const struct settings *settings, struct arena *arena)
{
    struct guard_rules rules = {
        .limits = {
                   [GUARD_ACCOUNT] = limit_of(settings->guard.account_hour, settings->guard.account_day),
                   [GUARD_ACCOUNTS] =
                limit_of(settings->guard.accounts_hour, settings->guard.accounts_day),
                   [GUARD_UNKNOWN] = limit_of(settings->guard.unknown_hour, settings->guard.unknown_day),
                   [GUARD_WIDE] = limit_of(settings->guard.wide_hour, settings->guard.wide_day),
                   [GUARD_OWN] = limit_of(settings->guard.own_hour, settings->guard.own_day),
                   }
    };

    rules.allowed = settings_networks(&settings->guard.allow, arena, &rules.allowed_count);
    rules.blocked = settings_networks(&settings->guard.block, arena, &rules.blocked_count);
    return rules;
}

static void take_settings(struct sentry *sentry, const struct settings *settings)
{
    arena_free(&sentry->arena);
    sentry->arena = arena_new();
    sentry->rules = rules_of(settings, sentry->arena);
    sentry->is_enabled = settings->guard.enabled;
    sentry->known_seconds = settings->guard.known_network_days * DAY_S;
}

void sentry_set(struct sentry *sentry, const struct settings *settings)
{
    take_settings(sentry, settings);
    guard_writer_set_known_seconds(sentry->writer, sentry->known_seconds);
}

/* --- what outlives the process -------------------------------------------------------------- */

/* What another program may have put there is passed over. */
static void recall(void *context, const struct guess *guess)
{
    const struct ip nowhere = {.family = IP_NONE};
    struct guard_mark mark = {.account = guess->account,
        .network = guard_network_of(&nowhere),
        .hash = guess->mark,
        .at = guess->at};

    if (!guard_count_parse(guess->count, &mark.count))
        return;
    if (text_is_empty(guess->network) || ip_network_parse(guess->network, &mark.network))
        guard_recall(context, &mark);
}

/* A key that is none is as good as none: the writer puts ours in its place. */
static enum err load_key(struct store *store, struct guard *guard)
{
    unsigned char key[GUARD_KEY_BYTES];
    char hex[GUESS_KEY_LEN + 1];
    enum err err = guess_key_load(store, hex);

    if (err != ERR_NONE)
        return err;
    if (sodium_hex2bin(key, sizeof key, hex, GUESS_KEY_LEN, NULL, NULL, NULL) != 0)
        return ERR_ABSENT;
    guard_set_key(guard, key);
    memory_wipe(key, sizeof key);
    memory_wipe(hex, sizeof hex);
    return ERR_NONE;
}

static enum err load(struct store *store, struct guard *guard, struct failure *failure)
{
    struct guess_span span = guard_writer_span(clock_wall());
    enum err err = load_key(store, guard);

    if (err == ERR_ABSENT)
        return ERR_NONE;
    if (err == ERR_NONE)
        err = guess_list(store, &span, GUARD_WRITER_GUESSES_MAX, recall, guard);
    if (err != ERR_NONE)
        store_failure(store, failure);
    return err;
}

/* False where what is there cannot be read. */
static bool remember(struct sentry *sentry, const char *state_directory)
{
    struct store_keeper keeper;
    struct failure failure = {.text = ""};
    bool is_anew;
    enum err err;

    store_keeper_init(&keeper, state_directory, STORE_GUARD);
    err = store_keeper_open(&keeper, &is_anew, &failure);
    if (err == ERR_NONE)
        err = load(keeper.store, sentry->guard, &failure);
    if (err != ERR_NONE)
        log_error(NULL, "what guessers tried before this start is not known: %s", failure.text);
    store_keeper_done(&keeper);
    return err == ERR_NONE || err == ERR_ABSENT;
}

static void on_noted(void *context, const struct guard_mark *mark)
{
    struct sentry *sentry = context;
    char network[IP_NETWORK_TEXT_MAX] = "";
    struct guess guess = {.count = text_from_string(guard_count_word(mark->count)),
        .account = mark->account,
        .mark = mark->hash,
        .at = mark->at};

    if (mark->network.base.family != IP_NONE)
        ip_network_format(&mark->network, network);
    guess.network = text_from_string(network);
    guard_writer_put_guess(sentry->writer, &guess);
}

/* --- life ----------------------------------------------------------------------------------- */

static enum err start_writer(
    struct sentry *sentry, const char *state_directory, bool has_key, struct failure *failure)
{
    char hex[GUESS_KEY_LEN + 1];
    enum err err;

    sodium_bin2hex(hex, sizeof hex, guard_key(sentry->guard), GUARD_KEY_BYTES);
    err = guard_writer_new(
        state_directory, has_key ? hex : NULL, sentry->known_seconds, &sentry->writer, failure);
    memory_wipe(hex, sizeof hex);
    return err;
}

enum err sentry_new(const struct settings *settings, struct directory *directory,
    struct sentry **sentry_r, struct failure *failure)
{
    struct sentry *sentry = memory_alloc_zero(1, sizeof *sentry);
    bool has_key;
    enum err err;

    take_settings(sentry, settings);
    sentry->directory = directory;
    sentry->guard = guard_new(&sentry->rules, SENTRY_ACCOUNTS_MAX, SENTRY_NETWORKS_MAX);
    has_key = remember(sentry, settings->state_directory);
    guard_on_noted(sentry->guard, on_noted, sentry);
    err = start_writer(sentry, settings->state_directory, has_key, failure);
    if (err != ERR_NONE)
        sentry_free(&sentry);
    else
        *sentry_r = sentry;
    return err;
}

void sentry_free(struct sentry **sentry)
{
    if (*sentry == NULL)
        return;
    guard_writer_free(&(*sentry)->writer);
    guard_free(&(*sentry)->guard);
    arena_free(&(*sentry)->arena);
    memory_free(sentry);
}

/* --- attempts ------------------------------------------------------------------------------- */

/* A client that is not told has a network, too: who is asked for there is on this machine. */
static void format_network(const struct ip *client, char text_r[IP_NETWORK_TEXT_MAX])
{
    struct ip_network network = guard_network_of(client);

    if (client->family == IP_NONE)
        memcpy(text_r, "local", sizeof "local");
    else
        ip_network_format(&network, text_r);
}

/* When the account was last used from there; 0: never. False where nobody can tell. */
static bool find_last_use(
    struct sentry *sentry, struct text account, const struct ip *client, int64_t *last_r)
{
    char network[IP_NETWORK_TEXT_MAX];
    struct failure failure;
    enum err err;

    *last_r = 0;
    format_network(client, network);
    err = directory_known_network(
        sentry->directory, account, text_from_string(network), last_r, &failure);
    if (err == ERR_NONE || err == ERR_ABSENT)
        return true;
    if (directory_is_news(sentry->directory, &failure))
        log_error(NULL,
            "from where accounts are used is not known, and all are judged as owners: %s",
            failure.text);
    return false;
}

struct sentry_attempt sentry_meet(
    struct sentry *sentry, struct text account, bool exists, const struct ip *client)
{
    int64_t now = clock_wall(), last;
    bool is_sure = find_last_use(sentry, account, client, &last);
    bool is_known = !is_sure || last > now - sentry->known_seconds;

    return (struct sentry_attempt){
        .of = {.account = account, .exists = exists, .client = *client, .is_known = is_known},
        .last_use = last <= now + KNOWN_NETWORK_AHEAD_SECONDS ? last : 0,
        .is_unsure = !is_sure,
    };
}

struct guard_verdict sentry_judge(struct sentry *sentry, const struct sentry_attempt *attempt)
{
    if (!sentry->is_enabled)
        return (struct guard_verdict){.ground = GUARD_FREE};
    return guard_judge(sentry->guard, &attempt->of, clock_wall());
}

uint32_t sentry_mark(const struct sentry *sentry, struct text password)
{
    return guard_hash(sentry->guard, password) & PASSWORD_MASK;
}

void sentry_note_wrong(struct sentry *sentry, const struct sentry_attempt *attempt, uint32_t mark)
{
    int64_t now = clock_wall();

    if (!sentry->is_enabled)
        return;
    guard_expire(sentry->guard, now);
    guard_note_wrong_hash(sentry->guard, &attempt->of, mark, now);
    if (attempt->is_unsure) {
        struct guard_attempt stranger = attempt->of;

        stranger.is_known = false;
        guard_note_wrong_hash(sentry->guard, &stranger, mark, now);
    }
}

void sentry_note_right(struct sentry *sentry, const struct sentry_attempt *attempt,
    struct text service, int64_t app_password)
{
    char network[IP_NETWORK_TEXT_MAX];
    int64_t now = clock_wall();
    struct known_network known = {.address = attempt->of.account,
        .first = now,
        .last = now,
        .service = service,
        .app_password = app_password};

    if (now - attempt->last_use < KNOWN_NETWORK_STEP_SECONDS)
        return;
    format_network(&attempt->of.client, network);
    known.network = text_from_string(network);
    guard_writer_put_known(sentry->writer, &known);
}

/* --- what administrators ask for ------------------------------------------------------------ */

void sentry_each(struct sentry *sentry, size_t max, guard_visit_fn *visit, void *context)
{
    guard_each(sentry->guard, clock_wall(), max, visit, context);
}

bool sentry_forget_account(struct sentry *sentry, struct text account)
{
    guard_writer_forget(sentry->writer, account, TEXT(""));
    return guard_forget_account(sentry->guard, account);
}

bool sentry_forget_network(struct sentry *sentry, const struct ip *client)
{
    struct ip_network networks[GUARD_NETWORKS_MAX];
    size_t count = guard_networks_of(client, networks);
    char text[IP_NETWORK_TEXT_MAX];

    for (size_t i = 0; i < count; i++) {
        ip_network_format(&networks[i], text);
        guard_writer_forget(sentry->writer, TEXT(""), text_from_string(text));
    }
    return guard_forget_network(sentry->guard, client);
}
