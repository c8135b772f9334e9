/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/smtp-tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/base/memory.h"
#include "mailctl/attach/interrupt.h"

#define PIECE_BYTES 4096

struct smtp_tls {
    SSL_CTX *context;
    SSL *session;
    int fd;
};

static enum err say_why(const struct smtp_tls *tls, int result, struct failure *failure)
{
    int saved = errno;
    unsigned long code = ERR_get_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

    switch (SSL_get_error(tls->session, result)) {
    case SSL_ERROR_ZERO_RETURN:
        return failure_set(failure, ERR_IO, "the other side closed the connection");
    case SSL_ERROR_SYSCALL:
        if (code == 0 && saved != 0) {
            errno = saved;
            return failure_set_errno(failure, ERR_IO, "the connection broke");
        }
        break;
    default:
        break;
    }
    if (reason == NULL)
        return failure_set(failure, ERR_IO, "the other side broke the connection off");
    return failure_set(failure, ERR_CRYPTO, "TLS: %s", reason);
}

/*
 * After a call that did not work: waits until it may be repeated (ERR_NONE), or says why it cannot.
 */
static enum err wait_for(
    const struct smtp_tls *tls, int result, int64_t deadline_ms, struct failure *failure)
{
    struct pollfd wanted = {.fd = tls->fd};

    switch (SSL_get_error(tls->session, result)) {
    case SSL_ERROR_WANT_READ:
        wanted.events = POLLIN;
        break;
    case SSL_ERROR_WANT_WRITE:
        wanted.events = POLLOUT;
        break;
    default:
        return say_why(tls, result, failure);
    }
    return interrupt_wait(&wanted, 1, deadline_ms, failure);
}

static enum err shake_hands(struct smtp_tls *tls, int64_t deadline_ms, struct failure *failure)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE) {
        int result;

        ERR_clear_error();
        errno = 0;
        result = SSL_connect(tls->session);
        if (result == 1)
            return ERR_NONE;
        err = wait_for(tls, result, deadline_ms, failure);
    }
    return err;
}

static enum err prepare(struct smtp_tls *tls, const char *name, struct failure *failure)
{
    int flags = fcntl(tls->fd, F_GETFL);

    if (flags < 0 || fcntl(tls->fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return failure_set_errno(failure, ERR_IO, "fcntl");
    tls->context = SSL_CTX_new(TLS_client_method());
    if (tls->context == NULL)
        return failure_set(failure, ERR_CRYPTO, "TLS cannot be set up");
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_NONE, NULL); /* see the header */
    (void)SSL_CTX_set_default_verify_paths(tls->context);
    tls->session = SSL_new(tls->context);
    if (tls->session == NULL || SSL_set_fd(tls->session, tls->fd) != 1 ||
        (name != NULL && SSL_set_tlsext_host_name(tls->session, name) != 1))
        return failure_set(failure, ERR_CRYPTO, "TLS cannot be set up");
    return ERR_NONE;
}

static void tls_free(struct smtp_tls *tls)
{
    SSL_free(tls->session);
    SSL_CTX_free(tls->context);
    free(tls);
}

enum err smtp_tls_open(
    int fd, const char *name, int64_t deadline_ms, struct smtp_tls **tls_r, struct failure *failure)
{
    struct smtp_tls *tls = memory_alloc_zero(1, sizeof *tls);
    enum err err;

    tls->fd = fd;
    err = prepare(tls, name, failure);
    if (err == ERR_NONE)
        err = shake_hands(tls, deadline_ms, failure);
    if (err == ERR_NONE)
        *tls_r = tls;
    else
        tls_free(tls);
    return err;
}

void smtp_tls_close(struct smtp_tls **tls)
{
    if (*tls == NULL)
        return;
    ERR_clear_error();
    (void)SSL_shutdown((*tls)->session);
    tls_free(*tls);
    *tls = NULL;
}

X509 *smtp_tls_certificate(const struct smtp_tls *tls)
{
    return SSL_get0_peer_certificate(tls->session);
}

const char *smtp_tls_distrust(const struct smtp_tls *tls)
{
    long result = SSL_get_verify_result(tls->session);

    switch (result) {
    case X509_V_OK:
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return NULL;
    default:
        return X509_verify_cert_error_string(result);
    }
}

enum err smtp_tls_send(
    struct smtp_tls *tls, struct text bytes, int64_t deadline_ms, struct failure *failure)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE && bytes.len != 0) {
        int len = bytes.len > PIECE_BYTES ? PIECE_BYTES : (int)bytes.len, result;

        ERR_clear_error();
        errno = 0;
        result = SSL_write(tls->session, bytes.data, len);
        if (result > 0)
            bytes = text_skip(bytes, (size_t)result);
        else
            err = wait_for(tls, result, deadline_ms, failure);
    }
    return err;
}

enum err smtp_tls_receive(
    struct smtp_tls *tls, struct buffer *bytes, int64_t deadline_ms, struct failure *failure)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE) {
        int result;

        ERR_clear_error();
        errno = 0;
        result = SSL_read(tls->session, buffer_reserve(bytes, PIECE_BYTES), PIECE_BYTES);
        if (result > 0) {
            bytes->len += (size_t)result;
            return ERR_NONE;
        }
        err = wait_for(tls, result, deadline_ms, failure);
    }
    return err;
}
