/* SPDX-License-Identifier: MIT */
#include "mailctl/check/call-certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "mailctl/finding.h"

static int64_t wall_of(const ASN1_TIME *time)
{
    struct tm parts;

    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

/* "mail.example.org, example.org". */
static struct text names_of(const X509 *certificate, struct arena *arena)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = names != NULL ? sk_GENERAL_NAME_num(names) : 0, shown = 0;
    struct text text = TEXT("");

    for (int i = 0; i < count && shown < CALL_CERTIFICATE_NAMES_MAX; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        struct text bytes;

        if (name->type != GEN_DNS)
            continue;
        bytes = text_from_bytes((const char *)ASN1_STRING_get0_data(name->d.dNSName),
            (size_t)ASN1_STRING_length(name->d.dNSName));
        text = arena_print(arena, "%.*s%s%.*s", TEXT_ARGS(text), shown++ != 0 ? ", " : "",
            TEXT_ARGS(finding_safe(text_head(bytes, 253), arena)));
    }
    GENERAL_NAMES_free(names);
    return text.len != 0 ? text : TEXT("no name in its list");
}

/*
 * Debian's own certificate, which its installer makes for the host's name, is among the roots that
 * this machine trusts, and among nobody else's.
 */
static const char *distrust(const struct smtp_tls *tls, X509 *certificate)
{
    if (X509_self_signed(certificate, 0) == 1)
        return "nobody but itself has signed it";
    return smtp_tls_distrust(tls);
}

void call_certificate_read(const struct smtp_tls *tls, struct text name, struct arena *arena,
    struct call_certificate *facts_r)
{
    X509 *certificate = smtp_tls_certificate(tls);

    *facts_r = (struct call_certificate){.is_there = certificate != NULL};
    if (certificate == NULL)
        return;
    facts_r->begin = wall_of(X509_get0_notBefore(certificate));
    facts_r->end = wall_of(X509_get0_notAfter(certificate));
    facts_r->is_named = X509_check_host(certificate, name.data, name.len, 0, NULL) == 1;
    facts_r->names = names_of(certificate, arena);
    facts_r->distrust = distrust(tls, certificate);
    ERR_clear_error();
}
