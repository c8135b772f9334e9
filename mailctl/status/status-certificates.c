/* SPDX-License-Identifier: MIT */

/* The certificates of Postfix and Dovecot: to be read, and not soon over. */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "mailctl/file.h"
#include "mailctl/program.h"
#include "mailctl/status/status.h"

#define DAY ((int64_t)86400)
#define SOON_DAYS 14
#define MAKE_SNAKEOIL "make-ssl-cert generate-default-snakeoil --force-overwrite"

/* Where the file really lies, or would: a link may lead nowhere. */
static const char *resolve(struct status *status, const char *path)
{
    const char *resolved = path;
    char target[PATH_MAX];
    ssize_t len;

    if (file_resolve(path, status->arena, &resolved, NULL) == ERR_NONE)
        return resolved;
    len = readlink(path, target, sizeof target);
    return len > 0 && target[0] == '/'
               ? arena_copy_string(status->arena, text_from_bytes(target, (size_t)len))
               : path;
}

/* What is neither certbot's nor Debian's own, only its owner can renew. */
static const char *mend_for(struct status *status, const char *path)
{
    static const struct {
        const char *folder, *mend;
    } makers[] = {
        {"/etc/letsencrypt/",                      "certbot renew"},
        {"/etc/ssl/certs/ssl-cert-snakeoil.pem",   MAKE_SNAKEOIL  },
        {"/etc/ssl/private/ssl-cert-snakeoil.key", MAKE_SNAKEOIL  },
    };
    const char *resolved = resolve(status, path);

    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        if (strncmp(resolved, makers[i].folder, strlen(makers[i].folder)) == 0 ||
            strncmp(path, makers[i].folder, strlen(makers[i].folder)) == 0)
            return makers[i].mend;
    return "";
}

/* The time as seconds since the epoch; 0 where it cannot be read. */
static int64_t wall_of(const ASN1_TIME *time)
{
    struct tm parts;

    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static void judge_time(
    struct status *status, const char *server, const char *path, const X509 *certificate)
{
    int64_t now = clock_wall(), end = wall_of(X509_get0_notAfter(certificate));
    char text[CLOCK_TEXT_MAX];

    clock_format_local(end, text);
    if (wall_of(X509_get0_notBefore(certificate)) > now)
        status_say(
            status, STATUS_ERROR, mend_for(status, path), "%s: %s is not valid yet", server, path);
    if (end <= now)
        status_say(status, STATUS_ERROR, mend_for(status, path), "%s: %s expired at %s", server,
            path, text);
    else if (end - now < SOON_DAYS * DAY)
        status_say(status, STATUS_WARNING, mend_for(status, path),
            "%s: %s expires in %" PRId64 " days, at %s", server, path, (end - now) / DAY, text);
}

static void say_errno(struct status *status, const char *server, const char *path)
{
    struct failure failure;

    failure_set_errno(&failure, errno == EACCES ? ERR_ACCESS : ERR_IO, "%s: %s", server, path);
    if (failure.err == ERR_ACCESS && !status->is_root)
        status_say_unseen(status, &failure);
    else
        status_say(status, STATUS_ERROR, mend_for(status, path), "%s", failure.text);
}

/* The first certificate of the file is the server's own. */
static void check_file(struct status *status, const char *server, const char *path)
{
    FILE *file = fopen(path, "re");
    X509 *certificate;

    if (file == NULL) {
        say_errno(status, server, path);
        return;
    }
    certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    ERR_clear_error();
    if (certificate == NULL)
        status_say(status, STATUS_ERROR, mend_for(status, path), "%s: %s holds no certificate",
            server, path);
    else
        judge_time(status, server, path, certificate);
    X509_free(certificate);
}

/* Whoever can read the key can be the server. */
static void check_key(struct status *status, const char *server, const char *path)
{
    if (access(path, R_OK) != 0)
        say_errno(status, server, path);
}

/* --- Postfix ---------------------------------------------------------------------------------- */

static void check_list(struct status *status, const char *server, struct text names, bool is_key)
{
    while (names.len != 0) {
        size_t len = 0;
        const char *path;

        while (len < names.len && !text_is_blank(names.data[len]) && names.data[len] != ',')
            len++;
        path = arena_copy_string(status->arena, text_head(names, len));
        if (len != 0 && is_key)
            check_key(status, server, path);
        else if (len != 0)
            check_file(status, server, path);
        names = text_skip(names, len + 1);
    }
}

static void check_postfix(struct status *status)
{
    const char *const *instances;
    size_t count = status_instances(status, &instances);

    for (size_t i = 0; i < count; i++) {
        struct text cert = TEXT_NONE, key = TEXT_NONE, chain = TEXT_NONE;

        if (!status_postconf(status, instances[i], "smtpd_tls_chain_files", &chain) ||
            !status_postconf(status, instances[i], "smtpd_tls_cert_file", &cert) ||
            !status_postconf(status, instances[i], "smtpd_tls_key_file", &key))
            continue;
        if (chain.len != 0)
            check_list(status, instances[i], chain, false);
        else {
            if (cert.len != 0 && !text_equals(cert, TEXT("none")))
                check_list(status, instances[i], cert, false);
            if (key.len != 0)
                check_list(status, instances[i], key, true);
        }
        if (cert.len == 0 && chain.len == 0)
            status_say(status, STATUS_WARNING, "", "%s: Postfix has no certificate", instances[i]);
    }
}

/* --- Dovecot ---------------------------------------------------------------------------------- */

/*
 * The path behind the first "NAME = " that stands in a line of its own; empty where there is none.
 * Dovecot 2.3 writes "</path" and hides keys.
 */
static struct text find_value(struct text printed, const char *name)
{
    struct text line, wanted = text_from_string(name);

    while (text_split(&printed, '\n', &line)) {
        line = text_trim(line);
        if (!text_starts_with(line, wanted))
            continue;
        line = text_trim(text_skip(line, wanted.len));
        if (!text_starts_with(line, TEXT("=")))
            continue;
        line = text_trim(text_skip(line, 1));
        return text_starts_with(line, TEXT("<")) ? text_trim(text_skip(line, 1)) : line;
    }
    return TEXT("");
}

static void check_dovecot(struct status *status)
{
    /* 2.4 and 2.3 */
    static const char *const certs[] = {"cert_file", "ssl_cert"};
    static const char *const keys[] = {"key_file", "ssl_key"};
    static const char *const argv[] = {"doveconf", "-n", NULL};
    struct text printed = TEXT_NONE;

    if (!program_exists("doveconf"))
        return;
    if (program_succeed(argv, STATUS_PROGRAM_MS, status->arena, &printed, NULL) != ERR_NONE)
        status_say(status, STATUS_UNKNOWN, status->is_root ? "doveconf -n" : "sudo mailctl status",
            "Dovecot does not tell where its certificate is");
    for (size_t i = 0; i < sizeof certs / sizeof *certs; i++) {
        struct text cert = find_value(printed, certs[i]), key = find_value(printed, keys[i]);

        if (cert.len != 0 && cert.data[0] == '/')
            check_file(status, "Dovecot", arena_copy_string(status->arena, cert));
        if (key.len != 0 && key.data[0] == '/' && status->is_root)
            check_key(status, "Dovecot", arena_copy_string(status->arena, key));
    }
}

static const struct status_check checks[] = {
    {"postfix", check_postfix, "certbot renew"},
    {"dovecot", check_dovecot, "certbot renew"},
};

const struct status_group status_certificates = {
    "certificates", checks, sizeof checks / sizeof *checks};
