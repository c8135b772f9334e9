/* SPDX-License-Identifier: MIT */

/*
 * DNS packets as a hostile server writes them. The first byte chooses the type asked for; the
 * question's name is fixed. What comes out must keep to the promises of the header.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/dns/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(const struct dns_record *record, enum dns_type type)
{
    unsigned sum = record->preference;

    assert((record->ip.family == IP_V4) == (type == DNS_A));
    assert((record->ip.family == IP_V6) == (type == DNS_AAAA));
    assert(record->text.len <= DNS_TXT_MAX_BYTES);
    for (size_t i = 0; i < record->text.len; i++)
        sum += (unsigned char)record->text.data[i];
    /* Uses what was read, so that a sanitizer sees bytes that are not there. */
    assert(sum <= 0xffffU + 255U * DNS_TXT_MAX_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dns_type types[] = {DNS_A, DNS_NS, DNS_CNAME, DNS_SOA, DNS_PTR, DNS_MX,
        DNS_TXT, DNS_AAAA, DNS_SRV, DNS_DS, DNS_TLSA, DNS_CAA, DNS_DNSKEY};
    struct arena *arena = arena_new();
    struct dns_question question = {.name = TEXT("example.org")};
    const struct dns_answer *answer;

    if (size != 0) {
        question.type = types[data[0] % (sizeof types / sizeof *types)];
        answer = packet_read(data + 1, size - 1, &question, false, arena);
        assert((answer->status == DNS_FOUND) == (answer->count != 0));
        assert(answer->count <= DNS_RECORDS_MAX && answer->ttl_s <= 0x7fffffff);
        for (size_t i = 0; i < answer->count; i++)
            check_record(&answer->records[i], question.type);
    }
    arena_free(&arena);
    return 0;
}
