/* SPDX-License-Identifier: MIT */

/* auth test: what gatepost-authd answers to a login, asked as Dovecot asks. */

#include "lib/base/ip.h"
#include "lib/service/address.h"
#include "lib/service/login-client.h"
#include "mailctl/commands.h"
#include "mailctl/output.h"
#include "mailctl/password-input.h"

/* A hash of the costliest kind, behind those that wait. */
#define PATIENCE_MS 30000

static const char default_service[] = "imap";

static int find_socket(struct invocation *invocation, struct address *address_r)
{
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);

    if (settings == NULL)
        return status;
    if (!address_parse(text_from_string(settings->authd.listen_login), address_r) ||
        !address_is_unix(address_r))
        return invocation_complain(invocation, EX_CONFIG,
            "authd.listen_login = \"%s\": only a UNIX socket can be asked",
            settings->authd.listen_login);
    return EX_OK;
}

static int read_question(struct invocation *invocation, struct login_question *question_r)
{
    const char *service = invocation_value(invocation, "service");
    const char *remote = invocation_value(invocation, "ip");
    struct ip client;

    if (remote != NULL && !ip_parse(text_from_string(remote), &client))
        return invocation_bad_value(invocation, "ip", "an IP address", remote);
    *question_r = (struct login_question){
        .user = invocation_argument(invocation, 0),
        .service = text_from_string(service != NULL ? service : default_service),
        .remote = text_from_string(remote != NULL ? remote : ""),
    };
    return password_input_known(invocation, &question_r->password);
}

static int complain(const struct invocation *invocation, const struct failure *failure)
{
    if (failure->err == ERR_ABSENT)
        return invocation_complain(invocation, EX_TEMPFAIL,
            "gatepost-authd does not run (%s); start it: \"systemctl start gatepost-authd\"",
            failure->text);
    return invocation_complain_failure(invocation, failure);
}

static int status_of(struct text word)
{
    if (text_equals(word, TEXT("ok")))
        return COMMAND_CHECK_OK;
    return text_equals(word, TEXT("temporary")) ? COMMAND_CHECK_UNKNOWN : COMMAND_CHECK_ERROR;
}

static void show(const struct invocation *invocation, const struct login_question *question,
    const struct login_answer *answer)
{
    struct text user = answer->user.len != 0 ? answer->user : question->user;

    if (invocation->json) {
        output_json(json_pack("{s:o, s:o, s:o}", "user", output_json_text(user), "result",
            output_json_text(answer->status), "reason",
            answer->reason.len != 0 ? output_json_text(answer->reason) : json_null()));
        return;
    }
    invocation_tell(invocation, "%.*s: %.*s%s%.*s", TEXT_ARGS(user), TEXT_ARGS(answer->status),
        answer->reason.len != 0 ? ": " : "", TEXT_ARGS(answer->reason));
}

static int run_test(struct invocation *invocation)
{
    struct login_question question = {.user = TEXT_NONE};
    struct login_answer answer;
    struct address address;
    struct failure failure;
    int status = find_socket(invocation, &address);
    enum err err;

    if (status == EX_OK)
        status = read_question(invocation, &question);
    if (status != EX_OK)
        return status;
    err = login_ask(
        address_path(&address), &question, PATIENCE_MS, invocation->arena, &answer, &failure);
    password_input_wipe(&question.password);
    if (err != ERR_NONE)
        return complain(invocation, &failure);
    show(invocation, &question, &answer);
    return status_of(answer.status);
}

static const struct command_option test_options[] = {
    {"ip",      "IP",   "as if the client had this address (none: a program of this machine)"},
    {"service", "NAME",
     "as if it logged in by this protocol: imap, pop3, submission, sieve (imap)"             },
    PASSWORD_INPUT_PLAIN_OPTIONS,
    {NULL,      NULL,   NULL                                                                 },
};
static const char *const test_examples[] = {"mailctl auth test alice@example.org",
    "mailctl auth test alice@example.org --ip 192.0.2.9 --service submission --password-file "
    "/root/hers",
    NULL};

const struct command command_auth_test = {
    .noun = "auth",
    .verb = "test",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = test_options,
    .help = "log in as Dovecot would for a user, and say what comes of it",
    .details =
        "It is a login like any other: judged, counted and logged, and a right one makes the\n"
        "network one of the user's. 0: the password is right; 2: it is wrong, or the user may not\n"
        "log in; 3: it cannot be told now, with the reason.",
    .examples = test_examples,
    .run = run_test,
};
