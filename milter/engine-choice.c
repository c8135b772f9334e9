/* SPDX-License-Identifier: MIT */
#include "milter/engine-choice.h"

#include "lib/base/log.h"
#include "lib/engines/engines.h"

/* The library of a method, opened, in *engine_r; NULL there where ours is chosen. */
static enum err choose(
    const char *method, int chosen, const struct engine **engine_r, struct failure *failure)
{
    const struct engine *engine = engines;
    struct failure reason;

    *engine_r = NULL;
    if (chosen == SETTINGS_ENGINE_OWN)
        return ERR_NONE;
    while (engine->method != NULL && strcmp(engine->method, method) != 0)
        engine++;
    if (engine->method == NULL)
        return failure_set(failure, ERR_ABSENT, "%s.engine: this build has gatepost alone", method);
    if (engine->open(&reason) != ERR_NONE)
        return failure_set(
            failure, reason.err, "%s.engine: %s, or set it to gatepost", method, reason.text);
    log_warning(NULL,
        "%s.engine is %s, which is known to be wrong at times: %s; see gatepost-milter(8)", method,
        engine->name, engine->errors);
    *engine_r = engine;
    return ERR_NONE;
}

enum err engine_choice_apply(
    const struct settings *settings, struct mailauth_rules *rules, struct failure *failure)
{
    const struct engine *spf, *dkim, *dmarc;
    enum err err = choose("spf", settings->spf.engine, &spf, failure);

    if (err == ERR_NONE)
        err = choose("dkim", settings->dkim.engine, &dkim, failure);
    if (err == ERR_NONE)
        err = choose("dmarc", settings->dmarc.engine, &dmarc, failure);
    if (err != ERR_NONE)
        return err;
    rules->spf = spf != NULL ? spf->spf : NULL;
    rules->signatures.engine = dkim != NULL ? dkim->signatures : NULL;
    rules->dmarc = dmarc != NULL ? dmarc->dmarc : NULL;
    return ERR_NONE;
}
