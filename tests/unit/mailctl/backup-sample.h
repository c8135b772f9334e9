/* SPDX-License-Identifier: MIT */
#pragma once

/* A whole backup in memory, as mailctl writes it: for tests and fuzzers of its form. */

#include "lib/base/buffer.h"
#include "mailctl/backup/backup-form.h"

#define BACKUP_SAMPLE_TIME INT64_C(1795000000)

/* Appends it. Parts are not empty. */
void backup_sample_write(const struct text parts[BACKUP_PARTS], struct buffer *backup);
