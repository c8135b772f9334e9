/* SPDX-License-Identifier: MIT */
#include "milter/negotiation.h"

#define NO_REPLIES                                                                                 \
    (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)

const struct protocol_macro_list negotiation_macros[NEGOTIATION_MACRO_LISTS] = {
    {SMFIM_CONNECT, "j {client_addr} {client_name} {client_ptr} {daemon_name}"},
    {SMFIM_ENVFROM, "{auth_authen} {auth_type} {mail_addr}"                   },
    {SMFIM_ENVRCPT, "{rcpt_addr}"                                             },
    {SMFIM_EOM,     "i"                                                       },
};

unsigned long negotiation_steps(unsigned long offered, bool is_unix, bool is_refused)
{
    unsigned long wanted = NO_REPLIES | SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC;

    if (is_refused)
        wanted &= ~(unsigned long)SMFIP_NR_CONN;
    if (is_unix)
        wanted |= SMFIP_NODATA;
    return wanted & offered;
}
