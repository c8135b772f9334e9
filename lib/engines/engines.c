/* SPDX-License-Identifier: MIT */
#include "lib/engines/engines.h"

#include <string.h>

#include "config.h"
#include "lib/engines/libopendkim.h"
#include "lib/engines/libopendmarc.h"
#include "lib/engines/libspf2.h"

/* clang-format 14 takes the rows apart where they stand between conditions. */
/* clang-format off */
const struct engine engines[] = {
#if WITH_LIBOPENDKIM
    {.method = "dkim",
     .name = "libopendkim",
     .errors = "it takes headers that RFC 5322 does not allow for no signature at all, knows no "
               "UTF-8 in a signature (RFC 8616), and decodes each key anew",
     .open = libopendkim_open,
     .compare = libopendkim_compare,
     .signatures = &libopendkim_engine},
#endif
#if WITH_LIBSPF2
    {.method = "spf",
     .name = "libspf2",
     .errors = "23 of the 203 cases of the RFC 7208 suite come out wrong with it, among them "
               "networks with /0, though none as a pass",
     .open = libspf2_open,
     .compare = libspf2_compare,
     .spf = &libspf2_engine},
#endif
#if WITH_LIBOPENDMARC
    {.method = "dmarc",
     .name = "libopendmarc",
     .errors = "it knows RFC 7489 alone: no np= and no t=, and a bad sp=, adkim= or fo= makes a "
               "record void",
     .open = libopendmarc_open,
     .compare = libopendmarc_compare,
     .dmarc = &libopendmarc_engine},
#endif
    {.method = NULL},
};
/* clang-format on */

const struct engine *engines_find(const char *method, const char *name)
{
    for (const struct engine *engine = engines; engine->method != NULL; engine++)
        if (strcmp(engine->method, method) == 0 && strcmp(engine->name, name) == 0)
            return engine;
    return NULL;
}
