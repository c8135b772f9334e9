/* SPDX-License-Identifier: MIT */

/*
 * Policies of MTA-STS and the record beside them, as anybody's file or name server may have them.
 * A policy that is taken can be written, and is the same then.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "mailctl/dns/mta-sts-policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct mta_sts_policy *policy, struct arena *arena)
{
    struct buffer written = BUFFER_NONE;
    struct mta_sts_policy again;
    const char *problem;

    mta_sts_policy_format(policy, &written);
    if (written.len <= MTA_STS_POLICY_MAX_BYTES) {
        assert(mta_sts_policy_parse(buffer_text(&written), arena, &again, &problem));
        assert(again.mode == policy->mode && again.max_age_s == policy->max_age_s);
        assert(again.host_count == policy->host_count);
    }
    buffer_done(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text content = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();
    struct mta_sts_policy policy;
    char id[MTA_STS_ID_LEN + 1];
    const char *problem = NULL;
    struct text record_id;

    if (mta_sts_policy_parse(content, arena, &policy, &problem)) {
        assert(policy.host_count <= MTA_STS_POLICY_HOSTS_MAX);
        assert(policy.max_age_s <= MTA_STS_MAX_AGE_S);
        (void)mta_sts_policy_covers(&policy, TEXT("mail.example.org"));
        read_again(&policy, arena);
    } else {
        assert(problem != NULL);
    }
    mta_sts_policy_id(content, id);
    if (mta_sts_record_id(content, arena, &record_id))
        assert(record_id.len != 0 && record_id.len <= MTA_STS_ID_MAX);
    arena_free(&arena);
    return 0;
}
