/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is said in the calls of call.h, over a connection that is there already (smtp-probe.h), and
 * what comes of it. The other side may be anybody: nothing that it says takes more than the probe's
 * bounds, and of its words only so much is kept as may be shown.
 */

#include "mailctl/attach/smtp-probe.h"
#include "mailctl/check/call.h"

/* Of the facts all but the outcome are filled; texts live in the probe's arena. */
void call_talk_server(struct smtp_probe *probe, const struct call_speech *speech, struct text name,
    struct call_server *facts);
void call_talk_relay(
    struct smtp_probe *probe, struct text helo, struct text recipient, struct call_relay *facts);
void call_talk_outside(struct smtp_probe *probe, struct call_outside *facts);
