/* SPDX-License-Identifier: MIT */
/*
 * The order of the milter protocol: commands go in, one letter each, and what the session is told
 * and the mail server is answered comes out.
 */
#include "milter/conversation.h"

#include <libmilter/mfdef.h>

#include "lib/base/log.h"
#include "tests/unit/milter/noting-session.h"
#include "tests/unit/unit.h"

static struct roster roster = ROSTER_NONE;

static void ignore(void *context)
{
    (void)context;
}

static void say(struct buffer *input, const char *command, size_t len)
{
    const char head[4] = {0, 0, (char)(len >> 8), (char)len};

    buffer_append(input, head, sizeof head);
    buffer_append(input, command, len);
}

#define SAY(input, literal) say(input, literal, sizeof(literal) - 1)

/* What each letter of a script stands for. */
static void say_letter(struct buffer *input, char letter)
{
    switch (letter) {
    case 'O': /* all that there is, but answers are wanted */
        SAY(input, "O\0\0\0\6\0\0\1\377\0\20\0\0");
        break;
    case 'o': /* a server of long ago */
        SAY(input, "O\0\0\0\2\0\0\0\77\0\0\0\0");
        break;
    case 'n': /* no answers */
        SAY(input, "O\0\0\0\6\0\0\1\377\0\37\377\377");
        break;
    case 'a': /* the sender stays as it is */
        SAY(input, "O\0\0\0\6\0\0\1\277\0\37\377\377");
        break;
    case 'f': /* one of the future */
        SAY(input, "O\0\0\0\11\0\0\1\377\0\37\377\377");
        break;
    case 'x': /* changes are forbidden */
        SAY(input, "O\0\0\0\6\0\0\0\1\0\37\377\377");
        break;
    case 'C':
        SAY(input, "DC{client_name}\0name\0");
        SAY(input, "Cname\0004\22\064192.0.2.1\0");
        break;
    case 'c': /* sendmail(1) on the same machine */
        SAY(input, "Clocalhost\0006\0\0IPv6:::1\0");
        break;
    case 'u':
        SAY(input, "DC{client_addr}\000192.0.2.2\0");
        SAY(input, "Cunknown\0U");
        break;
    case 'H':
        SAY(input, "Hhelo\0");
        break;
    case 'M':
        SAY(input, "DM{mail_addr}\0a@b\0");
        SAY(input, "M<a@b>\0SIZE=1\0");
        break;
    case 'm': /* with a login */
        SAY(input, "DM{auth_authen}\0alice\0");
        SAY(input, "M<a@b>\0");
        break;
    case 'p': /* no word before it */
        SAY(input, "M<a@b>\0");
        break;
    case 'R':
        SAY(input, "R<c@d>\0");
        break;
    case 'T':
        SAY(input, "T");
        break;
    case 'L':
        SAY(input, "LFrom\0 a@b\0");
        break;
    case 'N':
        SAY(input, "N");
        break;
    case 'B':
        SAY(input, "Btext");
        break;
    case 'E':
        SAY(input, "E");
        break;
    case 'e': /* the body's last piece with it, and an id in braces */
        SAY(input, "DE{i}\0q1\0");
        SAY(input, "Elast");
        break;
    case 'r':
        SAY(input, "DEi\0reject\0");
        SAY(input, "E");
        break;
    case 's':
        SAY(input, "DEi\0sender\0");
        SAY(input, "E");
        break;
    case 'l':
        SAY(input, "DEi\0later\0");
        SAY(input, "E");
        break;
    case 'h': /* a header field without its end */
        SAY(input, "LFrom");
        break;
    case 'A':
    case 'U':
    case 'Q':
    case 'K':
    case 'Z':
        say(input, &letter, 1);
        break;
    case '0':
        say(input, "", 0);
        break;
    default:
        fail_msg("no such letter: %c", letter);
    }
}

/* The answers' letters; a reply's words in brackets. */
static void spell(struct text out, char *text_r, size_t size)
{
    struct protocol_command reply;
    struct failure failure;
    size_t used = 0;

    text_r[0] = '\0';
    while (protocol_command_take(&out, &reply, &failure) == ERR_NONE)
        used += (size_t)snprintf(text_r + used, size - used,
            reply.name == SMFIR_REPLYCODE ? "%c[%.9s]" : "%c", reply.name, reply.data.data);
    assert_int_equal(out.len, 0);
    assert_true(used < size);
}

struct row {
    const char *name, *script, *notes, *answers;
    enum conversation_next next;
};

static void run(const struct row *row)
{
    const struct conversation_terms terms = {.roster = &roster, .is_unix = true, .resume = ignore};
    struct conversation conversation;
    struct buffer input = BUFFER_NONE, out = BUFFER_NONE;
    char answers[256];
    struct text rest;

    unit_row(row->name);
    buffer_clear(&noting_session_notes);
    assert_true(conversation_init(&conversation, &terms, NULL));
    for (const char *letter = row->script; *letter != '\0'; letter++)
        say_letter(&input, *letter);
    rest = buffer_text(&input);
    assert_int_equal(conversation_take(&conversation, &rest, &out), row->next);
    spell(buffer_text(&out), answers, sizeof answers);
    assert_string_equal(buffer_string(&noting_session_notes), row->notes);
    assert_string_equal(answers, row->answers);
    conversation_done(&conversation);
    assert_int_equal(noting_session_count, 0);
    assert_int_equal(noting_session_connections, 0);
    assert_int_equal(roster_messages(&roster), 0);
    buffer_done(&input);
    buffer_done(&out);
}

#define CONNECT "connect(192.0.2.1 name) "
#define MAIL "mail(<a@b>) "

static const struct row right[] = {
    {"nothing yet",                         "",           "",                                                     "",               CONVERSATION_READS},
    {"each is answered",                    "OCHMRLNBE",
     CONNECT "helo(helo) " MAIL "rcpt(<c@d>) header(From  a@b) eoh() body(text) end() ",
     "Occcccccc",                                                                                                                   CONVERSATION_READS},
    {"answers are not wanted",              "nCHMRLNBE",
     CONNECT "helo(helo) " MAIL "rcpt(<c@d>) header(From  a@b) eoh() body(text) end() ",                          "Occ",
     CONVERSATION_READS                                                                                                                               },
    {"one of the future",                   "fCM",        CONNECT MAIL,                                           "Oc",             CONVERSATION_READS},
    {"a server of long ago eats the blank", "oCMTL",      CONNECT MAIL "header(From   a@b) ",                     "Occcc",
     CONVERSATION_READS                                                                                                                               },
    {"the body's last piece with the end",  "nCMe",       CONNECT MAIL "body(last) end(q1) ",                     "Occ",
     CONVERSATION_READS                                                                                                                               },
    {"refused",                             "nCMr",       CONNECT MAIL "end(reject) ",                            "Ocy[550 5.7.1]", CONVERSATION_READS},
    {"a login is of one message",           "nCmEp",      CONNECT "mail(<a@b> alice) end() " MAIL,                "Occc",
     CONVERSATION_READS                                                                                                                               },
    {"and so is a queue id",                "nCMeMLE",
     CONNECT MAIL "body(last) end(q1) " MAIL "header(From  a@b) end() ",                                          "Occcc",
     CONVERSATION_READS                                                                                                                               },
    {"mail again",                          "nCMMR",      CONNECT MAIL "abort() " MAIL "rcpt(<c@d>) ",            "Occ",            CONVERSATION_READS},
    {"HELO in between",                     "nCMHR",      CONNECT MAIL "helo(helo) rcpt(<c@d>) ",                 "Oc",             CONVERSATION_READS},
    {"aborts",                              "nAACAMRAAM", CONNECT MAIL "rcpt(<c@d>) abort() " MAIL,               "Occ",            CONVERSATION_READS},
    {"data refused by another filter",      "nCMRTTRT",   CONNECT MAIL "rcpt(<c@d>) rcpt(<c@d>) ",                "Occcc",
     CONVERSATION_READS                                                                                                                               },
    {"another sender",                      "nCMs",       CONNECT MAIL "end(sender) ",                            "Ocec",           CONVERSATION_READS},
    {"the sender is not to be changed",     "aCMs",       CONNECT MAIL "end(sender) ",                            "Oct",
     CONVERSATION_READS                                                                                                                               },
    {"an unknown word of SMTP",             "OCU",        CONNECT,                                                "Occ",            CONVERSATION_READS},
    {"local",                               "nc",         "local(::1 -) ",                                        "O",              CONVERSATION_READS},
    {"only the macro tells the address",    "nu",         "connect(192.0.2.2 -) ",                                "O",              CONVERSATION_READS},
    {"waits",                               "nCMlA",      CONNECT MAIL "end(later) ",                             "Oc",             CONVERSATION_PARKS},
    {"quit",                                "nCMQM",      CONNECT MAIL,                                           "Oc",             CONVERSATION_ENDS },
    {"quit before a word",                  "Q",          "",                                                     "",               CONVERSATION_ENDS },
    {"another client",                      "nCmKcM",     CONNECT "mail(<a@b> alice) abort() local(::1 -) " MAIL, "Occ",
     CONVERSATION_READS                                                                                                                               },
    {"another client, negotiated",          "nCKoC",      CONNECT CONNECT,                                        "OOc",            CONVERSATION_READS},
};

/* clang-format off */
static const struct row wrong[] = {
    {"connect before a word", "C", "", "", CONVERSATION_ENDS},
    {"changes are forbidden", "xC", "", "", CONVERSATION_ENDS},
    {"abort before a word", "An", "", "", CONVERSATION_ENDS},
    {"negotiated in a session", "nCn", CONNECT, "O", CONVERSATION_ENDS},
    {"connected twice", "nCC", CONNECT, "O", CONVERSATION_ENDS},
    {"mail without a client", "nM", "", "O", CONVERSATION_ENDS},
    {"HELO without a client", "nH", "", "O", CONVERSATION_ENDS},
    {"a recipient of no message", "nCR", CONNECT, "O", CONVERSATION_ENDS},
    {"an end of no message", "nCE", CONNECT, "O", CONVERSATION_ENDS},
    {"an end twice", "nCMEE", CONNECT MAIL "end() ", "Occ", CONVERSATION_ENDS},
    {"a header of an aborted message", "nCMAL", CONNECT MAIL "abort() ", "Oc", CONVERSATION_ENDS},
    {"a header behind its end", "nCMNL", CONNECT MAIL "eoh() ", "Oc", CONVERSATION_ENDS},
    {"a header behind the body", "nCMBL", CONNECT MAIL "body(text) ", "Oc", CONVERSATION_ENDS},
    {"a header without its end", "nCMh", CONNECT MAIL, "Oc", CONVERSATION_ENDS},
    {"a command that nobody knows", "nCZM", CONNECT, "O", CONVERSATION_ENDS},
    {"a command without a name", "nC0M", CONNECT, "O", CONVERSATION_ENDS},
};
/* clang-format on */

static void test_right_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        run(&right[i]);
}

static void test_wrong_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        run(&wrong[i]);
}

static void test_one_too_many(void **state)
{
    static const struct row row = {"one too many", "nCHMM", "helo(helo) ",
        "Oy[451 4.3.2]y[451 4.3.2]y[451 4.3.2]", CONVERSATION_READS};

    (void)state;
    roster_set_max(&roster, 0);
    run(&row);
    roster_set_max(&roster, 1);
}

/* Who is refused takes no place: where one of those served leaves, the next comes in. */
static void test_the_refused_take_no_place(void **state)
{
    const struct conversation_terms terms = {.roster = &roster, .is_unix = true, .resume = ignore};
    struct conversation served, refused, next;

    (void)state;
    assert_true(conversation_init(&served, &terms, NULL));
    assert_true(conversation_init(&refused, &terms, NULL));
    assert_false(served.is_refused);
    assert_true(refused.is_refused);
    conversation_done(&served);
    assert_true(conversation_init(&next, &terms, NULL));
    assert_false(next.is_refused);
    conversation_done(&refused);
    conversation_done(&next);
}

/*
 * No answer to a client was agreed upon before the drain began, so that one would be taken for that
 * to its first message.
 */
static void test_the_next_client_while_draining(void **state)
{
    struct roster going = ROSTER_NONE;
    const struct conversation_terms terms = {.roster = &going, .resume = ignore};
    struct conversation conversation;
    struct buffer input = BUFFER_NONE, out = BUFFER_NONE;
    char answers[64];
    struct text rest;

    (void)state;
    going.max = 1;
    going.drained = ignore;
    assert_true(conversation_init(&conversation, &terms, NULL));
    roster_drain(&going);
    for (const char *letter = "nCMKCM"; *letter != '\0'; letter++)
        say_letter(&input, *letter);
    rest = buffer_text(&input);
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_READS);
    spell(buffer_text(&out), answers, sizeof answers);
    assert_string_equal(answers, "Oy[451 4.3.2]y[451 4.3.2]");
    conversation_done(&conversation);
    buffer_done(&input);
    buffer_done(&out);
}

/* What waits goes on when it is told to, and then comes what was sent meanwhile. */
static void test_goes_on(void **state)
{
    const struct conversation_terms terms = {.roster = &roster, .is_unix = true, .resume = ignore};
    struct conversation conversation;
    struct buffer input = BUFFER_NONE, out = BUFFER_NONE;
    char answers[64];
    struct text rest;

    (void)state;
    assert_true(conversation_init(&conversation, &terms, NULL));
    for (const char *letter = "nCMlAM"; *letter != '\0'; letter++)
        say_letter(&input, *letter);
    rest = buffer_text(&input);
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_PARKS);
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_PARKS);
    assert_int_equal(roster_messages(&roster), 1);
    assert_int_equal(conversation_resume(&conversation, &out), CONVERSATION_READS);
    conversation_written(&conversation, true);
    assert_int_equal(roster_messages(&roster), 0);
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_READS);
    assert_int_equal(roster_messages(&roster), 1);
    spell(buffer_text(&out), answers, sizeof answers);
    assert_string_equal(answers, "Occc");
    conversation_done(&conversation);
    buffer_done(&input);
    buffer_done(&out);
}

/* At the end of all, who waits gets a temporary failure, and others nothing. */
static void test_is_dismissed(void **state)
{
    const struct conversation_terms terms = {.roster = &roster, .is_unix = true, .resume = ignore};
    struct conversation conversation;
    struct buffer input = BUFFER_NONE, out = BUFFER_NONE;
    char answers[64];
    struct text rest;

    (void)state;
    assert_true(conversation_init(&conversation, &terms, NULL));
    conversation_dismiss(&conversation, &out);
    assert_int_equal(out.len, 0);
    for (const char *letter = "nCMl"; *letter != '\0'; letter++)
        say_letter(&input, *letter);
    rest = buffer_text(&input);
    buffer_clear(&noting_session_notes);
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_PARKS);
    conversation_dismiss(&conversation, &out);
    assert_string_equal(buffer_string(&noting_session_notes),
        "connect(192.0.2.1 name) mail(<a@b>) end(later) dismiss(later) ");
    spell(buffer_text(&out), answers, sizeof answers);
    assert_string_equal(answers, "Oct");
    assert_int_equal(roster_messages(&roster), 0);
    conversation_done(&conversation);
    buffer_done(&input);
    buffer_done(&out);
}

/* Nobody reads what is answered: no more is taken. */
static void test_answers_are_bounded(void **state)
{
    const struct conversation_terms terms = {.roster = &roster, .resume = ignore};
    struct conversation conversation;
    struct buffer input = BUFFER_NONE, out = BUFFER_NONE;
    struct text rest;

    (void)state;
    assert_true(conversation_init(&conversation, &terms, NULL));
    say_letter(&input, 'O');
    for (size_t i = 0; i < CONVERSATION_OUT_MAX; i++)
        say_letter(&input, 'U');
    rest = buffer_text(&input);
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_WRITES);
    assert_in_range(out.len, CONVERSATION_OUT_MAX, CONVERSATION_OUT_MAX + 100);
    assert_true(rest.len != 0);
    buffer_clear(&out);
    while (conversation_take(&conversation, &rest, &out) == CONVERSATION_WRITES)
        buffer_clear(&out);
    assert_int_equal(rest.len, 0);
    conversation_done(&conversation);
    buffer_done(&input);
    buffer_done(&out);
}

static int set_up(void **state)
{
    (void)state;
    log_open("test", LOG_TO_NOWHERE);
    roster_set_max(&roster, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_done(&noting_session_notes);
    return 0;
}

UNIT_MAIN(cmocka_unit_test_setup(test_right_order, set_up), cmocka_unit_test(test_wrong_order),
    cmocka_unit_test(test_one_too_many), cmocka_unit_test(test_the_refused_take_no_place),
    cmocka_unit_test(test_the_next_client_while_draining), cmocka_unit_test(test_goes_on),
    cmocka_unit_test(test_is_dismissed),
    cmocka_unit_test_teardown(test_answers_are_bounded, tear_down))
