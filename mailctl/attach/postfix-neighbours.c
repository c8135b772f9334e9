/* SPDX-License-Identifier: MIT */

/* What the operator is told of programs that stay beside us, by what their own configuration says.
 */

#include <string.h>
#include <unistd.h>

#include "mailctl/attach/neighbour-conf.h"
#include "mailctl/attach/postfix-wiring.h"

#define HOST_NAME_BYTES_MAX 256

static struct text our_name(const struct wiring *wiring)
{
    const struct settings *settings = wiring->site->settings;
    const char *id = settings->milter.authserv_id;

    return text_from_string(id[0] != '\0' ? id : settings_hostname(settings));
}

/* Without a word of it in their configuration it is what Postfix tells milters, "j". */
static struct text name_of(const struct wiring *wiring, const char *path)
{
    struct text name = neighbour_conf_read(path, TEXT("AuthservID"), wiring->arena);
    char host[HOST_NAME_BYTES_MAX] = "";

    if (name.len == 0)
        return postfix_instance_value(&wiring->instance, TEXT("myhostname"));
    if (!text_equals(name, TEXT("HOSTNAME")))
        return name;
    (void)gethostname(host, sizeof host - 1);
    return arena_copy(wiring->arena, text_from_string(host));
}

void wiring_tell_judge(struct wiring *wiring, const char *program)
{
    const char *path = arena_print(wiring->arena, "/etc/%s.conf", program).data;
    struct text name = our_name(wiring);

    if (access(path, F_OK) != 0 || !text_equals_nocase(name, name_of(wiring, path)))
        return;
    plan_add_note(wiring->plan, PLAN_WARNING,
        "%s writes its results in our name, %.*s, %s: set \"AuthservID %s.%.*s\" in %s", program,
        TEXT_ARGS(name),
        strcmp(program, "opendmarc") != 0 ? "and takes out ours"
                                          : "and nobody can tell them from ours",
        program, TEXT_ARGS(name), path);
}

void wiring_tell_amavis(struct wiring *wiring)
{
    struct neighbour_amavis amavis = {.signs = false};

    if (wiring_has_filter(wiring))
        amavis = neighbour_amavis_read(wiring->arena);
    if (amavis.signs)
        plan_add_note(wiring->plan, PLAN_WARNING,
            "amavis signs, too: mail would be signed twice. Set \"$enable_dkim_signing = 0;\" in"
            " /etc/amavis/conf.d/50-user, or keep both");
    if (amavis.verifies)
        plan_add_note(wiring->plan, PLAN_WARNING,
            "amavis verifies DKIM, too, and where it does so in our name it takes out our results:"
            " set \"$enable_dkim_verification = 0;\" in /etc/amavis/conf.d/50-user, or give it a"
            " $myauthservid of its own");
}
