/* SPDX-License-Identifier: MIT */

/* Answers that are none of gatepost-authd's. */

#include "mailctl/socketmap-client.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a socket takes without anybody reading. */
#define REPLY_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer value = BUFFER_NONE;
    struct failure failure;
    int pair[2];
    enum err err;

    if (size > REPLY_MAX || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 0;
    if (write(pair[1], data, size) != (ssize_t)size || shutdown(pair[1], SHUT_WR) != 0)
        abort();
    err = socketmap_client_talk(pair[0], TEXT("aliases"), TEXT("a@b"), &value, &failure);
    if ((err == ERR_NONE ? 0 : value.len) != 0)
        abort();
    buffer_done(&value);
    close(pair[0]);
    close(pair[1]);
    return 0;
}
