/* SPDX-License-Identifier: MIT */
#include "mailctl/commands.h"

#include <string.h>

const struct command *const commands[] = {
    &command_init,
    &command_upgrade,
    &command_attach,
    &command_detach,
    &command_status,
    &command_check,
    &command_config_show,
    &command_config_check,
    &command_domain_add,
    &command_domain_list,
    &command_domain_show,
    &command_domain_set,
    &command_domain_delete,
    &command_relay_recipient_add,
    &command_relay_recipient_list,
    &command_relay_recipient_delete,
    &command_user_add,
    &command_user_list,
    &command_user_show,
    &command_user_set,
    &command_user_passwd,
    &command_user_delete,
    &command_password_list_make,
    &command_app_password_add,
    &command_app_password_list,
    &command_app_password_revoke,
    &command_alias_add,
    &command_alias_list,
    &command_alias_show,
    &command_alias_set,
    &command_alias_delete,
    &command_apply,
    &command_export,
    &command_backup,
    &command_restore,
    &command_send_as_add,
    &command_send_as_list,
    &command_send_as_delete,
    &command_relayhost_set,
    &command_relayhost_list,
    &command_relayhost_delete,
    &command_override_add,
    &command_override_set,
    &command_override_list,
    &command_override_delete,
    &command_forwarder_add,
    &command_forwarder_list,
    &command_forwarder_delete,
    &command_srs_list,
    &command_srs_rotate,
    &command_srs_delete,
    &command_auth_list,
    &command_auth_why,
    &command_auth_networks,
    &command_auth_unblock,
    &command_auth_test,
    &command_limit_list,
    &command_limit_show,
    &command_limit_reset,
    &command_dkim_generate,
    &command_dkim_delegate,
    &command_dkim_rotate,
    &command_dkim_activate,
    &command_dkim_retire,
    &command_dkim_revoke,
    &command_dkim_delete,
    &command_dkim_export,
    &command_dkim_import,
    &command_dkim_list,
    &command_dkim_show,
    &command_dns_show,
    &command_dns_zone,
    &command_dns_check,
    &command_dns_diff,
    &command_dns_push,
    &command_dns_set,
    &command_dns_options,
    &command_lookup,
    &command_verify,
    &command_spf,
    &command_dmarc,
    &command_sign,
    &command_seal,
    &command_completion,
    &command_help,
    NULL,
};

const struct command *command_find(const char *noun, const char *verb)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *command = commands[i];

        if (strcmp(command->noun, noun) != 0 || (verb == NULL) != (command->verb == NULL))
            continue;
        if (verb == NULL || strcmp(command->verb, verb) == 0)
            return command;
    }
    return NULL;
}

bool command_noun_exists(const char *noun)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->noun, noun) == 0)
            return true;
    return false;
}
