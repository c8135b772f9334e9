/* SPDX-License-Identifier: MIT */
#include "mailctl/backup/tar-header.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* Where the fields lie, and how long they are. */
#define NAME_AT 0
#define MODE_AT 100
#define OWNER_AT 108
#define GROUP_AT 116
#define SIZE_AT 124
#define TIME_AT 136
#define SUM_AT 148
#define KIND_AT 156
#define MAGIC_AT 257
#define OWNER_NAME_AT 265
#define GROUP_NAME_AT 297
#define NUMBER_LEN 12
#define SHORT_LEN 8
#define KIND_FILE '0'
#define MAGIC "ustar\00000"
#define ROOT "root"

static void put_octal(char *field, size_t len, uint64_t number)
{
    char digits[32];

    snprintf(digits, sizeof digits, "%0*" PRIo64, (int)len - 1, number);
    memcpy(field, digits, len);
}

/* The sum of all bytes, with blanks in its own place. */
static void put_sum(char *block)
{
    unsigned sum = 0;

    memset(block + SUM_AT, ' ', SHORT_LEN);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (unsigned char)block[i];
    put_octal(block + SUM_AT, SHORT_LEN - 1, sum);
}

void tar_header_write(const struct tar_header *header, char block_r[TAR_BLOCK])
{
    size_t len = strnlen(header->name, TAR_NAME_MAX);

    assert(len != 0 && len < TAR_NAME_MAX);
    assert(header->size_bytes <= TAR_SIZE_MAX && header->time <= TAR_SIZE_MAX);
    memset(block_r, 0, TAR_BLOCK);
    memcpy(block_r + NAME_AT, header->name, len);
    put_octal(block_r + MODE_AT, SHORT_LEN, 0600);
    put_octal(block_r + OWNER_AT, SHORT_LEN, 0);
    put_octal(block_r + GROUP_AT, SHORT_LEN, 0);
    put_octal(block_r + SIZE_AT, NUMBER_LEN, header->size_bytes);
    put_octal(block_r + TIME_AT, NUMBER_LEN, header->time);
    block_r[KIND_AT] = KIND_FILE;
    memcpy(block_r + MAGIC_AT, MAGIC, sizeof MAGIC - 1);
    memcpy(block_r + OWNER_NAME_AT, ROOT, sizeof ROOT - 1);
    memcpy(block_r + GROUP_NAME_AT, ROOT, sizeof ROOT - 1);
    put_sum(block_r);
}

static bool read_octal(const char *field, uint64_t *number_r)
{
    uint64_t number = 0;

    for (size_t i = 0; i < NUMBER_LEN - 1; i++) {
        if (field[i] < '0' || field[i] > '7')
            return false;
        number = number * 8 + (uint64_t)(field[i] - '0');
    }
    *number_r = number;
    return true;
}

bool tar_header_read(const char block[TAR_BLOCK], struct tar_header *header_r)
{
    size_t len = strnlen(block + NAME_AT, TAR_NAME_MAX);
    struct tar_header header = {.name = ""};
    char again[TAR_BLOCK];

    if (len == 0 || len == TAR_NAME_MAX || !read_octal(block + SIZE_AT, &header.size_bytes) ||
        !read_octal(block + TIME_AT, &header.time))
        return false;
    memcpy(header.name, block + NAME_AT, len);
    tar_header_write(&header, again);
    if (memcmp(again, block, TAR_BLOCK) != 0)
        return false;
    *header_r = header;
    return true;
}

size_t tar_padding(uint64_t size_bytes)
{
    return (TAR_BLOCK - (size_t)(size_bytes % TAR_BLOCK)) % TAR_BLOCK;
}
