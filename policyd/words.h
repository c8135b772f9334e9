/* SPDX-License-Identifier: MIT */
#pragma once

/* gatepost-policyd's words on the control socket: limits, show USER, reset USER. */

#include "lib/service/service.h"

extern const struct service_word policyd_words[];
extern const size_t policyd_word_count;
