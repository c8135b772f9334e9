/* SPDX-License-Identifier: MIT */

/* The services of master.cf: submission made or put right, re-injection spared. */

#include <stdlib.h>
#include <string.h>

#include "mailctl/attach/postfix-submission.h"
#include "mailctl/attach/postfix-wiring.h"

#define POLICY_REF "$" WIRING_PREFIX "policy"
#define MILTER_REF "$" WIRING_PREFIX "milter"
#define LOGIN_CHECK "reject_sender_login_mismatch"

/* --- edits --- */

/* The service as it is now; edits move it. */
static bool find(const struct wiring *wiring, struct text key, struct master_cf_service *service_r)
{
    struct master_cf master = master_cf_parse(wiring->master->after.content, wiring->arena);
    const struct master_cf_service *service = master_cf_find(&master, key);

    if (service != NULL)
        *service_r = *service;
    return service != NULL;
}

static void override(
    struct wiring *wiring, struct text key, struct text option, struct text value, const char *why)
{
    struct master_cf_service service;

    if (find(wiring, key, &service))
        plan_file_edit(wiring->plan, wiring->master,
            master_cf_set(wiring->master->after.content, &service, option, value, wiring->arena),
            arena_print(wiring->arena, "%.*s -o %.*s", TEXT_ARGS(key), TEXT_ARGS(option)), why);
}

/* A parameter of ours for a list that cannot stand in master.cf: "$gatepost_587_inet_NAME". */
static struct text own_list(
    struct wiring *wiring, struct text key, struct text option, struct text list, const char *why)
{
    char *name = arena_copy_string(
        wiring->arena, arena_print(wiring->arena, "%.*s_%.*s", TEXT_ARGS(key), TEXT_ARGS(option)));

    for (char *at = name; *at != '\0'; at++)
        if (!text_is_alnum(*at))
            *at = '_';
    wiring_define(wiring, name, list, why);
    return arena_print(wiring->arena, "$" WIRING_PREFIX "%s", name);
}

static struct text compose(
    const struct wiring *wiring, struct text item, struct text list, bool first)
{
    if (list.len == 0)
        return item;
    return first ? arena_print(wiring->arena, "%.*s,%.*s", TEXT_ARGS(item), TEXT_ARGS(list))
                 : arena_print(wiring->arena, "%.*s,%.*s", TEXT_ARGS(list), TEXT_ARGS(item));
}

/*
 * Puts an item into a service's list: into its override, or into a new one that goes on with
 * inherited, what main.cf has.
 */
static void put(struct wiring *wiring, struct text key, struct text option, struct text item,
    bool first, struct text inherited, const char *why)
{
    struct master_cf_service service;
    const struct master_cf_option *old;

    if (!find(wiring, key, &service))
        return;
    old = master_cf_option_find(&service, option);
    if (old != NULL &&
        postfix_list_refers(postfix_instance_expand(&wiring->instance, old->value), item))
        return;
    if (old != NULL && !postfix_list_has(old->value, item))
        override(wiring, key, option, compose(wiring, item, old->value, first), why);
    else if (old == NULL && inherited.len == 0)
        override(wiring, key, option, item, why);
    else if (old == NULL)
        override(wiring, key, option,
            own_list(wiring, key, option,
                first ? postfix_list_join(item, inherited, wiring->arena)
                      : postfix_list_join(inherited, item, wiring->arena),
                why),
            why);
}

/* --- what is told --- */

/* Settings that keep messages from all milters; sessions they see all the same. */
static void tell_unseen(struct wiring *wiring, const struct master_cf_service *service)
{
    struct text proxy = wiring_effective(wiring, service, TEXT("smtpd_proxy_filter"));
    struct text receiving = wiring_effective(wiring, service, TEXT("receive_override_options"));

    if (proxy.len != 0)
        plan_add_note(wiring->plan, PLAN_WARNING,
            "%.*s hands messages to %.*s, and milters do not see them (smtpd_proxy_filter): nothing"
            " is verified or signed there. Use content_filter instead",
            TEXT_ARGS(service->key), TEXT_ARGS(proxy));
    if (postfix_list_has(receiving, TEXT("no_milters")))
        plan_add_note(wiring->plan, PLAN_WARNING,
            "%.*s asks no milters (receive_override_options): nothing is verified or signed there",
            TEXT_ARGS(service->key));
}

/* --- submission --- */

static const char entry_head[] = "%s inet n       -       %.*s       -       -       smtpd\n"
                                 "  -o syslog_name=postfix/%s\n";
static const char entry_rest[] = "  -o smtpd_sasl_auth_enable=yes\n"
                                 "  -o smtpd_tls_auth_only=yes\n"
                                 "  -o smtpd_client_restrictions=\n"
                                 "  -o smtpd_helo_restrictions=\n"
                                 "  -o smtpd_sender_restrictions=" LOGIN_CHECK "\n"
                                 "  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n"
                                 "  -o smtpd_recipient_restrictions=" POLICY_REF "\n"
                                 "  -o smtpd_data_restrictions=" POLICY_REF "\n"
                                 "  -o milter_macro_daemon_name=ORIGINATING\n";

/* As the service on port 25 is. */
static struct text usual_chroot(const struct wiring *wiring, const struct master_cf *master)
{
    for (size_t i = 0; i < master->count; i++)
        if (wiring_service_kind(wiring, &master->services[i]) == WIRING_INCOMING)
            return master->services[i].chroot;
    return TEXT("-");
}

static void add_submission(
    struct wiring *wiring, const char *name, const char *tls, struct text others, const char *why)
{
    struct master_cf master = master_cf_parse(wiring->master->after.content, wiring->arena);
    struct text chroot = usual_chroot(wiring, &master);
    struct text head = arena_print(wiring->arena, entry_head, name, TEXT_ARGS(chroot), name);
    struct text entry =
        arena_print(wiring->arena, "%.*s  -o %s\n%s", TEXT_ARGS(head), tls, entry_rest);
    struct text key = arena_print(wiring->arena, "%s/inet", name);

    plan_file_edit(wiring->plan, wiring->master,
        master_cf_add(wiring->master->after.content, text_from_string(name), entry, wiring->arena),
        key, why);
    if (others.len != 0)
        put(wiring, key, TEXT("smtpd_milters"), TEXT(MILTER_REF), false, others,
            "mail that goes out is signed last of all");
}

static bool is_there(const struct master_cf *master, const char *const *ports)
{
    for (size_t i = 0; i < master->count; i++)
        if (wiring_service_has_port(&master->services[i], ports))
            return true;
    return false;
}

bool wiring_takes_no_mail(const struct postfix_instance *instance)
{
    struct text disabled = postfix_instance_value(instance, TEXT("master_service_disable"));

    return postfix_list_has(disabled, TEXT("inet"));
}

static bool has_submission(const struct wiring *wiring, const struct master_cf *master)
{
    for (size_t i = 0; i < master->count; i++)
        if (wiring_service_kind(wiring, &master->services[i]) == WIRING_SUBMISSION)
            return true;
    return false;
}

/*
 * A further instance may share its addresses with the first, and may be there for something else:
 * what it offers is the operator's to say.
 */
static void note_missing(struct wiring *wiring, bool is_submission)
{
    if (wiring_takes_no_mail(&wiring->instance))
        plan_add_note(wiring->plan, PLAN_WARNING,
            "master_service_disable names inet: this instance takes no mail from the network before"
            " that is taken out");
    if (!is_submission)
        plan_add_note(wiring->plan, PLAN_NOTE,
            "this instance has no submission service, and none is added to a further instance: "
            "where"
            " users are to send here, put it into master.cf first");
}

static void plan_missing(struct wiring *wiring, struct text others)
{
    static const char *const start_tls[] = {"submission", "587", NULL};
    static const char *const wrapped[] = {"submissions", "smtps", "465", NULL};
    struct master_cf master = master_cf_parse(wiring->master->before.content, wiring->arena);

    if (!is_there(&master, start_tls))
        add_submission(wiring, "submission", "smtpd_tls_security_level=encrypt", others,
            "our users send here (port 587), logged in and limited");
    if (!is_there(&master, wrapped))
        add_submission(wiring, "submissions", "smtpd_tls_wrappermode=yes", others,
            "the same under TLS from the start (port 465)");
    if (!postfix_submission_has_certificate(&wiring->instance, NULL))
        plan_add_note(wiring->plan, PLAN_WARNING,
            "Postfix has no certificate (smtpd_tls_chain_files): nobody can log in to submit"
            " before it has one");
}

static bool has_login_check(struct text list)
{
    return postfix_list_has(list, TEXT(LOGIN_CHECK)) ||
           postfix_list_has(list, TEXT("reject_authenticated_sender_login_mismatch"));
}

static bool is_limited(
    const struct wiring *wiring, const struct master_cf_service *service, struct text option)
{
    struct text list = wiring_effective(wiring, service, option);

    return text_find_text(list, wiring->policy) < list.len;
}

/* A submission service that somebody set up before us. */
static void adjust_submission(
    struct wiring *wiring, const struct master_cf_service *service, struct text others)
{
    struct text key = service->key;
    struct text sasl = TEXT("smtpd_sasl_auth_enable"), tls_only = TEXT("smtpd_tls_auth_only");
    struct text restrictions = TEXT("smtpd_recipient_restrictions");
    struct text data = TEXT("smtpd_data_restrictions");
    struct text senders = TEXT("smtpd_sender_restrictions");

    tell_unseen(wiring, service);
    if (!text_equals_nocase(wiring_effective(wiring, service, sasl), TEXT("yes")))
        override(wiring, key, sasl, TEXT("yes"), "our users log in here");
    if (!text_equals_nocase(wiring_effective(wiring, service, tls_only), TEXT("yes")) &&
        !text_equals(
            wiring_effective(wiring, service, TEXT("smtpd_tls_security_level")), TEXT("encrypt")) &&
        !text_equals_nocase(
            wiring_effective(wiring, service, TEXT("smtpd_tls_wrappermode")), TEXT("yes")))
        override(wiring, key, tls_only, TEXT("yes"), "no password travels without TLS");
    if (!is_limited(wiring, service, restrictions))
        put(wiring, key, restrictions, TEXT(POLICY_REF), true, wiring_get(wiring, restrictions),
            "limits: recipients are counted");
    if (!is_limited(wiring, service, data))
        put(wiring, key, data, TEXT(POLICY_REF), true, wiring_get(wiring, data),
            "limits: messages are counted");
    if (!has_login_check(wiring_effective(wiring, service, senders)))
        put(wiring, key, senders, TEXT(LOGIN_CHECK), true, wiring_get(wiring, senders),
            "a login sends under its own addresses only");
    if (others.len != 0 || master_cf_option_find(service, TEXT("smtpd_milters")) != NULL)
        put(wiring, key, TEXT("smtpd_milters"), TEXT(MILTER_REF), false, others,
            "mail that goes out is signed last of all");
    if (master_cf_option_find(service, TEXT("milter_macro_daemon_name")) == NULL)
        override(wiring, key, TEXT("milter_macro_daemon_name"), TEXT("ORIGINATING"),
            "milters know mail of our users by this");
}

/* --- the others --- */

/* No policy service here: gatepost-policyd passes over mail of nobody who has logged in. */
static void adjust_incoming(struct wiring *wiring, const struct master_cf_service *service)
{
    const struct master_cf_option *milters = master_cf_option_find(service, TEXT("smtpd_milters"));

    tell_unseen(wiring, service);
    if (milters == NULL)
        return;
    if (milters->value.len == 0)
        plan_add_note(wiring->plan, PLAN_NOTE,
            "%.*s has no milters of its own accord (-o smtpd_milters=): it is left so, and what"
            " comes in there is not verified",
            TEXT_ARGS(service->key));
    else if (!wiring_is_ours(wiring, milters->value, wiring->milter))
        put(wiring, service->key, TEXT("smtpd_milters"), TEXT(MILTER_REF), true, TEXT(""),
            "mail that comes in is verified first of all");
}

/* One that has milters of its own accord, and not ours, keeps them. */
static void spare_reinjection(struct wiring *wiring, const struct master_cf_service *service)
{
    struct text option = TEXT("receive_override_options");
    const struct master_cf_option *milters = master_cf_option_find(service, TEXT("smtpd_milters"));

    if (milters != NULL && !postfix_list_refers(milters->value, TEXT("smtpd_milters")) &&
        !wiring_is_ours(wiring, milters->value, wiring->milter))
        return;
    if (postfix_list_has(wiring_effective(wiring, service, option), TEXT("no_milters")))
        return;
    put(wiring, service->key, option, TEXT("no_milters"), false, wiring_get(wiring, option),
        "what a content filter gives back was judged when it came in");
}

void wiring_plan_services(struct wiring *wiring)
{
    struct master_cf master = master_cf_parse(wiring->master->before.content, wiring->arena);
    struct text others = wiring_other_milters(wiring);
    struct text policy = arena_print(wiring->arena,
        "check_policy_service { %.*s, policy_context=submission, default_action=DUNNO,"
        " timeout=5s }",
        TEXT_ARGS(wiring->policy));

    if (wiring->site->directory == NULL || has_submission(wiring, &master))
        wiring_define(wiring, "policy", policy,
            "limits of our users; while gatepost-policyd is down, mail goes on without them");
    if (wiring->site->directory == NULL)
        plan_missing(wiring, others);
    else
        note_missing(wiring, has_submission(wiring, &master));
    for (size_t i = 0; i < master.count; i++)
        switch (wiring_service_kind(wiring, &master.services[i])) {
        case WIRING_SUBMISSION:
            adjust_submission(wiring, &master.services[i], others);
            break;
        case WIRING_INCOMING:
            adjust_incoming(wiring, &master.services[i]);
            break;
        case WIRING_REINJECTION:
            spare_reinjection(wiring, &master.services[i]);
            break;
        case WIRING_OTHER:
            break;
        }
}
