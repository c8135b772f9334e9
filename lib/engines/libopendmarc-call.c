/* SPDX-License-Identifier: MIT */
#include "lib/engines/libopendmarc-call.h"

#include <opendmarc/dmarc.h>
#include <pthread.h>

#include "config.h"
#include "lib/base/memory.h"
#include "lib/engines/foreign.h"

static struct {
    __typeof__(opendmarc_policy_library_init) *library_init;
    __typeof__(opendmarc_policy_connect_init) *connect_init;
    __typeof__(opendmarc_policy_connect_shutdown) *connect_shutdown;
    __typeof__(opendmarc_policy_store_dmarc) *store_dmarc;
    __typeof__(opendmarc_policy_store_spf) *store_spf;
    __typeof__(opendmarc_policy_store_dkim) *store_dkim;
    __typeof__(opendmarc_get_policy_to_enforce) *get_policy_to_enforce;
} call;

static const struct foreign_symbol symbols[] = {
    {"opendmarc_policy_library_init",     &call.library_init         },
    {"opendmarc_policy_connect_init",     &call.connect_init         },
    {"opendmarc_policy_connect_shutdown", &call.connect_shutdown     },
    {"opendmarc_policy_store_dmarc",      &call.store_dmarc          },
    {"opendmarc_policy_store_spf",        &call.store_spf            },
    {"opendmarc_policy_store_dkim",       &call.store_dkim           },
    {"opendmarc_get_policy_to_enforce",   &call.get_policy_to_enforce},
};

static const struct foreign_library library = {
    .file = LIBOPENDMARC_FILE,
    .package = "libopendmarc2",
    .symbols = symbols,
    .symbol_count = sizeof symbols / sizeof *symbols,
};

static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
static bool is_open;

static enum err open_once(struct failure *failure)
{
    OPENDMARC_LIB_T settings = {.tld_type = OPENDMARC_TLD_TYPE_NONE};
    enum err err = is_open ? ERR_NONE : foreign_open(&library, failure);

    if (err != ERR_NONE || is_open)
        return err;
    if (call.library_init(&settings) != DMARC_PARSE_OKAY)
        return failure_set(failure, ERR_IO, "%s could not be started; install %s anew",
            library.file, library.package);
    is_open = true;
    return ERR_NONE;
}

enum err libopendmarc_open(struct failure *failure)
{
    enum err err;

    pthread_mutex_lock(&opening);
    err = open_once(failure);
    pthread_mutex_unlock(&opening);
    return err;
}

/* The library writes into none of what it is given. */
static unsigned char *bytes(const char *string)
{
    return (unsigned char *)string;
}

/* The record comes first: it says how strict alignment is. */
static int tell(DMARC_POLICY_T *policy, const struct libopendmarc_case *asked)
{
    int status = call.store_dmarc(
        policy, bytes(asked->record), bytes(asked->author_domain), bytes(asked->policy_domain));

    if (status == DMARC_PARSE_OKAY && asked->spf_domain != NULL)
        status = call.store_spf(policy, bytes(asked->spf_domain), DMARC_POLICY_SPF_OUTCOME_PASS,
            DMARC_POLICY_SPF_ORIGIN_MAILFROM, NULL);
    for (size_t i = 0; status == DMARC_PARSE_OKAY && i < asked->dkim_domain_count; i++)
        status = call.store_dkim(
            policy, bytes(asked->dkim_domains[i]), NULL, DMARC_POLICY_DKIM_OUTCOME_PASS, NULL);
    return status;
}

static enum libopendmarc_word word_of(int policy)
{
    switch (policy) {
    case DMARC_POLICY_PASS:
        return LIBOPENDMARC_PASS;
    case DMARC_POLICY_NONE:
        return LIBOPENDMARC_NONE;
    case DMARC_POLICY_QUARANTINE:
        return LIBOPENDMARC_QUARANTINE;
    case DMARC_POLICY_REJECT:
        return LIBOPENDMARC_REJECT;
    default:
        return LIBOPENDMARC_UNREAD;
    }
}

enum libopendmarc_word libopendmarc_call(const struct libopendmarc_case *asked)
{
    DMARC_POLICY_T *policy = call.connect_init(bytes("0.0.0.0"), 0);
    enum libopendmarc_word word = LIBOPENDMARC_UNREAD;

    if (policy == NULL)
        memory_exhausted();
    if (tell(policy, asked) == DMARC_PARSE_OKAY)
        word = word_of(call.get_policy_to_enforce(policy));
    (void)call.connect_shutdown(policy);
    return word;
}
