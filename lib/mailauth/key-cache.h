/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What decoding a key record gave, remembered by the record's text: a process-wide LRU. Its lock
 * is held for no decoding and no I/O. Any thread.
 */

#include "lib/mailauth/key.h"

#define KEY_CACHE_ENTRIES ((size_t)1024)
/* Larger records, which no honest key needs, are not kept. */
#define KEY_CACHE_RECORD_MAX ((size_t)4096)

/* True where the record is known; a good key is written with a reference of its own. */
bool key_cache_find(struct text record, enum key_status *status_r, struct public_key **key_r);
/* key is NULL unless status is KEY_OK; the cache takes a reference of its own. */
void key_cache_put(struct text record, enum key_status status, struct public_key *key);
size_t key_cache_count(void);
/* Forgets everything: for tests, and for who wants to see no memory in use at exit. */
void key_cache_flush(void);
