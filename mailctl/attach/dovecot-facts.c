/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/dovecot-facts.h"

#include <pwd.h>
#include <unistd.h>

#include "config.h"
#include "lib/base/buffer.h"
#include "mailctl/program.h"

#define ASK_TIMEOUT_MS ((int64_t)30000)
#define UID_LARGEST ((uint64_t)0xfffffffe)

enum dovecot_version dovecot_version_of(struct text text)
{
    static const struct {
        const char *start;
        enum dovecot_version version;
    } known[] = {
        {"2.3.", DOVECOT_2_3},
        {"2.4.", DOVECOT_2_4},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (text_starts_with(text, text_from_string(known[i].start)))
            return known[i].version;
    return DOVECOT_OTHER;
}

const char *dovecot_version_word(enum dovecot_version version)
{
    static const char *const words[] = {"2.3", "2.4", "another version"};

    return words[version];
}

/* The next word, and behind an "=" the one after it as its value; empty at the end. */
static struct text next_word(struct text *rest)
{
    struct text word;
    size_t len = 0;

    *rest = text_trim(*rest);
    while (len < rest->len && !text_is_blank(rest->data[len]))
        len++;
    word = text_head(*rest, len);
    *rest = text_trim(text_skip(*rest, len));
    return word;
}

struct text dovecot_list(struct text printed, struct arena *arena)
{
    struct buffer list = BUFFER_NONE;
    struct text word, kept;

    while ((word = next_word(&printed)).len != 0) {
        bool is_on = true;

        if (text_starts_with(printed, TEXT("="))) {
            printed = text_skip(printed, 1);
            is_on = text_equals(next_word(&printed), TEXT("yes"));
        }
        if (!is_on)
            continue;
        buffer_append_string(&list, list.len != 0 ? " " : "");
        buffer_append_text(&list, word);
    }
    kept = arena_copy(arena, buffer_text(&list));
    buffer_done(&list);
    return kept;
}

bool dovecot_list_has(struct text list, const char *name)
{
    struct text word;

    while ((word = next_word(&list)).len != 0)
        if (text_equals(word, text_from_string(name)))
            return true;
    return false;
}

bool dovecot_transport_is_lmtp(struct text transport)
{
    return text_equals(transport, TEXT("lmtp")) || text_starts_with(transport, TEXT("lmtp:"));
}

/* One setting; empty where this version does not know it. */
/* 2.4 prints the setting in a block, and does not answer when asked for it alone. */
bool dovecot_has_policy_server(struct text printed)
{
    static const char block[] = "\nauth_policy {\n";
    struct text inside = text_skip(printed, text_find_text(printed, text_from_string(block)));

    inside = text_head(inside, text_find_text(inside, TEXT("\n}")));
    return text_find_text(printed, TEXT("\nauth_policy_server_url = ")) < printed.len ||
           text_find_text(inside, TEXT("\n  server_url = ")) < inside.len;
}

static struct text ask(const char *configuration, const char *name, struct arena *arena)
{
    const char *const usual[] = {"doveconf", "-h", name, NULL};
    const char *const other[] = {"doveconf", "-c", configuration, "-h", name, NULL};
    struct text value = TEXT("");

    if (program_succeed(
            configuration != NULL ? other : usual, ASK_TIMEOUT_MS, arena, &value, NULL) != ERR_NONE)
        return TEXT("");
    return text_trim(value);
}

static int64_t ask_number(const char *configuration, const char *name, struct arena *arena)
{
    uint64_t number = 0;

    (void)text_to_number(ask(configuration, name, arena), UID_LARGEST, &number);
    return (int64_t)number;
}

/* "0" and "10 M": whether there is any. */
static bool is_size(struct text value)
{
    return value.len != 0 && value.data[0] >= '1' && value.data[0] <= '9';
}

/* Whether a line of what doveconf has printed starts so, blanks at its front aside. */
static bool has_line(struct text printed, const char *start)
{
    struct text line;

    while (text_split(&printed, '\n', &line))
        if (text_starts_with(text_trim(line), text_from_string(start)))
            return true;
    return false;
}

/* sieve_before, sieve_before2, ...: those in a row, since Dovecot stops at the first gap. Where one
 * of them is ours, that one and what follows are free. */
static unsigned count_sieve_before(struct text printed, struct arena *arena)
{
    unsigned count = 0;
    const char *start = "sieve_before =";

    while (has_line(printed, start) && count < 64)
        start = arena_print(arena, "sieve_before%u =", ++count + 1).data;
    return count;
}

static void read_printed(struct dovecot_facts *facts, struct arena *arena)
{
    facts->has_inbox_namespace = has_line(facts->printed, "namespace inbox {");
    facts->has_quota = facts->version == DOVECOT_2_3 ? has_line(facts->printed, "quota =")
                                                     : has_line(facts->printed, "quota ");
    facts->sieve_before = count_sieve_before(facts->printed, arena);
}

/* --- around Dovecot --------------------------------------------------------------------------- */

static struct text postconf(const char *folder, const char *name, struct arena *arena)
{
    const char *const argv[] = {"postconf", "-c", folder, "-x", "-h", name, NULL};
    struct text value = TEXT("");

    if (program_succeed(argv, ASK_TIMEOUT_MS, arena, &value, NULL) != ERR_NONE)
        return TEXT("");
    return text_trim(value);
}

static void add_queue(struct dovecot_facts *facts, const char *folder, struct arena *arena)
{
    struct text queue = postconf(folder, "queue_directory", arena);

    if (queue.len != 0 && facts->queue_count < DOVECOT_QUEUES_MAX)
        facts->queues[facts->queue_count++] = arena_copy_string(arena, queue);
}

/* An instance that was taken away: with a socket in its queue Dovecot would not start. */
static void drop_missing(struct dovecot_facts *facts, struct arena *arena)
{
    const char *last = facts->queue_count != 0 ? facts->queues[facts->queue_count - 1] : NULL;

    if (last != NULL && access(arena_print(arena, "%s/private", last).data, F_OK) != 0)
        facts->queue_count--;
}

/* Where no Postfix can be asked, its usual place. */
void dovecot_facts_queues(
    const char *const *instances, struct arena *arena, struct dovecot_facts *facts)
{
    facts->queue_count = 0;
    add_queue(facts, "/etc/postfix", arena);
    for (; *instances != NULL; instances++) {
        size_t count = facts->queue_count;

        add_queue(facts, *instances, arena);
        if (facts->queue_count != count)
            drop_missing(facts, arena);
    }
    facts->has_local_lmtp =
        dovecot_transport_is_lmtp(postconf("/etc/postfix", "mailbox_transport", arena));
    if (facts->queue_count == 0)
        facts->queues[facts->queue_count++] = POSTFIX_QUEUE_DIR;
}

static void read_ours(struct dovecot_facts *facts, const struct settings *settings)
{
    const struct passwd *user = getpwnam(settings->authd.mail_user);
    const char *socket = settings->authd.listen_login;

    facts->mail_uid = user != NULL ? (int64_t)user->pw_uid : -1;
    facts->our_delimiter = settings->recipient_delimiter;
    facts->data_directory = PKGDATADIR;
    facts->realm = settings->authd.realm;
    facts->login_socket = strncmp(socket, "unix:", 5) == 0 ? socket + 5 : socket;
}

enum err dovecot_facts_read(const struct settings *settings, const char *configuration,
    const char *const *instances, struct arena *arena, struct dovecot_facts *facts_r,
    struct failure *failure)
{
    static const char *const ask_version[] = {"dovecot", "--version", NULL};
    const char *const usual[] = {"doveconf", "-n", NULL};
    const char *const other[] = {"doveconf", "-c", configuration, "-n", NULL};
    struct dovecot_facts facts = {.version = DOVECOT_OTHER};
    struct text version = TEXT_NONE;
    enum err err = program_succeed(ask_version, ASK_TIMEOUT_MS, arena, &version, failure);

    if (err != ERR_NONE)
        return err;
    facts.version = dovecot_version_of(version);
    facts.version_text = arena_copy_string(arena, next_word(&version));
    err = program_succeed(
        configuration != NULL ? other : usual, ASK_TIMEOUT_MS, arena, &facts.printed, failure);
    if (err != ERR_NONE)
        return err;
    read_printed(&facts, arena);
    facts.mechanisms = dovecot_list(ask(configuration, "auth_mechanisms", arena), arena);
    facts.protocols = dovecot_list(ask(configuration, "protocols", arena), arena);
    facts.mail_home = ask(configuration, "mail_home", arena);
    facts.username_format = ask(configuration, "auth_username_format", arena);
    facts.delimiter = ask(configuration, "recipient_delimiter", arena);
    facts.first_valid_uid = ask_number(configuration, "first_valid_uid", arena);
    facts.has_auth_cache = is_size(ask(configuration, "auth_cache_size", arena));
    facts.has_policy_server = dovecot_has_policy_server(facts.printed);
    dovecot_facts_queues(instances, arena, &facts);
    read_ours(&facts, settings);
    *facts_r = facts;
    return ERR_NONE;
}
