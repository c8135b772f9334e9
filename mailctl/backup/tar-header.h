/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The block in front of each file of a tar archive (POSIX.1-2017 pax, "ustar Interchange Format"):
 * written in one form, for plain files that root alone may read, and read in that form alone. So a
 * link, a path, another owner or a bit that fell over is no header of ours. Pure; any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/text.h"

#define TAR_BLOCK ((size_t)512)
#define TAR_NAME_MAX 100
/* What the field for it holds: 8 GiB less one byte. */
#define TAR_SIZE_MAX UINT64_C(077777777777)

struct tar_header {
    char name[TAR_NAME_MAX]; /* NUL behind it */
    uint64_t size_bytes;
    uint64_t time; /* seconds since the epoch, at most TAR_SIZE_MAX */
};

void tar_header_write(const struct tar_header *header, char block_r[TAR_BLOCK]);
/* False where tar_header_write() would not have made that block. */
bool tar_header_read(const char block[TAR_BLOCK], struct tar_header *header_r);
/* Zeros behind a file of that size, to the end of its last block. */
size_t tar_padding(uint64_t size_bytes);
