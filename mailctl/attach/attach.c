/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/attach.h"

#include <string.h>

#include "mailctl/attach/attach-removal.h"

const struct attach_part *const attach_parts[] = {&attach_dovecot, &attach_postfix, NULL};

const struct attach_part *attach_part_find(const char *name)
{
    size_t len = strcspn(name, "@");

    for (size_t i = 0; attach_parts[i] != NULL; i++)
        if (strlen(attach_parts[i]->name) == len && strncmp(attach_parts[i]->name, name, len) == 0)
            return attach_parts[i];
    return NULL;
}

/* --- out --- */

static enum err reload(
    const struct attach_site *site, const struct attach_part *part, struct failure *failure)
{
    enum err err = site->is_offline ? ERR_NONE : part->reload(site, failure);

    return err == ERR_ABSENT ? ERR_NONE : err;
}

static enum err follow(const struct attach_site *site, const struct attach_part *part,
    const struct journal *journal, struct failure *failure)
{
    return site->is_offline || part->follow == NULL ? ERR_NONE
                                                    : part->follow(site, journal, failure);
}

/* What one run of detach goes by, and how far it came. */
struct departure {
    struct attach_removal own;            /* thought out here */
    const struct attach_removal *removal; /* as it was shown, or own; the latest counts */
    bool has_begun;                       /* files may have moved */
};

static enum err look(const struct attach_site *site, const struct attach_part *part,
    const struct journal *journal, struct departure *departure, struct failure *failure)
{
    attach_removal_done(&departure->own);
    departure->removal = &departure->own;
    return attach_removal_look(site, part, journal, &departure->own, failure);
}

static enum err move(struct journal *journal, struct departure *departure, struct failure *failure)
{
    departure->has_begun = true;
    return journal_apply_detach(journal, failure);
}

/* Somebody may have changed a file after it was looked at: then once more. */
static enum err apply_detach(const struct attach_site *site, const struct attach_part *part,
    struct journal *journal, struct departure *departure, struct failure *failure)
{
    enum err err = move(journal, departure, failure);

    if (err != ERR_REFUSED)
        return err;
    err = journal_reconsider(journal, failure);
    if (err == ERR_NONE)
        err = look(site, part, journal, departure, failure);
    if (err == ERR_NONE)
        err = journal_begin_detach(
            journal, departure->removal->now, departure->removal->after, failure);
    return err == ERR_NONE ? move(journal, departure, failure) : err;
}

/* The files move, the server reads them; only then is the journal forgotten. */
static enum err detach(const struct attach_site *site, const struct attach_part *part,
    struct journal *journal, struct departure *departure, struct failure *failure)
{
    enum err err = ERR_NONE;

    if (journal_state(journal) != JOURNAL_DETACHING)
        err = journal_begin_detach(
            journal, departure->removal->now, departure->removal->after, failure);
    if (err == ERR_NONE)
        err = apply_detach(site, part, journal, departure, failure);
    if (err == ERR_NONE)
        err = reload(site, part, failure);
    if (err == ERR_NONE)
        err = follow(site, part, journal, failure);
    return err == ERR_NONE ? journal_forget(journal, failure) : err;
}

/* Behind the conflicts, how it stands. */
static int conclude(const struct attach_site *site, const struct journal *journal,
    const struct attach_removal *removal)
{
    const char *name = journal_name(journal);
    size_t count = removal->conflicts.count;

    attach_removal_tell(removal, site->invocation);
    if (count == 0)
        return EX_OK;
    return invocation_complain(site->invocation, COMMAND_CHECK_WARNING,
        "%s: detached; %zu %s changed after attach and kept, as named above: see whether %s right"
        " without Gatepost",
        name, count, count == 1 ? "setting was" : "settings were",
        count == 1 ? "it is" : "they are");
}

static int fail_to_detach(const struct attach_site *site, const struct journal *journal,
    const struct departure *departure, const struct failure *failure)
{
    const char *name = journal_name(journal);
    int status = invocation_complain_failure(site->invocation, failure);

    (void)invocation_complain(site->invocation, status,
        journal_state(journal) == JOURNAL_ATTACHED && !departure->has_begun
            ? "%s: nothing was changed, it is still attached: mend that, then detach again"
            : "%s: not wholly detached: mend that, then detach again",
        name);
    return status;
}

int attach_take_out(const struct attach_site *site, const struct attach_part *part,
    struct journal *journal, const struct attach_removal *shown)
{
    struct departure departure = {.own = {.count = 0}};
    struct failure failure;
    enum err err = ERR_NONE;
    int status;

    if (journal_state(journal) == JOURNAL_NONE)
        return EX_OK;
    departure.removal = shown != NULL ? shown : &departure.own;
    if (shown == NULL && journal_state(journal) != JOURNAL_DETACHING)
        err = look(site, part, journal, &departure, &failure);
    if (err == ERR_NONE)
        err = detach(site, part, journal, &departure, &failure);
    status = err == ERR_NONE ? conclude(site, journal, departure.removal)
                             : fail_to_detach(site, journal, &departure, &failure);
    attach_removal_done(&departure.own);
    return status;
}

/* --- back to what was attached before --- */

/*
 * A server that cannot take its former files, as it could not before us, goes on with what it read
 * last (part->reload()).
 */
static void tell_server(
    const struct attach_site *site, const struct attach_part *part, const struct journal *journal)
{
    struct failure failure;
    enum err err = follow(site, part, journal, &failure);

    if (err == ERR_NONE)
        err = reload(site, part, &failure);
    if (err != ERR_NONE)
        (void)invocation_complain(site->invocation, EX_OK,
            "%s: its former files are back, but the server does not take them: %s",
            journal_name(journal), failure.text);
}

static int restore(
    const struct attach_site *site, const struct attach_part *part, struct journal *journal)
{
    const struct invocation *invocation = site->invocation;
    const char *name = journal_name(journal);
    struct failure failure;
    int status = EX_OK;
    enum err err = journal_undo_renewal(journal, &failure);

    if (err == ERR_REFUSED)
        status = invocation_complain(invocation, COMMAND_CHECK_WARNING,
            "%s: %s; it is left so: compare it with what \"mailctl -n detach\" shows", name,
            failure.text);
    if (err == ERR_NONE || err == ERR_REFUSED) {
        tell_server(site, part, journal);
        err = journal_reconsider(journal, &failure);
    }
    if (err != ERR_NONE) {
        (void)invocation_complain_failure(invocation, &failure);
        return invocation_complain(invocation, EX_UNAVAILABLE,
            "%s: its former files are not all back: mend that, then attach again", name);
    }
    return status;
}

int attach_put_back(
    const struct attach_site *site, const struct attach_part *part, struct journal *journal)
{
    int status = journal_state(journal) == JOURNAL_RENEWING
                     ? restore(site, part, journal)
                     : attach_take_out(site, part, journal, NULL);

    if (status == EX_OK)
        (void)invocation_complain(site->invocation, EX_UNAVAILABLE,
            "%s: everything is as it was before: mend what is named above, then attach again",
            journal_name(journal));
    return status == EX_OK ? EX_UNAVAILABLE : status;
}

int attach_recover(
    const struct attach_site *site, const struct attach_part *part, struct journal *journal)
{
    const struct invocation *invocation = site->invocation;
    const char *name = journal_name(journal);

    switch (journal_state(journal)) {
    case JOURNAL_APPLYING:
        invocation_tell(invocation, "%s: an attach was interrupted: it is undone", name);
        return attach_take_out(site, part, journal, NULL);
    case JOURNAL_RENEWING:
        invocation_tell(invocation, "%s: an attach anew was interrupted: it is undone", name);
        return restore(site, part, journal);
    case JOURNAL_DETACHING:
        invocation_tell(invocation, "%s: a detach was interrupted: it is finished", name);
        return attach_take_out(site, part, journal, NULL);
    case JOURNAL_NONE:
    case JOURNAL_ATTACHED:
        break;
    }
    return EX_OK;
}

/* --- in --- */

static enum err begin(struct journal *journal, const struct plan *plan, struct failure *failure)
{
    const struct journal_file *files = NULL;
    const struct file *now = NULL;
    size_t count = plan_changes(plan, &files, &now);

    return journal_state(journal) == JOURNAL_ATTACHED
               ? journal_begin_renewal(journal, files, now, count, failure)
               : journal_begin(journal, files, count, failure);
}

static enum err apply(const struct attach_site *site, const struct attach_part *part,
    struct journal *journal, struct failure *failure)
{
    enum err err = journal_apply(journal, failure);

    if (err != ERR_NONE || site->is_offline)
        return err;
    err = follow(site, part, journal, failure);
    if (err == ERR_NONE)
        err = part->reload(site, failure);
    return err == ERR_NONE ? part->prove(site, failure) : err;
}

int attach_carry_out(const struct attach_site *site, const struct attach_part *part,
    const struct plan *plan, struct journal *journal)
{
    const char *name = journal_name(journal);
    struct failure failure;
    int status = part->prepare != NULL ? part->prepare(site, plan) : EX_OK;

    if (status == EX_OK && part->try_out(site, plan, &failure) != ERR_NONE)
        status = invocation_complain(site->invocation, EX_CONFIG,
            "%s: the new configuration was tried on a copy and found wanting: %s", name,
            failure.text);
    if (status == EX_OK && begin(journal, plan, &failure) != ERR_NONE)
        status = invocation_complain_failure(site->invocation, &failure);
    if (status != EX_OK)
        return invocation_complain(site->invocation, status,
            "%s: nothing was changed: mend that, then attach again", name);
    if (apply(site, part, journal, &failure) != ERR_NONE) {
        (void)invocation_complain_failure(site->invocation, &failure);
        return attach_put_back(site, part, journal);
    }
    return EX_OK;
}

int attach_settle(const struct attach_site *site, struct journal *journal)
{
    struct failure failure;

    return journal_settle(journal, &failure) == ERR_NONE
               ? EX_OK
               : invocation_complain_failure(site->invocation, &failure);
}
