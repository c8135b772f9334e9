/* SPDX-License-Identifier: MIT */

#include "tests/judges/opendkim.h"

#include <assert.h>
#include <dkim.h>
#include <stdlib.h>

#include "tests/judges/lines.h"

/* The index of the key's first field, or the count of fields. */
static size_t find_key(const struct opendkim_keys *keys, DKIM_SIGINFO *signature)
{
    const char *selector = (const char *)dkim_sig_getselector(signature);
    const char *domain = (const char *)dkim_sig_getdomain(signature);
    char name[1024];
    size_t i = 0;

    (void)snprintf(name, sizeof name, "%s._domainkey.%s", selector, domain);
    while (i < keys->count && !text_equals_nocase(keys->fields[i], text_from_string(name)))
        i += 3;
    return i;
}

static DKIM_CBSTAT look_up(
    DKIM *dkim, DKIM_SIGINFO *signature, unsigned char *buffer, size_t buffer_size)
{
    const struct opendkim_keys *keys = dkim_get_user_context(dkim);
    size_t i = find_key(keys, signature);

    if (i >= keys->count || text_equals(keys->fields[i + 1], TEXT("ABSENT")))
        return DKIM_CBSTAT_NOTFOUND;
    if (text_equals(keys->fields[i + 1], TEXT("FAILED")))
        return DKIM_CBSTAT_TRYAGAIN;
    (void)snprintf((char *)buffer, buffer_size, "%.*s", TEXT_ARGS(keys->fields[i + 2]));
    return DKIM_CBSTAT_CONTINUE;
}

/* The library asks the clock whether a signature has expired; DKIM_OPTS_FIXEDTIME is for signing.
 */
static time_t fixed_time;

time_t time(time_t *time_r)
{
    if (time_r != NULL)
        *time_r = fixed_time;
    return fixed_time;
}

static DKIM_LIB *library_new(void)
{
    DKIM_LIB *library = dkim_init(NULL, NULL);
    unsigned flags = DKIM_LIBFLAGS_BADSIGHANDLES | DKIM_LIBFLAGS_DELAYSIGPROC;

    assert(library != NULL);
    (void)dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof flags);
    (void)dkim_set_key_lookup(library, look_up);
    return library;
}

/* status: how far the library came. */
static void write_opinion(DKIM_SIGINFO *signature, DKIM_STAT status)
{
    int error = dkim_sig_geterror(signature);
    bool passed = (dkim_sig_getflags(signature) & DKIM_SIGFLAG_PASSED) != 0;
    const char *words = dkim_sig_geterrorstr(error);

    if (passed && dkim_sig_getbh(signature) == DKIM_SIGBH_MATCH && error == DKIM_SIGERROR_OK)
        printf("\tsuccess");
    else if (error == DKIM_SIGERROR_KEYFAIL)
        printf("\ttempfail %s", words);
    else if (error == DKIM_SIGERROR_UNKNOWN) /* how a key's temporary failure looks */
        printf("\ttempfail %s", dkim_getresultstr(status));
    else if (error != DKIM_SIGERROR_OK)
        printf("\tpermfail %s", words);
    else
        printf("\tpermfail body hash mismatch");
}

static bool is_signature(const struct header_field *field)
{
    return text_equals_nocase(field->name, TEXT("DKIM-Signature"));
}

static DKIM_STAT feed(
    DKIM *dkim, const struct header_field *fields, size_t field_count, size_t own, struct text body)
{
    DKIM_STAT status = DKIM_STAT_OK;

    for (size_t i = 0; i < field_count && status == DKIM_STAT_OK; i++)
        if (i == own || !is_signature(&fields[i]))
            status = dkim_header(dkim, (unsigned char *)fields[i].raw.data, fields[i].raw.len);
    if (status == DKIM_STAT_OK)
        status = dkim_eoh(dkim);
    if (status == DKIM_STAT_OK && body.len != 0)
        status = dkim_body(dkim, (unsigned char *)body.data, body.len);
    /* It takes no body but one that ends as SMTP's do; canonicalization would add the same. */
    if (status == DKIM_STAT_OK && body.len != 0 && !text_ends_with_nocase(body, TEXT("\r\n")))
        status = dkim_body(dkim, (unsigned char *)"\r\n", 2);
    if (status == DKIM_STAT_OK)
        status = dkim_eom(dkim, NULL);
    return status;
}

/* The library's view of the message as if the field with that number were its only signature. */
static void judge_one(DKIM_LIB *library, const struct header_field *fields, size_t field_count,
    size_t own, struct text body, const struct opendkim_keys *keys)
{
    DKIM_SIGINFO **signatures;
    DKIM_STAT status;
    int count;
    DKIM *dkim = dkim_verify(library, (const unsigned char *)"judged", NULL, &status);

    assert(dkim != NULL);
    (void)dkim_set_user_context(dkim, (void *)keys);
    status = feed(dkim, fields, field_count, own, body);
    if (dkim_getsiglist(dkim, &signatures, &count) == DKIM_STAT_OK && count == 1)
        write_opinion(signatures[0], status);
    else
        printf("\tpermfail unread: %s", dkim_getresultstr(status));
    (void)dkim_free(dkim);
}

void opendkim_judge(const struct header_field *fields, size_t field_count, struct text body,
    const struct opendkim_keys *keys, time_t now)
{
    DKIM_LIB *library = library_new();

    fixed_time = now;
    printf("theirs");
    for (size_t i = 0; i < field_count; i++)
        if (is_signature(&fields[i]))
            judge_one(library, fields, field_count, i, body, keys);
    putchar('\n');
    dkim_close(library);
}
