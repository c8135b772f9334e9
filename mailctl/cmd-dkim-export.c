/* SPDX-License-Identifier: MIT */

/* dkim export: private keys leave the database, as PEM or with the tables of OpenDKIM. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/memory.h"
#include "lib/store/dkim-key.h"
#include "mailctl/commands.h"
#include "mailctl/dkim-view.h"
#include "mailctl/dkim/opendkim-tables.h"
#include "mailctl/secret-file.h"

/* The texts lie in the invocation's arena, which may be written. */
static void wipe(const struct dkim_key *key)
{
    memory_wipe((void *)(uintptr_t)key->pem.data, key->pem.len);
}

/* --- one key -------------------------------------------------------------- */

static int write_out(const struct invocation *invocation, struct text pem)
{
    if (isatty(STDOUT_FILENO))
        return invocation_complain(invocation, EX_USAGE,
            "a private key is not shown on a terminal: write it to a new file with --output FILE");
    if (fwrite(pem.data, 1, pem.len, stdout) != pem.len || fflush(stdout) != 0)
        return invocation_complain(invocation, EX_IOERR, "standard output: %s", strerror(errno));
    return EX_OK;
}

static int export_one(struct invocation *invocation, struct text domain, struct text selector)
{
    const char *path = invocation_value(invocation, "output");
    int status = EX_OK;
    struct store *keys = invocation_store(invocation, STORE_KEYS, STORE_READ, &status);
    struct dkim_key key;
    enum err err;

    if (keys == NULL)
        return status;
    err = dkim_key_find(keys, domain, selector, invocation->arena, &key);
    if (err == ERR_ABSENT)
        return dkim_view_complain_absent(invocation, domain, selector);
    if (err != ERR_NONE)
        return invocation_complain_store(invocation, keys);
    if (key.pem.len == 0)
        return invocation_complain(invocation, EX_DATAERR,
            "%.*s of %.*s was revoked, and its private part is no more", TEXT_ARGS(key.selector),
            TEXT_ARGS(domain));
    if (path == NULL)
        status = write_out(invocation, key.pem);
    else if (!invocation->dry_run)
        status = secret_file_write(invocation, path, key.pem);
    wipe(&key);
    return status;
}

/* --- the tables of OpenDKIM ----------------------------------------------- */

struct export
{
    struct invocation *invocation;
    struct store *keys;
    const char *folder;
    ARRAY(struct opendkim_key) written;
};

static int make_folder(const struct invocation *invocation, const char *path)
{
    if (mkdir(path, 0700) == 0)
        return EX_OK;
    return invocation_complain(invocation, EX_CANTCREAT, "%s: %s%s", path, strerror(errno),
        errno == EEXIST ? "; name a folder that is not there yet" : "");
}

static int export_key(struct export *export, const char *folder, const struct dkim_key *key)
{
    struct invocation *invocation = export->invocation;
    struct opendkim_key row = {.domain = key->domain,
        .selector = key->selector,
        .path =
            arena_print(invocation->arena, "%s/%.*s.private", folder, TEXT_ARGS(key->selector))};
    int status = secret_file_write(invocation, row.path.data, key->pem);

    if (status == EX_OK)
        array_push(&export->written, row);
    return status;
}

/*
 * OpenDKIM has one algorithm for all (SignatureAlgorithm), and puts off each message for which a
 * table names a key of another kind.
 */
static bool is_for_tables(struct invocation *invocation, const struct dkim_key *key)
{
    if (text_equals(key->algorithm, TEXT("rsa")))
        return true;
    invocation_warn(invocation,
        "the key %.*s of %.*s was left out: OpenDKIM takes no %.*s beside RSA, and would accept no "
        "mail of the domain",
        TEXT_ARGS(key->selector), TEXT_ARGS(key->domain), TEXT_ARGS(key->algorithm));
    return false;
}

static int export_domain(struct export *export, struct text domain)
{
    struct invocation *invocation = export->invocation;
    const char *folder =
        arena_print(invocation->arena, "%s/keys/%.*s", export->folder, TEXT_ARGS(domain)).data;
    struct dkim_key_list keys;
    int status = EX_OK;

    if (dkim_key_list_active(export->keys, domain, invocation->arena, &keys) != ERR_NONE)
        return invocation_complain_store(invocation, export->keys);
    if (keys.count != 0)
        status = make_folder(invocation, folder);
    for (size_t i = 0; i < keys.count; i++) {
        if (status == EX_OK && is_for_tables(invocation, &keys.items[i]))
            status = export_key(export, folder, &keys.items[i]);
        wipe(&keys.items[i]);
    }
    return status;
}

static int write_tables(struct export *export)
{
    struct opendkim_keys keys = {export->written.items, export->written.count};
    struct buffer key_table = BUFFER_NONE, signing_table = BUFFER_NONE;
    struct arena *arena = export->invocation->arena;
    int status;

    opendkim_tables_write(&keys, &key_table, &signing_table);
    status = secret_file_write(export->invocation,
        arena_print(arena, "%s/KeyTable", export->folder).data, buffer_text(&key_table));
    if (status == EX_OK)
        status = secret_file_write(export->invocation,
            arena_print(arena, "%s/SigningTable", export->folder).data,
            buffer_text(&signing_table));
    buffer_done(&key_table);
    buffer_done(&signing_table);
    return status;
}

/* The list is sorted: each domain once. */
static int export_domains(struct export *export, const struct dkim_key_list *list)
{
    struct text former = TEXT_NONE;
    int status = EX_OK;

    for (size_t i = 0; status == EX_OK && i < list->count; i++) {
        if (text_equals(list->items[i].domain, former))
            continue;
        former = list->items[i].domain;
        status = export_domain(export, former);
    }
    return status;
}

static int export_tables(struct invocation *invocation, const char *folder)
{
    struct export export = {.invocation = invocation, .written = ARRAY_NONE};
    struct dkim_key_list list;
    struct text domain;
    char real[PATH_MAX];
    int status = dkim_view_read(invocation, &domain, &list);

    if (status != EX_OK || invocation->dry_run)
        return status;
    export.keys = invocation_store(invocation, STORE_KEYS, STORE_READ, &status);
    if (export.keys == NULL)
        return status;
    status = make_folder(invocation, folder);
    if (status != EX_OK)
        return status;
    if (realpath(folder, real) == NULL)
        return invocation_complain(invocation, EX_IOERR, "%s: %s", folder, strerror(errno));
    export.folder = real;
    status = make_folder(invocation, arena_print(invocation->arena, "%s/keys", real).data);
    if (status == EX_OK)
        status = export_domains(&export, &list);
    if (status == EX_OK)
        status = write_tables(&export);
    if (status == EX_OK)
        invocation_tell(invocation, "%s: %zu keys", real, export.written.count);
    array_done(&export.written);
    return status;
}

/* --- the command ---------------------------------------------------------- */

static int run_export(struct invocation *invocation)
{
    const char *folder = invocation_value(invocation, "opendkim");
    struct text domain;
    int status;

    if (folder != NULL) {
        if (invocation->argument_count > 1 || invocation_has(invocation, "output"))
            return invocation_complain(invocation, EX_USAGE,
                "--opendkim writes the keys that sign, of one domain or of all");
        return export_tables(invocation, folder);
    }
    if (invocation->argument_count != 2)
        return invocation_complain(invocation, EX_USAGE,
            "name a domain and a selector, or a folder with --opendkim (mailctl dkim export "
            "--help)");
    status = invocation_own_domain(invocation, invocation_argument(invocation, 0), &domain);
    return status == EX_OK ? export_one(invocation, domain, invocation_argument(invocation, 1))
                           : status;
}

static const struct command_option export_options[] = {
    {"output",   "FILE",   "write the key to a new file, which root alone may read"          },
    {"opendkim", "FOLDER", "write the keys that sign, KeyTable and SigningTable to a new one"},
    {NULL,       NULL,     NULL                                                              },
};
static const char *const export_examples[] = {
    "mailctl dkim export example.org 2026q4r --output /root/2026q4r.pem",
    "mailctl dkim export --opendkim /root/opendkim", NULL};

const struct command command_dkim_export = {
    .noun = "dkim",
    .verb = "export",
    .arguments = "[DOMAIN [SELECTOR]]",
    .arguments_max = 2,
    .options = export_options,
    .help = "write a private key as PEM, or keys with the tables of OpenDKIM",
    .details = "Without --output the key goes to standard output, unless that is a terminal.\n"
               "SigningTable is to be named as refile:, with MultipleSignatures where a domain\n"
               "has several keys. Only RSA keys stand in the tables: OpenDKIM takes no others\n"
               "beside them.",
    .examples = export_examples,
    .run = run_export,
};
