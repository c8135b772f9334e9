/* SPDX-License-Identifier: MIT */
#include "lib/engines/foreign.h"

#include <dlfcn.h>
#include <string.h>

static const char *loader_words(void)
{
    const char *words = dlerror();

    return words != NULL ? words : "no reason given";
}

enum err foreign_open(const struct foreign_library *library, struct failure *failure)
{
    /* Its symbols stay its own: libopendmarc and libspf2 share some names. */
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);

    if (handle == NULL)
        return failure_set(failure, ERR_ABSENT, "%s cannot be loaded (%s); install %s",
            library->file, loader_words(), library->package);
    for (size_t i = 0; i < library->symbol_count; i++) {
        void *found = dlsym(handle, library->symbols[i].name);

        if (found == NULL)
            return failure_set(failure, ERR_ABSENT, "%s has no %s; install %s as Debian has it",
                library->file, library->symbols[i].name, library->package);
        memcpy(library->symbols[i].function, &found, sizeof found);
    }
    return ERR_NONE;
}
