/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * All settings of /etc/gatepost/gatepost.conf. One file serves the four programs, so each knows
 * every setting: a misspelt one is found whoever starts first. The tables in settings.c feed the
 * parser, "mailctl config show|check", gatepost.conf(5) and its test.
 *
 * A loaded configuration is immutable and owns its strings; reload builds a new one and swaps.
 */

#include "lib/base/config.h"
#include "lib/base/ip.h"

#define SETTINGS_DEFAULT_PATH SYSCONFDIR "/gatepost/gatepost.conf"

enum settings_transport { SETTINGS_TRANSPORT_EVENT, SETTINGS_TRANSPORT_LIBMILTER };

enum settings_on_reject { SETTINGS_ON_REJECT_QUARANTINE, SETTINGS_ON_REJECT_REJECT };

enum settings_on_failure { SETTINGS_ON_FAILURE_ACCEPT, SETTINGS_ON_FAILURE_DEFER };

/* Of SPF, DKIM or DMARC; a build may have no other than ours. */
enum settings_engine { SETTINGS_ENGINE_OWN, SETTINGS_ENGINE_LIBRARY };

enum settings_on_short_body { SETTINGS_ON_SHORT_BODY_POLICY, SETTINGS_ON_SHORT_BODY_PASS };

enum settings_on_mismatch {
    SETTINGS_ON_MISMATCH_OFF,
    SETTINGS_ON_MISMATCH_LOG,
    SETTINGS_ON_MISMATCH_REJECT
};

enum settings_on_own_domain {
    SETTINGS_ON_OWN_DOMAIN_MARK,
    SETTINGS_ON_OWN_DOMAIN_QUARANTINE,
    SETTINGS_ON_OWN_DOMAIN_REJECT
};

enum settings_relay_results {
    SETTINGS_RELAY_RESULTS_TOP,     /* above the Received fields that our relays wrote */
    SETTINGS_RELAY_RESULTS_ANYWHERE /* our relays remove what others write in their names */
};

enum settings_relay_programs {
    SETTINGS_RELAY_PROGRAMS_FILTERS, /* what they hand on came from elsewhere */
    SETTINGS_RELAY_PROGRAMS_SENDERS  /* it began with them */
};

enum settings_seal { SETTINGS_SEAL_OFF, SETTINGS_SEAL_FORWARDED };

struct settings {
    struct arena *arena;
    /* general */
    const char *hostname; /* as it was set; "": see settings_hostname() */
    const char *resolved_hostname;
    const char *state_directory;
    const char *run_directory;
    const char *group;      /* its members may open the directory database */
    const char *postmaster; /* whose mail for postmaster and abuse is nobody's else; "": nobody */
    const char *recipient_delimiter; /* one byte, or empty */
    int log_level;                   /* enum log_level */
    /* dns */
    struct {
        struct config_list servers;
        int64_t timeout_ms; /* of all waves of one message together */
        int64_t cache_entries;
    } dns;
    struct {
        const char *listen;
        const char *user;
        const char *authserv_id; /* "": hostname */
        struct config_list trusted_networks;
        struct config_list originating_daemons;
        struct config_list internal_relays;
        struct config_list relay_daemons;
        struct config_list relay_authserv_ids;
        int relay_results;  /* enum settings_relay_results */
        int relay_programs; /* enum settings_relay_programs */
        int64_t header_bytes;
        int64_t header_fields;
        int64_t drain_ms;
        int64_t max_connections;
        int transport;        /* enum settings_transport */
        int on_dns_failure;   /* enum settings_on_failure */
        int on_short_body;    /* enum settings_on_short_body */
        int on_from_mismatch; /* enum settings_on_mismatch */
        struct config_list sign_fields, oversign_fields;
        int64_t signature_lifetime_ms;
    } milter;
    struct {
        int engine; /* enum settings_engine */
    } spf, dkim;
    struct {
        int engine;        /* enum settings_engine */
        int on_reject;     /* enum settings_on_reject */
        int on_own_domain; /* enum settings_on_own_domain */
        int64_t report_days;
        int64_t report_size;
    } dmarc;
    struct {
        const char *domain; /* "": senders are not rewritten */
        int64_t max_age_ms;
        const char *group; /* its members may open the database of secrets */
    } srs;
    struct {
        int seal; /* enum settings_seal */
    } arc;
    struct {
        int64_t after_ms; /* an active key's age; 0: only when asked for */
        int64_t queue_life_ms;
    } rotation;
    struct {
        struct config_list addresses;
        const char *outside; /* "": no other server is called */
        struct config_list blocklists;
        struct config_list domain_blocklists;
    } check;
    struct {
        const char *listen;
        const char *user;
        const char *state_directory; /* "": see settings_limits_directory() */
        int64_t messages;            /* per user and period; 0: unlimited */
        int64_t recipients;          /* per user and period; 0: unlimited */
        int64_t period_ms;
        int64_t max_connections;
        int64_t drain_ms;
    } policyd;
    struct {
        int64_t min_length; /* in characters */
        const char *list;   /* "": none */
    } passwords;
    struct {
        const char *listen_login;
        const char *listen_lookup;
        const char *listen_policy;   /* "": nobody asks */
        const char *policy_key_file; /* "": clients on this host need no key */
        struct config_list trusted_proxies;
        const char *realm; /* the domain of names without one; "": none */
        const char *user;
        const char *login_group;
        const char *mail_user; /* uid and gid of mailboxes: a user name */
        const char *mail_home; /* "/var/vmail/%d/%n" */
        int64_t hash_memory_bytes;
        int64_t hash_passes;
        int64_t hash_workers;   /* 0: one per processor */
        int64_t hash_queue;     /* for known networks */
        int64_t hash_strangers; /* for all others */
        int64_t hash_share;     /* of hash_strangers, for one network */
        int64_t cache_time_ms;  /* 0: no password is proven for longer than one login */
        int64_t max_connections;
        int64_t drain_ms;
    } authd;
    struct {
        bool enabled;
        /* How many different ones in an hour and in a day; 0: as many as there are. */
        int64_t account_hour, account_day;
        int64_t accounts_hour, accounts_day;
        int64_t unknown_hour, unknown_day;
        int64_t wide_hour, wide_day;
        int64_t own_hour, own_day;
        struct config_list allow, block;
        int64_t known_network_days;
    } guard;
};

extern const struct config_section settings_sections[];
extern const size_t settings_section_count;

/*
 * Loads a configuration; path NULL: the default path, where a missing file means all defaults.
 * Checks across settings too (a bad hostname, say).
 */
enum err settings_load(const char *path, struct settings **settings_r, struct failure *failure);
void settings_free(struct settings **settings);

/* The mail name of this host: the setting, or the system's name in full; lower case, no dot behind.
 */
const char *settings_hostname(const struct settings *settings);
/* Where the folder of the limits database is: the setting of policyd, or state_directory. */
const char *settings_limits_directory(const struct settings *settings);
/* Between a local part and its extension; NUL: there are none. */
char settings_delimiter(const struct settings *settings);
/* In lower case, without a dot behind; empty where no sender is rewritten. */
struct text settings_srs_domain(const struct settings *settings, struct arena *arena);
/* srs.max_age in days. */
int64_t settings_srs_days(const struct settings *settings);
/*
 * A number for all values that a daemon ("policyd") uses: the same in that daemon and in mailctl
 * where both read the same. Sections of the other daemons, comments and the order in the file do
 * not count. No secret, and no defence against anybody.
 */
uint64_t settings_fingerprint(const struct settings *settings, const char *daemon);
/* Parses a list of networks that config has checked already; the array lives in the arena. */
const struct ip_network *settings_networks(
    const struct config_list *list, struct arena *arena, size_t *count_r);
