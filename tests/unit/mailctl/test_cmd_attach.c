/* SPDX-License-Identifier: MIT */

/* What attach plans, shows and does, with a server that answers differently each time. */

#include "mailctl/attach/attach-run.h"
#include "mailctl/commands.h"
#include "tests/unit/unit.h"

/* --- what the command asks of mailctl --- */

static struct {
    bool is_stale; /* the next answer; each is the opposite of the one before */
    int asked, planned, shown, settled, done;
} seen;

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

/* One target, attached. */
int attach_run(struct invocation *invocation, const struct attach_verb *verb)
{
    struct attach_target target = {.part = &part, .site = {.invocation = invocation}};
    struct attach_run run = {.targets = &target, .count = 1};
    int status = verb->plan(&run);

    if (status == EX_OK)
        status = verb->show(invocation, &run);
    return status == EX_OK ? verb->act(invocation, &run) : status;
}

enum journal_state journal_state(const struct journal *journal)
{
    (void)journal;
    return JOURNAL_ATTACHED;
}

const char *journal_name(const struct journal *journal)
{
    (void)journal;
    return "dovecot";
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
    (void)journal;
    assert_ptr_equal(plan, &the_plan);
    seen.done++;
    return EX_OK;
}

int attach_settle(const struct attach_site *site, struct journal *journal)
{
    (void)site;
    (void)journal;
    return EX_OK;
}

int attach_put_back(
    const struct attach_site *site, const struct attach_part *wanted, struct journal *journal)
{
    (void)site;
    (void)wanted;
    (void)journal;
    return EX_UNAVAILABLE;
}

int invocation_complain(const struct invocation *invocation, int status, const char *format, ...)
{
    (void)invocation;
    (void)format;
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
        assert_int_equal(command_attach.run(&invocation), EX_OK);
        assert_int_equal(seen.asked, 1);
        assert_int_equal(seen.planned, rows[i].planned);
        assert_int_equal(seen.shown, rows[i].planned);
        assert_int_equal(seen.done, rows[i].planned);
        assert_int_equal(seen.settled, rows[i].settled);
    }
}

UNIT_MAIN(cmocka_unit_test(test_asked_once))
