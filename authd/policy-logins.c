/* SPDX-License-Identifier: MIT */
#include "authd/policy-logins.h"

#include <sodium.h>

#include "lib/base/buffer.h"
#include "lib/base/memory.h"

#define LOGIN_SECONDS 60
#define PLACES 4096

struct place {
    uint64_t login; /* who, in which session: a keyed hash */
    uint64_t password;
    unsigned mechs; /* a bit for each */
    int64_t at;     /* 0: free */
};

struct policy_logins {
    unsigned char key[crypto_shorthash_KEYBYTES];
    struct place places[PLACES];
};

struct policy_logins *policy_logins_new(void)
{
    struct policy_logins *logins = memory_alloc_zero(1, sizeof *logins);

    crypto_shorthash_keygen(logins->key);
    return logins;
}

void policy_logins_free(struct policy_logins **logins)
{
    memory_free(logins);
}

static uint64_t hash(const struct policy_logins *logins, struct text text)
{
    unsigned char bytes[crypto_shorthash_BYTES];
    uint64_t number;

    crypto_shorthash(bytes, (const unsigned char *)text.data, text.len, logins->key);
    memcpy(&number, bytes, sizeof number);
    return number;
}

/* Each part behind its length, so that no two logins have the same bytes. */
static uint64_t hash_login(const struct policy_logins *logins, const struct policy_request *request)
{
    struct buffer bytes = BUFFER_NONE;
    uint64_t number;

    buffer_append_format(&bytes, "%zu %zu ", request->login.len, request->session.len);
    buffer_append_text(&bytes, request->login);
    buffer_append_text(&bytes, request->session);
    buffer_append(&bytes, request->remote.bytes, sizeof request->remote.bytes);
    number = hash(logins, buffer_text(&bytes));
    buffer_done(&bytes);
    return number;
}

/* What Dovecot offers. All others count as one, the last. */
static const struct {
    const char *name;
    bool shows_password;
} mechs[] = {
    {"",                   true }, /* Dovecot was not told to say */
    {"PLAIN",              true },
    {"LOGIN",              true },
    {"CRAM-MD5",           false},
    {"DIGEST-MD5",         false},
    {"SCRAM-SHA-1",        false},
    {"SCRAM-SHA-256",      false},
    {"SCRAM-SHA-1-PLUS",   false},
    {"SCRAM-SHA-256-PLUS", false},
    {"APOP",               false},
    {"another",            false},
};
#define MECH_OTHER (sizeof mechs / sizeof *mechs - 1)

static size_t find_mech(struct text name)
{
    size_t i = 0;

    while (i < MECH_OTHER && !text_equals_nocase(name, text_from_string(mechs[i].name)))
        i++;
    return i;
}

bool policy_mech_shows_password(struct text mech)
{
    return mechs[find_mech(mech)].shows_password;
}

/* 0: the mechanism does not show it. */
static uint64_t hash_password(
    const struct policy_logins *logins, const struct policy_request *request)
{
    return policy_mech_shows_password(request->mech) ? hash(logins, request->pwhash) | 1 : 0;
}

static bool belongs_to(const struct place *place, const struct place *failure)
{
    return place->at != 0 && place->login == failure->login && failure->at >= place->at &&
           failure->at - place->at < LOGIN_SECONDS && (place->mechs & failure->mechs) == 0 &&
           (place->password == 0 || failure->password == 0 || place->password == failure->password);
}

bool policy_logins_note(
    struct policy_logins *logins, const struct policy_request *request, int64_t now)
{
    const struct place failure = {
        .login = hash_login(logins, request),
        .password = hash_password(logins, request),
        .mechs = 1U << find_mech(request->mech),
        .at = now,
    };
    struct place *place = &logins->places[failure.login % PLACES];

    if (!belongs_to(place, &failure)) {
        *place = failure;
        return true;
    }
    place->mechs |= failure.mechs;
    place->password |= failure.password;
    return false;
}
