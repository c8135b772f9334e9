/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/mta-sts-policy.h"

#include <openssl/sha.h>
#include <stdio.h>

#include "lib/dns/name.h"
#include "lib/mailauth/taglist.h"

#define RECORD_TAGS_MAX 16

static const char *const modes[] = {
    [MTA_STS_NONE] = "none", [MTA_STS_TESTING] = "testing", [MTA_STS_ENFORCE] = "enforce"};

bool mta_sts_mode_parse(struct text word, enum mta_sts_mode *mode_r)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (text_equals(word, text_from_string(modes[i]))) {
            *mode_r = (enum mta_sts_mode)i;
            return true;
        }
    return false;
}

/* --- reading -------------------------------------------------------------- */

/* What was read so far. Of a field that stands twice the first counts (§3.2), but for mx. */
struct reading {
    struct mta_sts_policy policy;
    struct text *hosts;
    bool has_version, has_mode, has_age;
};

static bool is_pattern(struct text pattern)
{
    return dns_name_is_valid(
        text_starts_with(pattern, TEXT("*.")) ? text_skip(pattern, 2) : pattern);
}

static const char *read_host(struct reading *reading, struct text value)
{
    if (!is_pattern(value))
        return "a value of mx is neither a host's name nor \"*.\" and a domain";
    if (reading->policy.host_count == MTA_STS_POLICY_HOSTS_MAX)
        return "it names too many hosts";
    reading->hosts[reading->policy.host_count++] = value;
    return NULL;
}

static const char *read_age(struct reading *reading, struct text value)
{
    uint64_t age;

    if (!text_to_number(value, MTA_STS_MAX_AGE_S, &age))
        return "max_age is not a number of seconds up to 31557600";
    reading->has_age = true;
    reading->policy.max_age_s = (uint32_t)age;
    return NULL;
}

static const char *read_field(struct reading *reading, struct text key, struct text value)
{
    if (text_equals(key, TEXT("mx")))
        return read_host(reading, value);
    if (text_equals(key, TEXT("version")) && !reading->has_version) {
        reading->has_version = true;
        return text_equals(value, TEXT("STSv1")) ? NULL : "its version is not STSv1";
    }
    if (text_equals(key, TEXT("mode")) && !reading->has_mode) {
        reading->has_mode = true;
        return mta_sts_mode_parse(value, &reading->policy.mode)
                   ? NULL
                   : "its mode is not enforce, testing or none";
    }
    if (text_equals(key, TEXT("max_age")) && !reading->has_age)
        return read_age(reading, value);
    return NULL;
}

static const char *read_line(struct reading *reading, struct text line)
{
    size_t colon = text_find(line, ':');

    if (text_trim(line).len == 0)
        return NULL;
    if (colon == line.len)
        return "a line has no colon";
    return read_field(
        reading, text_trim(text_head(line, colon)), text_trim(text_skip(line, colon + 1)));
}

static const char *missing_in(const struct reading *reading)
{
    if (!reading->has_version)
        return "it has no version";
    if (!reading->has_mode)
        return "it has no mode";
    if (!reading->has_age)
        return "it has no max_age";
    if (reading->policy.host_count == 0 && reading->policy.mode != MTA_STS_NONE)
        return "it has no mx";
    return NULL;
}

bool mta_sts_policy_parse(struct text content, struct arena *arena, struct mta_sts_policy *policy_r,
    const char **problem_r)
{
    struct reading reading = {
        .hosts = arena_alloc_zero(arena, MTA_STS_POLICY_HOSTS_MAX, sizeof(struct text))};
    struct text rest = content, line;
    const char *problem = content.len > MTA_STS_POLICY_MAX_BYTES ? "it is too long" : NULL;

    while (problem == NULL && text_split(&rest, '\n', &line))
        problem = read_line(&reading, line);
    if (problem == NULL)
        problem = missing_in(&reading);
    if (problem != NULL) {
        *problem_r = problem;
        return false;
    }
    reading.policy.hosts = reading.hosts;
    *policy_r = reading.policy;
    return true;
}

/* --- writing, comparing --------------------------------------------------- */

void mta_sts_policy_format(const struct mta_sts_policy *policy, struct buffer *out)
{
    buffer_append_format(out, "version: STSv1\r\nmode: %s\r\n", modes[policy->mode]);
    for (size_t i = 0; i < policy->host_count; i++)
        buffer_append_format(out, "mx: %.*s\r\n", TEXT_ARGS(policy->hosts[i]));
    buffer_append_format(out, "max_age: %u\r\n", policy->max_age_s);
}

bool mta_sts_policy_covers(const struct mta_sts_policy *policy, struct text host)
{
    for (size_t i = 0; i < policy->host_count; i++) {
        struct text pattern = policy->hosts[i];
        bool is_any = text_starts_with(pattern, TEXT("*."));

        if (text_equals_nocase(
                is_any ? text_skip(pattern, 2) : pattern, is_any ? dns_name_parent(host) : host))
            return true;
    }
    return false;
}

void mta_sts_policy_id(struct text content, char id_r[MTA_STS_ID_LEN + 1])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *)content.data, content.len, digest);
    for (size_t i = 0; i < MTA_STS_ID_LEN / 2; i++)
        snprintf(id_r + 2 * i, 3, "%02x", digest[i]);
}

bool mta_sts_record_id(struct text record, struct arena *arena, struct text *id_r)
{
    struct taglist tags;
    const struct text *id;

    if (taglist_parse(record, RECORD_TAGS_MAX, arena, &tags) != TAGLIST_OK || tags.count == 0 ||
        !text_equals(tags.tags[0].name, TEXT("v")) ||
        !text_equals(tags.tags[0].value, TEXT("STSv1")))
        return false;
    id = taglist_find(&tags, "id");
    if (id == NULL || id->len == 0 || id->len > MTA_STS_ID_MAX)
        return false;
    for (size_t i = 0; i < id->len; i++)
        if (!text_is_alnum(id->data[i]))
            return false;
    *id_r = *id;
    return true;
}
