/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The layer of lookups that libspf2 is given instead of a resolver: it asks the table of answers,
 * counts, and holds records against the grammar. One for each check, embedded; one thread.
 *
 * A name without an answer is noted, and seems to have nothing until it has one: so the library
 * goes on and asks for more, and its result is not looked at.
 */

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>
#include <spf2/spf.h>

#include "lib/dns/answers.h"

/* All lookups of a check: ten terms of ten names and what belongs to them, and some room. */
#define LIBSPF2_LOOKUPS_MAX 250

/* The functions of the library that we call. */
struct libspf2_calls {
    __typeof__(SPF_server_new_dns) *server_new_dns;
    __typeof__(SPF_server_free) *server_free;
    __typeof__(SPF_server_set_rec_dom) *server_set_rec_dom;
    __typeof__(SPF_request_new) *request_new;
    __typeof__(SPF_request_free) *request_free;
    __typeof__(SPF_request_set_ipv4) *request_set_ipv4;
    __typeof__(SPF_request_set_ipv6) *request_set_ipv6;
    __typeof__(SPF_request_set_helo_dom) *request_set_helo_dom;
    __typeof__(SPF_request_set_env_from) *request_set_env_from;
    __typeof__(SPF_request_query_mailfrom) *request_query_mailfrom;
    __typeof__(SPF_response_free) *response_free;
    __typeof__(SPF_response_result) *response_result;
    __typeof__(SPF_response_reason) *response_reason;
    __typeof__(SPF_response_errcode) *response_errcode;
    __typeof__(SPF_response_messages) *response_messages;
    __typeof__(SPF_response_message) *response_message;
    __typeof__(SPF_error_code) *error_code;
    __typeof__(SPF_error_errorp) *error_errorp;
    __typeof__(SPF_strerror) *strerror;
    __typeof__(SPF_dns_rr_new_init) *rr_new_init;
    __typeof__(SPF_dns_rr_buf_realloc) *rr_buf_realloc;
    void **info_handler, **warning_handler; /* variables; NULL in them: silence */
};
extern struct libspf2_calls libspf2_call;

struct libspf2_dns {
    SPF_dns_server_t server; /* its hook points back here */
    struct answers *answers;
    struct arena *arena;
    bool is_ruled;       /* false: only the bound on all lookups holds */
    bool is_waiting;     /* something was noted */
    const char *problem; /* why all ends in permerror; NULL: nothing */
    bool is_exhausted;   /* LIBSPF2_LOOKUPS_MAX were made */
    bool has_record;     /* the first record was looked up */
    unsigned lookups, terms, voids;
    const struct dns_answer *hosts[2]; /* the last MX and the last PTR records */
};

void libspf2_dns_init(
    struct libspf2_dns *dns, struct answers *answers, struct arena *arena, bool is_ruled);
