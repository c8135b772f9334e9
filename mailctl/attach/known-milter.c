/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/known-milter.h"

#include <string.h>
#include <unistd.h>

/* 8891 and 12301 are OpenDKIM's in many a manual. */
const struct known_milter known_milters[KNOWN_MILTER_COUNT] = {
    {"opendkim",    {"opendkim", ":8891", ":12301"}, true,
     "signs and verifies DKIM: mail would be signed twice and judged twice"    },
    {"opendmarc",   {"opendmarc", ":8893"},          true,
     "judges DMARC: two judges would write Authentication-Results"             },
    {"rspamd",      {"rspamd", ":11332"},            false,
     "may sign, too (dkim_signing): let one of the two do it"                  },
    {"clamav",      {"clamav", "clmilter", ":7357"}, false, "looks for viruses"},
    {"spamass",     {"spamass"},                     false, "marks spam"       },
    {"dkimpy",      {"dkimpy", ":8892"},             true,
     "signs and verifies DKIM: mail would be signed twice and judged twice"    },
    {"dkim-milter", {"dkim-milter", "dkim-filter"},  true,
     "signs and verifies DKIM: mail would be signed twice and judged twice"    },
};

const struct known_milter *known_milter_identify(struct text address)
{
    for (size_t i = 0; i < KNOWN_MILTER_COUNT; i++)
        for (const char *const *mark = known_milters[i].marks; *mark != NULL; mark++)
            if (text_find_text(address, text_from_string(*mark)) < address.len)
                return &known_milters[i];
    return NULL;
}

const struct known_milter *known_milter_find(struct text name)
{
    for (size_t i = 0; i < KNOWN_MILTER_COUNT; i++)
        if (text_equals(name, text_from_string(known_milters[i].name)))
            return &known_milters[i];
    return NULL;
}

/* Postfix names the socket in its own way, chrooted or not: by our name, or by what is behind the
 * family of a TCP address. */
bool known_milter_is_ours(struct text list, const char *listen)
{
    struct text address = text_from_string(listen);

    address = text_skip(address, text_find(address, ':') + 1);
    return text_find_text(list, TEXT("gatepost")) < list.len ||
           (address.len != 0 && text_find_text(list, address) < list.len);
}

/* rspamd signs where somebody gave it keys. */
bool known_milter_is_rival(const struct known_milter *known)
{
    static const char *const signs[] = {
        "/etc/rspamd/local.d/dkim_signing.conf", "/etc/rspamd/override.d/dkim_signing.conf"};

    for (size_t i = 0; strcmp(known->name, "rspamd") == 0 && i < 2; i++)
        if (access(signs[i], F_OK) == 0)
            return true;
    return known->is_rival;
}
