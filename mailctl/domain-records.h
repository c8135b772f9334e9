/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The DNS records that a mail domain of ours needs: composed from what the directory, the keys,
 * the certificates and the administrator say, each with its kind and the sentence that tells what
 * it is for. The one source of all that is shown, written, compared and pushed. Plain values in
 * the arena given.
 */

#include "lib/base/error.h"
#include "lib/base/ip.h"
#include "lib/dns/zone.h"
#include "lib/mailauth/dmarc.h"
#include "lib/store/dkim-key.h"

#define DOMAIN_RECORDS_MX_PREFERENCE 10
#define DOMAIN_RECORDS_MX_BACKUP_PREFERENCE 20 /* behind the host that has the mailboxes */
#define DOMAIN_RECORDS_DIGEST_BYTES 32         /* SHA-256 */

/* What can be switched on and off, in the order in which it is shown. */
enum record_kind {
    RECORD_MX,
    RECORD_ADDRESS,
    RECORD_PTR,
    RECORD_SPF,
    RECORD_HOST_SPF,
    RECORD_SRS,
    RECORD_DKIM,
    RECORD_DMARC,
    RECORD_DMARC_REPORT,
    RECORD_TLS_RPT,
    RECORD_MTA_STS,
    RECORD_TLSA,
    RECORD_SRV,
    RECORD_AUTOCONFIG,
    RECORD_AUTODISCOVER,
    RECORD_PACC,
    RECORD_CAA,
    RECORD_KIND_COUNT
};

/* "mta-sts". */
const char *record_kind_word(enum record_kind kind);
bool record_kind_parse(struct text word, enum record_kind *kind_r);
/* Without it mail is lost or distrusted; the others make things better. */
bool record_kind_is_required(enum record_kind kind);
/* Shown where nobody has said anything. Others promise what must first be there: files, keys. */
bool record_kind_is_usual(enum record_kind kind);

/* What mail programs may be told of (RFC 6186, RFC 8314, RFC 5804), as bits. */
enum record_service {
    RECORD_SERVICE_SUBMISSIONS = 1,
    RECORD_SERVICE_SUBMISSION = 2,
    RECORD_SERVICE_IMAPS = 4,
    RECORD_SERVICE_IMAP = 8,
    RECORD_SERVICE_POP3S = 16,
    RECORD_SERVICE_POP3 = 32,
    RECORD_SERVICE_SIEVE = 64
};
#define RECORD_SERVICES_USUAL (RECORD_SERVICE_SUBMISSIONS | RECORD_SERVICE_IMAPS)

/* From "imaps". */
bool record_service_parse(struct text word, enum record_service *service_r);

struct domain_record {
    enum record_kind kind;
    struct zone_record record;
    struct text purpose; /* one line */
};

struct domain_records {
    const struct domain_record *items;
    size_t count;
};

struct domain_records_request {
    struct text domain;         /* normalized */
    bool is_relay;              /* its mail is passed on: the host is a backup MX */
    struct text host;           /* the mail host's name, normalized */
    struct text web_host;       /* which serves files over https; normalized */
    const struct ip *addresses; /* of the host; none: no address records are made */
    size_t address_count;
    const struct dkim_key *keys;
    size_t key_count;
    struct text dkim_zone; /* where delegated keys stand (dkim-delegation.h); empty: none are */
    const struct text *spf_includes; /* who else sends for the domain, normalized */
    size_t spf_include_count;
    enum dmarc_policy dmarc_policy;
    struct text dmarc_reports; /* an address for aggregate reports; empty: none */
    struct text tls_reports;   /* the same for reports on TLS */
    struct text srs_domain;    /* of rewritten senders, where it lies below; else empty */
    struct text mta_sts_id;    /* of the policy that is served; empty: there is none */
    struct text pacc_digest;   /* base64, of the file that is served; empty: there is none */
    const unsigned char (*certificates)[DOMAIN_RECORDS_DIGEST_BYTES]; /* of public keys */
    size_t certificate_count;
    const struct text *issuers; /* who may issue certificates: values of "issue" (RFC 8659) */
    size_t issuer_count;
    unsigned services; /* record_service; the others are said not to be offered */
    bool wants[RECORD_KIND_COUNT];
    uint32_t ttl_s; /* 0: the zone's own */
};

/* What is usual: services and kinds. The rest is for the caller to fill. */
void domain_records_init(struct domain_records_request *request);
/*
 * The same for a relay: of its records those of this host alone are ours to tell. Who sends for the
 * domain, its policies and its services are its owner's.
 */
void domain_records_init_relay(struct domain_records_request *request);

struct domain_records domain_records_make(
    const struct domain_records_request *request, struct arena *arena);

/*
 * For a name that neither sends nor takes mail: a null MX (RFC 7505), and SPF, DKIM and DMARC that
 * say so. Only domain, dmarc_reports and ttl_s of the request are used.
 */
struct domain_records domain_records_make_silent(
    const struct domain_records_request *request, struct arena *arena);
