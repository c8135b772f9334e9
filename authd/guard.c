/* SPDX-License-Identifier: MIT */
#include "authd/guard.h"

#include <assert.h>
#include <sodium.h>

#include "authd/guard-book.h"
#include "lib/base/memory.h"

#define HOUR_S ((int64_t)3600)
#define DAY_S (24 * HOUR_S)

#define V4_BITS 24
#define V6_BITS 64
#define V6_WIDE_BITS 56

/* Pages that one call of guard_expire() looks at in each book. */
#define EXPIRE_PAGES 1000
#define NETWORK_KEY_BYTES 18
/* Longer names are nobody's; those that begin alike are counted together. */
#define ACCOUNT_KEY_BYTES 512
#define OWN_KEY_BYTES (ACCOUNT_KEY_BYTES + NETWORK_KEY_BYTES)

/* The kinds of a network's page; an account's and an owner's have one, the first. */
enum page_kind { PAGE_FIRST, PAGE_ACCOUNTS = PAGE_FIRST, PAGE_UNKNOWN, PAGE_WIDE };

struct guard {
    const struct guard_rules *rules;
    struct guard_book *accounts, *networks, *owners;
    unsigned char key[GUARD_KEY_BYTES];
    guard_noted_fn *on_noted;
    void *context;
};

_Static_assert(GUARD_KEY_BYTES == crypto_shorthash_KEYBYTES, "the key of the hash");

static const char *const words[GUARD_COUNTS] = {
    [GUARD_ACCOUNT] = "account",
    [GUARD_ACCOUNTS] = "accounts",
    [GUARD_UNKNOWN] = "unknown",
    [GUARD_WIDE] = "wide",
    [GUARD_OWN] = "own",
};

const char *guard_count_word(enum guard_count count)
{
    return words[count];
}

bool guard_count_parse(struct text word, enum guard_count *count_r)
{
    for (int count = 0; count < GUARD_COUNTS; count++)
        if (text_equals(word, text_from_string(words[count]))) {
            *count_r = (enum guard_count)count;
            return true;
        }
    return false;
}

struct guard *guard_new(const struct guard_rules *rules, size_t accounts_max, size_t networks_max)
{
    struct guard *guard = memory_alloc_zero(1, sizeof *guard);

    guard->rules = rules;
    guard->accounts = guard_book_new(accounts_max);
    guard->owners = guard_book_new(accounts_max);
    guard->networks = guard_book_new(networks_max);
    crypto_shorthash_keygen(guard->key);
    return guard;
}

void guard_free(struct guard **guard)
{
    if (*guard == NULL)
        return;
    guard_book_free(&(*guard)->accounts);
    guard_book_free(&(*guard)->owners);
    guard_book_free(&(*guard)->networks);
    memory_wipe((*guard)->key, sizeof(*guard)->key);
    memory_free(guard);
}

void guard_set_rules(struct guard *guard, const struct guard_rules *rules)
{
    guard->rules = rules;
}

void guard_set_key(struct guard *guard, const unsigned char key[GUARD_KEY_BYTES])
{
    memcpy(guard->key, key, sizeof guard->key);
}

const unsigned char *guard_key(const struct guard *guard)
{
    return guard->key;
}

void guard_on_noted(struct guard *guard, guard_noted_fn *on_noted, void *context)
{
    guard->on_noted = on_noted;
    guard->context = context;
}

/* --- keys --- */

struct ip_network guard_network_of(const struct ip *client)
{
    return ip_network_of(client, client->family == IP_V4 ? V4_BITS : V6_BITS);
}

size_t guard_networks_of(const struct ip *client, struct ip_network networks_r[GUARD_NETWORKS_MAX])
{
    networks_r[0] = guard_network_of(client);
    if (client->family != IP_V6)
        return 1;
    networks_r[1] = ip_network_of(client, V6_WIDE_BITS);
    return 2;
}

static struct text network_key(
    const struct ip_network *network, unsigned char bytes_r[NETWORK_KEY_BYTES])
{
    bytes_r[0] = (unsigned char)network->base.family;
    bytes_r[1] = (unsigned char)network->prefix_bits;
    memcpy(bytes_r + 2, network->base.bytes, sizeof network->base.bytes);
    return text_from_bytes((const char *)bytes_r, NETWORK_KEY_BYTES);
}

static struct text account_key(struct text account)
{
    return text_head(account, ACCOUNT_KEY_BYTES);
}

/* The account's name behind its network. */
static struct text own_key(
    const struct ip_network *network, struct text account, unsigned char bytes_r[OWN_KEY_BYTES])
{
    struct text name = account_key(account);

    network_key(network, bytes_r);
    if (name.len > 0)
        memcpy(bytes_r + NETWORK_KEY_BYTES, name.data, name.len);
    return text_from_bytes((const char *)bytes_r, NETWORK_KEY_BYTES + name.len);
}

uint32_t guard_hash(const struct guard *guard, struct text text)
{
    unsigned char hash[crypto_shorthash_BYTES];
    uint32_t bits;

    crypto_shorthash(hash, (const unsigned char *)text.data, text.len, guard->key);
    memcpy(&bits, hash, sizeof bits);
    return bits;
}

static bool has_network_counts(const struct ip *client)
{
    return client->family != IP_NONE && !ip_is_loopback(client);
}

/* --- judging --- */

static bool is_listed(const struct ip_network *networks, size_t count, const struct ip *client)
{
    for (size_t i = 0; i < count; i++)
        if (ip_network_contains(&networks[i], client))
            return true;
    return false;
}

static unsigned percent_of(size_t count, unsigned limit)
{
    return (unsigned)(count * 100 / limit);
}

/* A count in one of its windows: where it is over the limit, and longer than what was found before,
 * it becomes the verdict. */
static void weigh_window(struct recent *recent, unsigned limit, int64_t window_s,
    const struct guard_verdict *found, int64_t now, struct guard_verdict *verdict)
{
    unsigned percent;
    int64_t until;

    if (limit == 0)
        return;
    percent = percent_of(recent_count(recent, now, window_s), limit);
    if (percent < verdict->percent)
        percent = verdict->percent;
    verdict->percent = percent;
    until = recent_free_at(recent, now, window_s, limit);
    if (until <= now || (verdict->is_refused && until <= verdict->until))
        return;
    *verdict = *found;
    verdict->is_refused = true;
    verdict->percent = percent;
    verdict->limit = limit;
    verdict->window_s = window_s;
    verdict->until = until;
}

static void weigh(const struct guard *guard, struct guard_page *page, enum page_kind kind,
    enum guard_count count, const struct ip_network *network, int64_t now,
    struct guard_verdict *verdict)
{
    const struct guard_limit *limit = &guard->rules->limits[count];
    const struct guard_verdict found = {
        .ground = GUARD_OVER_LIMIT, .count = count, .network = *network};

    if (page == NULL)
        return;
    weigh_window(&page->of[kind], limit->hour, HOUR_S, &found, now, verdict);
    weigh_window(&page->of[kind], limit->day, DAY_S, &found, now, verdict);
}

static void weigh_networks(
    struct guard *guard, const struct ip *client, int64_t now, struct guard_verdict *verdict)
{
    struct ip_network network = guard_network_of(client);
    unsigned char bytes[NETWORK_KEY_BYTES];
    struct guard_page *page = guard_book_read(guard->networks, network_key(&network, bytes));

    weigh(guard, page, PAGE_ACCOUNTS, GUARD_ACCOUNTS, &network, now, verdict);
    weigh(guard, page, PAGE_UNKNOWN, GUARD_UNKNOWN, &network, now, verdict);
    if (client->family != IP_V6)
        return;
    network = ip_network_of(client, V6_WIDE_BITS);
    page = guard_book_read(guard->networks, network_key(&network, bytes));
    weigh(guard, page, PAGE_WIDE, GUARD_WIDE, &network, now, verdict);
}

static void weigh_stranger(struct guard *guard, const struct guard_attempt *attempt,
    const struct ip_network *network, int64_t now, struct guard_verdict *verdict)
{
    weigh(guard, guard_book_read(guard->accounts, account_key(attempt->account)), PAGE_FIRST,
        GUARD_ACCOUNT, network, now, verdict);
    if (has_network_counts(&attempt->client))
        weigh_networks(guard, &attempt->client, now, verdict);
}

struct guard_verdict guard_judge(
    struct guard *guard, const struct guard_attempt *attempt, int64_t now)
{
    const struct guard_rules *rules = guard->rules;
    struct ip_network network = guard_network_of(&attempt->client);
    struct guard_verdict verdict = {.ground = GUARD_FREE, .network = network};
    unsigned char bytes[OWN_KEY_BYTES];

    if (is_listed(rules->allowed, rules->allowed_count, &attempt->client)) {
        verdict.ground = GUARD_IS_ALLOWED;
    } else if (is_listed(rules->blocked, rules->blocked_count, &attempt->client)) {
        verdict.ground = GUARD_IS_BLOCKED;
        verdict.is_refused = true;
    } else if (attempt->is_known) {
        weigh(guard, guard_book_read(guard->owners, own_key(&network, attempt->account, bytes)),
            PAGE_FIRST, GUARD_OWN, &network, now, &verdict);
    } else {
        weigh_stranger(guard, attempt, &network, now, &verdict);
    }
    return verdict;
}

/* --- noting --- */

static struct recent *recent_of(struct guard *guard, const struct guard_mark *mark)
{
    static const enum page_kind kinds[GUARD_COUNTS] = {
        [GUARD_ACCOUNTS] = PAGE_ACCOUNTS, [GUARD_UNKNOWN] = PAGE_UNKNOWN, [GUARD_WIDE] = PAGE_WIDE};
    unsigned char bytes[OWN_KEY_BYTES];
    struct guard_page *page;

    if (mark->count == GUARD_ACCOUNT)
        page = guard_book_write(guard->accounts, account_key(mark->account));
    else if (mark->count == GUARD_OWN)
        page = guard_book_write(guard->owners, own_key(&mark->network, mark->account, bytes));
    else
        page = guard_book_write(guard->networks, network_key(&mark->network, bytes));
    return &page->of[kinds[mark->count]];
}

void guard_recall(struct guard *guard, const struct guard_mark *mark)
{
    recent_note(recent_of(guard, mark), mark->hash, mark->at);
}

static void note(struct guard *guard, const struct guard_mark *mark)
{
    guard_recall(guard, mark);
    if (guard->on_noted != NULL)
        guard->on_noted(guard->context, mark);
}

static void note_networks(struct guard *guard, const struct guard_attempt *attempt, int64_t now)
{
    struct guard_mark mark = {.count = GUARD_ACCOUNTS,
        .network = guard_network_of(&attempt->client),
        .hash = guard_hash(guard, attempt->account),
        .at = now};

    note(guard, &mark);
    if (!attempt->exists) {
        mark.count = GUARD_UNKNOWN;
        note(guard, &mark);
    }
    if (attempt->client.family != IP_V6)
        return;
    mark.count = GUARD_WIDE;
    mark.network = ip_network_of(&attempt->client, V6_WIDE_BITS);
    note(guard, &mark);
}

void guard_note_wrong_hash(
    struct guard *guard, const struct guard_attempt *attempt, uint32_t hash, int64_t now)
{
    const struct guard_rules *rules = guard->rules;
    struct guard_mark mark = {
        .count = GUARD_ACCOUNT, .account = account_key(attempt->account), .hash = hash, .at = now};

    if (is_listed(rules->allowed, rules->allowed_count, &attempt->client))
        return;
    if (attempt->is_known) {
        mark.count = GUARD_OWN;
        mark.network = guard_network_of(&attempt->client);
    }
    note(guard, &mark);
    if (!attempt->is_known && has_network_counts(&attempt->client))
        note_networks(guard, attempt, now);
}

void guard_note_wrong(
    struct guard *guard, const struct guard_attempt *attempt, struct text password, int64_t now)
{
    guard_note_wrong_hash(guard, attempt, guard_hash(guard, password), now);
}

/* --- listing --- */

struct tour {
    struct guard *guard;
    int64_t now;
    guard_visit_fn *visit;
    void *context;
};

static int64_t later_of(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static int64_t over_until(struct recent *recent, unsigned limit, int64_t window_s, int64_t now)
{
    int64_t until = limit != 0 ? recent_free_at(recent, now, window_s, limit) : now;

    return until > now ? until : 0;
}

static void show(const struct tour *tour, struct recent *recent, struct guard_standing standing)
{
    standing.limit = tour->guard->rules->limits[standing.count];
    standing.hour = (unsigned)recent_count(recent, tour->now, HOUR_S);
    standing.day = (unsigned)recent_count(recent, tour->now, DAY_S);
    standing.until = later_of(over_until(recent, standing.limit.hour, HOUR_S, tour->now),
        over_until(recent, standing.limit.day, DAY_S, tour->now));
    if (standing.day > 0)
        tour->visit(tour->context, &standing);
}

static struct ip_network network_of_key(struct text key)
{
    struct ip_network network = {.base = {.family = (enum ip_family)(unsigned char)key.data[0]},
        .prefix_bits = (unsigned char)key.data[1]};

    memcpy(network.base.bytes, key.data + 2, sizeof network.base.bytes);
    return network;
}

static void show_account(void *context, struct text key, struct guard_page *page)
{
    show(context, &page->of[PAGE_FIRST],
        (struct guard_standing){.count = GUARD_ACCOUNT, .account = key});
}

static void show_owner(void *context, struct text key, struct guard_page *page)
{
    show(context, &page->of[PAGE_FIRST],
        (struct guard_standing){.count = GUARD_OWN,
            .account = text_skip(key, NETWORK_KEY_BYTES),
            .network = network_of_key(key)});
}

static void show_network(void *context, struct text key, struct guard_page *page)
{
    struct guard_standing standing = {.count = GUARD_ACCOUNTS, .network = network_of_key(key)};

    show(context, &page->of[PAGE_ACCOUNTS], standing);
    standing.count = GUARD_UNKNOWN;
    show(context, &page->of[PAGE_UNKNOWN], standing);
    standing.count = GUARD_WIDE;
    show(context, &page->of[PAGE_WIDE], standing);
}

void guard_each(struct guard *guard, int64_t now, size_t max, guard_visit_fn *visit, void *context)
{
    struct tour tour = {guard, now, visit, context};

    guard_book_each(guard->accounts, max, show_account, &tour);
    guard_book_each(guard->owners, max, show_owner, &tour);
    guard_book_each(guard->networks, max, show_network, &tour);
}

/* --- forgetting --- */

static bool is_own_of(void *context, struct text key)
{
    const struct text *account = context;

    return text_equals(text_skip(key, NETWORK_KEY_BYTES), *account);
}

bool guard_forget_account(struct guard *guard, struct text account)
{
    struct text key = account_key(account);
    bool was_there = guard_book_erase(guard->accounts, key);

    return guard_book_erase_all(guard->owners, is_own_of, &key) || was_there;
}

bool guard_forget_network(struct guard *guard, const struct ip *client)
{
    struct ip_network networks[GUARD_NETWORKS_MAX];
    size_t count = guard_networks_of(client, networks);
    bool was_there = false;

    for (size_t i = 0; i < count; i++) {
        unsigned char bytes[NETWORK_KEY_BYTES];

        was_there |= guard_book_erase(guard->networks, network_key(&networks[i], bytes));
    }
    return was_there;
}

void guard_expire(struct guard *guard, int64_t now)
{
    guard_book_expire(guard->accounts, now - DAY_S, EXPIRE_PAGES);
    guard_book_expire(guard->owners, now - DAY_S, EXPIRE_PAGES);
    guard_book_expire(guard->networks, now - DAY_S, EXPIRE_PAGES);
}
