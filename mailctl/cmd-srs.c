/* SPDX-License-Identifier: MIT */

/* srs list, rotate, delete: the secrets that rewritten senders of forwarded mail are signed with.
 */

#include <inttypes.h>

#include "lib/base/clock.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"
#include "mailctl/secret-file.h"
#include "mailctl/srs-secrets.h"

#define DAY ((int64_t)24 * 3600)

static struct store *begin(struct invocation *invocation, int *status_r)
{
    struct store *store = invocation_store(invocation, STORE_SRS, STORE_WRITE, status_r);

    if (store != NULL)
        store_begin(store);
    return store;
}

static int fail(const struct invocation *invocation, struct store *store)
{
    int status = directory_fail(invocation, store, EX_DATAERR);

    store_roll_back(store);
    return status;
}

/* --- srs list --- */

static const char *use_of(const struct srs_secret *secret)
{
    return secret->superseded == 0 ? "signs" : "verifies";
}

static json_t *to_json(const struct invocation *invocation, const void *item)
{
    const struct srs_secret *secret = item;

    (void)invocation;
    return json_pack("{s:I, s:s, s:o, s:o}", "id", (json_int_t)secret->id, "use", use_of(secret),
        "created", directory_json_time(secret->created), "superseded",
        secret->superseded != 0 ? directory_json_time(secret->superseded) : json_null());
}

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct srs_secret *secret = item;

    cells[0] = arena_print(invocation->arena, "%" PRId64, secret->id);
    cells[1] = text_from_string(use_of(secret));
    cells[2] = directory_time(invocation, secret->created);
    cells[3] = secret->superseded != 0 ? directory_time(invocation, secret->superseded) : TEXT("");
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {"id", "use", "created", "superseded", NULL};
    static const struct listing listing = {headings, sizeof(struct srs_secret), to_cells, to_json};
    struct srs_secret_list list;
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_SRS, STORE_READ, &status);

    if (store == NULL)
        return status;
    if (srs_secret_list(store, invocation->arena, &list) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const list_examples[] = {"mailctl srs list", NULL};

const struct command command_srs_list = {
    .noun = "srs",
    .verb = "list",
    .help = "list the secrets of senders of forwarded mail: which one signs, which verify",
    .details = "The secrets themselves are never shown.",
    .examples = list_examples,
    .run = run_list,
};

/* --- srs rotate --- */

/* The first line of a file of postsrsd's, say. */
static int add_from_file(
    struct invocation *invocation, struct store *store, const char *path, enum err *err_r)
{
    struct buffer content = BUFFER_NONE;
    int status = secret_file_read(invocation, path, SRS_SECRET_MAX + 2, &content);

    if (status == EX_OK) {
        struct text secret = buffer_text(&content);

        secret = text_trim(text_head(secret, text_find(secret, '\n')));
        *err_r = srs_secret_add(store, secret, clock_wall());
    }
    buffer_done_wiped(&content);
    return status;
}

static int run_rotate(struct invocation *invocation)
{
    const char *path = invocation_value(invocation, "secret-file");
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);
    struct store *store = settings != NULL ? begin(invocation, &status) : NULL;
    enum err err;

    if (store == NULL)
        return status;
    status = EX_OK;
    err = srs_secret_expire(store, clock_wall() - (settings_srs_days(settings) + 1) * DAY);
    if (err == ERR_NONE && path != NULL)
        status = add_from_file(invocation, store, path, &err);
    else if (err == ERR_NONE)
        err = srs_secrets_make(store, clock_wall());
    if (status != EX_OK) {
        store_roll_back(store);
        return status;
    }
    if (err != ERR_NONE)
        return fail(invocation, store);
    status = directory_end(invocation, store);
    if (status == EX_OK)
        directory_say(invocation, TEXT("srs"), "given a new secret", NULL);
    return status;
}

static const struct command_option rotate_options[] = {
    {"secret-file", "FILE", "take the first line of this file, or of standard input (-)"},
    {NULL,          NULL,   NULL                                                        },
};
static const char *const rotate_examples[] = {
    "mailctl srs rotate", "mailctl srs rotate --secret-file /etc/postsrsd.secret", NULL};

const struct command command_srs_rotate = {
    .noun = "srs",
    .verb = "rotate",
    .options = rotate_options,
    .help = "make a new secret, which signs from now on",
    .details =
        "Those before it go on verifying, so that bounces to addresses of theirs still come home;\n"
        "they are deleted by a rotation that finds them superseded for longer than srs.max_age.\n"
        "No daemon needs a reload. A secret of postsrsd's is taken over with --secret-file; "
        "rotate\n"
        "once more, and it verifies only.",
    .examples = rotate_examples,
    .run = run_rotate,
};

/* --- srs delete --- */

static int run_delete(struct invocation *invocation)
{
    struct text word = invocation_argument(invocation, 0);
    int status = EX_CONFIG;
    struct store *store;
    uint64_t id;

    if (!text_to_number(word, INT64_MAX, &id))
        return invocation_complain(invocation, EX_USAGE,
            "\"%.*s\": an ID of \"mailctl srs list\" was expected", TEXT_ARGS(word));
    store = begin(invocation, &status);
    if (store == NULL)
        return status;
    if (srs_secret_delete(store, (int64_t)id) != ERR_NONE)
        return fail(invocation, store);
    status = directory_end(invocation, store);
    if (status == EX_OK)
        directory_say(invocation, arena_print(invocation->arena, "secret %.*s", TEXT_ARGS(word)),
            "deleted", NULL);
    return status;
}

static const char *const delete_examples[] = {"mailctl srs delete 1", NULL};

const struct command command_srs_delete = {
    .noun = "srs",
    .verb = "delete",
    .arguments = "ID",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "delete a secret that signs no more: bounces to its addresses are refused at once",
    .examples = delete_examples,
    .run = run_delete,
};
