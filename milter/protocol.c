/* SPDX-License-Identifier: MIT */
#include "milter/protocol.h"

#include <arpa/inet.h>
#include <libmilter/mfdef.h>

static uint32_t number_at(const char *data)
{
    uint32_t number;

    memcpy(&number, data, sizeof number);
    return ntohl(number);
}

bool protocol_command_begins(struct text bytes, char *name_r, size_t *data_len_r)
{
    uint32_t len;

    if (bytes.len < PROTOCOL_HEAD_LEN)
        return false;
    len = number_at(bytes.data);
    if (len == 0 || len - 1 > PROTOCOL_DATA_MAX || bytes.len - MILTER_LEN_BYTES >= len)
        return false;
    *name_r = bytes.data[MILTER_LEN_BYTES];
    *data_len_r = len - 1;
    return true;
}

enum err protocol_command_take(
    struct text *rest, struct protocol_command *command_r, struct failure *failure)
{
    uint32_t len;

    if (rest->len < MILTER_LEN_BYTES)
        return ERR_ABSENT;
    len = number_at(rest->data);
    if (len == 0)
        return failure_set(failure, ERR_SYNTAX, "a command without a name");
    if (len - 1 > PROTOCOL_DATA_MAX)
        return failure_set(failure, ERR_LIMIT, "a command of %u bytes", len);
    if (rest->len - MILTER_LEN_BYTES < len)
        return ERR_ABSENT;
    command_r->name = rest->data[MILTER_LEN_BYTES];
    command_r->data = text_from_bytes(rest->data + PROTOCOL_HEAD_LEN, len - 1);
    *rest = text_skip(*rest, MILTER_LEN_BYTES + len);
    return ERR_NONE;
}

enum err protocol_offer_read(
    struct text data, struct protocol_offer *offer_r, struct failure *failure)
{
    if (data.len < MILTER_OPTLEN)
        return failure_set(failure, ERR_SYNTAX, "a negotiation of %zu bytes", data.len);
    if (number_at(data.data) < PROTOCOL_VERSION_MIN)
        return failure_set(
            failure, ERR_UNSUPPORTED, "version %u of the milter protocol", number_at(data.data));
    offer_r->version = number_at(data.data);
    offer_r->actions = number_at(data.data + MILTER_LEN_BYTES);
    offer_r->steps = number_at(data.data + 2 * (size_t)MILTER_LEN_BYTES);
    return ERR_NONE;
}

/* The next string, without the NUL that ends it. */
static enum err string_take(struct text *rest, struct text *string_r, struct failure *failure)
{
    size_t len = text_find(*rest, '\0');

    if (len == rest->len)
        return failure_set(failure, ERR_SYNTAX, "a string without its end");
    *string_r = text_head(*rest, len);
    *rest = text_skip(*rest, len + 1);
    return ERR_NONE;
}

enum err protocol_client_read(
    struct text data, struct protocol_client *client_r, struct failure *failure)
{
    struct protocol_client client = {.family = SMFIA_UNKNOWN};
    enum err err = string_take(&data, &client.name, failure);

    if (err != ERR_NONE)
        return err;
    if (data.len == 0)
        return failure_set(failure, ERR_SYNTAX, "a client without a family");
    client.family = data.data[0];
    data = text_skip(data, 1);
    if (client.family != SMFIA_UNKNOWN) {
        if (data.len < sizeof client.port)
            return failure_set(failure, ERR_SYNTAX, "a client without a port");
        memcpy(&client.port, data.data, sizeof client.port);
        client.port = ntohs(client.port);
        data = text_skip(data, sizeof client.port);
        err = string_take(&data, &client.address, failure);
    }
    if (err == ERR_NONE)
        *client_r = client;
    return err;
}

enum err protocol_string_read(struct text data, struct text *string_r, struct failure *failure)
{
    return string_take(&data, string_r, failure);
}

enum err protocol_header_read(
    struct text data, struct text *name_r, struct text *value_r, struct failure *failure)
{
    struct text name, value;

    if (string_take(&data, &name, failure) != ERR_NONE ||
        string_take(&data, &value, failure) != ERR_NONE)
        return ERR_SYNTAX;
    *name_r = name;
    *value_r = value;
    return ERR_NONE;
}

enum err protocol_macros_read(
    struct text data, char *stage_r, struct text *pairs_r, struct failure *failure)
{
    if (data.len == 0)
        return failure_set(failure, ERR_SYNTAX, "macros of no command");
    *stage_r = data.data[0];
    *pairs_r = text_skip(data, 1);
    return ERR_NONE;
}

enum err protocol_macro_take(
    struct text *pairs, struct text *name_r, struct text *value_r, struct failure *failure)
{
    struct text rest = *pairs, name, value;

    if (rest.len == 0)
        return ERR_ABSENT;
    if (string_take(&rest, &name, failure) != ERR_NONE)
        return ERR_SYNTAX;
    if (rest.len == 0)
        return ERR_ABSENT;
    if (string_take(&rest, &value, failure) != ERR_NONE)
        return ERR_SYNTAX;
    *name_r = name;
    *value_r = value;
    *pairs = rest;
    return ERR_NONE;
}
