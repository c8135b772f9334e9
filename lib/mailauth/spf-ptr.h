/* SPDX-License-Identifier: MIT */
#pragma once

/* The client's validated names (RFC 7208 §5.5): for the ptr mechanism and for %{p}. */

#include "lib/mailauth/spf-eval.h"

/* The ptr mechanism: does a validated name lie in target? */
enum spf_step spf_ptr_match(struct spf_evaluation *evaluation, struct text target);
/*
 * %{p} (§7.3): the domain itself where it is validated, else a name below it, else any, else
 * "unknown". False: waiting.
 */
bool spf_ptr_validated(struct spf_evaluation *evaluation, struct text domain, struct text *name_r);
