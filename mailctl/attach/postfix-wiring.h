/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The plan for one Postfix while it is being made: for attach-postfix.c and the files that each
 * know one piece of it. An edit is made on the bytes in the plan's files, with its reason. Names
 * of parameters that are ours alone begin with "gatepost_".
 */

#include "mailctl/attach/attach.h"
#include "mailctl/attach/main-cf.h"
#include "mailctl/attach/master-cf.h"
#include "mailctl/attach/postfix-instance.h"
#include "mailctl/attach/postfix-list.h"

#define WIRING_PREFIX "gatepost_"

struct wiring {
    const struct attach_site *site;
    struct arena *arena;
    struct plan *plan;
    struct postfix_instance instance;
    struct plan_file *main, *master;
    struct text milter, policy, lookup;        /* our sockets, as Postfix names them */
    const char *domains, *relays, *transports; /* the tables of our domains (domain-file.h) */
};

/* As main.cf has it now, with the edits so far; empty where it is not defined. */
struct text wiring_get(const struct wiring *wiring, struct text name);
/* The same, or else Postfix's default. */
struct text wiring_get_or_default(const struct wiring *wiring, struct text name);
void wiring_set(struct wiring *wiring, struct text name, struct text value, const char *why);
void wiring_put_first(struct wiring *wiring, struct text name, struct text item, const char *why);
void wiring_put_last(struct wiring *wiring, struct text name, struct text item, const char *why);
/* A parameter of ours: "gatepost_" and the name. */
void wiring_define(struct wiring *wiring, const char *name, struct text value, const char *why);
/* Whether one of our sockets stands in a value, however deep in "$other". */
bool wiring_is_ours(const struct wiring *wiring, struct text value, struct text socket);

/* --replace and --keep name programs that are known, and none twice: EX_OK, or EX_USAGE after a
 * complaint. */
int wiring_check_choices(const struct attach_site *site);
/* The milters: where they stand in main.cf, and what else is there. */
void wiring_plan_milters(struct wiring *wiring);
/* What stood in smtpd_milters before, without what is replaced. */
struct text wiring_other_milters(const struct wiring *wiring);
/* Domains, mailboxes, aliases, who may send as whom. */
int wiring_plan_tables(struct wiring *wiring);
/* Of these, what came to be after some Postfix was attached; alone, where the rest stands. */
int wiring_plan_later(struct wiring *wiring);
/* Domains whose mail is passed on. */
void wiring_plan_relays(struct wiring *wiring);
/* Where mail of our domains goes on to; in front of what else names transports. */
void wiring_plan_transports(struct wiring *wiring);
/* Bounces to senders that we have rewritten; is_ours: their domain is one of the directory. */
void wiring_plan_srs(struct wiring *wiring, bool is_ours);
/* Submission, port 25 and the others, in master.cf. */
void wiring_plan_services(struct wiring *wiring);

/* Whether master_service_disable keeps it from listening, as "postmulti -e create" leaves it. */
bool wiring_takes_no_mail(const struct postfix_instance *instance);

/* Of a program that stays: that it judges in our name. */
void wiring_tell_judge(struct wiring *wiring, const char *program);
/* Of a content filter that does our work, too. */
void wiring_tell_amavis(struct wiring *wiring);

enum wiring_service {
    WIRING_INCOMING,    /* port 25: mail of strangers */
    WIRING_SUBMISSION,  /* our users */
    WIRING_REINJECTION, /* from a content filter on this machine: not judged again */
    WIRING_OTHER
};
enum wiring_service wiring_service_kind(
    const struct wiring *wiring, const struct master_cf_service *service);
/* Whether it listens on one of these ports, by name or number; the list ends with NULL. */
bool wiring_service_has_port(const struct master_cf_service *service, const char *const *ports);
/* Some mail of this Postfix goes to a content filter, behind the queue or before it. */
bool wiring_has_filter(const struct wiring *wiring);
/* An option as it counts there: the override, or else main.cf's, expanded. */
struct text wiring_effective(
    const struct wiring *wiring, const struct master_cf_service *service, struct text option);
