/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/dovecot-conf.h"

#include <inttypes.h>
#include <unistd.h>

#include "mailctl/attach/dovecot-policy.h"

/* Where gatepost.lua looks by itself; 2.4 can be told another place. */
#define LISTENER "unix_listener "
#define PRIVATE "/private/"
#define HEADER "# Gatepost beside Dovecot "

/* --- who may log in -------------------------------------------------------------------------- */

static const char logins_words[] =
    ": who may log in. Stands before\n"
    "# 10-auth.conf, so that addresses are asked of Gatepost alone and names without a\n"
    "# domain of the system as before.\n\n";

static void append_header(const struct dovecot_facts *facts, const char *words, struct buffer *out)
{
    buffer_append_format(out, HEADER "%s%s", dovecot_version_word(facts->version), words);
}

/* The block's name, and how the script is named, are all that differs between the versions. */
static void append_database(const struct dovecot_facts *facts, const char *kind, struct buffer *out)
{
    bool is_passdb = strcmp(kind, "passdb") == 0;

    if (facts->version == DOVECOT_2_3)
        buffer_append_format(out,
            "%s {\n  driver = lua\n  args = file=%s/gatepost.lua blocking=yes%s\n", kind,
            facts->data_directory, is_passdb ? " " DOVECOT_CONF_CACHE_2_3 : "");
    else
        buffer_append_format(out, "%s gatepost {\n  driver = lua\n  lua_file = %s/gatepost.lua\n",
            kind, facts->data_directory);
    if (facts->version == DOVECOT_2_4 && is_passdb)
        buffer_append_string(out, "  " DOVECOT_CONF_CACHE_2_4 "\n");
    if (facts->version == DOVECOT_2_4 &&
        strcmp(facts->login_socket, DOVECOT_USUAL_LOGIN_SOCKET) != 0)
        buffer_append_format(out, "  lua_settings {\n    socket = %s\n  }\n", facts->login_socket);
    buffer_append_format(out,
        "%s  result_success = return-ok\n  result_failure = %s\n"
        "  result_internalfail = return-fail\n}\n",
        is_passdb ? "  username_filter = *@*\n" : "", is_passdb ? "return-fail" : "continue");
}

void dovecot_conf_logins(const struct dovecot_facts *facts, struct buffer *out)
{
    append_header(facts, logins_words, out);
    append_database(facts, "passdb", out);
    buffer_append_byte(out, '\n');
    append_database(facts, "userdb", out);
}

/* --- delivery -------------------------------------------------------------------------------- */

#define DELIVERY_WORDS                                                                             \
    ": delivery. Stands after Debian's own\n"                                                      \
    "# files, since a setting is what was said last. Compile the Sieve script once, for\n"         \
    "# Dovecot runs it as the mail's owner, who may not:\n"                                        \
    "#\n"                                                                                          \
    "#   sievec %s/sieve/gatepost-junk.sieve\n\n"

/* The operator's mechanisms stay; a mail program needs one of these two. */
static void append_mechanisms(const struct dovecot_facts *facts, struct buffer *out)
{
    static const char *const needed[] = {"plain", "login"};
    bool is_2_3 = facts->version == DOVECOT_2_3;
    struct buffer missing = BUFFER_NONE;

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!dovecot_list_has(facts->mechanisms, needed[i])) {
            if (is_2_3)
                buffer_append_format(&missing, " %s", needed[i]);
            else
                buffer_append_format(&missing, "  %s = yes\n", needed[i]);
        }
    if (missing.len != 0 && is_2_3)
        buffer_append_format(out, "auth_mechanisms = %.*s%s\n", TEXT_ARGS(facts->mechanisms),
            buffer_string(&missing));
    else if (missing.len != 0)
        buffer_append_format(out, "auth_mechanisms {\n%s%s}\n",
            dovecot_list_has(facts->mechanisms, "plain") ? "  plain = yes\n" : "",
            buffer_string(&missing));
    buffer_done(&missing);
}

static void append_place(const struct dovecot_facts *facts, struct buffer *out)
{
    buffer_append_string(out,
        "# Where mail lies comes with each of Gatepost's users (a Maildir in their home); system "
        "users keep\n# what is set elsewhere.\n");
    if (facts->version == DOVECOT_2_4 && facts->mail_home.len != 0)
        buffer_append_string(out, "mail_home =\n");
    if (facts->mail_uid >= 0 && facts->first_valid_uid > facts->mail_uid)
        buffer_append_format(out,
            "# The owner of the mail has a lower number than Dovecot lets in by itself.\n"
            "first_valid_uid = %" PRId64 "\n",
            facts->mail_uid);
}

#define DELIMITER "recipient_delimiter = "

static void append_delimiter(const struct dovecot_facts *facts, struct buffer *out)
{
    if (!text_equals(facts->delimiter, text_from_string(facts->our_delimiter)))
        buffer_append_format(out,
            "# What parts a name from its extension, as Gatepost has it.\n" DELIMITER "%s\n",
            facts->our_delimiter);
}

bool dovecot_conf_delimiter(struct text file, struct text *delimiter_r)
{
    struct text line;

    while (text_split(&file, '\n', &line))
        if (text_starts_with(line, TEXT(DELIMITER))) {
            *delimiter_r = text_skip(line, sizeof DELIMITER - 1);
            return true;
        }
    return false;
}

static void append_listeners(const struct dovecot_facts *facts, const char *service,
    const char *socket, const char *mode, struct buffer *out)
{
    buffer_append_format(out, "service %s {\n", service);
    for (size_t i = 0; i < facts->queue_count; i++)
        buffer_append_format(out,
            "  " LISTENER "%s" PRIVATE "%s {\n    user = postfix\n    group = postfix\n"
            "    mode = %s\n  }\n",
            facts->queues[i], socket, mode);
    buffer_append_string(out, "}\n");
}

static void append_sockets(const struct dovecot_facts *facts, struct buffer *out)
{
    buffer_append_string(
        out, "\n# Postfix hands mail over and asks about passwords by these sockets.\n");
    if (!dovecot_list_has(facts->protocols, "lmtp"))
        buffer_append_string(out, facts->version == DOVECOT_2_3 ? "protocols = $protocols lmtp\n"
                                                                : "protocols {\n  lmtp = yes\n}\n");
    append_listeners(facts, "lmtp", "dovecot-lmtp", "0600", out);
    append_listeners(facts, "auth", "auth", "0660", out);
}

static void append_plugins_2_3(const struct dovecot_facts *facts, struct buffer *out)
{
    buffer_append_string(out, "mail_plugins = $mail_plugins quota\n"
                              "protocol lmtp {\n  mail_plugins = $mail_plugins sieve\n}\n"
                              "protocol imap {\n  mail_plugins = $mail_plugins imap_quota\n}\n"
                              "plugin {\n");
    if (facts->sieve_before == 0)
        buffer_append_string(out, "  sieve_before");
    else /* the operator's own ones run before */
        buffer_append_format(out, "  sieve_before%u", facts->sieve_before + 1);
    buffer_append_format(out, " = %s/sieve/gatepost-junk.sieve\n", facts->data_directory);
    if (!facts->has_quota)
        buffer_append_string(out, "  quota = count:User quota\n  quota_vsizes = yes\n");
    buffer_append_string(out, "}\n");
}

static void append_plugins_2_4(const struct dovecot_facts *facts, struct buffer *out)
{
    buffer_append_format(out,
        "# Debian's 20-lmtp.conf looks recipients up without their domain: not here.\n"
        "mail_plugins {\n  quota = yes\n}\n"
        "protocol lmtp {\n  auth_username_format = %%{user | lower}\n"
        "  mail_plugins {\n    sieve = yes\n  }\n}\n"
        "protocol imap {\n  mail_plugins {\n    imap_quota = yes\n  }\n}\n"
        "sieve_script gatepost {\n  type = before\n  driver = file\n"
        "  path = %s/sieve/gatepost-junk.sieve\n}\n",
        facts->data_directory);
    if (!facts->has_quota)
        buffer_append_string(out, "quota \"User quota\" {\n  driver = count\n}\n");
}

void dovecot_conf_delivery(const struct dovecot_facts *facts, struct buffer *out)
{
    buffer_append_format(out, HEADER "%s", dovecot_version_word(facts->version));
    buffer_append_format(out, DELIVERY_WORDS, facts->data_directory);
    append_mechanisms(facts, out);
    append_place(facts, out);
    append_delimiter(facts, out);
    append_sockets(facts, out);
    dovecot_policy_append(facts, out);
    buffer_append_string(out,
        "\n# What the milter marked for quarantine goes to Junk. The quota of "
        "each user comes from Gatepost.\n");
    if (facts->version == DOVECOT_2_3)
        append_plugins_2_3(facts, out);
    else
        append_plugins_2_4(facts, out);
    if (facts->has_inbox_namespace)
        buffer_append_string(
            out, "namespace inbox {\n  mailbox Junk {\n    auto = subscribe\n  }\n}\n");
}

bool dovecot_conf_limits_cache(struct text file)
{
    return text_find_text(file, TEXT("driver = lua")) == file.len ||
           text_find_text(file, TEXT(DOVECOT_CONF_CACHE_2_3)) < file.len ||
           text_find_text(file, TEXT(DOVECOT_CONF_CACHE_2_4)) < file.len;
}

bool dovecot_conf_is_there(void)
{
    return access(DOVECOT_CONF_FOLDER "/" DOVECOT_CONF_LOGINS, F_OK) == 0;
}

enum dovecot_version dovecot_conf_version(struct text file)
{
    if (!text_starts_with(file, TEXT(HEADER)))
        return DOVECOT_OTHER;
    file = text_skip(file, sizeof HEADER - 1);
    if (text_starts_with(file, TEXT("2.3")))
        return DOVECOT_2_3;
    return text_starts_with(file, TEXT("2.4")) ? DOVECOT_2_4 : DOVECOT_OTHER;
}

static bool has_queue(const struct dovecot_facts *facts, struct text queue)
{
    for (size_t i = 0; i < facts->queue_count; i++)
        if (text_equals(queue, text_from_string(facts->queues[i])))
            return true;
    return false;
}

const char *dovecot_conf_stray_queue(
    struct text file, const struct dovecot_facts *facts, struct arena *arena)
{
    struct text line, queue;

    while (text_split(&file, '\n', &line)) {
        line = text_trim(line);
        if (!text_starts_with(line, TEXT(LISTENER)))
            continue;
        line = text_skip(line, sizeof LISTENER - 1);
        queue = text_head(line, text_find_text(line, TEXT(PRIVATE)));
        if (queue.len != line.len && !has_queue(facts, queue))
            return arena_copy_string(arena, queue);
    }
    return NULL;
}
