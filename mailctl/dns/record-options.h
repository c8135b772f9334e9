/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The options that say which records a domain is to have: given to each verb of "mailctl dns", or
 * kept for the domain by "dns set". What is given counts in place of what is kept; --with and
 * --without add to it.
 */

#include "lib/store/dns-option.h"
#include "mailctl/command.h"
#include "mailctl/domain-records.h"
#include "mailctl/invocation.h"

#define RECORD_OPTIONS_VALUES_MAX 32 /* of one option */

#define RECORD_OPTIONS                                                                             \
    {"host", "NAME", "the mail host [the setting hostname]"},                                      \
        {"address", "IP", "of the mail host; may be given several times"},                         \
        {"web-host", "NAME", "serves policies and settings over https [the mail host]"},           \
        {"service", "NAME", "offered to mail programs, several times [submissions, imaps]"},       \
        {"spf-include", "DOMAIN", "also sends for the domain; may be given several times"},        \
        {"dmarc-policy", "none|quarantine|reject", "what receivers are asked to do [quarantine]"}, \
        {"dmarc-reports", "ADDRESS", "where receivers send aggregate reports"},                    \
        {"tls-reports", "ADDRESS", "where senders report that encryption failed"},                 \
        {"mta-sts", "none|testing|enforce", "the mode of a policy of MTA-STS with our host"},      \
        {"mta-sts-policy", "FILE", "that policy as it is served; its bytes make the id"},          \
        {"certificate", "FILE", "PEM of the mail host's key for DANE, the next ones behind it"},   \
        {"caa", "ISSUER", "may issue certificates; may be given several times"},                   \
        {"pacc-file", "FILE", "user-agent-configuration.json as it is served"},                    \
        {"with", "KIND", "show records of that kind, too"},                                        \
        {"without", "KIND", "leave records of that kind out"},                                     \
    {                                                                                              \
        "ttl", "SECONDS", "of the records [the zone's own]"                                        \
    }

/* Those of the options above, ended by a name NULL. */
extern const struct command_option record_options[];

/*
 * Whether these may be kept for a domain: each is one of the options above and has at most
 * RECORD_OPTIONS_VALUES_MAX values, all are read as the verbs of dns will read them, and files by a
 * path that holds wherever mailctl is called then. EX_OK, or the exit status after the complaint.
 */
int record_options_check(
    struct invocation *invocation, struct text domain, const struct dns_option_list *options);

/*
 * Reads the options for a domain, given and kept, and the settings that stand for others, and
 * the domain's keys. EX_OK, or the exit status after the complaint.
 */
int record_options_read(
    struct invocation *invocation, struct text domain, struct domain_records_request *request_r);
/*
 * The options alone, for a name that is none of ours: nothing is kept for it and it has no keys.
 */
int record_options_read_given(
    struct invocation *invocation, struct text domain, struct domain_records_request *request_r);
/* The addresses of an option that may be given several times. */
int record_options_addresses(const struct invocation *invocation, const char *option,
    const struct ip **addresses_r, size_t *count_r);
