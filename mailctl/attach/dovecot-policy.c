/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/dovecot-policy.h"

#include <stdlib.h>
#include <sys/random.h>

#define URL "auth_policy_server_url = "
/* In place of it where Dovecot asks another server. */
#define OTHER_URL "# not asked: " URL
#define NONCE "auth_policy_hash_nonce = "
#define REALM_2_3 "auth_default_realm = "
#define REALM_2_4 "auth_default_domain = "
#define NONCE_BYTES 16

const char *dovecot_policy_url(const char *listen, struct arena *arena)
{
    struct text address = text_from_string(listen);

    if (text_starts_with(address, TEXT("inet:")))
        address = text_skip(address, 5);
    else if (text_starts_with(address, TEXT("inet6:")))
        address = text_skip(address, 6);
    else
        return NULL;
    return arena_print(arena, "http://%.*s/", TEXT_ARGS(address)).data;
}

/* What stands behind that at the beginning of a line; data NULL: no line has it. */
static struct text value_of(struct text file, const char *setting)
{
    struct text line, name = text_from_string(setting);

    while (text_split(&file, '\n', &line))
        if (text_starts_with(line, name))
            return text_skip(line, name.len);
    return TEXT_NONE;
}

const char *dovecot_policy_nonce(struct text file, struct arena *arena)
{
    struct text present = value_of(file, NONCE);
    unsigned char bytes[NONCE_BYTES];
    struct buffer nonce = BUFFER_NONE;
    const char *copy;

    if (present.len != 0)
        return arena_copy_string(arena, present);
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort(); /* cannot be for so few bytes, once the system has started */
    for (size_t i = 0; i < sizeof bytes; i++)
        buffer_append_format(&nonce, "%02x", bytes[i]);
    copy = arena_copy_string(arena, buffer_text(&nonce));
    buffer_done(&nonce);
    return copy;
}

/* By the mechanism a login that was tried by several is known as one; see gatepost-authd(8). */
static const char attributes_2_3[] =
    "auth_policy_request_attributes = login=%{requested_username} pwhash=%{hashed_password}"
    " remote=%{rip} real_remote=%{real_rip} protocol=%s session_id=%{session} mech=%{mech}\n";
static const char attributes_2_4[] = "auth_policy_request_attributes {\n"
                                     "  real_remote = %{real_remote_ip}\n"
                                     "  mech = %{mechanism}\n"
                                     "}\n";

static void append_policy(const struct dovecot_facts *facts, struct buffer *out)
{
    buffer_append_format(out,
        "\n# Who guesses passwords waits: gatepost-authd is asked before each login, and told what "
        "came of\n# it. Where it does not answer, logins go on.\n" URL "%s\n" NONCE
        "%s\nauth_policy_check_before_auth = yes\nauth_policy_check_after_auth = no\n"
        "auth_policy_report_after_auth = yes\nauth_policy_reject_on_fail = no\n%s",
        facts->policy_url, facts->policy_nonce,
        facts->version == DOVECOT_2_3 ? attributes_2_3 : attributes_2_4);
}

static const char *realm_setting(enum dovecot_version version)
{
    return version == DOVECOT_2_3 ? REALM_2_3 : REALM_2_4;
}

void dovecot_policy_append(const struct dovecot_facts *facts, struct buffer *out)
{
    if (facts->realm != NULL && facts->realm[0] != '\0')
        buffer_append_format(out, "\n# The domain of names without one: authd.realm.\n%s%s\n",
            realm_setting(facts->version), facts->realm);
    if (facts->policy_url != NULL && facts->has_policy_server)
        buffer_append_format(out, "\n" OTHER_URL "%s\n", facts->policy_url);
    else if (facts->policy_url != NULL)
        append_policy(facts, out);
}

bool dovecot_policy_is_current(
    struct text file, const char *url, const char *realm, enum dovecot_version version)
{
    struct text present = value_of(file, URL);

    if (present.data == NULL)
        present = value_of(file, OTHER_URL);
    return text_equals(present, text_from_string(url)) &&
           text_equals(value_of(file, realm_setting(version)), text_from_string(realm));
}
