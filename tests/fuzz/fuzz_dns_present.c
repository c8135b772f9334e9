/* SPDX-License-Identifier: MIT */

/*
 * What a name server, or somebody in its place, answers to an update's questions: the records that
 * it has, and its signature. The first byte chooses the type.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/dns/message.h"
#include "mailctl/dns/present.h"
#include "mailctl/dns/tsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nobody guesses a signature: all that comes is refused, in words. */
static void verify(struct text message)
{
    struct tsig_key key = {.name = "key.example", .algorithm = TSIG_SHA256, .secret_len = 32};
    const struct tsig_mac mac = {.len = 32};
    struct failure failure = {.err = ERR_NONE};
    enum err err = tsig_verify(&key, &mac, 1794009600, message, &failure);

    assert(err != ERR_NONE && failure.err == err && failure.text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dns_type types[] = {
        DNS_A, DNS_CNAME, DNS_MX, DNS_TXT, DNS_AAAA, DNS_SRV, DNS_TLSA, DNS_CAA};
    struct present_list list = PRESENT_NONE;
    struct arena *arena = arena_new();
    struct text message;

    if (size != 0) {
        message = text_from_bytes((const char *)data + 1, size - 1);
        if (present_read(message, TEXT("example.org"), types[data[0] % 8], arena, &list, NULL) !=
            ERR_NONE)
            assert(list.records.count == 0);
        assert(list.records.count <= DNS_RECORDS_MAX);
        for (size_t i = 0; i < list.records.count; i++)
            assert(list.records.items[i].wire.len <= 0xffff);
        verify(message);
    }
    present_done(&list);
    arena_free(&arena);
    return 0;
}
