/* SPDX-License-Identifier: MIT */
#include "tests/unit/mailctl/tls-server.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tests/unit/unit.h"

SSL *tls_server_session(int fd)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    SSL *session;

    X509_set_version(certificate, X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    session = SSL_new(context);
    assert_non_null(session);
    assert_int_equal(SSL_set_fd(session, fd), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    SSL_CTX_free(context);
    return session;
}

static long read_some(const struct tls_server *server, SSL *session, char *bytes, int room)
{
    return session != NULL ? SSL_read(session, bytes, room) : read(server->fd, bytes, (size_t)room);
}

static int hear_line(struct tls_server *server, SSL *session)
{
    size_t len = strlen(server->heard);

    do {
        long got =
            read_some(server, session, server->heard + len, (int)(sizeof server->heard - 1 - len));

        if (got <= 0)
            return 0;
        len += (size_t)got;
        server->heard[len] = '\0';
    } while (server->heard[len - 1] != '\n');
    return 1;
}

static void *serve(void *context)
{
    struct tls_server *server = context;
    SSL *session = NULL;

    for (size_t i = 0; server->lines[i] != NULL; i++) {
        const char *line = server->lines[i];

        if (strcmp(line, "TLS") == 0) {
            session = tls_server_session(server->fd);
            if (SSL_accept(session) != 1)
                break;
            continue;
        }
        if (i != 0 && strcmp(server->lines[i - 1], "TLS") != 0 && !hear_line(server, session))
            break;
        if (session != NULL && line[0] != '\0')
            (void)SSL_write(session, line, (int)strlen(line));
        else if (line[0] != '\0')
            (void)!write(server->fd, line, strlen(line));
    }
    SSL_free(session);
    close(server->fd);
    return NULL;
}

void tls_server_start(struct tls_server *server, int fd, const char *const *lines)
{
    *server = (struct tls_server){.fd = fd, .lines = lines};
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

void tls_server_join(struct tls_server *server)
{
    pthread_join(server->thread, NULL);
}
