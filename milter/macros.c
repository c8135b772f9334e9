/* SPDX-License-Identifier: MIT */
#include "milter/macros.h"

#include <libmilter/mfdef.h>

#include "lib/base/memory.h"
#include "milter/protocol.h"

static const char *const names[MACRO_COUNT] = {
    [MACRO_CLIENT_ADDR] = "{client_addr}",
    [MACRO_CLIENT_NAME] = "{client_name}",
    [MACRO_CLIENT_PTR] = "{client_ptr}",
    [MACRO_DAEMON_NAME] = "{daemon_name}",
    [MACRO_LOGIN] = "{auth_authen}",
    [MACRO_QUEUE_ID] = "i",
};

/* "{i}" is "i". */
static struct text without_braces(struct text name)
{
    return name.len == 3 && name.data[0] == '{' && name.data[2] == '}'
               ? text_from_bytes(name.data + 1, 1)
               : name;
}

/* What the stage before told of the same is not true any more, whether it is told again or not. */
static void forget_stage(struct macros *macros, char stage)
{
    if (stage == SMFIC_CONNECT)
        macros_forget(macros, MACRO_CLIENT_ADDR, MACRO_DAEMON_NAME);
    if (stage == SMFIC_MAIL)
        macros_forget(macros, MACRO_LOGIN, MACRO_QUEUE_ID);
}

static void keep(struct macros *macros, struct text name, struct text value)
{
    name = without_braces(name);
    value = text_head(value, MACROS_VALUE_MAX);
    for (size_t i = 0; i < MACRO_COUNT; i++)
        if (text_equals(name, text_from_string(names[i]))) {
            free(macros->values[i]);
            macros->values[i] = memory_copy_bytes(value.data, value.len);
        }
}

enum err macros_tell(struct macros *macros, struct text data, struct failure *failure)
{
    struct text pairs, name, value;
    char stage = '\0';
    enum err err = protocol_macros_read(data, &stage, &pairs, failure);

    forget_stage(macros, stage);
    while (err == ERR_NONE) {
        err = protocol_macro_take(&pairs, &name, &value, failure);
        if (err == ERR_NONE)
            keep(macros, name, value);
    }
    return err == ERR_ABSENT ? ERR_NONE : err;
}

struct text macros_value(const struct macros *macros, enum macro macro)
{
    return text_from_string(macros->values[macro]);
}

void macros_forget(struct macros *macros, enum macro first, enum macro last)
{
    for (size_t i = first; i <= last; i++)
        memory_free(&macros->values[i]);
}
