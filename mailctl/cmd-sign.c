/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "lib/mailauth/signature.h"
#include "mailctl/client-options.h"
#include "mailctl/commands.h"
#include "mailctl/message-file.h"
#include "mailctl/signing-keys.h"

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

static int sign(const struct invocation *invocation, const struct signing_keys *keys,
    const struct message_file *file, int64_t now)
{
    struct signing_request request = {.domain = keys->domain,
        .header_canon = CANON_RELAXED,
        .body_canon = CANON_RELAXED,
        .now = now};
    struct message *message = load(invocation, file, &request);
    struct text fields[SIGNING_KEYS_MAX];
    struct failure failure = {ERR_NONE, ""};
    enum err err = ERR_NONE;

    for (size_t i = 0; i < keys->count && err == ERR_NONE; i++) {
        request.selector = keys->items[i].selector;
        err = signer_format(
            message, &request, keys->items[i].key, invocation->arena, &fields[i], &failure);
    }
    message_done(&message);
    if (err != ERR_NONE) {
        failure.err = err;
        return invocation_complain_failure(invocation, &failure);
    }
    for (size_t i = 0; i < keys->count; i++)
        message_file_write_field(file, "DKIM-Signature", fields[i]);
    message_file_write_whole(file);
    return EX_OK;
}

static int run_sign(struct invocation *invocation)
{
    struct signing_keys keys = {.count = 0};
    struct message_file file;
    int64_t now = 0;
    int status = client_options_time(invocation, &now);

    if (status == EX_OK)
        status = signing_keys_read(invocation, &keys);
    if (status == EX_OK)
        status = message_file_read(invocation, invocation->arguments[0], &file);
    if (status == EX_OK)
        status = sign(invocation, &keys, &file, now);
    signing_keys_done(&keys);
    return status;
}

static const struct command_option sign_options[] = {
    {"domain",   "DOMAIN",  "whose signature it is; needed"                              },
    {"selector", "NAME",    "of the key; without it, each active key of the domain signs"},
    {"key",      "FILE",    "a private key in PEM, instead of those in the database"     },
    SIGNING_KEYS_SHORT_OPTION,
    {"time",     "SECONDS", "of the signature, in seconds since 1970"                    },
    {NULL,       NULL,      NULL                                                         },
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
