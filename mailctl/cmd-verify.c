/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "lib/mailauth/mailauth.h"
#include "mailctl/client-options.h"
#include "mailctl/commands.h"
#include "mailctl/lookups.h"
#include "mailctl/message-file.h"
#include "mailctl/output.h"
#include "mailctl/second-opinion.h"

/* --- as JSON --- */

static json_t *result_json(enum auth_result result)
{
    return json_string(auth_result_word(result));
}

static void set_reason(json_t *object, const char *reason)
{
    if (reason != NULL)
        json_object_set_new(object, "reason", json_string(reason));
}

static json_t *spf_json(const struct spf_verdict *spf)
{
    json_t *object = json_object();

    json_object_set_new(object, "result", result_json(spf->result));
    json_object_set_new(object, "domain", output_json_text(spf->domain));
    json_object_set_new(object, "mechanism", output_json_text(spf->mechanism));
    json_object_set_new(object, "explanation", output_json_text(spf->explanation));
    set_reason(object, spf->problem);
    return object;
}

static json_t *signature_json(const struct signature_verdict *signature)
{
    json_t *object = json_object();

    json_object_set_new(object, "result", result_json(signature->result));
    json_object_set_new(object, "domain", output_json_text(signature->domain));
    json_object_set_new(object, "selector", output_json_text(signature->selector));
    json_object_set_new(object, "identity", output_json_text(signature->identity));
    json_object_set_new(object, "algorithm", output_json_text(signature->algorithm));
    json_object_set_new(object, "bits", json_integer(signature->key_bits));
    json_object_set_new(object, "testing", json_boolean(signature->testing));
    set_reason(object, signature->reason);
    return object;
}

static json_t *signatures_json(const struct mailauth_verdict *verdict)
{
    json_t *array = json_array();

    for (size_t i = 0; i < verdict->signature_count; i++)
        json_array_append_new(array, signature_json(&verdict->signatures[i]));
    return array;
}

static json_t *arc_json(const struct arc_verdict *arc)
{
    json_t *object = json_object();

    json_object_set_new(object, "result", result_json(arc->result));
    json_object_set_new(object, "instance", json_integer(arc->instance));
    json_object_set_new(object, "sealer", output_json_text(arc->sealer));
    set_reason(object, arc->reason);
    return object;
}

static json_t *dmarc_json(const struct mailauth_verdict *verdict)
{
    const struct dmarc_verdict *dmarc = &verdict->dmarc;
    json_t *object = json_object();

    json_object_set_new(object, "result", result_json(dmarc->result));
    json_object_set_new(object, "author_domain", output_json_text(verdict->author_domain));
    json_object_set_new(
        object, "organizational_domain", output_json_text(dmarc->organizational_domain));
    json_object_set_new(object, "spf_aligned", json_boolean(dmarc->spf_aligned));
    json_object_set_new(object, "dkim_aligned", json_boolean(dmarc->dkim_aligned));
    if (dmarc->record != NULL) {
        json_object_set_new(object, "policy", json_string(dmarc_policy_word(dmarc->policy)));
        json_object_set_new(object, "policy_domain", output_json_text(dmarc->policy_domain));
        json_object_set_new(object, "record", output_json_text(dmarc->record->raw));
    }
    set_reason(object, dmarc->problem);
    return object;
}

/* In one line: where it was folded stands a blank. */
static struct text results_line(const struct mailauth_verdict *verdict, struct arena *arena)
{
    struct text unfolded = header_unfold(verdict->results_field, arena);
    char *line = arena_copy_string(arena, unfolded);

    for (size_t i = 0; i < unfolded.len; i++)
        if (line[i] == '\t')
            line[i] = ' ';
    return text_from_bytes(line, unfolded.len);
}

/* rows NULL: nothing was compared. */
static void print_json(
    const struct mailauth_verdict *verdict, const struct compare_rows *rows, struct arena *arena)
{
    json_t *object = json_object();

    json_object_set_new(
        object, "authentication_results", output_json_text(results_line(verdict, arena)));
    json_object_set_new(object, "helo", spf_json(&verdict->spf_helo));
    json_object_set_new(object, "spf", spf_json(&verdict->spf));
    json_object_set_new(object, "dkim", signatures_json(verdict));
    json_object_set_new(object, "arc", arc_json(&verdict->arc));
    json_object_set_new(object, "dmarc", dmarc_json(verdict));
    if (rows != NULL)
        json_object_set_new(object, "compared", second_opinion_json(rows));
    output_json(object);
}

/* --- the judgement --- */

static void feed(struct mailauth *engine, const struct message_file *file)
{
    /* Beyond the bounds too: the verdict says so then, and counts each From. */
    for (size_t i = 0; i < file->field_count; i++)
        (void)mailauth_field(engine, &file->fields[i]);
    mailauth_end_header(engine);
    mailauth_body(engine, file->body);
    mailauth_end_body(engine);
}

static void print(const struct invocation *invocation, const struct mailauth_verdict *verdict,
    const struct compare_rows *rows)
{
    const struct message_file plain = {.has_bare_feeds = true};

    if (invocation->json) {
        print_json(verdict, rows, invocation->arena);
        return;
    }
    fputs("Authentication-Results:", stdout);
    message_file_write(&plain, verdict->results_field);
    putchar('\n');
    if (rows != NULL)
        second_opinion_print(invocation, rows);
}

static int compare(struct invocation *invocation, struct lookups *lookups,
    const struct mailauth_facts *facts, const struct message_file *file,
    const struct mailauth_verdict *verdict)
{
    const struct compare_input input = {
        .facts = facts,
        .verdict = verdict,
        .fields = file->fields,
        .field_count = file->field_count,
        .body = file->body,
        .answers = lookups->answers,
        .arena = invocation->arena,
    };
    struct compare_rows rows;
    int status = second_opinion_ask(invocation, lookups, &input, &rows);

    print(invocation, verdict, &rows);
    return status;
}

static int judge(struct invocation *invocation, struct text authserv_id,
    const struct mailauth_facts *facts, const struct message_file *file)
{
    struct mailauth_rules rules = {
        .authserv_id = authserv_id,
        .limits = {MESSAGE_HEADER_BYTES_DEFAULT, MESSAGE_FIELDS_DEFAULT}
    };
    struct mailauth_verdict verdict;
    struct mailauth *engine;
    struct lookups lookups;
    int status = lookups_init(&lookups, invocation);

    if (status != EX_OK)
        return status;
    engine = mailauth_new(&rules, facts, lookups.answers, invocation->arena);
    feed(engine, file);
    while (mailauth_evaluate(engine, &verdict) == AUTH_WAITING)
        lookups_fetch(&lookups);
    if (invocation_has(invocation, "compare"))
        status = compare(invocation, &lookups, facts, file, &verdict);
    else
        print(invocation, &verdict, NULL);
    mailauth_done(&engine);
    return status;
}

static int run_verify(struct invocation *invocation)
{
    struct client_options client;
    struct mailauth_facts facts = {.client_name_known = false};
    struct message_file file;
    struct text name;
    int status = client_options_read(invocation, &client);

    /* libopendkim looks at the system's clock, and cannot be told of another. */
    if (status == EX_OK && invocation_has(invocation, "compare") &&
        invocation_has(invocation, "time"))
        return invocation_complain(
            invocation, EX_USAGE, "--compare judges as of now: leave --time out");
    if (status == EX_OK)
        status = client_options_authserv_id(invocation, &name);
    if (status == EX_OK)
        status = client_options_time(invocation, &facts.now);
    if (status == EX_OK)
        status = message_file_read(invocation, invocation->arguments[0], &file);
    if (status != EX_OK)
        return status;
    facts.client = client.ip;
    facts.helo = client.helo;
    facts.mail_from = client.from;
    return judge(invocation, name, &facts, &file);
}

static const struct command_option verify_options[] = {
    CLIENT_OPTIONS,
    {"authserv-id", "NAME",    "who judges [this host]"                                       },
    {"time",        "SECONDS", "judge as at that time, in seconds since 1970"                 },
    {"compare",     NULL,      "show what libopendkim, libspf2 and libopendmarc say beside it"},
    {NULL,          NULL,      NULL                                                           },
};
static const char *const verify_examples[] = {"mailctl verify message.eml",
    "mailctl verify --ip 192.0.2.10 --helo mail.example.org --from a@example.org message.eml",
    "mailctl verify --compare --ip 192.0.2.10 --from a@example.org message.eml",
    "mailctl --json verify --resolver 127.0.0.1@5353 - < message.eml", NULL};

const struct command command_verify = {
    .noun = "verify",
    .arguments = "FILE|-",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = verify_options,
    .help = "judge a message as the milter would, and print the result field",
    .details = "SPF needs --ip. The exit status is 0 whatever the result says; --json gives the\n"
               "whole verdict. Neither configuration nor database is needed.\n"
               "--compare asks the libraries that are installed, as they are, and says why they\n"
               "differ: 2 where that is not known, 3 where there is none of them.",
    .examples = verify_examples,
    .run = run_verify,
};
