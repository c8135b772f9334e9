/* SPDX-License-Identifier: MIT */
#include "lib/engines/libopendkim.h"

#include <dkim.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "lib/base/memory.h"
#include "lib/dns/answers.h"
#include "lib/engines/foreign.h"
#include "lib/mailauth/signature-field.h"

/* The buffer that the library has for a key's record, without the NUL behind. */
#define KEY_RECORD_MAX 1024

static struct {
    __typeof__(dkim_init) *init;
    __typeof__(dkim_options) *options;
    __typeof__(dkim_set_key_lookup) *set_key_lookup;
    __typeof__(dkim_set_prescreen) *set_prescreen;
    __typeof__(dkim_verify) *verify;
    __typeof__(dkim_header) *header;
    __typeof__(dkim_eoh) *eoh;
    __typeof__(dkim_body) *body;
    __typeof__(dkim_eom) *eom;
    __typeof__(dkim_free) *free;
    __typeof__(dkim_set_user_context) *set_user_context;
    __typeof__(dkim_get_user_context) *get_user_context;
    __typeof__(dkim_getsiglist) *getsiglist;
    __typeof__(dkim_getresultstr) *getresultstr;
    __typeof__(dkim_sig_geterror) *sig_geterror;
    __typeof__(dkim_sig_geterrorstr) *sig_geterrorstr;
    __typeof__(dkim_sig_getflags) *sig_getflags;
    __typeof__(dkim_sig_getbh) *sig_getbh;
    __typeof__(dkim_sig_getdomain) *sig_getdomain;
    __typeof__(dkim_sig_getselector) *sig_getselector;
    __typeof__(dkim_sig_ignore) *sig_ignore;
} call;

static const struct foreign_symbol symbols[] = {
    {"dkim_init",             &call.init            },
    {"dkim_options",          &call.options         },
    {"dkim_set_key_lookup",   &call.set_key_lookup  },
    {"dkim_set_prescreen",    &call.set_prescreen   },
    {"dkim_verify",           &call.verify          },
    {"dkim_header",           &call.header          },
    {"dkim_eoh",              &call.eoh             },
    {"dkim_body",             &call.body            },
    {"dkim_eom",              &call.eom             },
    {"dkim_free",             &call.free            },
    {"dkim_set_user_context", &call.set_user_context},
    {"dkim_get_user_context", &call.get_user_context},
    {"dkim_getsiglist",       &call.getsiglist      },
    {"dkim_getresultstr",     &call.getresultstr    },
    {"dkim_sig_geterror",     &call.sig_geterror    },
    {"dkim_sig_geterrorstr",  &call.sig_geterrorstr },
    {"dkim_sig_getflags",     &call.sig_getflags    },
    {"dkim_sig_getbh",        &call.sig_getbh       },
    {"dkim_sig_getdomain",    &call.sig_getdomain   },
    {"dkim_sig_getselector",  &call.sig_getselector },
    {"dkim_sig_ignore",       &call.sig_ignore      },
};

static const struct foreign_library library = {
    .file = LIBOPENDKIM_FILE,
    .package = "libopendkim11",
    .symbols = symbols,
    .symbol_count = sizeof symbols / sizeof *symbols,
};

/* --- one signature on its way through the library --- */

struct signature_check {
    DKIM *dkim;
    DKIM_STAT status; /* how far the library came */
    size_t ordinal;   /* of the signature among those that the library sees */
    char last[2];     /* of the body */
    bool has_body;
    struct text key_record;
    const struct answers *answers; /* instead, where it is only asked for its opinion */
};

/* Behind the library's handles; made once, for all threads, and never freed. */
static DKIM_LIB *strict, *plain;
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static DKIM_CBSTAT hand_over(struct text record, unsigned char *buffer, size_t size)
{
    if (record.len >= size)
        record.len = size - 1;
    memcpy(buffer, record.data, record.len);
    buffer[record.len] = '\0';
    return DKIM_CBSTAT_CONTINUE;
}

static DKIM_CBSTAT look_up(DKIM *dkim, DKIM_SIGINFO *signature, unsigned char *buffer, size_t size)
{
    const struct signature_check *check = call.get_user_context(dkim);
    const struct dns_answer *answer;
    char name[1024];

    if (check->answers == NULL)
        return hand_over(check->key_record, buffer, size);
    (void)snprintf(name, sizeof name, "%s._domainkey.%s",
        (const char *)call.sig_getselector(signature), (const char *)call.sig_getdomain(signature));
    answer = answers_peek(check->answers, text_from_string(name), DNS_TXT);
    if (answer != NULL && answer->status == DNS_TEMPORARY)
        return DKIM_CBSTAT_TRYAGAIN;
    if (answer == NULL || answer->count == 0)
        return DKIM_CBSTAT_NOTFOUND;
    return hand_over(answer->records[0].text, buffer, size);
}

/* Signatures that are only there because another one covers them. */
static DKIM_CBSTAT ignore_others(DKIM *dkim, DKIM_SIGINFO **signatures, int count)
{
    const struct signature_check *check = call.get_user_context(dkim);

    for (int i = 0; i < count; i++)
        if ((size_t)i != check->ordinal)
            call.sig_ignore(signatures[i]);
    return DKIM_CBSTAT_CONTINUE;
}

static DKIM_LIB *handle_new(unsigned flags)
{
    DKIM_LIB *handle = call.init(NULL, NULL);

    if (handle == NULL)
        return NULL;
    (void)call.options(handle, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof flags);
    (void)call.set_key_lookup(handle, look_up);
    (void)call.set_prescreen(handle, ignore_others);
    return handle;
}

static enum err open_once(struct failure *failure)
{
    const unsigned flags = DKIM_LIBFLAGS_BADSIGHANDLES | DKIM_LIBFLAGS_DELAYSIGPROC;
    enum err err = strict != NULL ? ERR_NONE : foreign_open(&library, failure);

    if (err != ERR_NONE || strict != NULL)
        return err;
    plain = handle_new(flags);
    strict = handle_new(flags | DKIM_LIBFLAGS_STRICTHDRS);
    if (plain == NULL || strict == NULL)
        memory_exhausted();
    return ERR_NONE;
}

enum err libopendkim_open(struct failure *failure)
{
    enum err err;

    pthread_mutex_lock(&opening);
    err = open_once(failure);
    pthread_mutex_unlock(&opening);
    return err;
}

static void check_init(struct signature_check *check, DKIM_LIB *handle)
{
    check->dkim = call.verify(handle, (const unsigned char *)"message", NULL, &check->status);
    if (check->dkim == NULL)
        memory_exhausted();
    check->status = call.set_user_context(check->dkim, check);
}

static void add_field(struct signature_check *check, const struct header_field *field)
{
    if (check->status == DKIM_STAT_OK)
        check->status = call.header(check->dkim, (unsigned char *)field->raw.data, field->raw.len);
}

static void end_header(struct signature_check *check)
{
    if (check->status == DKIM_STAT_OK)
        check->status = call.eoh(check->dkim);
}

static void add_body(struct signature_check *check, struct text piece)
{
    if (check->status != DKIM_STAT_OK || piece.len == 0)
        return;
    check->status = call.body(check->dkim, (unsigned char *)piece.data, piece.len);
    check->has_body = true;
    check->last[0] = piece.len > 1 ? piece.data[piece.len - 2] : check->last[1];
    check->last[1] = piece.data[piece.len - 1];
}

/* It takes no body but one that ends as SMTP's do; canonicalization would add the same. */
static void end_body(struct signature_check *check)
{
    if (check->has_body && memcmp(check->last, "\r\n", 2) != 0)
        add_body(check, TEXT("\r\n"));
    if (check->status == DKIM_STAT_OK)
        check->status = call.eom(check->dkim, NULL);
}

/* Ours of the signatures that the library has found; NULL: it has found another number of them. */
static DKIM_SIGINFO *own_signature(const struct signature_check *check)
{
    DKIM_SIGINFO **signatures;
    int count;

    if (call.getsiglist(check->dkim, &signatures, &count) != DKIM_STAT_OK || count < 1 ||
        (size_t)count <= check->ordinal)
        return NULL;
    return signatures[check->ordinal];
}

static struct libopendkim_opinion opinion_of(const struct signature_check *check)
{
    DKIM_SIGINFO *signature = own_signature(check);
    bool has_passed;
    int error;

    if (signature == NULL)
        return (struct libopendkim_opinion){LIBOPENDKIM_UNREAD, call.getresultstr(check->status)};
    error = call.sig_geterror(signature);
    has_passed = (call.sig_getflags(signature) & DKIM_SIGFLAG_PASSED) != 0;
    if (has_passed && call.sig_getbh(signature) == DKIM_SIGBH_MATCH && error == DKIM_SIGERROR_OK)
        return (struct libopendkim_opinion){LIBOPENDKIM_SUCCESS, NULL};
    if (error == DKIM_SIGERROR_KEYFAIL)
        return (struct libopendkim_opinion){LIBOPENDKIM_TEMPFAIL, call.sig_geterrorstr(error)};
    if (error == DKIM_SIGERROR_UNKNOWN) /* how a key's temporary failure looks */
        return (struct libopendkim_opinion){LIBOPENDKIM_TEMPFAIL, call.getresultstr(check->status)};
    return (struct libopendkim_opinion){LIBOPENDKIM_PERMFAIL,
        error != DKIM_SIGERROR_OK ? call.sig_geterrorstr(error) : "body hash mismatch"};
}

/* --- the engine --- */

static bool is_signature(const struct header_field *field)
{
    return text_equals_nocase(field->name, TEXT("DKIM-Signature"));
}

/* The other signatures are part of what is signed only where h= names them. */
static bool covers_signatures(const struct signature_field *field)
{
    for (size_t i = 0; i < field->name_count; i++)
        if (text_equals_nocase(field->names[i], TEXT("DKIM-Signature")))
            return true;
    return false;
}

static struct signature_check *start(
    const struct message *message, size_t index, const struct signature_field *field)
{
    struct signature_check *check = memory_alloc_zero(1, sizeof *check);
    bool has_others = covers_signatures(field);

    check_init(check, strict);
    for (size_t i = 0; i < message_field_count(message); i++) {
        const struct header_field *other = message_field(message, i);

        if (i != index && is_signature(other) && !has_others)
            continue;
        check->ordinal += i < index && is_signature(other);
        add_field(check, other);
    }
    end_header(check);
    return check;
}

static enum auth_result finish(
    struct signature_check *check, struct text key_record, const char **reason_r)
{
    struct libopendkim_opinion opinion;

    if (key_record.len > KEY_RECORD_MAX) {
        *reason_r = "key record is longer than libopendkim reads";
        return AUTH_PERMERROR;
    }
    check->key_record = key_record;
    end_body(check);
    opinion = opinion_of(check);
    *reason_r = opinion.words;
    switch (opinion.status) {
    case LIBOPENDKIM_SUCCESS:
        return AUTH_PASS;
    case LIBOPENDKIM_TEMPFAIL:
        return AUTH_TEMPERROR;
    case LIBOPENDKIM_PERMFAIL:
        return AUTH_FAIL;
    case LIBOPENDKIM_UNREAD:
        break;
    }
    return AUTH_PERMERROR;
}

static void done(struct signature_check **check)
{
    if (*check == NULL)
        return;
    (void)call.free((*check)->dkim);
    free(*check);
    *check = NULL;
}

const struct signature_engine libopendkim_engine = {
    .name = "libopendkim",
    .start = start,
    .add_body = add_body,
    .finish = finish,
    .done = done,
};

/* --- the second opinion --- */

struct libopendkim_opinion libopendkim_ask(const struct header_field *fields, size_t field_count,
    size_t index, struct text body, const struct answers *answers)
{
    struct signature_check check = {.answers = answers};
    struct libopendkim_opinion opinion;

    check_init(&check, plain);
    for (size_t i = 0; i < field_count; i++)
        if (i == index || !is_signature(&fields[i]))
            add_field(&check, &fields[i]);
    end_header(&check);
    add_body(&check, body);
    end_body(&check);
    opinion = opinion_of(&check);
    (void)call.free(check.dkim);
    return opinion;
}
