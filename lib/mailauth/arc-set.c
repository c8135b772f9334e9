/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/arc-set.h"

#include "lib/mailauth/authres-scan.h"

/* Fields of one kind, by instance. */
struct row {
    const char *name;
    size_t indices[SIGNATURE_INSTANCE_MAX]; /* of instance 1 first; or MESSAGE_NO_FIELD */
};

static const char *take(struct row *row, unsigned instance, size_t index)
{
    if (row->indices[instance - 1] != MESSAGE_NO_FIELD)
        return "an instance stands twice";
    row->indices[instance - 1] = index;
    return NULL;
}

/* [CFWS] and the mark. */
static bool take_mark(struct text *rest, struct text mark)
{
    (void)authres_skip_cfws(rest);
    if (!text_starts_with(*rest, mark))
        return false;
    *rest = text_skip(*rest, mark.len);
    return true;
}

/*
 * instance [CFWS] ";" (RFC 8617 §3.9, 4.1.1); *rest goes to what stands behind them. False where
 * they are not there.
 */
static bool take_instance(struct text *rest, unsigned *instance_r)
{
    if (!take_mark(rest, TEXT("i")) || !take_mark(rest, TEXT("=")))
        return false;
    (void)authres_skip_cfws(rest);
    return signature_instance_parse(authres_take_token(rest), instance_r) &&
           take_mark(rest, TEXT(";"));
}

/* Goes on after a problem: what can be read of the instances is to be known. results[] has a place
   for each. */
static const char *place_results(
    const struct message *message, struct row *row, struct text *results)
{
    size_t index = message_last_field(message, TEXT(ARC_RESULTS_FIELD));
    const char *first_problem = NULL;

    for (; index != MESSAGE_NO_FIELD; index = message_field_above(message, index)) {
        struct text rest = message_field(message, index)->value;
        const char *problem = "an ARC-Authentication-Results has no instance";
        unsigned instance;

        if (take_instance(&rest, &instance)) {
            problem = take(row, instance, index);
            results[instance - 1] = rest;
        }
        if (first_problem == NULL)
            first_problem = problem;
    }
    return first_problem;
}

/* fields[] has a place for each instance. */
static const char *place_signatures(const struct message *message, enum signature_kind kind,
    struct arena *arena, struct row *row, struct signature_field *fields)
{
    size_t index = message_last_field(message, text_from_string(row->name));
    const char *first_problem = NULL;

    for (; index != MESSAGE_NO_FIELD; index = message_field_above(message, index)) {
        struct signature_field field;
        const char *problem =
            signature_field_parse(kind, message_field(message, index)->value, arena, &field);

        if (field.instance != 0) {
            const char *taken = take(row, field.instance, index);

            problem = problem != NULL ? problem : taken;
            fields[field.instance - 1] = field;
        }
        if (first_problem == NULL)
            first_problem = problem;
    }
    return first_problem;
}

static void row_init(struct row *row, const char *name)
{
    row->name = name;
    for (size_t i = 0; i < sizeof row->indices / sizeof *row->indices; i++)
        row->indices[i] = MESSAGE_NO_FIELD;
}

/* The chain has no gap, and from its start to its end all fields. */
static const char *check_rows(
    const struct row *results, const struct row *messages, const struct row *seals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (results->indices[i] == MESSAGE_NO_FIELD)
            return "an ARC-Authentication-Results is missing";
        if (messages->indices[i] == MESSAGE_NO_FIELD)
            return "an ARC-Message-Signature is missing";
        if (seals->indices[i] == MESSAGE_NO_FIELD)
            return "an ARC-Seal is missing";
    }
    return NULL;
}

/* Each kind's fields; as many sets as the kind that has the most. */
static size_t count_fields(const struct message *message)
{
    static const char *const names[] = {ARC_RESULTS_FIELD, ARC_MESSAGE_FIELD, ARC_SEAL_FIELD};
    size_t most = 0;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t count = message_count_fields(message, text_from_string(names[i]));

        most = count > most ? count : most;
    }
    return most;
}

static unsigned newest_of(const struct row *row)
{
    for (unsigned i = SIGNATURE_INSTANCE_MAX; i > 0; i--)
        if (row->indices[i - 1] != MESSAGE_NO_FIELD)
            return i;
    return 0;
}

/* The three kinds, each with a place for each instance. */
struct table {
    struct row results, messages, seals;
    struct text result_texts[SIGNATURE_INSTANCE_MAX];
    struct signature_field message_fields[SIGNATURE_INSTANCE_MAX];
    struct signature_field seal_fields[SIGNATURE_INSTANCE_MAX];
};

static const char *fill(
    struct table *table, const struct message *message, struct arena *arena, size_t count)
{
    const char *problems[4];

    row_init(&table->results, ARC_RESULTS_FIELD);
    row_init(&table->messages, ARC_MESSAGE_FIELD);
    row_init(&table->seals, ARC_SEAL_FIELD);
    problems[0] = place_results(message, &table->results, table->result_texts);
    problems[1] = place_signatures(
        message, SIGNATURE_ARC_MESSAGE, arena, &table->messages, table->message_fields);
    problems[2] =
        place_signatures(message, SIGNATURE_ARC_SEAL, arena, &table->seals, table->seal_fields);
    problems[3] = check_rows(&table->results, &table->messages, &table->seals, count);
    for (size_t i = 0; i < 4; i++)
        if (problems[i] != NULL)
            return problems[i];
    return NULL;
}

static const struct arc_set *make_sets(const struct table *table, size_t count, struct arena *arena)
{
    struct arc_set *sets = arena_alloc_zero(arena, count, sizeof *sets);

    for (size_t i = 0; i < count; i++)
        sets[i] = (struct arc_set){
            .results_index = table->results.indices[i],
            .message_index = table->messages.indices[i],
            .seal_index = table->seals.indices[i],
            .results = table->result_texts[i],
            .message = table->message_fields[i],
            .seal = table->seal_fields[i],
        };
    return sets;
}

static unsigned newest_in(const struct table *table)
{
    unsigned results = newest_of(&table->results), messages = newest_of(&table->messages);
    unsigned seals = newest_of(&table->seals), newest = results > messages ? results : messages;

    return seals > newest ? seals : newest;
}

/* Whatever is wrong with the sets below (§5.1, 2). */
static bool newest_seal_is_fail(const struct table *table)
{
    unsigned newest = newest_of(&table->seals);

    return newest != 0 && table->seal_fields[newest - 1].chain == SIGNATURE_CHAIN_FAIL;
}

const char *arc_sets_find(
    const struct message *message, struct arena *arena, struct arc_sets *sets_r)
{
    size_t count = count_fields(message);
    struct table *table;
    const char *problem;

    *sets_r = (struct arc_sets){.count = 0};
    if (count == 0)
        return NULL;
    if (count > SIGNATURE_INSTANCE_MAX) {
        sets_r->newest = SIGNATURE_INSTANCE_MAX;
        return "too many sets";
    }
    table = arena_alloc_zero(arena, 1, sizeof *table);
    problem = fill(table, message, arena, count);
    sets_r->newest = newest_in(table);
    sets_r->has_ended = newest_seal_is_fail(table);
    if (problem != NULL)
        return problem;
    sets_r->items = make_sets(table, count, arena);
    sets_r->count = count;
    return NULL;
}

const struct header_field **arc_sets_order(
    const struct message *message, const struct arc_sets *sets, struct arena *arena)
{
    const struct header_field **order =
        arena_alloc_zero(arena, (sets->count + 1) * 3, sizeof *order);

    for (size_t i = 0; i < sets->count; i++) {
        order[i * 3] = message_field(message, sets->items[i].results_index);
        order[i * 3 + 1] = message_field(message, sets->items[i].message_index);
        order[i * 3 + 2] = message_field(message, sets->items[i].seal_index);
    }
    return order;
}
