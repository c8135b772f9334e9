/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Into a running server and out again: what attach, detach and status have in common.
 *
 * A part is a server that we plug into: Postfix, Dovecot. It is one const struct, listed in
 * attach.c. The life of an attach: what an interrupted run left is finished or undone; each part
 * makes its plan (reads, changes nothing); the plans are shown and the operator asked; then, part
 * after part in the order of the list: prepare (packages, users), try (the new files on a scratch
 * copy, with the server's own checker), the files are replaced through the journal, reload, prove
 * (a real session). Where anything fails, all parts of this run are taken out again.
 *
 * Detach, by the same journal: a file that is as attach left it gets its former bytes back;
 * in one that the operator changed meanwhile, the part's revert() takes out what is still ours.
 */

#include "mailctl/attach/plan.h"
#include "mailctl/command.h"

/* A configuration: a part's usual one, or another instance's. */
struct attach_site {
    struct invocation *invocation;
    const struct settings *settings;
    /*
     * Of the gatepost-authd that Dovecot asks. There is one Dovecot for all instances of Postfix:
     * those that have daemons of their own leave its logins to the usual one.
     */
    const struct settings *login_settings;
    struct arena *arena;
    const char *directory;        /* of the configuration, as named; NULL: the usual one */
    const char *const *instances; /* folders of the other Postfixes that are attached when all is
                                     done; up to NULL */
    bool *started; /* which daemons this run has enabled (attach-daemon.h); NULL: detach, all are
                      ours to stop */
    const char *scratch_folder; /* for copies that are tried out */
    bool is_offline;            /* neither reload nor prove */
    bool may_install;           /* --install */
    const char *replace;        /* --replace and --keep: words with commas, or NULL */
    const char *keep;
};

/* What revert() could not decide: a setting that was ours and was changed since. */
struct attach_conflict {
    const char *path;
    struct text what; /* the setting's name */
    struct text before, ours, now;
};

struct attach_conflicts {
    struct attach_conflict *items; /* heap; attach_conflicts_done() */
    size_t count, room;
};

struct attach_part {
    const char *name; /* "postfix": the argument, and the journal's name */

    /*
     * What must be so, computed from what is there. EX_OK with the plan filled (a refusal is a
     * note of its weight), or the exit status after a complaint.
     */
    int (*plan)(const struct attach_site *site, struct plan *plan);
    /* The plan's actions; NULL where a part has none. EX_OK or a status after a complaint. */
    int (*prepare)(const struct attach_site *site, const struct plan *plan);
    /* The server's checker on a scratch copy with the plan's files. */
    enum err (*try_out)(
        const struct attach_site *site, const struct plan *plan, struct failure *failure);
    /*
     * What hangs on the files of a journal that have just been replaced or put back: mounts, units.
     * Before the reload on the way in, behind it on the way out. NULL where nothing does.
     */
    enum err (*follow)(
        const struct attach_site *site, const struct journal *journal, struct failure *failure);
    /* Makes the running server read its configuration; ERR_ABSENT: it does not run. */
    enum err (*reload)(const struct attach_site *site, struct failure *failure);
    /* A real session. The failure names the probe. Tells what it has seen (invocation_tell). */
    enum err (*prove)(const struct attach_site *site, struct failure *failure);
    /*
     * Takes what is ours out of a file that was changed since: from now, what differs between
     * before and ours, as far as it is still as we left it. Pure.
     */
    void (*revert)(const struct journal_file *file, struct text now, struct arena *arena,
        struct text *after_r, struct attach_conflicts *conflicts);
    /* What was attached does not suit the server any more, and is to be done anew. NULL: never. */
    bool (*is_stale)(const struct attach_site *site, const struct journal *journal);
    /* Warns (invocation_warn) of what came after attach and does not go with it. NULL: nothing. */
    void (*review)(const struct attach_site *site);
};

/* In the order in which they are attached; NULL-terminated. Detached in the reverse order. */
extern const struct attach_part *const attach_parts[];
extern const struct attach_part attach_dovecot, attach_postfix;

/* NULL where there is none of that name. A journal's name ("postfix@/etc/p2") will do. */
const struct attach_part *attach_part_find(const char *name);

struct attach_removal;

/*
 * Finishes or undoes what an interrupted run left in that journal, and says so. EX_OK, or the
 * status after a complaint; COMMAND_CHECK_WARNING where conflicts were left (they are told).
 */
int attach_recover(
    const struct attach_site *site, const struct attach_part *part, struct journal *journal);
/*
 * Takes a part out, as shown (NULL: as it comes): files, reload, and the journal is forgotten.
 * Conflicts are told, and that it is detached all the same; they make the status
 * COMMAND_CHECK_WARNING.
 */
int attach_take_out(const struct attach_site *site, const struct attach_part *part,
    struct journal *journal, const struct attach_removal *shown);
/*
 * Tries the plan, carries it out and proves it; on any failure all is as it was. The journal is not
 * settled: until attach_settle() an interruption leads back.
 */
int attach_carry_out(const struct attach_site *site, const struct attach_part *part,
    const struct plan *plan, struct journal *journal);
int attach_settle(const struct attach_site *site, struct journal *journal);
/* Undoes what was carried out and not settled, says so, and returns a status that is not EX_OK. */
int attach_put_back(
    const struct attach_site *site, const struct attach_part *part, struct journal *journal);

void attach_conflicts_add(struct attach_conflicts *conflicts, const struct attach_conflict *item);
void attach_conflicts_done(struct attach_conflicts *conflicts);
