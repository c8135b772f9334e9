/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Findings on stdout: a marked line with the change below it on a terminal, tab-separated fields in
 * a pipe, and JSON.
 */

#include <jansson.h>

#include "mailctl/finding.h"
#include "mailctl/invocation.h"

/* about: the domain, or whatever else was looked at; a pipe has it as the first field. */
void finding_print(
    const struct invocation *invocation, struct text about, const struct finding *finding);
/* All of them; with --quiet those that are not fine. */
void finding_print_all(
    const struct invocation *invocation, struct text about, const struct findings *findings);

json_t *finding_json(const struct finding *finding);
/* An array of all of them. */
json_t *finding_json_all(const struct findings *findings);
