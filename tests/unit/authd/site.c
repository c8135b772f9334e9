/* SPDX-License-Identifier: MIT */
#include "tests/unit/authd/site.h"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "tests/unit/unit.h"

static const struct running_program program = {"authd/gatepost-authd", "authd", "login"};

/* Somebody who is there and is not root: who runs the test, or "nobody". */
static const char *mail_user(void)
{
    const struct passwd *entry = getpwuid(getuid());

    return entry != NULL && entry->pw_uid != 0 ? entry->pw_name : "nobody";
}

static const char *own_name(void)
{
    const struct passwd *entry = getpwuid(getuid());

    return entry != NULL ? entry->pw_name : "root";
}

static void configure(struct site *site, const char *lines)
{
    struct buffer text = BUFFER_NONE;

    buffer_append_format(&text,
        "hostname = test.example\nrun_directory = \"%s/run\"\nstate_directory = \"%s\"\n"
        "authd {\nlisten_login = \"unix:%s\"\nlisten_lookup = \"unix:%s\"\nuser = %s\n"
        "login_group = %s\nmail_user = %s\nmail_home = \"/mail/%%d/%%n\"\nhash_memory = 1M\n"
        "hash_passes = 1\n%s\n}\n",
        site->running.folder, site->ground.folder, site->running.socket, site->lookup, own_name(),
        own_name(), mail_user(), lines);
    running_write_config(&site->running, buffer_string(&text));
    buffer_done(&text);
}

void site_restart(struct site *site)
{
    running_start(&site->running, -1);
    running_await(&site->running, "READY=1");
}

void site_start(struct site *site, const char *lines)
{
    ground_make(&site->ground);
    running_init(&site->running, &program, "");
    snprintf(site->lookup, sizeof site->lookup, "%s/lookup", site->running.folder);
    configure(site, lines);
    site_restart(site);
}

void site_stop(struct site *site)
{
    assert_true(site->running.pid > 0);
    running_signal(&site->running, SIGTERM);
    assert_int_equal(running_end(&site->running), 0);
}

void site_done(struct site *site)
{
    running_done(&site->running);
    ground_remove(&site->ground);
}
