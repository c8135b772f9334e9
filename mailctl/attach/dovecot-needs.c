/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/dovecot-needs.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "mailctl/program.h"

/* apt-get must not be ended half way through: as long as a slow mirror may take. */
#define INSTALL_TIMEOUT_MS ((int64_t)3600000)
#define ACTION_TIMEOUT_MS ((int64_t)60000)
/* Above Dovecot's first_valid_uid, below the numbers that people get in a large site. */
#define MAIL_UID_FIRST 5000
#define MAIL_UID_LAST 5999

/* A package, and a file that it brings: what counts is the file, whoever has brought it. */
static const struct {
    const char *package, *file, *why;
} packages[] = {
    {"dovecot-lmtpd",    "/usr/lib/dovecot/lmtp",                          "Postfix hands mail over by LMTP"  },
    {"dovecot-sieve",    "/usr/bin/sievec",                                "marked mail goes to Junk"         },
    {"dovecot-auth-lua", "/usr/lib/dovecot/modules/auth/libauthdb_lua.so",
     "Dovecot asks by a Lua script"                                                                           },
    {"lua-socket",       "/usr/share/lua/5.*/socket.lua",                  "the Lua script speaks to a socket"},
};
#define PACKAGE_COUNT (sizeof packages / sizeof *packages)

static bool is_there(const char *pattern)
{
    glob_t found;
    bool is_found = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;

    globfree(&found);
    return is_found;
}

const char *dovecot_needs_mail_folder(const struct settings *settings, struct arena *arena)
{
    struct text home = text_from_string(settings->authd.mail_home);

    home = text_head(home, text_find(home, '%'));
    home = text_head(home, text_find_last(home, '/'));
    return home.len != 0 ? arena_copy_string(arena, home) : "/";
}

static bool folder_is_missing(const struct attach_site *site)
{
    return access(dovecot_needs_mail_folder(site->settings, site->arena), F_OK) != 0;
}

/* Older than the script, or not there: Dovecot would compile it for each delivery. */
static bool binary_is_old(void)
{
    struct stat script, binary;

    return stat(DOVECOT_NEEDS_SIEVE, &script) == 0 &&
           (stat(DOVECOT_NEEDS_SIEVE_BINARY, &binary) != 0 || binary.st_mtime < script.st_mtime);
}

static void plan_packages(const struct attach_site *site, struct plan *plan)
{
    struct buffer missing = BUFFER_NONE;

    for (size_t i = 0; i < PACKAGE_COUNT; i++)
        if (!is_there(packages[i].file)) {
            buffer_append_format(&missing, " %s", packages[i].package);
            plan_add_note(
                plan, PLAN_NOTE, "%s is missing: %s", packages[i].package, packages[i].why);
        }
    if (missing.len != 0 && site->may_install)
        plan_add_action(plan,
            arena_print(site->arena, "apt-get install%s", buffer_string(&missing)),
            "Dovecot cannot do without them");
    else if (missing.len != 0)
        plan_add_note(plan, PLAN_CHOICE, "run \"apt-get install%s\", or give --install",
            buffer_string(&missing));
    buffer_done(&missing);
}

void dovecot_needs_plan(const struct attach_site *site, struct plan *plan)
{
    const char *user = site->settings->authd.mail_user;
    const char *folder = dovecot_needs_mail_folder(site->settings, site->arena);

    plan_packages(site, plan);
    if (!is_there(PKGDATADIR "/gatepost.lua"))
        plan_add_note(
            plan, PLAN_REFUSAL, PKGDATADIR "/gatepost.lua is not there: install Gatepost whole");
    if (getpwnam(user) == NULL)
        plan_add_action(plan, arena_print(site->arena, "make the user %s", user),
            "owns all mailboxes; detach leaves it, since it owns mail");
    if (folder_is_missing(site))
        plan_add_action(plan, arena_print(site->arena, "make the folder %s", folder),
            "where the mailboxes are; detach leaves it");
    if (binary_is_old())
        plan_add_action(plan, TEXT("sievec " DOVECOT_NEEDS_SIEVE),
            "Dovecot runs it as the mail's owner, who may not write beside it");
}

/* --- making ----------------------------------------------------------------------------------- */

static int run(const struct attach_site *site, const char *const *argv, int64_t timeout_ms)
{
    struct text output;
    struct failure failure;

    if (program_succeed(argv, timeout_ms, site->arena, &output, &failure) != ERR_NONE)
        return invocation_complain(site->invocation, EX_UNAVAILABLE, "%s", failure.text);
    return EX_OK;
}

/* debconf's questions would wait for an answer that nobody gives. */
static int install(const struct attach_site *site)
{
    const char *argv[8 + PACKAGE_COUNT] = {"env", "DEBIAN_FRONTEND=noninteractive", "apt-get",
        "--yes", "--quiet", "--no-install-recommends", "install"};
    size_t count = 7, before = count;

    for (size_t i = 0; i < PACKAGE_COUNT; i++)
        if (!is_there(packages[i].file))
            argv[count++] = packages[i].package;
    if (count == before)
        return EX_OK;
    if (!site->may_install)
        return invocation_complain(
            site->invocation, EX_UNAVAILABLE, "packages are missing; give --install");
    return run(site, argv, INSTALL_TIMEOUT_MS);
}

static int free_uid(void)
{
    for (int uid = MAIL_UID_FIRST; uid <= MAIL_UID_LAST; uid++)
        if (getpwuid((uid_t)uid) == NULL && getgrgid((gid_t)uid) == NULL)
            return uid;
    return -1;
}

/* Not one of the system's numbers: Dovecot's first_valid_uid would not let it in. */
static int make_user(const struct attach_site *site)
{
    const char *user = site->settings->authd.mail_user;
    int uid = free_uid();
    const char *number = arena_print(site->arena, "%d", uid).data;
    const char *folder = dovecot_needs_mail_folder(site->settings, site->arena);
    const char *const argv[] = {"useradd", "--uid", number, "--user-group", "--no-create-home",
        "--home-dir", folder, "--shell", "/usr/sbin/nologin", "--comment", "Mailboxes", "--", user,
        NULL};

    if (getpwnam(user) != NULL)
        return EX_OK;
    if (uid < 0)
        return invocation_complain(site->invocation, EX_UNAVAILABLE,
            "no number from %d to %d is free for the user %s: make it by hand", MAIL_UID_FIRST,
            MAIL_UID_LAST, user);
    return run(site, argv, ACTION_TIMEOUT_MS);
}

static int make_folder(const struct attach_site *site)
{
    const struct passwd *user = getpwnam(site->settings->authd.mail_user);
    const char *folder = dovecot_needs_mail_folder(site->settings, site->arena);

    if (!folder_is_missing(site))
        return EX_OK;
    if (user == NULL || mkdir(folder, 0700) != 0 ||
        chown(folder, user->pw_uid, user->pw_gid) != 0 ||
        chmod(folder, DOVECOT_NEEDS_MAIL_MODE) != 0)
        return invocation_complain(site->invocation, EX_CANTCREAT, "%s cannot be made: %s", folder,
            user == NULL ? "there is no mail user" : strerror(errno));
    return EX_OK;
}

int dovecot_needs_make(const struct attach_site *site)
{
    /* It needs none of the configuration, which may still be that for another version. */
    static const char *const compile[] = {"sievec", "-O", DOVECOT_NEEDS_SIEVE, NULL};
    int status = install(site);

    if (status == EX_OK)
        status = make_user(site);
    if (status == EX_OK)
        status = make_folder(site);
    if (status == EX_OK && is_there(DOVECOT_NEEDS_SIEVE))
        status = run(site, compile, ACTION_TIMEOUT_MS);
    return status;
}
