/* SPDX-License-Identifier: MIT */

/* DNSSEC: is the zone signed, and does the DS record above it lead to one of its keys? */

#include "mailctl/dns/delegation-signer.h"
#include "mailctl/dns/judge.h"

static void say(struct check *check, enum finding_level level, const char *code, const char *type,
    struct text message, struct text change)
{
    check_say(check, level, code, check->view->zone, type, message, change);
}

static void judge_link(
    struct check *check, const struct dns_answer *signers, const struct dns_answer *keys)
{
    switch (delegation_signer_judge(check->view->zone, signers, keys)) {
    case DELEGATION_SIGNER_LEADS:
        say(check, FINDING_FINE, "dnssec", "DS",
            TEXT("the zone is signed, and the record above it leads to its key"), TEXT_NONE);
        break;
    case DELEGATION_SIGNER_UNKNOWN:
        say(check, FINDING_FINE, "dnssec", "DS",
            TEXT("the zone is signed, with a digest that is not known here"), TEXT_NONE);
        break;
    case DELEGATION_SIGNER_ASTRAY:
        say(check, FINDING_ERROR, "dnssec-astray", "DS",
            TEXT("the record above the zone is for none of its keys: whoever validates sees "
                 "nothing of the zone"),
            TEXT("give the registrar the DS record of the key that signs now"));
        break;
    }
}

/* What the servers do not tell is not held against them: some know nothing of DNSSEC. */
void judge_dnssec(struct check *check)
{
    struct text zone = check->view->zone;
    const struct dns_answer *signers = answers_ask(check->view->resolver, zone, DNS_DS);
    struct zone_seen keys;

    if (!zone_view_see(check->view, zone, DNS_DNSKEY, check->arena, &keys) || signers == NULL) {
        check->is_waiting = true;
        return;
    }
    if (signers->status == DNS_TEMPORARY)
        return;
    if (signers->count == 0 && keys.answer->count == 0)
        say(check, FINDING_FINE, "dnssec", "DS", TEXT("the zone is not signed"), TEXT_NONE);
    else if (signers->count == 0)
        say(check, FINDING_WARNING, "dnssec-unannounced", "DS",
            TEXT("the zone is signed, but nothing above it says so: nobody validates it"),
            TEXT("give the registrar its DS record"));
    else if (keys.answer->count != 0)
        judge_link(check, signers, keys.answer);
    else if (keys.answer->status == DNS_TEMPORARY)
        say(check, FINDING_FINE, "dnssec", "DS", TEXT("the zone is signed"), TEXT_NONE);
    else
        say(check, FINDING_ERROR, "dnssec-no-key", "DNSKEY",
            TEXT("the record above the zone says that it is signed, and it has no key: whoever "
                 "validates sees nothing of the zone"),
            TEXT("sign the zone, or have the registrar take its DS record away"));
}
