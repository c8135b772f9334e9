/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The judges of the host: each turns facts into findings (finding.h) and asks nobody. What the DNS
 * says comes from a table of answers, as for the judges of a domain (mailctl/dns/judge.h): one that
 * lacks answers has noted their names and sets is_waiting, and all of them start over with the next
 * wave. Of one thread; texts live in the arena.
 */

#include "lib/dns/answers.h"
#include "mailctl/check/host.h"
#include "mailctl/finding.h"

struct host_check {
    const struct host *host;
    const char *const *blocklists;
    size_t blocklist_count;
    const char *const *domain_blocklists;
    size_t domain_blocklist_count;
    struct answers *answers; /* of a resolver, aliases followed */
    struct arena *arena;
    struct findings *findings;
    bool is_waiting;
};

typedef void host_judge_fn(struct host_check *check);

/* Whether it is known where our mail comes from. */
host_judge_fn host_judge_addresses;
/* Reverse names, and whether they lead back. */
host_judge_fn host_judge_ptr;
/* The name that is said in EHLO. */
host_judge_fn host_judge_helo;
host_judge_fn host_judge_blocklists;
/* The host's name on lists of domains, and whether these work. */
host_judge_fn host_judge_domain_blocklists;
/* Settings that change mail behind the signature, or send it in the clear. */
host_judge_fn host_judge_postfix;

/*
 * All of them. True where it is done; the findings are in the list, which held none before. False:
 * waiting, and the list is empty.
 */
bool host_judge_names(struct host_check *check);

/* --- for the judges ------------------------------------------------------- */

void host_say(struct host_check *check, enum finding_level level, const char *code,
    struct text name, const char *type, struct text message, struct text change);
void host_fine(struct host_check *check, const char *code, struct text name, struct text message);
/* NULL: waiting. */
const struct dns_answer *host_ask(struct host_check *check, struct text name, enum dns_type type);
/* As it is written. */
struct text host_ip_text(const struct host_check *check, const struct ip *ip);
/* A or AAAA: where that address would stand. */
enum dns_type host_address_type(const struct ip *ip);
bool host_has_address(const struct dns_answer *answer, const struct ip *ip);
