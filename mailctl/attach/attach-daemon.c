/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/attach-daemon.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "lib/service/control-client.h"
#include "mailctl/attach/daemon-unit.h"
#include "mailctl/program.h"

#define START_TIMEOUT_MS ((int64_t)60000)
#define ASK_TIMEOUT_MS ((int64_t)5000)

static const struct daemon {
    const char *name;
    const char *sockets[4]; /* up to NULL */
} daemons[ATTACH_DAEMONS] = {
    {"milter",  {"milter", "milter-control"}             },
    {"policyd", {"policyd", "policyd-control"}           },
    {"authd",   {"authd", "authd-login", "authd-control"}},
};
#define UNITS_MAX (ATTACH_DAEMONS * (1 + sizeof daemons->sockets / sizeof *daemons->sockets))

static bool answers(const struct attach_site *site, const char *name)
{
    struct buffer answer = BUFFER_NONE;
    enum err err =
        control_ask(site->settings->run_directory, name, "status", ASK_TIMEOUT_MS, &answer, NULL);

    buffer_done(&answer);
    return err == ERR_NONE;
}

/* Of the configuration that is attached with. */
static const char *unit_of(const struct attach_site *site, const char *name)
{
    return daemon_unit(daemon_unit_instance(site->invocation->config_path), name, "", site->arena);
}

bool attach_daemon_can_start(void)
{
    return access("/run/systemd/system", F_OK) == 0;
}

/* authd does not start without the user who owns the mail, whom the part "dovecot" makes. */
static bool can_run(const struct attach_site *site, const char *name)
{
    return strcmp(name, "authd") != 0 || getpwnam(site->settings->authd.mail_user) != NULL;
}

void attach_daemon_plan(
    const struct attach_site *site, struct plan *plan, const char *name, const char *why)
{
    if (site->is_offline || answers(site, name))
        return;
    if (attach_daemon_can_start())
        plan_add_action(
            plan, arena_print(plan->arena, "systemctl enable --now %s", unit_of(site, name)), why);
    else if (can_run(site, name))
        plan_add_note(plan, PLAN_REFUSAL, "gatepost-%s does not run: start it first", name);
}

/*
 * A daemon that could not start yet (authd, before there is the user who owns the mail) has perhaps
 * been tried too often by its sockets, and systemd would not try it again.
 */
static void forget_failures(const struct attach_site *site, const char *name)
{
    const char *const argv[] = {
        "systemctl", "reset-failed", arena_print(site->arena, "gatepost-%s*", name).data, NULL};
    struct text output;

    (void)program_succeed(argv, START_TIMEOUT_MS, site->arena, &output, NULL);
}

/* One that the operator has enabled himself stays so, whatever becomes of this attach. */
static void note_started(const struct attach_site *site, const char *name, const char *unit)
{
    const char *const argv[] = {"systemctl", "is-enabled", "--quiet", unit, NULL};
    struct text output;

    if (site->started == NULL ||
        program_succeed(argv, START_TIMEOUT_MS, site->arena, &output, NULL) == ERR_NONE)
        return;
    for (size_t i = 0; i < ATTACH_DAEMONS; i++)
        if (strcmp(daemons[i].name, name) == 0)
            site->started[i] = true;
}

int attach_daemon_start(const struct attach_site *site, const char *name)
{
    const char *unit = unit_of(site, name);
    const char *const argv[] = {"systemctl", "enable", "--now", unit, NULL};
    struct text output;
    struct failure failure;

    if (site->is_offline || answers(site, name))
        return EX_OK;
    if (!attach_daemon_can_start())
        return invocation_complain(
            site->invocation, EX_UNAVAILABLE, "%s does not run: start it, then attach again", unit);
    forget_failures(site, name);
    note_started(site, name, unit);
    if (program_succeed(argv, START_TIMEOUT_MS, site->arena, &output, &failure) != ERR_NONE)
        return invocation_complain(site->invocation, EX_UNAVAILABLE, "%s", failure.text);
    return EX_OK;
}

enum err attach_daemon_retire(
    const struct attach_site *site, struct text instance, struct failure *failure)
{
    static const size_t verb = 3;
    const char *argv[4 + UNITS_MAX] = {"systemctl", "disable", "--now"};
    struct text output;
    size_t count = verb;

    for (size_t i = 0; i < ATTACH_DAEMONS; i++) {
        if (site->started != NULL && !site->started[i])
            continue;
        argv[count++] = daemon_unit(instance, daemons[i].name, ".service", site->arena);
        for (const char *const *socket = daemons[i].sockets; *socket != NULL; socket++)
            argv[count++] = daemon_unit(instance, *socket, ".socket", site->arena);
    }
    return count == verb ? ERR_NONE
                         : program_succeed(argv, START_TIMEOUT_MS, site->arena, &output, failure);
}
