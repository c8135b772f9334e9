/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/arc.h"
#include "mailctl/client-options.h"
#include "mailctl/commands.h"
#include "mailctl/lookups.h"
#include "mailctl/message-file.h"
#include "mailctl/signing-keys.h"

/* A message with its chain judged, ready to be sealed. */
struct sealing {
    struct message *message;
    struct arc_verdict chain;
    struct arc_seal_request request;
};

/* One key seals: of several the first that everybody can verify. */
static const struct signing_key *choose_key(const struct signing_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        if (private_key_algorithm(keys->items[i].key) == KEY_RSA)
            return &keys->items[i];
    return &keys->items[0];
}

static int judge_chain(
    struct invocation *invocation, const struct message_file *file, struct sealing *sealing)
{
    struct lookups lookups;
    struct arc_chain *chain;
    int status = lookups_init(&lookups, invocation);

    if (status != EX_OK)
        return status;
    sealing->message = message_new(invocation->arena, NULL);
    for (size_t i = 0; i < file->field_count; i++)
        if (message_add_field(sealing->message, &file->fields[i]) != ERR_NONE)
            break; /* arc_seal_format() refuses */
    chain = arc_find(sealing->message, NULL, invocation->arena);
    if (arc_seal_prepare(sealing->message) == ERR_NONE)
        message_add_body(sealing->message, file->body);
    message_end_body(sealing->message);
    while (
        arc_evaluate(chain, lookups.answers, sealing->request.now, &sealing->chain) == AUTH_WAITING)
        lookups_fetch(&lookups);
    return EX_OK;
}

static int print_sealed(const struct invocation *invocation, const struct message_file *file,
    const struct sealing *sealing, const struct private_key *key)
{
    struct failure failure = {ERR_NONE, ""};
    struct arc_seal seal;

    if (sealing->chain.has_ended) {
        invocation_tell(invocation, "the chain has failed before: no set is added");
        message_file_write_whole(file);
        return EX_OK;
    }
    if (arc_seal_format(sealing->message, &sealing->chain, &sealing->request, key,
            invocation->arena, &seal, &failure) != ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    message_file_write_field(file, "ARC-Seal", seal.seal);
    message_file_write_field(file, "ARC-Message-Signature", seal.message);
    message_file_write_field(file, "ARC-Authentication-Results", seal.results);
    message_file_write_whole(file);
    return EX_OK;
}

static int seal(struct invocation *invocation, const struct signing_keys *keys,
    struct text authserv_id, int64_t now)
{
    const struct signing_key *key = choose_key(keys);
    struct sealing sealing = {
        .request = {.domain = keys->domain,
                    .selector = key->selector,
                    .authserv_id = authserv_id,
                    .field_list = text_from_string(invocation_value(invocation, "headers")),
                    .now = now}
    };
    struct message_file file;
    int status = message_file_read(invocation, invocation->arguments[0], &file);

    if (status == EX_OK)
        status = judge_chain(invocation, &file, &sealing);
    if (status == EX_OK) {
        sealing.request.results =
            arc_results_collect(sealing.message, authserv_id, invocation->arena);
        status = print_sealed(invocation, &file, &sealing, key->key);
    }
    message_done(&sealing.message);
    return status;
}

static int run_seal(struct invocation *invocation)
{
    struct signing_keys keys = {.count = 0};
    struct text authserv_id = TEXT_NONE;
    int64_t now = 0;
    int status = client_options_time(invocation, &now);

    if (status == EX_OK)
        status = client_options_authserv_id(invocation, &authserv_id);
    if (status == EX_OK)
        status = signing_keys_read(invocation, &keys);
    if (status == EX_OK)
        status = seal(invocation, &keys, authserv_id, now);
    signing_keys_done(&keys);
    return status;
}

static const struct command_option seal_options[] = {
    {"domain",      "DOMAIN",  "whose seal it is; needed"                                         },
    {"selector",    "NAME",    "of the key; without it, an active key of the domain, RSA first"   },
    {"key",         "FILE",    "a private key in PEM, instead of those in the database"           },
    SIGNING_KEYS_SHORT_OPTION,
    {"headers",     "LIST",    "names of the fields to seal, colon-separated [those that we sign]"},
    {"authserv-id", "NAME",    "whose results the message brings along [this host]"               },
    {"time",        "SECONDS", "of the seal, in seconds since 1970"                               },
    {NULL,          NULL,      NULL                                                               },
};
static const char *const seal_examples[] = {"mailctl seal --domain example.org message.eml",
    "mailctl seal --domain example.org --selector 2026q4r --key key.pem - < message.eml", NULL};

const struct command command_seal = {
    .noun = "seal",
    .arguments = "FILE|-",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = seal_options,
    .help = "print a message with one more set of ARC fields on top",
    .details =
        "The chain that it has is verified first, which asks the DNS; its results are those of "
        "the\n"
        "Authentication-Results fields that bear our name. With --key neither configuration nor\n"
        "database is needed. A chain that has failed before gets no further set.",
    .examples = seal_examples,
    .run = run_seal,
};
