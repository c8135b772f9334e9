/* SPDX-License-Identifier: MIT */
#include "mailctl/check/host.h"

#include <ifaddrs.h>
#include <net/if.h>

#include "mailctl/dns/record-options.h"
#include "mailctl/file.h"

static void read_interfaces(struct host_addresses *addresses)
{
    struct ifaddrs *found = NULL;

    if (getifaddrs(&found) != 0)
        return;
    for (const struct ifaddrs *at = found; at != NULL; at = at->ifa_next) {
        struct ip ip = at->ifa_addr != NULL && (at->ifa_flags & IFF_UP) != 0
                           ? ip_from_sockaddr(at->ifa_addr)
                           : (struct ip){.family = IP_NONE};

        /* An address of one link alone needs that link's name to be reached. */
        if (ip.family == IP_V4 || (ip.family == IP_V6 && ip.bytes[0] != 0xfe))
            host_addresses_add(addresses, &ip);
    }
    freeifaddrs(found);
}

static void read_postfix(struct arena *arena, struct host *host)
{
    struct postfix_instance *instance = arena_alloc_zero(arena, 1, sizeof *instance);
    struct failure failure;
    struct file master;
    const char *path;

    if (postfix_instance_open(NULL, arena, instance, &failure) != ERR_NONE) {
        host->blind = arena_copy_string(arena, text_from_string(failure.text));
        return;
    }
    host->postfix = instance;
    host->helo = postfix_instance_value(instance, TEXT("smtp_helo_name"));
    path = arena_print(arena, "%s/master.cf", instance->directory).data;
    if (file_read(path, arena, &master, NULL) == ERR_NONE && master.is_there)
        host->master = master_cf_parse(master.content, arena);
}

static int read_given(struct invocation *invocation, const struct settings *settings,
    struct host_addresses *addresses)
{
    const struct ip *given;
    size_t count;
    struct ip ip;
    int status = record_options_addresses(invocation, "address", &given, &count);

    for (size_t i = 0; status == EX_OK && i < count; i++)
        host_addresses_add(addresses, &given[i]);
    for (size_t i = 0; count == 0 && i < settings->check.addresses.count; i++)
        if (ip_parse(text_from_string(settings->check.addresses.items[i]), &ip))
            host_addresses_add(addresses, &ip);
    return status;
}

static struct text value_of(const struct host *host, struct text name)
{
    return host->postfix != NULL ? postfix_instance_value(host->postfix, name) : TEXT("");
}

int host_read(struct invocation *invocation, struct host *host_r)
{
    struct host_addresses given = {.count = 0}, system = {.count = 0};
    struct host_sources sources = {.given = &given, .system = &system};
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);

    if (settings == NULL)
        return status;
    *host_r = (struct host){.name = text_from_string(settings_hostname(settings))};
    status = read_given(invocation, settings, &given);
    if (status != EX_OK)
        return status;
    read_postfix(invocation->arena, host_r);
    read_interfaces(&system);
    sources.bind4 = value_of(host_r, TEXT("smtp_bind_address"));
    sources.bind6 = value_of(host_r, TEXT("smtp_bind_address6"));
    sources.proxy_interfaces = value_of(host_r, TEXT("proxy_interfaces"));
    sources.inet_interfaces = value_of(host_r, TEXT("inet_interfaces"));
    sources.inet_protocols = value_of(host_r, TEXT("inet_protocols"));
    host_find_addresses(&sources, host_r);
    return EX_OK;
}
