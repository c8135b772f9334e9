/* SPDX-License-Identifier: MIT */

/* What attach plans, shows and does, with a server that answers differently each time. */

#include "mailctl/attach/attach-run.h"
#include "mailctl/commands.h"
#include "tests/unit/unit.h"

/* --- what the command asks of mailctl --- */

static struct {
    bool is_stale; /* the next answer; each is the opposite of the one before */
    int asked, planned, shown, settled, done;
    size_t count;        /* of targets */
    size_t unsettled_at; /* the call of attach_settle() that fails; 0: none */
    int kept;            /* told to stay attached */
} seen;

struct journal {
    const char *name;
    enum journal_state state;
    bool is_put_back;
};

#define TARGETS_MAX 2
static struct journal journals[TARGETS_MAX];

static struct plan the_plan;

static bool is_stale(const struct attach_site *site, const struct journal *journal)
{
    bool answer = seen.is_stale;

    (void)site;
    (void)journal;
    seen.asked++;
    seen.is_stale = !answer;
    return answer;
}

static void review(const struct attach_site *site)
{
    (void)site;
    seen.settled++;
}

static const struct attach_part part = {.name = "dovecot", .is_stale = is_stale, .review = review};

int attach_run(struct invocation *invocation, const struct attach_verb *verb)
{
    struct attach_target targets[TARGETS_MAX];
    struct attach_run run = {.targets = targets, .count = seen.count};
    int status;

    for (size_t i = 0; i < seen.count; i++)
        targets[i] = (struct attach_target){
            .part = &part, .site = {.invocation = invocation}, .journal = &journals[i]};
    status = verb->plan(&run);
    if (status == EX_OK)
        status = verb->show(invocation, &run);
    return status == EX_OK ? verb->act(invocation, &run) : status;
}

enum journal_state journal_state(const struct journal *journal)
{
    return journal->state;
}

const char *journal_name(const struct journal *journal)
{
    return journal->name;
}

int attach_run_plan(struct attach_target *target)
{
    target->plan = &the_plan;
    seen.planned++;
    return EX_OK;
}

bool plan_is_empty(const struct plan *plan)
{
    assert_ptr_equal(plan, &the_plan);
    return false;
}

enum plan_weight plan_weight(const struct plan *plan)
{
    assert_ptr_equal(plan, &the_plan);
    return PLAN_NOTE;
}

int plan_show(const struct plan *plan, const struct invocation *invocation)
{
    (void)invocation;
    assert_ptr_equal(plan, &the_plan);
    seen.shown++;
    return EX_OK;
}

int attach_carry_out(const struct attach_site *site, const struct attach_part *wanted,
    const struct plan *plan, struct journal *journal)
{
    (void)site;
    (void)wanted;
    assert_ptr_equal(plan, &the_plan);
    journal->state = journal->state == JOURNAL_NONE ? JOURNAL_APPLYING : JOURNAL_RENEWING;
    seen.done++;
    return EX_OK;
}

int attach_settle(const struct attach_site *site, struct journal *journal)
{
    (void)site;
    if (--seen.unsettled_at == 0)
        return EX_IOERR;
    journal->state = JOURNAL_ATTACHED;
    return EX_OK;
}

int attach_put_back(
    const struct attach_site *site, const struct attach_part *wanted, struct journal *journal)
{
    (void)site;
    (void)wanted;
    journal->is_put_back = true;
    return EX_UNAVAILABLE;
}

int invocation_complain(const struct invocation *invocation, int status, const char *format, ...)
{
    (void)invocation;
    seen.kept += strstr(format, "stays attached") != NULL;
    return status;
}

int invocation_complain_failure(const struct invocation *invocation, const struct failure *failure)
{
    (void)invocation;
    (void)failure;
    return EX_IOERR;
}

void invocation_tell(const struct invocation *invocation, const char *format, ...)
{
    (void)invocation;
    (void)format;
}

bool invocation_confirm(const struct invocation *invocation, const char *question)
{
    (void)invocation;
    (void)question;
    return true;
}

/* --- the tests --- */

/* Whatever the server answered first holds: what is carried out was shown, and the other way. */
static void test_asked_once(void **state)
{
    static const struct {
        const char *name;
        bool is_stale;
        int planned, settled;
    } rows[] = {
        {"settled, then stale", false, 0, 1},
        {"stale, then settled", true,  1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct invocation invocation = {.yes = true};

        unit_row(rows[i].name);
        memset(&seen, 0, sizeof seen);
        seen.is_stale = rows[i].is_stale;
        seen.count = 1;
        journals[0] = (struct journal){.name = "dovecot", .state = JOURNAL_ATTACHED};
        assert_int_equal(command_attach.run(&invocation), EX_OK);
        assert_int_equal(seen.asked, 1);
        assert_int_equal(seen.planned, rows[i].planned);
        assert_int_equal(seen.shown, rows[i].planned);
        assert_int_equal(seen.done, rows[i].planned);
        assert_int_equal(seen.settled, rows[i].settled);
    }
}

/* What cannot be told to stay is put back, and with it all that can be of this run. */
static void test_unsettled(void **state)
{
    static const struct {
        const char *name;
        size_t fails_at;
        enum journal_state before; /* of the first */
        bool is_put_back[TARGETS_MAX];
        int kept;
    } rows[] = {
        {"all is settled",                    3, JOURNAL_NONE,     {false, false}, 0},
        {"the first",                         1, JOURNAL_NONE,     {true, true},   0},
        {"the second",                        2, JOURNAL_NONE,     {true, true},   0},
        {"the second, the first was renewed", 2, JOURNAL_ATTACHED, {false, true},  1},
        {"the first, which was to be anew",   1, JOURNAL_ATTACHED, {true, true},   0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct invocation invocation = {.yes = true};
        bool is_well = rows[i].fails_at > TARGETS_MAX;

        unit_row(rows[i].name);
        memset(&seen, 0, sizeof seen);
        seen.is_stale = true;
        seen.count = TARGETS_MAX;
        seen.unsettled_at = rows[i].fails_at;
        journals[0] = (struct journal){.name = "dovecot", .state = rows[i].before};
        journals[1] = (struct journal){.name = "postfix", .state = JOURNAL_NONE};
        assert_int_equal(command_attach.run(&invocation), is_well ? EX_OK : EX_IOERR);
        assert_int_equal(seen.done, TARGETS_MAX);
        for (size_t at = 0; at < TARGETS_MAX; at++)
            assert_int_equal(journals[at].is_put_back, rows[i].is_put_back[at]);
        assert_int_equal(seen.kept, rows[i].kept);
    }
}

UNIT_MAIN(cmocka_unit_test(test_asked_once), cmocka_unit_test(test_unsettled))
