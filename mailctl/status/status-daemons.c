/* SPDX-License-Identifier: MIT */

/* The configuration, and our daemons: up, of this version, and with the values of today. */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "config.h"
#include "lib/service/control-client.h"
#include "mailctl/attach/daemon-unit.h"
#include "mailctl/attach/systemd-idle.h"
#include "mailctl/status/status.h"

static void check_configuration(struct status *status)
{
    if (status->unread == NULL)
        return;
    if (status->unread->err == ERR_ACCESS)
        status_say_unseen(status, status->unread);
    else
        status_say(status, STATUS_ERROR, NULL, "%s", status->unread->text);
}

/* The unit of the daemon that reads this configuration. */
static const char *systemctl(struct status *status, const char *verb, const char *daemon)
{
    struct text instance = daemon_unit_instance(status->invocation->config_path);

    return status_command(
        status, "systemctl %s %s", verb, daemon_unit(instance, daemon, "", status->arena));
}

/* The value behind "KEY: " in the lines of an answer; empty where there is none. */
static struct text field(struct text answer, const char *key)
{
    struct text line, name = text_from_string(key);

    while (text_split(&answer, '\n', &line))
        if (text_starts_with(line, name) && line.len > name.len && line.data[name.len] == ':')
            return text_trim(text_skip(line, name.len + 1));
    return TEXT("");
}

/* Told apart by what the values are, not by times or comments. */
static void compare_settings(struct status *status, const char *daemon, struct text answer)
{
    struct text path = field(answer, "configuration");
    const char *own = status->invocation->config_path;
    char fingerprint[24];

    if (status->unread != NULL)
        return;
    if (!text_equals(path, text_from_string(own != NULL ? own : SETTINGS_DEFAULT_PATH))) {
        status_say(status, STATUS_WARNING,
            status_command(status, "mailctl -c %.*s status", TEXT_ARGS(path)),
            "gatepost-%s reads another configuration, %.*s", daemon, TEXT_ARGS(path));
        return;
    }
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64,
        settings_fingerprint(status->settings, daemon));
    if (!text_equals(field(answer, "fingerprint"), text_from_string(fingerprint)))
        status_say(status, STATUS_WARNING, systemctl(status, "reload-or-restart", daemon),
            "gatepost-%s runs with other settings than the file has, loaded %.*s", daemon,
            TEXT_ARGS(field(answer, "loaded")));
}

static void judge_answer(struct status *status, const char *daemon, struct text answer)
{
    struct text program = field(answer, "program");
    struct text version = text_skip(program, text_find_last(program, ' ') + 1);
    struct text failed = field(answer, "last reload failed");
    struct text lasting = field(answer, "needs restart");

    if (!text_equals(version, TEXT(PACKAGE_VERSION)))
        status_say(status, STATUS_WARNING, systemctl(status, "restart", daemon),
            "gatepost-%s still runs version %.*s, installed is " PACKAGE_VERSION, daemon,
            TEXT_ARGS(version));
    if (text_equals(field(answer, "state"), TEXT("stopping")))
        status_say(status, STATUS_WARNING, systemctl(status, "restart", daemon),
            "gatepost-%s is stopping", daemon);
    if (lasting.len != 0)
        status_say(status, STATUS_WARNING, systemctl(status, "restart", daemon),
            "gatepost-%s has to be restarted before it goes by what was changed: %.*s", daemon,
            TEXT_ARGS(lasting));
    if (failed.len != 0)
        status_say(status, STATUS_ERROR,
            status->unread != NULL ? "mailctl config check" : systemctl(status, "reload", daemon),
            "gatepost-%s keeps an older configuration, since the reload failed: %.*s", daemon,
            TEXT_ARGS(failed));
    else
        compare_settings(status, daemon, answer);
    if (status->said == 0)
        status_say(
            status, STATUS_OK, NULL, "running since %.*s", TEXT_ARGS(field(answer, "started")));
}

/* The question itself would start it. */
static void say_idle(struct status *status, const char *daemon, enum systemd_idle idle)
{
    status_say(status, idle == SYSTEMD_FAILED ? STATUS_ERROR : STATUS_WARNING,
        systemctl(status, "start", daemon),
        "gatepost-%s %s; systemd starts it at the next connection", daemon,
        idle == SYSTEMD_FAILED ? "has failed" : "does not run");
}

/* Nobody answers where its control socket is to be. */
static void say_absent(struct status *status, const char *daemon, enum systemd_idle idle)
{
    if (idle == SYSTEMD_RUNS)
        status_say(status, STATUS_ERROR, STATUS_ALL_AGAIN,
            "gatepost-%s runs, but its control socket is gone", daemon);
    else
        status_say(status, STATUS_ERROR,
            invocation_lacks_init(status->settings) ? "mailctl init"
                                                    : systemctl(status, "start", daemon),
            "gatepost-%s does not run", daemon);
}

static void ask_daemon(struct status *status, const char *daemon, enum systemd_idle idle)
{
    const char *run_directory = status->settings->run_directory;
    struct buffer answer = BUFFER_NONE;
    struct failure failure;
    enum err err =
        control_ask(run_directory, daemon, "status", STATUS_ANSWER_MS, &answer, &failure);

    switch (err) {
    case ERR_NONE:
        judge_answer(status, daemon, buffer_text(&answer));
        break;
    case ERR_ABSENT:
        say_absent(status, daemon, idle);
        break;
    case ERR_ACCESS:
        status_say_unseen(status, &failure);
        break;
    default:
        status_say(status, STATUS_ERROR, systemctl(status, "restart", daemon), "gatepost-%s: %s",
            daemon, failure.text);
    }
    buffer_done(&answer);
}

static void check_daemon(struct status *status)
{
    const char *daemon = status->check->name;
    struct text instance = daemon_unit_instance(status->invocation->config_path);
    enum systemd_idle idle = systemd_idle_of(instance, daemon, status->arena);

    if (systemd_is_idle(idle))
        say_idle(status, daemon, idle);
    else
        ask_daemon(status, daemon, idle);
}

static const struct status_check checks[] = {
    {"configuration", check_configuration, "mailctl config check"},
    {"milter",        check_daemon,        NULL                  },
    {"policyd",       check_daemon,        NULL                  },
    {"authd",         check_daemon,        NULL                  },
};

const struct status_group status_daemons = {"daemons", checks, sizeof checks / sizeof *checks};
