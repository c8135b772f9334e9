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
    unsigned char key[crypto_shorthash_KEYBYTES];
};

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

/* --- keys --- */

struct ip_network guard_network_of(const struct ip *client)
{
    return ip_network_of(client, client->family == IP_V4 ? V4_BITS : V6_BITS);
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
    const struct guard_attempt *attempt, unsigned char bytes_r[OWN_KEY_BYTES])
{
    struct ip_network network = guard_network_of(&attempt->client);
    struct text account = account_key(attempt->account);

    network_key(&network, bytes_r);
    if (account.len > 0)
        memcpy(bytes_r + NETWORK_KEY_BYTES, account.data, account.len);
    return text_from_bytes((const char *)bytes_r, NETWORK_KEY_BYTES + account.len);
}

static uint32_t mark_of(const struct guard *guard, struct text text)
{
    unsigned char hash[crypto_shorthash_BYTES];
    uint32_t mark;

    crypto_shorthash(hash, (const unsigned char *)text.data, text.len, guard->key);
    memcpy(&mark, hash, sizeof mark);
    return mark;
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
    if (attempt->client.family != IP_NONE)
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
        weigh(guard, guard_book_read(guard->owners, own_key(attempt, bytes)), PAGE_FIRST, GUARD_OWN,
            &network, now, &verdict);
    } else {
        weigh_stranger(guard, attempt, &network, now, &verdict);
    }
    return verdict;
}

/* --- noting --- */

static void note(struct guard_page *page, enum page_kind kind, uint32_t mark, int64_t now)
{
    recent_note(&page->of[kind], mark, now);
}

static void note_networks(struct guard *guard, const struct guard_attempt *attempt, int64_t now)
{
    struct ip_network network = guard_network_of(&attempt->client);
    unsigned char bytes[NETWORK_KEY_BYTES];
    uint32_t mark = mark_of(guard, attempt->account);
    struct guard_page *page = guard_book_write(guard->networks, network_key(&network, bytes));

    note(page, PAGE_ACCOUNTS, mark, now);
    if (!attempt->exists)
        note(page, PAGE_UNKNOWN, mark, now);
    if (attempt->client.family != IP_V6)
        return;
    network = ip_network_of(&attempt->client, V6_WIDE_BITS);
    note(guard_book_write(guard->networks, network_key(&network, bytes)), PAGE_WIDE, mark, now);
}

void guard_note_wrong(
    struct guard *guard, const struct guard_attempt *attempt, struct text password, int64_t now)
{
    const struct guard_rules *rules = guard->rules;
    uint32_t mark = mark_of(guard, password);

    if (is_listed(rules->allowed, rules->allowed_count, &attempt->client))
        return;
    if (attempt->is_known) {
        unsigned char bytes[OWN_KEY_BYTES];

        note(guard_book_write(guard->owners, own_key(attempt, bytes)), PAGE_FIRST, mark, now);
        return;
    }
    note(guard_book_write(guard->accounts, account_key(attempt->account)), PAGE_FIRST, mark, now);
    if (attempt->client.family != IP_NONE)
        note_networks(guard, attempt, now);
}

/* --- forgetting --- */

bool guard_forget_account(struct guard *guard, struct text account)
{
    return guard_book_erase(guard->accounts, account_key(account));
}

bool guard_forget_network(struct guard *guard, const struct ip *client)
{
    struct ip_network network = guard_network_of(client);
    unsigned char bytes[NETWORK_KEY_BYTES];
    bool was_there = guard_book_erase(guard->networks, network_key(&network, bytes));

    if (client->family == IP_V6) {
        network = ip_network_of(client, V6_WIDE_BITS);
        was_there |= guard_book_erase(guard->networks, network_key(&network, bytes));
    }
    return was_there;
}

void guard_expire(struct guard *guard, int64_t now)
{
    guard_book_expire(guard->accounts, now - DAY_S, EXPIRE_PAGES);
    guard_book_expire(guard->owners, now - DAY_S, EXPIRE_PAGES);
    guard_book_expire(guard->networks, now - DAY_S, EXPIRE_PAGES);
}
