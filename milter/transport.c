/* SPDX-License-Identifier: MIT */
#include "milter/transport.h"

enum err transport_open(const struct transport_kind *kind, const struct transport_options *options,
    struct transport **transport_r, struct failure *failure)
{
    return kind->open(options, transport_r, failure);
}

void transport_set_max_connections(struct transport *transport, size_t max)
{
    transport->kind->set_max_connections(transport, max);
}

void transport_drain(struct transport *transport)
{
    transport->kind->drain(transport);
}

bool transport_close(struct transport **transport)
{
    return *transport == NULL || (*transport)->kind->close(transport);
}

size_t transport_messages(struct transport *transport)
{
    return transport->kind->messages(transport);
}
