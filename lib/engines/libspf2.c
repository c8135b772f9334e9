/* SPDX-License-Identifier: MIT */
#include "lib/engines/libspf2.h"

#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include "config.h"
#include "lib/base/memory.h"
#include "lib/engines/foreign.h"
#include "lib/engines/libspf2-dns.h"

static const struct foreign_symbol symbols[] = {
    {"SPF_server_new_dns",         &libspf2_call.server_new_dns        },
    {"SPF_server_free",            &libspf2_call.server_free           },
    {"SPF_server_set_rec_dom",     &libspf2_call.server_set_rec_dom    },
    {"SPF_request_new",            &libspf2_call.request_new           },
    {"SPF_request_free",           &libspf2_call.request_free          },
    {"SPF_request_set_ipv4",       &libspf2_call.request_set_ipv4      },
    {"SPF_request_set_ipv6",       &libspf2_call.request_set_ipv6      },
    {"SPF_request_set_helo_dom",   &libspf2_call.request_set_helo_dom  },
    {"SPF_request_set_env_from",   &libspf2_call.request_set_env_from  },
    {"SPF_request_query_mailfrom", &libspf2_call.request_query_mailfrom},
    {"SPF_response_free",          &libspf2_call.response_free         },
    {"SPF_response_result",        &libspf2_call.response_result       },
    {"SPF_response_reason",        &libspf2_call.response_reason       },
    {"SPF_response_errcode",       &libspf2_call.response_errcode      },
    {"SPF_response_messages",      &libspf2_call.response_messages     },
    {"SPF_response_message",       &libspf2_call.response_message      },
    {"SPF_error_code",             &libspf2_call.error_code            },
    {"SPF_error_errorp",           &libspf2_call.error_errorp          },
    {"SPF_strerror",               &libspf2_call.strerror              },
    {"SPF_dns_rr_new_init",        &libspf2_call.rr_new_init           },
    {"SPF_dns_rr_buf_realloc",     &libspf2_call.rr_buf_realloc        },
    {"SPF_info_handler",           &libspf2_call.info_handler          },
    {"SPF_warning_handler",        &libspf2_call.warning_handler       },
};

static const struct foreign_library library = {
    .file = LIBSPF2_FILE,
    .package = "libspf2-2",
    .symbols = symbols,
    .symbol_count = sizeof symbols / sizeof *symbols,
};

static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
static bool is_open;

/* It asks for the host's name at each check, and ends the process where that is as long as can be.
 */
static enum err try_hostname(struct failure *failure)
{
    char name[HOST_NAME_MAX];

    if (gethostname(name, sizeof name) != 0)
        return failure_set(failure, ERR_LIMIT,
            "libspf2 cannot hold this host's name; it is longer than %d bytes", HOST_NAME_MAX - 1);
    return ERR_NONE;
}

static enum err open_once(struct failure *failure)
{
    enum err err = try_hostname(failure);

    if (err == ERR_NONE && !is_open)
        err = foreign_open(&library, failure);
    if (err == ERR_NONE && !is_open) {
        /* It would write to stderr what is wrong with records. */
        *libspf2_call.info_handler = NULL;
        *libspf2_call.warning_handler = NULL;
        is_open = true;
    }
    return err;
}

enum err libspf2_open(struct failure *failure)
{
    enum err err;

    pthread_mutex_lock(&opening);
    err = open_once(failure);
    pthread_mutex_unlock(&opening);
    return err;
}

/* --- one check --- */

struct check {
    struct libspf2_dns dns;
    SPF_server_t *server;
    SPF_request_t *request;
    SPF_response_t *response;
};

static void set_client(SPF_request_t *request, const struct ip *client)
{
    struct in_addr v4;
    struct in6_addr v6;

    memcpy(&v4, client->bytes, sizeof v4);
    memcpy(&v6, client->bytes, sizeof v6);
    if (client->family == IP_V6)
        (void)libspf2_call.request_set_ipv6(request, v6);
    else
        (void)libspf2_call.request_set_ipv4(request, v4);
}

static void check_run(struct check *check, const struct spf_query *query, struct answers *answers,
    struct arena *arena, bool is_ruled)
{
    struct text receiver = query->receiver.len != 0 ? query->receiver : TEXT("unknown");

    libspf2_dns_init(&check->dns, answers, arena, is_ruled);
    check->response = NULL;
    check->server = libspf2_call.server_new_dns(&check->dns.server, 0);
    check->request = check->server != NULL ? libspf2_call.request_new(check->server) : NULL;
    if (check->request == NULL)
        memory_exhausted();
    (void)libspf2_call.server_set_rec_dom(check->server, arena_copy_string(arena, receiver));
    set_client(check->request, &query->client);
    (void)libspf2_call.request_set_helo_dom(check->request, arena_copy_string(arena, query->helo));
    (void)libspf2_call.request_set_env_from(
        check->request, arena_copy_string(arena, query->sender));
    (void)libspf2_call.request_query_mailfrom(check->request, &check->response);
    if (check->response == NULL)
        memory_exhausted();
}

static void check_done(struct check *check)
{
    libspf2_call.response_free(check->response);
    libspf2_call.request_free(check->request);
    libspf2_call.server_free(check->server);
}

static bool has_message(SPF_response_t *response, SPF_errcode_t code)
{
    for (int i = 0; i < libspf2_call.response_messages(response); i++)
        if (libspf2_call.error_code(libspf2_call.response_message(response, i)) == code)
            return true;
    return false;
}

/* Among its messages, an error that says that there was a record. */
static bool has_syntax_error(SPF_response_t *response)
{
    for (int i = 0; i < libspf2_call.response_messages(response); i++) {
        SPF_error_t *message = libspf2_call.response_message(response, i);

        if (libspf2_call.error_errorp(message) != 0 &&
            libspf2_call.error_code(message) != SPF_E_NOT_SPF &&
            libspf2_call.error_code(message) != SPF_E_DNS_ERROR)
            return true;
    }
    return false;
}

/* Where it has found no record, or cannot read it, it may set no result. */
static enum auth_result result_of(SPF_response_t *response)
{
    switch (libspf2_call.response_result(response)) {
    case SPF_RESULT_NEUTRAL:
        return AUTH_NEUTRAL;
    case SPF_RESULT_PASS:
        return AUTH_PASS;
    case SPF_RESULT_FAIL:
        return AUTH_FAIL;
    case SPF_RESULT_SOFTFAIL:
        return AUTH_SOFTFAIL;
    case SPF_RESULT_NONE:
        return AUTH_NONE;
    case SPF_RESULT_TEMPERROR:
        return AUTH_TEMPERROR;
    case SPF_RESULT_INVALID:
        return has_message(response, SPF_E_DNS_ERROR) ? AUTH_TEMPERROR : AUTH_PERMERROR;
    case SPF_RESULT_PERMERROR:
        break;
    }
    return AUTH_PERMERROR;
}

/* The library's own words are constants. */
static const char *words_of(SPF_response_t *response)
{
    SPF_errcode_t code = libspf2_call.response_errcode(response);

    for (int i = 0; code == SPF_E_SUCCESS && i < libspf2_call.response_messages(response); i++)
        code = libspf2_call.error_code(libspf2_call.response_message(response, i));
    return libspf2_call.strerror(code);
}

static void read_response(const struct check *check, struct spf_verdict *verdict)
{
    verdict->result = result_of(check->response);
    verdict->problem = NULL;
    if (verdict->result == AUTH_TEMPERROR || verdict->result == AUTH_PERMERROR)
        verdict->problem = words_of(check->response);
    verdict->lookup_terms = check->dns.terms;
    verdict->void_lookups = check->dns.voids;
}

static void apply_rules(const struct check *check, struct spf_verdict *verdict)
{
    if (check->dns.problem != NULL) {
        verdict->result = AUTH_PERMERROR;
        verdict->problem = check->dns.problem;
    } else if (check->dns.is_exhausted) {
        verdict->result = AUTH_PERMERROR;
        verdict->problem = "too many lookups";
    } else if (verdict->result == AUTH_NONE && has_syntax_error(check->response)) {
        verdict->result = AUTH_PERMERROR;
        verdict->problem = "libspf2 takes the record for malformed";
    } else if (libspf2_call.response_reason(check->response) == SPF_REASON_LOCALHOST) {
        verdict->result = AUTH_NONE;
        verdict->problem = "libspf2 judges no client of the loopback network";
    }
}

/*
 * Our own check comes first: it notes the names, in few waves, and says where there is nothing to
 * check at all.
 */
static enum auth_progress check_ruled(const struct spf_query *query, struct answers *answers,
    struct arena *arena, struct spf_verdict *verdict_r)
{
    struct spf_verdict verdict;
    struct check check;

    if (spf_check(query, answers, arena, &verdict) == AUTH_WAITING)
        return AUTH_WAITING;
    if (verdict.result != AUTH_NONE && !text_has_control(query->sender) &&
        !text_has_control(query->helo)) {
        check_run(&check, query, answers, arena, true);
        read_response(&check, &verdict);
        apply_rules(&check, &verdict);
        check_done(&check);
        if (check.dns.is_waiting && check.dns.problem == NULL)
            return AUTH_WAITING;
        verdict.mechanism = verdict.explanation = TEXT("");
    }
    *verdict_r = verdict;
    return AUTH_DONE;
}

const struct spf_engine libspf2_engine = {.name = "libspf2", .check = check_ruled};

/* --- the second opinion --- */

enum auth_progress libspf2_ask(const struct spf_query *query, struct answers *answers,
    struct arena *arena, struct spf_verdict *verdict_r)
{
    struct spf_verdict verdict = {
        .domain = TEXT(""), .mechanism = TEXT(""), .explanation = TEXT("")};
    struct check check;

    check_run(&check, query, answers, arena, false);
    read_response(&check, &verdict);
    check_done(&check);
    if (check.dns.is_waiting)
        return AUTH_WAITING;
    *verdict_r = verdict;
    return AUTH_DONE;
}
