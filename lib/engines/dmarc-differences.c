/* SPDX-License-Identifier: MIT */
#include "lib/engines/dmarc-differences.h"

#include <stdio.h>
#include <string.h>

#include "lib/engines/pattern.h"

#define LIST_START "(^|;)[ \t]*"
#define LIST_END "[ \t]*(;|$)"

static const struct dmarc_verdict *ours_of(const void *input)
{
    return ((const struct dmarc_difference_input *)input)->ours;
}

static bool record_has(const void *input, const char *pattern)
{
    return pattern_occurs(ours_of(input)->record->raw, pattern);
}

/* Something passes that does not align. */
static bool has_stranger(const void *input)
{
    const struct dmarc_difference_input *given = input;

    return given->query->identifier_count != 0 && !given->ours->spf_aligned &&
           !given->ours->dkim_aligned;
}

static bool aligns_by_walk(const void *input)
{
    return ours_of(input)->spf_aligned || ours_of(input)->dkim_aligned;
}

static bool is_testing(const void *input)
{
    return ours_of(input)->record->testing;
}

/* The policy for names that do not exist. */
static bool has_other_np(const void *input)
{
    const char *tag = ours_of(input)->policy_tag;

    return tag != NULL && strcmp(tag, "np") == 0 &&
           ours_of(input)->record->np != ours_of(input)->record->sp;
}

static bool has_no_policy(const void *input)
{
    return !ours_of(input)->record->has_p;
}

/* What the library finds fault with, and gives the whole record up for. */
static bool has_bad_tag(const void *input)
{
    static const char *const good[][2] = {
        {"sp",    "(none|quarantine|reject)"                },
        {"adkim", "[rs][a-z]*"                              },
        {"aspf",  "[rs][a-z]*"                              },
        {"fo",    "[01ds]([ \t]*:[ \t]*[01ds])*"            },
        {"pct",   "[0-9]+"                                  },
        {"ri",    "[0-9]+"                                  },
        {"rf",    "(afrf|iodef)([ \t]*:[ \t]*(afrf|iodef))*"},
    };
    char present[64], right[160];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        (void)snprintf(present, sizeof present, LIST_START "%s[ \t]*=", good[i][0]);
        (void)snprintf(
            right, sizeof right, LIST_START "%s[ \t]*=[ \t]*%s" LIST_END, good[i][0], good[i][1]);
        if (record_has(input, present) && !record_has(input, right))
            return true;
    }
    return false;
}

/* One lookup decides for us; the library is told of passes alone. */
static bool has_failed_lookup(const void *input)
{
    return ours_of(input)->result == AUTH_TEMPERROR;
}

static bool is_unusable(const void *input)
{
    return ours_of(input)->result == AUTH_PERMERROR;
}

#define ANY_FAIL "fail p=(none|quarantine|reject)"

/* clang-format off */
const struct difference dmarc_differences[] = {
    {"alignment of strangers", "RFC 9989 §4.10.2", "domains align by the names that their walks end at; they compare letters from behind",
     ANY_FAIL, "pass", has_stranger},
    {"alignment by the walk", "RFC 9989 §4.10.2", "domains of one organization align; they cannot be told where it begins",
     "pass", ANY_FAIL, aligns_by_walk},
    {"t=y", "RFC 9989 §4.7", "a policy that is being tested is followed one step milder; they do not know the tag",
     ANY_FAIL, ANY_FAIL, is_testing},
    {"np=", "RFC 9989 §4.7", "a name that does not exist has a policy of its own; they do not know the tag",
     ANY_FAIL, ANY_FAIL, has_other_np},
    {"no p=", "RFC 9989 §4.7", "a record without p= asks for none; they take it for malformed",
     "pass|" ANY_FAIL, "unread", has_no_policy},
    {"an error in one tag", "RFC 9989 §4.8", "a tag with an error is as if it were not there; they give the whole record up",
     "pass|" ANY_FAIL, "unread", has_bad_tag},
    {"a lookup failed", "RFC 9989 §5.3.6", "what could still pass does not fail; they are told of passes alone",
     "temperror.*", "pass|unread|" ANY_FAIL, has_failed_lookup},
    {"unusable record", "RFC 9989 §4.10.1", "a record without a usable policy asks for nothing; they take the first letters of a policy for it",
     "permerror.*", "pass|" ANY_FAIL, is_unusable},
    {.name = NULL},
};
/* clang-format on */

struct text dmarc_difference_ours(const struct dmarc_verdict *verdict, struct arena *arena)
{
    if (verdict->result == AUTH_FAIL)
        return arena_print(arena, "fail p=%s", dmarc_policy_word(verdict->policy));
    return text_from_string(auth_result_word(verdict->result));
}

struct text dmarc_difference_theirs(enum libopendmarc_word word)
{
    static const char *const words[] = {
        "pass", "fail p=none", "fail p=quarantine", "fail p=reject", "unread"};

    return text_from_string(words[word]);
}
