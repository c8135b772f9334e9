/* SPDX-License-Identifier: MIT */
#include "lib/service/settings.h"

#include <assert.h>
#include <netdb.h>
#include <unistd.h>

#include "lib/service/settings-check.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static const char *normalize_hostname(struct text name, struct arena *arena)
{
    char *copy;

    if (name.len != 0 && name.data[name.len - 1] == '.')
        name.len--;
    copy = arena_copy_string(arena, name);
    text_lower_bytes(copy, name.len);
    return copy;
}

/* The name that the system has for itself, in full: what "hostname -f" prints. */
static enum err own_hostname(char *own, size_t size, struct failure *failure)
{
    const struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    if (gethostname(own, size - 1) != 0)
        return failure_set_errno(failure, ERR_IO, "gethostname");
    own[size - 1] = '\0';
    if (strchr(own, '.') != NULL || getaddrinfo(own, NULL, &hints, &found) != 0)
        return ERR_NONE;
    if (found->ai_canonname != NULL && strlen(found->ai_canonname) < size)
        memcpy(own, found->ai_canonname, strlen(found->ai_canonname) + 1);
    freeaddrinfo(found);
    return ERR_NONE;
}

/* The system's name stands in where none is set; it can be nonsense, "(none)" for one. */
static enum err resolve_hostname(
    const char *path, struct settings *settings, struct failure *failure)
{
    char own[NI_MAXHOST] = "";
    struct text name = text_from_string(settings->hostname);

    if (name.len == 0) {
        enum err err = own_hostname(own, sizeof own, failure);

        if (err != ERR_NONE)
            return err;
        name = text_from_string(own);
        if (!settings_is_hostname(name))
            return failure_set(failure, ERR_RANGE,
                "%s: hostname: the system's name \"%s\" is not " SETTINGS_EXPECT_HOSTNAME
                "; set hostname",
                path, own);
    }
    settings->resolved_hostname = normalize_hostname(name, settings->arena);
    return ERR_NONE;
}

/* Two sockets at one address would take each other's place. */
static enum err check_listen(
    const char *path, const struct settings *settings, struct failure *failure)
{
    const struct {
        const char *name, *value;
    } sockets[] = {
        {"milter.listen",       settings->milter.listen      },
        {"policyd.listen",      settings->policyd.listen     },
        {"authd.listen_login",  settings->authd.listen_login },
        {"authd.listen_lookup", settings->authd.listen_lookup},
        {"authd.listen_policy", settings->authd.listen_policy},
    };

    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        for (size_t j = 0; j < i; j++)
            if (sockets[i].value[0] != '\0' && strcmp(sockets[i].value, sockets[j].value) == 0)
                return failure_set(failure, ERR_RANGE,
                    "%s: %s and %s: expected different addresses, found \"%s\" for both", path,
                    sockets[j].name, sockets[i].name, sockets[i].value);
    return ERR_NONE;
}

enum err settings_load(const char *path, struct settings **settings_r, struct failure *failure)
{
    struct arena *arena = arena_new();
    struct settings *settings = arena_alloc_zero(arena, 1, sizeof *settings);
    const char *file = path != NULL ? path : SETTINGS_DEFAULT_PATH;
    enum err err = config_load(file, settings_sections, settings_section_count, settings,
        sizeof *settings, arena, failure);

    if (err == ERR_ABSENT && path == NULL) {
        config_set_defaults(settings_sections, settings_section_count, settings, arena);
        err = ERR_NONE;
    }
    settings->arena = arena;
    if (err == ERR_NONE)
        err = resolve_hostname(file, settings, failure);
    if (err == ERR_NONE)
        err = check_listen(file, settings, failure);
    if (err != ERR_NONE) {
        arena_free(&arena);
        return err;
    }
    *settings_r = settings;
    return ERR_NONE;
}

void settings_free(struct settings **settings)
{
    struct arena *arena = *settings != NULL ? (*settings)->arena : NULL;

    *settings = NULL;
    arena_free(&arena);
}

const char *settings_hostname(const struct settings *settings)
{
    return settings->resolved_hostname;
}

const char *settings_limits_directory(const struct settings *settings)
{
    const char *own = settings->policyd.state_directory;

    return own[0] != '\0' ? own : settings->state_directory;
}

/* Sections that are not in the table are for all. */
static bool is_used_by(const char *section, const char *daemon)
{
    static const struct {
        const char *section, *daemon;
    } owned[] = {
        {"milter",    "milter" },
        {"spf",       "milter" },
        {"dkim",      "milter" },
        {"dmarc",     "milter" },
        {"srs",       "milter" },
        {"srs",       "authd"  },
        {"arc",       "milter" },
        {"policyd",   "policyd"},
        {"authd",     "authd"  },
        {"guard",     "authd"  },
        {"rotation",  ""       }, /* no daemon's */
        {"passwords", ""       },
    };
    bool is_owned = false, is_used = false;

    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        if (strcmp(owned[i].section, section) == 0) {
            is_owned = true;
            is_used |= strcmp(owned[i].daemon, daemon) == 0;
        }
    return is_used || !is_owned;
}

/* FNV-1a, 64 bits, over every value as it would stand in the file. */
uint64_t settings_fingerprint(const struct settings *settings, const char *daemon)
{
    struct buffer values = BUFFER_NONE;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < settings_section_count; i++) {
        bool is_used = is_used_by(settings_sections[i].name, daemon);

        for (size_t j = 0; is_used && j < settings_sections[i].count; j++) {
            buffer_append_format(&values, "%s.%s=", settings_sections[i].name,
                settings_sections[i].settings[j].name);
            config_format_value(&settings_sections[i].settings[j], settings, &values);
            buffer_append_byte(&values, '\n');
        }
    }
    buffer_append_string(&values, settings->resolved_hostname);
    for (size_t i = 0; i < values.len; i++)
        hash = (hash ^ (unsigned char)values.data[i]) * UINT64_C(0x100000001b3);
    buffer_done(&values);
    return hash;
}

char settings_delimiter(const struct settings *settings)
{
    return settings->recipient_delimiter[0];
}

struct text settings_srs_domain(const struct settings *settings, struct arena *arena)
{
    return text_from_string(normalize_hostname(text_from_string(settings->srs.domain), arena));
}

int64_t settings_srs_days(const struct settings *settings)
{
    return settings->srs.max_age_ms / DAY_MS;
}

const struct ip_network *settings_networks(
    const struct config_list *list, struct arena *arena, size_t *count_r)
{
    struct ip_network *networks = arena_alloc_zero(arena, list->count, sizeof *networks);

    for (size_t i = 0; i < list->count; i++) {
        bool parsed = ip_network_parse(text_from_string(list->items[i]), &networks[i]);

        assert(parsed);
        (void)parsed;
    }
    *count_r = list->count;
    return networks;
}
