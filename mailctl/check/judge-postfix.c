/* SPDX-License-Identifier: MIT */

/*
 * What Postfix is set to. The milter signs mail as it is when it comes in; what changes it on its
 * way out, in the clients smtp and relay, breaks the signature. What rewrites mail that comes in
 * does so before the milter sees it, and breaks the signatures of others.
 */

#include "mailctl/attach/postfix-list.h"
#include "mailctl/check/host-judge.h"

#define LINE_OCTETS 998 /* RFC 5322 §2.1.1 */

static bool is_set(struct text value)
{
    return value.len != 0;
}

static bool drops_8bit(struct text value)
{
    return postfix_list_has(value, TEXT("8bitmime")) || postfix_list_has(value, TEXT("8BITMIME"));
}

static bool is_short(struct text value)
{
    uint64_t octets;

    return text_to_number(value, UINT32_MAX, &octets) && octets != 0 && octets < LINE_OCTETS;
}

static bool is_clear(struct text value)
{
    return value.len == 0 || text_equals_nocase(value, TEXT("none"));
}

static const struct rule {
    const char *option, *code;
    enum finding_level level;
    bool is_clients; /* of the clients, each of which may override it */
    bool (*is_bad)(struct text value);
    const char *message, *change;
} rules[] = {
    {"smtp_header_checks",           "postfix-smtp-checks",    FINDING_WARNING, true,  is_set,
     "what it changes in a header is changed after the signature",                         "use header_checks, which come before it"                   },
    {"smtp_mime_header_checks",      "postfix-smtp-checks",    FINDING_WARNING, true,  is_set,
     "what it changes in a header is changed after the signature",                         "use mime_header_checks, which come before it"              },
    {"smtp_nested_header_checks",    "postfix-smtp-checks",    FINDING_WARNING, true,  is_set,
     "what it changes in a body is changed after the signature",                           "use nested_header_checks, which come before it"            },
    {"smtp_body_checks",             "postfix-smtp-checks",    FINDING_WARNING, true,  is_set,
     "what it changes in a body is changed after the signature",                           "use body_checks, which come before it"                     },
    {"smtp_generic_maps",            "postfix-generic-maps",   FINDING_WARNING, true,  is_set,
     "addresses in headers are rewritten after the signature",                             "use canonical_maps, which come before it"                  },
    {"smtp_discard_ehlo_keywords",   "postfix-8bitmime",       FINDING_WARNING, true,  drops_8bit,
     "without 8BITMIME all 8-bit mail is encoded anew after the signature",                "take 8bitmime out of it"                                   },
    {"smtp_line_length_limit",       "postfix-line-length",    FINDING_WARNING, true,  is_short,
     "lines that the standard permits are cut after the signature",                        "set it to 998, its default"                                },
    {"smtp_tls_security_level",      "postfix-no-tls",         FINDING_ERROR,   true,  is_clear,
     "mail goes out in the clear, which Gmail refuses",                                    "postconf -e smtp_tls_security_level=may"                   },
    {"milter_header_checks",         "postfix-milter-checks",  FINDING_WARNING, false, is_set,
     "it is applied to the fields that the milter adds, signatures among them",            "see to it that it neither changes nor drops DKIM-Signature"},
    {"remote_header_rewrite_domain", "postfix-remote-rewrite", FINDING_WARNING, false, is_set,
     "headers of mail that comes in are rewritten, which breaks the signatures of others", "leave it empty, its default"                               },
};

struct at {
    struct host_check *check;
    const struct rule *rule;
    bool is_told;
};

static bool judge(struct at *at, struct text value, struct text where)
{
    if (!at->rule->is_bad(value))
        return false;
    if (!at->is_told)
        host_say(at->check, at->rule->level, at->rule->code,
            arena_print(at->check->arena, "%s%s%.*s%s", at->rule->option,
                where.len != 0 ? " (" : "", TEXT_ARGS(where), where.len != 0 ? ")" : ""),
            NULL, text_from_string(at->rule->message), text_from_string(at->rule->change));
    at->is_told = true;
    return true;
}

/* As main.cf has it, and as the clients override it. */
static bool judge_rule(struct host_check *check, const struct rule *rule)
{
    const struct host *host = check->host;
    struct text option = text_from_string(rule->option);
    struct at at = {.check = check, .rule = rule};
    bool is_bad = judge(&at, postfix_instance_value(host->postfix, option), TEXT(""));

    for (size_t i = 0; rule->is_clients && i < host->master.count; i++) {
        const struct master_cf_service *service = &host->master.services[i];
        const struct master_cf_option *found = master_cf_option_find(service, option);

        if (found != NULL && text_equals(service->command, TEXT("smtp")))
            is_bad = judge(&at, postfix_instance_expand(host->postfix, found->value),
                         finding_safe(service->key, check->arena)) ||
                     is_bad;
    }
    return is_bad;
}

void host_judge_postfix(struct host_check *check)
{
    bool is_bad = false;

    if (check->host->postfix == NULL) {
        host_say(check, FINDING_UNKNOWN, "postfix-unknown", check->host->name, NULL,
            finding_safe(text_from_string(check->host->blind), check->arena),
            TEXT("see to Postfix (postfix check), or run mailctl on the mail host as root"));
        return;
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        is_bad = judge_rule(check, &rules[i]) || is_bad;
    if (!is_bad)
        host_fine(check, "postfix", check->host->name,
            TEXT("no setting changes mail after it was signed"));
}
