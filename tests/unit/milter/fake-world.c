/* SPDX-License-Identifier: MIT */
#include "tests/unit/milter/fake-world.h"

#include <time.h>

#include "lib/base/memory.h"
#include "tests/unit/unit.h"

static bool fake_name_is(const struct dns_question *question, const char *name)
{
    return name != NULL && text_equals_nocase(text_from_string(name), question->name);
}

static const struct fake_record *find_record(
    const struct fake_world *fake, const struct dns_question *question)
{
    for (size_t i = 0; i < fake->record_count; i++)
        if (fake->records[i].type == question->type &&
            text_equals_nocase(text_from_string(fake->records[i].name), question->name))
            return &fake->records[i];
    return NULL;
}

static void answer_from_table(const struct fake_world *fake, const struct dns_question *question,
    struct dns_record *record, struct dns_answer *answer)
{
    const struct fake_record *found = find_record(fake, question);

    *answer = (struct dns_answer){.status = DNS_NO_NAME, .ttl_s = 60};
    if (found == NULL)
        return;
    answer->status = found->value != NULL ? DNS_FOUND : DNS_TEMPORARY;
    if (found->value == NULL)
        return;
    *record = (struct dns_record){0};
    if (question->type == DNS_A || question->type == DNS_AAAA)
        assert_true(ip_parse(text_from_string(found->value), &record->ip));
    else
        record->text = text_from_string(found->value);
    answer->count = 1;
    answer->records = record;
}

/* One call with all that was not given yet, but for the name that is slow (NULL: none is). */
static void wave_answer(const struct fake_world *fake, struct fake_wave *wave, const char *slow)
{
    struct dns_record *records = memory_alloc_zero(wave->count, sizeof *records);
    struct dns_answer *answers = memory_alloc_zero(wave->count, sizeof *answers);
    const struct dns_answer **pointers = memory_alloc_zero(wave->count, sizeof *pointers);
    bool is_news = false;

    for (size_t i = 0; i < wave->count; i++) {
        if (wave->is_given[i] || fake_name_is(&wave->questions[i], slow))
            continue;
        answer_from_table(fake, &wave->questions[i], &records[i], &answers[i]);
        pointers[i] = &answers[i];
        wave->is_given[i] = is_news = true;
        wave->left--;
    }
    if (is_news)
        wave->done(wave->context, pointers, wave->count, wave->left == 0);
    free(pointers);
    free(answers);
    free(records);
}

static struct fake_wave *wave_copy(
    const struct dns_question *questions, size_t count, resolver_done_fn *done, void *context)
{
    struct fake_wave *wave = memory_alloc_zero(1, sizeof *wave);

    wave->questions = memory_alloc_zero(count, sizeof *wave->questions);
    for (size_t i = 0; i < count; i++) {
        wave->questions[i].type = questions[i].type;
        wave->questions[i].name =
            text_from_bytes(memory_copy_bytes(questions[i].name.data, questions[i].name.len),
                questions[i].name.len);
    }
    wave->is_given = memory_alloc_zero(count, sizeof *wave->is_given);
    wave->count = wave->left = count;
    wave->done = done;
    wave->context = context;
    return wave;
}

static void wave_free(struct fake_wave *wave)
{
    for (size_t i = 0; i < wave->count; i++)
        free((char *)(uintptr_t)wave->questions[i].name.data);
    free(wave->questions);
    free(wave->is_given);
    free(wave);
}

static struct wave *fake_send(void *context, const struct dns_question *questions, size_t count,
    size_t asked_before, int64_t timeout_ms, resolver_done_fn *done, void *done_context)
{
    struct fake_world *fake = context;
    struct fake_wave *wave = wave_copy(questions, count, done, done_context);
    uintptr_t handle = 0;
    bool is_holding;

    assert_true(timeout_ms > 0);
    pthread_mutex_lock(&fake->lock);
    fake->waves_seen++;
    fake->asked_before = asked_before;
    fake->questions_seen += count;
    is_holding = fake->is_holding;
    if (is_holding) {
        assert_true(fake->held_count < FAKE_WAVES_MAX);
        wave->handle = handle = ++fake->last_handle;
        fake->held[fake->held_count++] = wave;
        pthread_cond_signal(&fake->changed);
    }
    pthread_mutex_unlock(&fake->lock);
    if (!is_holding) {
        wave_answer(fake, wave, NULL);
        wave_free(wave);
    }
    return (struct wave *)handle;
}

static bool fake_cancel(void *context, struct wave *handle)
{
    struct fake_world *fake = context;
    struct fake_wave *wave = NULL;

    pthread_mutex_lock(&fake->lock);
    while (fake->calling != 0 && fake->calling == (uintptr_t)handle)
        pthread_cond_wait(&fake->call_over, &fake->lock);
    for (size_t i = 0; i < fake->held_count; i++)
        if (fake->held[i]->handle == (uintptr_t)handle) {
            wave = fake->held[i];
            fake->held[i] = fake->held[--fake->held_count];
            break;
        }
    fake->waves_cancelled += wave != NULL;
    pthread_mutex_unlock(&fake->lock);
    if (wave == NULL)
        return false;
    wave_free(wave);
    return true;
}

void fake_world_hold(struct fake_world *fake, bool is_holding)
{
    pthread_mutex_lock(&fake->lock);
    fake->is_holding = is_holding;
    pthread_mutex_unlock(&fake->lock);
}

/* The oldest held wave of those between, marked as being called; NULL: there is none. */
static struct fake_wave *take_wave(struct fake_world *fake, uintptr_t above, uintptr_t last)
{
    struct fake_wave *wave = NULL;
    size_t at = 0;

    pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < fake->held_count; i++) {
        uintptr_t handle = fake->held[i]->handle;

        if (handle > above && handle <= last && (wave == NULL || handle < wave->handle)) {
            wave = fake->held[i];
            at = i;
        }
    }
    if (wave != NULL) {
        fake->held[at] = fake->held[--fake->held_count];
        fake->calling = wave->handle;
    }
    pthread_mutex_unlock(&fake->lock);
    return wave;
}

/* A wave of which something is left is held again. */
static void give_back(struct fake_world *fake, struct fake_wave *wave)
{
    bool is_over = wave->left == 0;

    pthread_mutex_lock(&fake->lock);
    fake->calling = 0;
    if (!is_over)
        fake->held[fake->held_count++] = wave;
    pthread_cond_broadcast(&fake->call_over);
    pthread_mutex_unlock(&fake->lock);
    if (is_over)
        wave_free(wave);
}

size_t fake_world_answer_but(struct fake_world *fake, const char *slow)
{
    struct fake_wave *wave;
    uintptr_t at = 0, last;
    size_t count = 0;

    pthread_mutex_lock(&fake->lock);
    last = fake->last_handle;
    pthread_mutex_unlock(&fake->lock);
    while ((wave = take_wave(fake, at, last)) != NULL) {
        size_t left = wave->left;

        at = wave->handle;
        wave_answer(fake, wave, slow);
        count += wave->left < left;
        give_back(fake, wave);
    }
    return count;
}

void fake_world_await(struct fake_world *fake, size_t count)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    pthread_mutex_lock(&fake->lock);
    while (fake->held_count < count)
        if (pthread_cond_timedwait(&fake->changed, &fake->lock, &until) != 0)
            fail_msg("%zu waves are held, not %zu", fake->held_count, count);
    pthread_mutex_unlock(&fake->lock);
}

size_t fake_world_answer(struct fake_world *fake)
{
    return fake_world_answer_but(fake, NULL);
}

static void *serve(void *context)
{
    struct fake_world *fake = context;
    bool goes_on;

    do {
        pthread_mutex_lock(&fake->lock);
        while (fake->held_count == 0 && fake->is_serving)
            pthread_cond_wait(&fake->changed, &fake->lock);
        goes_on = fake->is_serving;
        pthread_mutex_unlock(&fake->lock);
        fake_world_answer(fake);
    } while (goes_on);
    return NULL;
}

void fake_world_serve(struct fake_world *fake)
{
    fake->is_serving = true;
    assert_int_equal(pthread_create(&fake->server, NULL, serve, fake), 0);
}

void fake_world_serve_no_more(struct fake_world *fake)
{
    pthread_mutex_lock(&fake->lock);
    fake->is_serving = false;
    pthread_cond_signal(&fake->changed);
    pthread_mutex_unlock(&fake->lock);
    pthread_join(fake->server, NULL);
}

static struct text join(struct arena *arena, const struct text *texts, size_t count)
{
    struct text joined = TEXT_NONE;

    for (size_t i = 0; i < count; i++)
        joined = arena_print(arena, "%.*s %.*s", TEXT_ARGS(joined), TEXT_ARGS(texts[i]));
    return joined;
}

static enum err fake_judge_rights(void *context, const struct rights_request *request,
    struct arena *arena, struct rights_verdict *verdict_r, struct failure *failure)
{
    struct fake_world *fake = context;
    struct text authors = join(arena, request->authors, request->author_count);

    snprintf(fake->rights_request, sizeof fake->rights_request, "%.*s:%.*s (%.*s)",
        TEXT_ARGS(request->login), TEXT_ARGS(authors), TEXT_ARGS(request->sender));
    fake->rights_asked++;
    if (fake->rights_error != ERR_NONE)
        return failure_set(failure, fake->rights_error, "directory.db: a test says so");
    *verdict_r = fake->rights;
    return ERR_NONE;
}

static enum err fake_judge_exceptions(void *context, const struct exceptions_request *request,
    struct arena *arena, struct exceptions_verdict *verdict_r, struct failure *failure)
{
    struct fake_world *fake = context;
    struct text signers = join(arena, request->signers, request->signer_count);
    struct text authors = join(arena, request->authors, request->author_count);
    struct text sealers = join(arena, request->sealers, request->sealer_count);
    char ip[IP_TEXT_MAX];

    ip_format(&request->client, ip);
    snprintf(fake->exceptions_request, sizeof fake->exceptions_request, "%s %.*s;%.*s;%.*s%s%.*s",
        ip, TEXT_ARGS(request->sender_domain), TEXT_ARGS(signers), TEXT_ARGS(authors),
        request->sealer_count != 0 ? ";" : "", TEXT_ARGS(sealers));
    fake->exceptions_asked++;
    fake->exceptions_failed = request->failed_count;
    if (fake->exceptions_error != ERR_NONE)
        return failure_set(failure, fake->exceptions_error, "directory.db: a test says so");
    *verdict_r = fake->exceptions;
    return ERR_NONE;
}

static enum err fake_judge_forwarding(void *context, const struct forwarding_request *request,
    struct arena *arena, struct forwarding_verdict *verdict_r, struct failure *failure)
{
    struct fake_world *fake = context;
    size_t shown = request->recipient_count < 3 ? request->recipient_count : 3;
    struct text recipients = join(arena, request->recipients, shown);

    snprintf(fake->forwarding_request, sizeof fake->forwarding_request, "%.*s:%.*s (%.*s)%s",
        TEXT_ARGS(request->sender), TEXT_ARGS(recipients), TEXT_ARGS(request->srs.domain),
        request->is_resent ? " resent" : "");
    fake->forwarding_kept = request->recipient_count;
    fake->forwarding_has_more = request->has_more;
    fake->forwarding_asked++;
    if (fake->forwarding_error != ERR_NONE)
        return failure_set(failure, fake->forwarding_error, "srs.db: a test says so");
    *verdict_r = fake->forwarding;
    return ERR_NONE;
}

static enum err fake_find_keys(
    void *context, struct text domain, struct key_set **set_r, struct failure *failure)
{
    struct fake_world *fake = context;

    pthread_mutex_lock(&fake->lock);
    snprintf(fake->key_domain, sizeof fake->key_domain, "%.*s", TEXT_ARGS(domain));
    pthread_mutex_unlock(&fake->lock);
    if (fake->keys == NULL)
        return failure_set(failure, fake->key_error, "keys.db: a test says so");
    *set_r = key_set_hold(fake->keys);
    return ERR_NONE;
}

static struct world *fake_take(void *context)
{
    struct fake_world *fake = context;

    return world_hold(fake->world);
}

void fake_world_init(struct fake_world *fake)
{
    struct ip_network *trusted, *relays;
    struct world *world = memory_alloc_zero(1, sizeof *world);
    static const char *const originating[] = {"ORIGINATING", NULL};
    static const char *const relaying[] = {"INTERNAL_RELAY", NULL};
    static const char *const relay_ids[] = {"mx2.example.net", "mx3.example.net", NULL};

    memset(fake, 0, sizeof *fake);
    fake->arena = arena_new();
    trusted = arena_alloc_zero(fake->arena, 1, sizeof *trusted);
    assert_true(ip_network_parse(TEXT("192.0.2.0/28"), trusted));
    /* One in what is trusted, as a second MX mostly is; one outside of it. */
    relays = arena_alloc_zero(fake->arena, 2, sizeof *relays);
    assert_true(ip_network_parse(TEXT("192.0.2.14"), &relays[0]));
    assert_true(ip_network_parse(TEXT("2001:db8:7::/64"), &relays[1]));
    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->changed, NULL);
    pthread_cond_init(&fake->call_over, NULL);
    atomic_init(&world->references, 1);
    world->arena = arena_new();
    world->rules.authserv_id = TEXT("mx.example.net");
    world->rules.limits.header_bytes = MESSAGE_HEADER_BYTES_DEFAULT;
    world->rules.limits.fields = MESSAGE_FIELDS_DEFAULT;
    world->decisions.dns_timeout_ms = 5000;
    world->decisions.trusted_networks = trusted;
    world->decisions.trusted_network_count = 1;
    world->decisions.originating_daemons = originating;
    world->decisions.relay_daemons = relaying;
    world->decisions.relay_authserv_ids = relay_ids;
    world->decisions.internal_relays = relays;
    world->decisions.internal_relay_count = 2;
    world->resolver = (struct world_resolver){fake, fake_send, fake_cancel};
    world->keys = (struct world_keys){fake, fake_find_keys};
    world->rights = (struct world_rights){fake, fake_judge_rights};
    world->forwarding = (struct world_forwarding){fake, fake_judge_forwarding};
    world->exceptions = (struct world_exceptions){fake, fake_judge_exceptions};
    fake->rights.is_allowed = true;
    fake->key_error = ERR_ABSENT;
    fake->world = world;
    fake->source = (struct session_source){fake, fake_take};
}

void fake_world_done(struct fake_world *fake)
{
    assert_int_equal(fake->held_count, 0);
    assert_int_equal(fake->world->references, 1);
    world_release(&fake->world);
    key_set_release(&fake->keys);
    pthread_cond_destroy(&fake->changed);
    pthread_cond_destroy(&fake->call_over);
    pthread_mutex_destroy(&fake->lock);
    arena_free(&fake->arena);
}

void fake_world_add(
    struct fake_world *fake, const char *name, enum dns_type type, const char *value)
{
    assert_true(fake->record_count < FAKE_RECORDS_MAX);
    fake->records[fake->record_count++] = (struct fake_record){name, type, value};
}

struct key_set *fake_keys_make(struct arena *arena, const char *domain, const char *selector,
    enum key_algorithm algorithm, const char **record_r)
{
    struct buffer pem = BUFFER_NONE, record = BUFFER_NONE;
    struct private_key *key;
    struct key_set *set;
    struct failure failure;
    struct dkim_key row = {.selector = text_from_string(selector)};
    const struct dkim_key_list list = {&row, 1};

    assert_int_equal(private_key_generate(algorithm, 2048, &key, &failure), ERR_NONE);
    assert_int_equal(private_key_format_pem(key, &pem), ERR_NONE);
    assert_int_equal(private_key_format_record(key, &record), ERR_NONE);
    row.pem = arena_copy(arena, buffer_text(&pem));
    *record_r = arena_copy_string(arena, buffer_text(&record));
    assert_int_equal(key_set_parse(text_from_string(domain), &list, &set, &failure), ERR_NONE);
    private_key_release(&key);
    buffer_done_wiped(&pem);
    buffer_done(&record);
    return set;
}
