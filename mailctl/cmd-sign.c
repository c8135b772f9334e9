/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>

#include "lib/base/memory.h"
#include "lib/dns/name.h"
#include "lib/mailauth/signature.h"
#include "lib/store/dkim-key.h"
#include "mailctl/client-options.h"
#include "mailctl/commands.h"
#include "mailctl/dkim-view.h"
#include "mailctl/message-file.h"
#include "mailctl/secret-file.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)
#define SIGNERS_MAX 16

struct signer {
    struct text selector;
    struct private_key *key;
};

/* Who signs: one key from a file, or those of the domain. */
struct signers {
    struct text domain;
    struct signer items[SIGNERS_MAX];
    size_t count;
};

static void signers_done(struct signers *signers)
{
    for (size_t i = 0; i < signers->count; i++)
        private_key_release(&signers->items[i].key);
}

/* Takes the key and overwrites its text. */
static int add_signer(const struct invocation *invocation, struct signers *signers,
    struct text selector, struct text pem, const char *where)
{
    bool allow_short = invocation_has(invocation, "allow-short-key");
    struct signer *signer = &signers->items[signers->count];
    struct failure failure = {ERR_NONE, ""};
    enum err err;

    if (signers->count == SIGNERS_MAX)
        return invocation_complain(invocation, EX_DATAERR, "more than %d keys", SIGNERS_MAX);
    err = private_key_parse(pem, allow_short, &signer->key, &failure);
    memory_wipe((void *)(uintptr_t)pem.data, pem.len);
    if (err != ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR, "%s: %s", where,
            failure.text[0] != '\0' ? failure.text : err_text(err));
    signer->selector = selector;
    signers->count++;
    return EX_OK;
}

static int read_key_file(
    const struct invocation *invocation, const char *path, struct signers *signers)
{
    struct buffer pem = BUFFER_NONE;
    const char *selector = invocation_value(invocation, "selector");
    int status;

    if (selector == NULL)
        return invocation_complain(
            invocation, EX_USAGE, "--key needs --selector, the name of its record");
    status = secret_file_read(invocation, path, KEY_FILE_MAX, &pem);
    if (status == EX_OK)
        status =
            add_signer(invocation, signers, text_from_string(selector), buffer_text(&pem), path);
    buffer_done_wiped(&pem);
    return status;
}

static int complain_absent(
    const struct invocation *invocation, const struct signers *signers, struct text selector)
{
    if (selector.len != 0)
        return dkim_view_complain_absent(invocation, signers->domain, selector);
    return invocation_complain(invocation, EX_DATAERR,
        "%.*s has no key that signs (mailctl dkim generate makes one, mailctl dkim activate lets "
        "it "
        "sign)",
        TEXT_ARGS(signers->domain));
}

static int read_stored_keys(struct invocation *invocation, struct signers *signers)
{
    int status = EX_OK;
    struct text selector = text_from_string(invocation_value(invocation, "selector"));
    struct store *store = invocation_store(invocation, STORE_KEYS, STORE_READ, &status);
    struct dkim_key_list list = {NULL, 0};
    struct dkim_key one;
    enum err err;

    if (store == NULL)
        return status;
    if (selector.len == 0) {
        err = dkim_key_list_active(store, signers->domain, invocation->arena, &list);
    } else {
        err = dkim_key_find(store, signers->domain, selector, invocation->arena, &one);
        if (err == ERR_NONE)
            list = (struct dkim_key_list){&one, 1};
    }
    if (err != ERR_NONE && err != ERR_ABSENT)
        return invocation_complain_store(invocation, store);
    if (list.count == 0)
        return complain_absent(invocation, signers, selector);
    for (size_t i = 0; i < list.count && status == EX_OK; i++)
        status = add_signer(
            invocation, signers, list.items[i].selector, list.items[i].pem, "the keys database");
    return status;
}

static int read_signers(struct invocation *invocation, struct signers *signers)
{
    const char *domain = invocation_value(invocation, "domain");
    const char *path = invocation_value(invocation, "key");
    const char *selector = invocation_value(invocation, "selector");
    struct text normalized;
    int status;

    if (domain == NULL)
        return invocation_complain(invocation, EX_USAGE, "--domain is needed");
    if (selector != NULL &&
        !dns_name_normalize(text_from_string(selector), invocation->arena, &normalized))
        return invocation_bad_value(
            invocation, "selector", "letters, digits and hyphens", selector);
    if (path == NULL && invocation_has(invocation, "allow-short-key"))
        return invocation_complain(invocation, EX_USAGE,
            "--allow-short-key goes with --key: keys in the database are long");
    if (path != NULL) {
        status = invocation_domain(invocation, text_from_string(domain), &signers->domain);
        return status == EX_OK ? read_key_file(invocation, path, signers) : status;
    }
    status = invocation_own_domain(invocation, text_from_string(domain), &signers->domain);
    return status == EX_OK ? read_stored_keys(invocation, signers) : status;
}

/* --- signing --- */

static struct message *load(const struct invocation *invocation, const struct message_file *file,
    const struct signing_request *request)
{
    struct message *message = message_new(invocation->arena, NULL);

    for (size_t i = 0; i < file->field_count; i++)
        if (message_add_field(message, &file->fields[i]) != ERR_NONE)
            break; /* signer_format() refuses */
    if (signer_prepare(message, request) == ERR_NONE)
        message_add_body(message, file->body);
    message_end_body(message);
    return message;
}

static void print_message(const struct message_file *file)
{
    for (size_t i = 0; i < file->field_count; i++) {
        message_file_write(file, file->fields[i].raw);
        message_file_write(file, TEXT("\r\n"));
    }
    message_file_write(file, TEXT("\r\n"));
    message_file_write(file, file->body);
}

static int sign(const struct invocation *invocation, const struct signers *signers,
    const struct message_file *file, int64_t now)
{
    struct signing_request request = {.domain = signers->domain,
        .header_canon = CANON_RELAXED,
        .body_canon = CANON_RELAXED,
        .now = now};
    struct message *message = load(invocation, file, &request);
    struct text fields[SIGNERS_MAX];
    struct failure failure = {ERR_NONE, ""};
    enum err err = ERR_NONE;

    for (size_t i = 0; i < signers->count && err == ERR_NONE; i++) {
        request.selector = signers->items[i].selector;
        err = signer_format(
            message, &request, signers->items[i].key, invocation->arena, &fields[i], &failure);
    }
    message_done(&message);
    if (err != ERR_NONE) {
        failure.err = err;
        return invocation_complain_failure(invocation, &failure);
    }
    for (size_t i = 0; i < signers->count; i++) {
        fputs("DKIM-Signature:", stdout);
        message_file_write(file, fields[i]);
        message_file_write(file, TEXT("\r\n"));
    }
    print_message(file);
    return EX_OK;
}

static int run_sign(struct invocation *invocation)
{
    struct signers signers = {.count = 0};
    struct message_file file;
    int64_t now = 0;
    int status = client_options_time(invocation, &now);

    if (status == EX_OK)
        status = read_signers(invocation, &signers);
    if (status == EX_OK)
        status = message_file_read(invocation, invocation->arguments[0], &file);
    if (status == EX_OK)
        status = sign(invocation, &signers, &file, now);
    signers_done(&signers);
    return status;
}

static const struct command_option sign_options[] = {
    {"domain",          "DOMAIN",  "whose signature it is; needed"                              },
    {"selector",        "NAME",    "of the key; without it, each active key of the domain signs"},
    {"key",             "FILE",    "a private key in PEM, instead of those in the database"     },
    {"allow-short-key", NULL,
     "with --key: RSA under 1024 bits too; receivers reject such signatures"                    },
    {"time",            "SECONDS", "of the signature, in seconds since 1970"                    },
    {NULL,              NULL,      NULL                                                         },
};
static const char *const sign_examples[] = {"mailctl sign --domain example.org message.eml",
    "mailctl sign --domain example.org --selector 2026q4r --key key.pem - < message.eml", NULL};

const struct command command_sign = {
    .noun = "sign",
    .arguments = "FILE|-",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = sign_options,
    .help = "print a message with DKIM signatures on top",
    .details = "With --key neither configuration nor database is needed.",
    .examples = sign_examples,
    .run = run_sign,
};
