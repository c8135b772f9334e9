/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A policy of MTA-STS (RFC 8461 §3.2): the file that a web server has for a domain, and the id in
 * the DNS that says when it has changed. The id is made of the file's bytes, so that nobody can
 * forget to change it. Pure functions.
 */

#include "lib/base/arena.h"
#include "lib/base/buffer.h"

#define MTA_STS_POLICY_MAX_BYTES 65536 /* §3.3 lets senders stop reading there */
#define MTA_STS_POLICY_HOSTS_MAX 64
#define MTA_STS_MAX_AGE_S 31557600U
/* A week: long enough to be of use, short enough to get out again. */
#define MTA_STS_USUAL_AGE_S 604800U
#define MTA_STS_ID_MAX 32
#define MTA_STS_ID_LEN 20 /* of ours: 80 bits of SHA-256 */

enum mta_sts_mode { MTA_STS_NONE, MTA_STS_TESTING, MTA_STS_ENFORCE };

bool mta_sts_mode_parse(struct text word, enum mta_sts_mode *mode_r);

struct mta_sts_policy {
    enum mta_sts_mode mode;
    const struct text *hosts; /* patterns: a name, or "*." and a name */
    size_t host_count;
    uint32_t max_age_s;
};

/* False where senders would not take it; *problem_r, a constant sentence, says why. */
bool mta_sts_policy_parse(struct text content, struct arena *arena, struct mta_sts_policy *policy_r,
    const char **problem_r);
/* Appends the file, lines ended by CRLF. */
void mta_sts_policy_format(const struct mta_sts_policy *policy, struct buffer *out);
/* True where one of the patterns is the host's; "*" stands for one label (§4.1). */
bool mta_sts_policy_covers(const struct mta_sts_policy *policy, struct text host);

/* The id of a file, of letters and digits. */
void mta_sts_policy_id(struct text content, char id_r[MTA_STS_ID_LEN + 1]);
/* The id in a record "v=STSv1; id=..." (§3.1); false where it is none. */
bool mta_sts_record_id(struct text record, struct arena *arena, struct text *id_r);
