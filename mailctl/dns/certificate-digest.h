/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The SHA-256 of a public key, as TLSA 3 1 1 has it (RFC 7671 §5.1), from a file in PEM: a
 * certificate (of several the first, as servers use it), a request for one, a public key, or the
 * private key for a certificate that is yet to come.
 */

#include "lib/base/error.h"
#include "lib/base/text.h"

#define CERTIFICATE_DIGEST_BYTES 32
#define CERTIFICATE_FILE_MAX_BYTES ((size_t)256 * 1024)

/* ERR_SYNTAX: nothing of these is in it. */
enum err certificate_digest(
    struct text pem, unsigned char digest_r[CERTIFICATE_DIGEST_BYTES], struct failure *failure);
