/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The judges of a check: each looks at one matter of the domain's DNS and adds its findings. A
 * judge that lacks answers has noted their names, sets is_waiting and returns; all of them start
 * over with the next wave, so that a wave holds what all of them want. Of one thread.
 */

#include "mailctl/dns/zone-view.h"
#include "mailctl/domain-records.h"
#include "mailctl/finding.h"

struct check {
    const struct domain_records_request *request;
    const struct domain_records *records; /* what there should be */
    const struct zone_view *view;
    struct arena *arena;
    struct findings *findings;
    int64_t now;
    int64_t mail_life_s; /* how long mail that was signed may be under way */
    bool is_waiting;
    bool has_wildcard; /* any name of the zone has TXT records: what is missing cannot be told */
};

typedef void judge_fn(struct check *check);

/* The zone itself: its servers, wildcards, an alias where none may be. First. */
judge_fn judge_zone;
judge_fn judge_dnssec;
judge_fn judge_mx, judge_spf, judge_dkim, judge_dmarc;
judge_fn judge_mta_sts, judge_tls_reports, judge_tlsa;
/* PTR, SRV, names of web servers, CAA. */
judge_fn judge_names;

/* --- for the judges ------------------------------------------------------- */

/*
 * What shows at a name, with a finding where the servers disagree. False: waiting, or it cannot
 * be told, which is a finding then.
 */
bool check_see(struct check *check, struct text name, enum dns_type type, struct zone_seen *seen_r);

/* The same with what is there and what to do about it; change NULL: nothing. */
void check_say(struct check *check, enum finding_level level, const char *code, struct text name,
    const char *type, struct text message, struct text change);
void check_fine(struct check *check, enum record_kind kind, struct text name, const char *type,
    struct text message);

/* "publish NAME TYPE DATA", as a line of a zone file has it, short where the data is long. */
struct text check_publish(const struct check *check, const struct zone_record *record);
/*
 * A record that should be there and is not: whether it is behind an alias that leads nowhere, or
 * found under a doubled name, where somebody has typed the zone's name in addition to what the form
 * adds. True: that was said, or is waited for.
 */
bool check_missing_elsewhere(
    struct check *check, enum finding_level level, const struct zone_record *record);
/* The same, and else that it is missing. */
void check_missing(struct check *check, enum finding_level level, const char *code,
    const struct zone_record *record);

/* Of the answer's texts those that are of a version: it, then a blank, a semicolon or the end. */
size_t check_texts_of(const struct check *check, const struct dns_answer *answer,
    const char *version, const struct text **texts_r);

/* The wanted record of that kind and type, from *at on; NULL: no more. */
const struct zone_record *check_wanted(
    const struct check *check, enum record_kind kind, const char *type, size_t *at);
/* Text from outside, fit to be printed. */
struct text check_safe(const struct check *check, struct text text);
