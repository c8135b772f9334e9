/* SPDX-License-Identifier: MIT */

/* Dovecot: whether its configuration can be read, uses us, and suits its version. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/service/privilege.h"
#include "mailctl/attach/dovecot-conf.h"
#include "mailctl/attach/dovecot-needs.h"
#include "mailctl/attach/dovecot-running.h"
#include "mailctl/file.h"
#include "mailctl/program.h"
#include "mailctl/status/status.h"

static bool contains(struct text text, const char *needle)
{
    return text_find_text(text, text_from_string(needle)) < text.len;
}

/* False where there is no Dovecot, or it does not say what it has. */
static bool read_configuration(struct status *status, struct text *printed_r)
{
    static const char *const argv[] = {"doveconf", "-n", NULL};
    struct failure failure;
    enum err err;

    if (!program_exists("doveconf")) {
        status_say(
            status, STATUS_WARNING, "apt-get install dovecot-imapd", "there is no Dovecot here");
        return false;
    }
    err = program_succeed(argv, STATUS_PROGRAM_MS, status->arena, printed_r, &failure);
    if (err == ERR_NONE)
        return true;
    if (!status->is_root)
        status_say(status, STATUS_UNKNOWN, "sudo mailctl status", "%s", failure.text);
    else
        status_say(status, STATUS_ERROR, "doveconf -n", "%s", failure.text);
    return false;
}

static void check_running(struct status *status)
{
    if (!program_exists("doveconf"))
        status_say(status, STATUS_OK, NULL, "there is no Dovecot here");
    else if (!status->is_root)
        status_say(status, STATUS_UNKNOWN, "sudo mailctl status",
            "only root can see whether Dovecot runs");
    else if (!dovecot_is_running(status->arena))
        status_say(status, STATUS_ERROR, NULL, "Dovecot does not run");
}

static void check_settings(struct status *status)
{
    struct text printed = TEXT_NONE;

    if (read_configuration(status, &printed) && !contains(printed, "gatepost"))
        status_say(status, STATUS_WARNING, status_dovecot_mend(status),
            "Dovecot does not ask Gatepost about users");
}

/* Files for another version keep Dovecot from starting at all, or from asking us. */
static void check_files(struct status *status)
{
    static const char *const paths[] = {
        "/etc/dovecot/conf.d/" DOVECOT_CONF_LOGINS, "/etc/dovecot/conf.d/" DOVECOT_CONF_DELIVERY};
    static const char *const argv[] = {"dovecot", "--version", NULL};
    struct text version = TEXT_NONE;
    struct failure failure;

    if (!program_exists("dovecot"))
        return;
    if (program_succeed(argv, STATUS_PROGRAM_MS, status->arena, &version, &failure) != ERR_NONE) {
        status_say_unseen(status, &failure);
        return;
    }
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct file file;

        if (file_read(paths[i], status->arena, &file, &failure) != ERR_NONE)
            status_say_unseen(status, &failure);
        else if (file.is_there && dovecot_conf_version(file.content) != dovecot_version_of(version))
            status_say(status, STATUS_ERROR, NULL, "%s was not written for this Dovecot, %.*s",
                paths[i], TEXT_ARGS(text_head(version, text_find(version, ' '))));
    }
}

/* Sockets in the queue of a Postfix that is not attached any more. */
static void check_queues(struct status *status)
{
    static const char path[] = DOVECOT_CONF_FOLDER "/" DOVECOT_CONF_DELIVERY;
    struct dovecot_facts facts = {.queue_count = 0};
    const char *const *instances;
    const char *stray;
    struct failure failure;
    struct file file;

    if (file_read(path, status->arena, &file, &failure) != ERR_NONE) {
        status_say_unseen(status, &failure);
        return;
    }
    if (!file.is_there || !status_attached_instances(status, &instances))
        return;
    dovecot_facts_queues(instances, status->arena, &facts);
    stray = dovecot_conf_stray_queue(file.content, &facts, status->arena);
    if (stray == NULL)
        return;
    if (access(arena_print(status->arena, "%s/private", stray).data, F_OK) != 0)
        status_say(status, STATUS_ERROR, NULL,
            "%s: Dovecot has sockets in %s, which is not there: it does not start", path, stray);
    else
        status_say(status, STATUS_WARNING, NULL,
            "%s: Dovecot has sockets in %s, and no Postfix there is attached: without that folder"
            " it does not start",
            path, stray);
}

/* What attach has written before it knew of the cache lets one password in everywhere. */
static void judge_cache(struct status *status, struct text size)
{
    static const char path[] = DOVECOT_CONF_FOLDER "/" DOVECOT_CONF_LOGINS;
    struct failure failure;
    struct file file;

    if (file_read(path, status->arena, &file, &failure) != ERR_NONE)
        status_say_unseen(status, &failure);
    else if (file.is_there && !dovecot_conf_limits_cache(file.content))
        status_say(status, STATUS_WARNING, status_dovecot_mend(status),
            "Dovecot remembers logins (auth_cache_size is %.*s): a password that was good once is "
            "good for each protocol and from each address until auth_cache_ttl is over",
            TEXT_ARGS(size));
    else if (file.is_there && dovecot_conf_version(file.content) == DOVECOT_2_4)
        status_say(status, STATUS_OK, NULL,
            "Dovecot remembers logins (auth_cache_size is %.*s), but none of Gatepost's users",
            TEXT_ARGS(size));
    else
        status_say(status, STATUS_OK, NULL,
            "Dovecot remembers logins (auth_cache_size is %.*s); mailctl makes it forget whom it "
            "changes",
            TEXT_ARGS(size));
}

static void check_cache(struct status *status)
{
    static const char *const argv[] = {"doveconf", "-h", "auth_cache_size", NULL};
    struct text value = TEXT_NONE;
    struct failure failure;

    if (!program_exists("doveconf"))
        return;
    if (program_succeed(argv, STATUS_PROGRAM_MS, status->arena, &value, &failure) != ERR_NONE)
        status_say_unseen(status, &failure);
    value = text_trim(value);
    if (value.len != 0 && value.data[0] != '0')
        judge_cache(status, value);
}

static const char *group_of(struct status *status, const char *user)
{
    const struct passwd *passwd = getpwnam(user);
    const struct group *group = passwd != NULL ? getgrgid(passwd->pw_gid) : NULL;

    return group != NULL ? arena_copy_string(status->arena, text_from_string(group->gr_name))
                         : user;
}

/* As the mail's owner, who has to write below the folder. */
static void check_mail_user(struct status *status)
{
    const char *user = status->settings->authd.mail_user;
    const char *folder = dovecot_needs_mail_folder(status->settings, status->arena);
    struct failure failure;

    if (!program_exists("doveconf"))
        return;
    if (getpwnam(user) == NULL) {
        status_say(status, STATUS_ERROR, status_dovecot_mend(status),
            "there is no user %s, who is to own all mail", user);
        return;
    }
    if (!status->is_root)
        status_say(status, STATUS_UNKNOWN, "sudo mailctl status",
            "only root can try what the user %s can write", user);
    else if (privilege_drop(user, &failure) != ERR_NONE)
        status_say_unseen(status, &failure);
    else if (access(folder, W_OK | X_OK) != 0)
        status_say(status, STATUS_ERROR,
            status_command(status, "install -d -m %04o -o %s -g %s %s", DOVECOT_NEEDS_MAIL_MODE,
                user, group_of(status, user), folder),
            "%s: %s cannot write there: %s", folder, user, strerror(errno));
}

static void check_sieve(struct status *status)
{
    struct stat script, binary;

    if (stat(DOVECOT_NEEDS_SIEVE, &script) == 0 &&
        (stat(DOVECOT_NEEDS_SIEVE_BINARY, &binary) != 0 || binary.st_mtime < script.st_mtime))
        status_say(status, STATUS_WARNING, NULL,
            DOVECOT_NEEDS_SIEVE " is not compiled: Dovecot does it again for each message");
}

/* Dovecot takes the extension off a recipient by itself. */
static void check_delimiter(struct status *status)
{
    static const char *const argv[] = {"doveconf", "-h", "recipient_delimiter", NULL};
    const char *ours = status->settings->recipient_delimiter;
    struct text value = TEXT_NONE;
    struct failure failure;

    if (!program_exists("doveconf") || !dovecot_conf_is_there())
        return;
    if (program_succeed(argv, STATUS_PROGRAM_MS, status->arena, &value, &failure) != ERR_NONE)
        status_say_unseen(status, &failure);
    else if (!text_equals(text_trim(value), text_from_string(ours)))
        status_say(status, STATUS_WARNING, status_dovecot_mend(status),
            "Dovecot's recipient_delimiter is \"%.*s\", ours \"%s\": mail to a name with an "
            "extension is refused or goes to another",
            TEXT_ARGS(text_trim(value)), ours);
}

static const struct status_check checks[] = {
    {"running",   check_running,   "systemctl start dovecot"    },
    {"settings",  check_settings,  "mailctl attach dovecot"     },
    {"files",     check_files,     "mailctl attach dovecot"     },
    {"queues",    check_queues,    "mailctl attach dovecot"     },
    {"cache",     check_cache,     NULL                         },
    {"mail-user", check_mail_user, "mailctl attach dovecot"     },
    {"delimiter", check_delimiter, "mailctl attach dovecot"     },
    {"sieve",     check_sieve,     "sievec " DOVECOT_NEEDS_SIEVE},
};

const struct status_group status_dovecot = {"dovecot", checks, sizeof checks / sizeof *checks};
