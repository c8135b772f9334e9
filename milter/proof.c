/* SPDX-License-Identifier: MIT */
#include "milter/proof.h"

#include "lib/base/clock.h"

enum err proof_expect(struct proof *proof, struct text login, struct failure *failure)
{
    size_t at = text_find(login, '@');

    if (at == 0 || at + 1 >= login.len)
        return failure_set(failure, ERR_SYNTAX, "expected the address that will log in");
    if (login.len > sizeof proof->login)
        return failure_set(
            failure, ERR_LIMIT, "an address of more than %zu bytes", sizeof proof->login);
    pthread_mutex_lock(&proof->lock);
    memcpy(proof->login, login.data, login.len);
    proof->login_len = login.len;
    proof->end_ms = clock_monotonic_ms() + PROOF_LIFETIME_MS;
    pthread_mutex_unlock(&proof->lock);
    return ERR_NONE;
}

bool proof_take(struct proof *proof, struct text login)
{
    bool is_it;

    pthread_mutex_lock(&proof->lock);
    is_it = proof->login_len != 0 && clock_monotonic_ms() < proof->end_ms &&
            text_equals(login, text_from_bytes(proof->login, proof->login_len));
    if (is_it)
        proof->login_len = 0;
    pthread_mutex_unlock(&proof->lock);
    return is_it;
}
