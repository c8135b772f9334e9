/* SPDX-License-Identifier: MIT */
#pragma once

/* The certificate that a server has shown, in facts. */

#include "mailctl/attach/smtp-tls.h"
#include "mailctl/check/call.h"

#define CALL_CERTIFICATE_NAMES_MAX 8 /* so many are shown */

/* name: whom it should be for; NUL behind it. */
void call_certificate_read(const struct smtp_tls *tls, struct text name, struct arena *arena,
    struct call_certificate *facts_r);
