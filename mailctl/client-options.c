/* SPDX-License-Identifier: MIT */
#include "mailctl/client-options.h"

#include "lib/base/clock.h"
#include "lib/service/settings-check.h"

static struct text without_brackets(struct text address)
{
    if (address.len >= 2 && address.data[0] == '<' && address.data[address.len - 1] == '>')
        return text_from_bytes(address.data + 1, address.len - 2);
    return address;
}

int client_options_read(const struct invocation *invocation, struct client_options *options_r)
{
    const char *ip = invocation_value(invocation, "ip");
    struct client_options options = {.ip = {.family = IP_NONE}};

    options.helo = text_from_string(invocation_value(invocation, "helo"));
    options.from = without_brackets(text_from_string(invocation_value(invocation, "from")));
    if (ip == NULL && (options.helo.len != 0 || options.from.len != 0))
        return invocation_complain(
            invocation, EX_USAGE, "--from and --helo mean nothing without --ip");
    if (ip != NULL && !ip_parse(text_from_string(ip), &options.ip))
        return invocation_bad_value(invocation, "ip", "an IP address", ip);
    *options_r = options;
    return EX_OK;
}

int client_options_time(const struct invocation *invocation, int64_t *now_r)
{
    const char *given = invocation_value(invocation, "time");
    uint64_t seconds;

    if (given == NULL) {
        *now_r = clock_wall();
        return EX_OK;
    }
    if (!text_to_number(text_from_string(given), INT64_MAX, &seconds))
        return invocation_bad_value(invocation, "time", "seconds since 1970", given);
    *now_r = (int64_t)seconds;
    return EX_OK;
}

int client_options_authserv_id(struct invocation *invocation, struct text *name_r)
{
    const char *given = invocation_value(invocation, "authserv-id");

    if (given != NULL && !settings_is_word(text_from_string(given)))
        return invocation_bad_value(invocation, "authserv-id", SETTINGS_EXPECT_WORD, given);
    if (given == NULL && invocation->settings == NULL)
        (void)settings_load(invocation->config_path, &invocation->settings, NULL);
    if (given == NULL && invocation->settings != NULL)
        given = settings_hostname(invocation->settings);
    *name_r = text_from_string(given != NULL && given[0] != '\0' ? given : "localhost");
    return EX_OK;
}
