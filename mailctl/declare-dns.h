/* SPDX-License-Identifier: MIT */
#pragma once

/* What the records of a declared domain are to look like: what "dns set" keeps. */

#include "mailctl/declare.h"

/*
 * The field of the domain at hand, an object: the options of "dns set" and their values, in place
 * of all that are kept. What is different is written. False where the complaint was made.
 */
bool declare_dns_read(struct declare *declare, const char *key, const json_t *value);
