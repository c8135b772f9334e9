/* SPDX-License-Identifier: MIT */
#pragma once

/* The entries of all cmd-*.c, for commands.c alone. */

#include "mailctl/command.h"

extern const struct command command_init, command_upgrade, command_attach, command_detach,
    command_status, command_check;
extern const struct command command_domain_add, command_domain_list, command_domain_show,
    command_domain_set, command_domain_delete;
extern const struct command command_relay_recipient_add, command_relay_recipient_list,
    command_relay_recipient_delete;
extern const struct command command_user_add, command_user_list, command_user_show,
    command_user_set, command_user_passwd, command_user_delete;
extern const struct command command_password_list_make;
extern const struct command command_app_password_add, command_app_password_list,
    command_app_password_revoke;
extern const struct command command_alias_add, command_alias_list, command_alias_show,
    command_alias_set, command_alias_delete;
extern const struct command command_apply, command_export;
extern const struct command command_backup, command_restore;
extern const struct command command_send_as_add, command_send_as_list, command_send_as_delete;
extern const struct command command_relayhost_set, command_relayhost_list, command_relayhost_delete;
extern const struct command command_override_add, command_override_set, command_override_list,
    command_override_delete;
extern const struct command command_forwarder_add, command_forwarder_list, command_forwarder_delete;
extern const struct command command_config_show, command_config_check;
extern const struct command command_dkim_generate, command_dkim_activate, command_dkim_list,
    command_dkim_show, command_dkim_retire, command_dkim_delete, command_dkim_rotate,
    command_dkim_delegate, command_dkim_revoke, command_dkim_export, command_dkim_import;
extern const struct command command_srs_list, command_srs_rotate, command_srs_delete;
extern const struct command command_auth_list, command_auth_why, command_auth_networks,
    command_auth_unblock, command_auth_test;
extern const struct command command_limit_list, command_limit_show, command_limit_reset;
extern const struct command command_lookup;
extern const struct command command_dns_show, command_dns_zone, command_dns_check, command_dns_diff,
    command_dns_push, command_dns_set, command_dns_options;
extern const struct command command_verify, command_spf, command_dmarc, command_sign, command_seal;
extern const struct command command_completion, command_help;
