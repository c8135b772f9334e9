/* SPDX-License-Identifier: MIT */

/*
 * Runs a fuzz target over its seeds, as a test: "fuzz_NAME" replays $top_srcdir/tests/fuzz/
 * seeds/NAME; files given as arguments are replayed instead. TAP output.
 */

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(const char *path)
{
    struct buffer content = BUFFER_NONE;
    FILE *file = fopen(path, "rb");
    uint8_t *exact;
    size_t got;

    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    while ((got = fread(buffer_reserve(&content, 4096), 1, 4096, file)) != 0)
        content.len += got;
    fclose(file);
    /* A copy of the exact size, so that the sanitizer sees a read past the end. */
    exact = malloc(content.len != 0 ? content.len : 1);
    if (exact == NULL)
        exit(EXIT_FAILURE);
    if (content.len != 0)
        memcpy(exact, content.data, content.len);
    LLVMFuzzerTestOneInput(exact, content.len);
    free(exact);
    buffer_done(&content);
}

static int replay_folder(const char *name)
{
    const char *top = getenv("top_srcdir");
    char path[PATH_MAX];
    struct dirent **entries;
    int count, replayed = 0;

    snprintf(path, sizeof path, "%s/tests/fuzz/seeds/%s", top != NULL ? top : ".", name);
    count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/tests/fuzz/seeds/%s/%s", top != NULL ? top : ".", name,
                entries[i]->d_name);
            replay_file(path);
            replayed++;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return replayed;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *base = slash != NULL ? slash + 1 : argv[0];
    const char *name = strncmp(base, "fuzz_", 5) == 0 ? base + 5 : base;
    int replayed = 0;

    puts("1..1");
    for (int i = 1; i < argc; i++, replayed++)
        replay_file(argv[i]);
    if (argc == 1)
        replayed = replay_folder(name);
    printf("%s 1 - %s: %d seeds replayed\n", replayed > 0 ? "ok" : "not ok", name, replayed);
    return replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
