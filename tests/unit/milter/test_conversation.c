/* SPDX-License-Identifier: MIT */
/*
 * The order of the milter protocol: commands go in, one letter each, and what the session is told
 * and the mail server is answered comes out.
 */
#include "milter/conversation.h"

#include <libmilter/mfdef.h>

#include "lib/base/log.h"
#include "tests/unit/logged.h"
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

#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/* What each letter of a script stands for: one command, or macros and one. */
static const struct {
    char letter;
    struct text commands[2];
} letters[] = {
  /* all that there is, but answers are wanted; no answers; a server of long ago; one of the
  future; changes are forbidden; the sender stays as it is */
    {'O', {BYTES("O\0\0\0\6\0\0\1\377\0\20\0\0")}                                  },
    {'n', {BYTES("O\0\0\0\6\0\0\1\377\0\37\377\377")}                              },
    {'o', {BYTES("O\0\0\0\2\0\0\0\77\0\0\0\0")}                                    },
    {'f', {BYTES("O\0\0\0\11\0\0\1\377\0\37\377\377")}                             },
    {'x', {BYTES("O\0\0\0\6\0\0\0\1\0\37\377\377")}                                },
    {'a', {BYTES("O\0\0\0\6\0\0\1\277\0\37\377\377")}                              },
 /* a client; sendmail(1) on the same machine; one whose address only the macro has; that one on
  our own machine; one without a port that is not */
    {'C', {BYTES("DC{client_name}\0name\0"), BYTES("Cname\0004\22\064192.0.2.1\0")}},
    {'c', {BYTES("Clocalhost\0006\0\0IPv6:::1\0")}                                 },
    {'u', {BYTES("DC{client_addr}\000192.0.2.2\0"), BYTES("Cunknown\0U")}          },
    {'v', {BYTES("DC{client_addr}\000127.0.0.1\0"), BYTES("Cunknown\0U")}          },
    {'w', {BYTES("Cname\0004\0\000192.0.2.1\0")}                                   },
    {'d', {BYTES("DC{client_name}\0another\0")}                                    },
    {'H', {BYTES("Hhelo\0")}                                                       },
 /* a sender; with a login; with no word before it; the login alone */
    {'M', {BYTES("DM{mail_addr}\0a@b\0"), BYTES("M<a@b>\0SIZE=1\0")}               },
    {'m', {BYTES("DM{auth_authen}\0alice\0"), BYTES("M<a@b>\0")}                   },
    {'p', {BYTES("M<a@b>\0")}                                                      },
    {'g', {BYTES("DM{auth_authen}\0alice\0")}                                      },
    {'R', {BYTES("R<c@d>\0")}                                                      },
    {'T', {BYTES("T")}                                                             },
    {'L', {BYTES("LFrom\0 a@b\0")}                                                 },
    {'N', {BYTES("N")}                                                             },
    {'B', {BYTES("Btext")}                                                         },
 /* an end; the body's last piece with it, and an id in braces; other names than the id's */
    {'E', {BYTES("E")}                                                             },
    {'e', {BYTES("DE{i}\0q1\0"), BYTES("Elast")}                                   },
    {'y', {BYTES("DE{i}x\0q2\0xi}\0q3\0{ix\0q4\0"), BYTES("E")}                    },
    {'r', {BYTES("DEi\0reject\0"), BYTES("E")}                                     },
    {'s', {BYTES("DEi\0sender\0"), BYTES("E")}                                     },
    {'l', {BYTES("DEi\0later\0"), BYTES("E")}                                      },
    {'A', {BYTES("A")}                                                             },
    {'U', {BYTES("U")}                                                             },
    {'Q', {BYTES("Q")}                                                             },
    {'K', {BYTES("K")}                                                             },
    {'Z', {BYTES("Z")}                                                             },
 /* without their ends: a client, a greeting, a sender, a recipient, a field, macros; nothing at
  all; macros of no command; an offer too short */
    {'1', {BYTES("Cname")}                                                         },
    {'2', {BYTES("Hhelo")}                                                         },
    {'3', {BYTES("M<a@b>")}                                                        },
    {'4', {BYTES("R<c@d>")}                                                        },
    {'h', {BYTES("LFrom")}                                                         },
    {'5', {BYTES("DMi\0q")}                                                        },
    {'0', {BYTES("")}                                                              },
    {'6', {BYTES("D")}                                                             },
    {'7', {BYTES("O\0\0\0\6")}                                                     },
};

static void say_letter(struct buffer *input, char letter)
{
    size_t i = 0;

    while (i < sizeof letters / sizeof letters[0] && letters[i].letter != letter)
        i++;
    if (i == sizeof letters / sizeof letters[0])
        fail_msg("no such letter: %c", letter);
    for (size_t j = 0; j < 2; j++)
        if (letters[i].commands[j].data != NULL)
            say(input, letters[i].commands[j].data, letters[i].commands[j].len);
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
    {"a macro that says our own machine",   "nv",         "connect(127.0.0.1 -) ",                                "O",              CONVERSATION_READS},
    {"no port, and not our machine",        "nw",         "connect(192.0.2.1 -) ",                                "O",              CONVERSATION_READS},
    {"a client told of again",              "ndu",        "connect(192.0.2.2 -) ",                                "O",              CONVERSATION_READS},
    {"a login taken back",                  "nCgM",       CONNECT MAIL,                                           "Oc",             CONVERSATION_READS},
    {"names that are nearly the id's",      "nCMy",       CONNECT MAIL "end() ",                                  "Occ",            CONVERSATION_READS},
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
    {"it is not the one before again", "nCA0", CONNECT, "O", CONVERSATION_ENDS},
    {"an offer too short", "7", "", "", CONVERSATION_ENDS},
    {"a client without an end", "n1", "", "O", CONVERSATION_ENDS},
    {"a greeting without an end", "nC2", CONNECT, "O", CONVERSATION_ENDS},
    {"a sender without an end", "nC3", CONNECT, "O", CONVERSATION_ENDS},
    {"a recipient without an end", "nCM4", CONNECT MAIL, "Oc", CONVERSATION_ENDS},
    {"macros without an end", "nC5", CONNECT, "O", CONVERSATION_ENDS},
    {"macros of no command", "nC6", CONNECT, "O", CONVERSATION_ENDS},
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

/* The version is the older one of the two. */
static void test_versions(void **state)
{
    static const struct {
        char offered, answered;
    } rows[] = {
        {2, 2},
        {5, 5},
        {6, 6},
        {7, 6},
        {9, 6},
    };
    const struct conversation_terms terms = {.roster = &roster, .resume = ignore};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char offer[] = "O\0\0\0v\0\0\1\377\0\37\377\377";
        struct conversation conversation;
        struct buffer input = BUFFER_NONE, out = BUFFER_NONE;
        struct text rest;

        offer[4] = rows[i].offered;
        assert_true(conversation_init(&conversation, &terms, NULL));
        say(&input, offer, sizeof offer - 1);
        rest = buffer_text(&input);
        assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_READS);
        assert_int_equal(out.data[8], rows[i].answered);
        conversation_done(&conversation);
        buffer_done(&input);
        buffer_done(&out);
    }
}

/* Who says that he goes is not told of in the log; who is sent away is. */
static void test_quit_is_no_fault(void **state)
{
    static const struct row goes = {"goes", "nCQ", CONNECT, "O", CONVERSATION_ENDS},
                            sent = {"is sent away", "nCZ", CONNECT, "O", CONVERSATION_ENDS};
    struct logged logged = logged_begin();
    char text[512];

    (void)state;
    run(&goes);
    logged_end(&logged, text, sizeof text);
    assert_null(strstr(text, "ended"));
    logged = logged_begin();
    run(&sent);
    logged_end(&logged, text, sizeof text);
    assert_non_null(strstr(text, "ended: a command that nobody knows (byte 0x5a)"));
}

/* What waits goes on when it is told to, and then comes what was sent meanwhile. */
static void test_goes_on(void **state)
{
    const struct conversation_terms terms = {.roster = &roster, .is_unix = true, .resume = ignore};
    struct conversation conversation;
    struct buffer input = BUFFER_NONE, out = BUFFER_NONE;
    char answers[64];
    struct text rest;
    size_t said;

    (void)state;
    assert_true(conversation_init(&conversation, &terms, NULL));
    for (const char *letter = "nCMlAM"; *letter != '\0'; letter++)
        say_letter(&input, *letter);
    rest = buffer_text(&input);
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_PARKS);
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_PARKS);
    assert_int_equal(roster_messages(&roster), 1);
    assert_int_equal(conversation_resume(&conversation, &out), CONVERSATION_READS);
    said = out.len;
    assert_int_equal(conversation_resume(&conversation, &out), CONVERSATION_READS);
    assert_int_equal(out.len, said);
    conversation_written(&conversation, false);
    assert_int_equal(roster_messages(&roster), 0);
    assert_int_equal(roster.answered, 1);
    conversation_written(&conversation, true);
    assert_int_equal(roster.answered, 0);
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_READS);
    assert_int_equal(roster_messages(&roster), 1);
    spell(buffer_text(&out), answers, sizeof answers);
    assert_string_equal(answers, "Occc");
    conversation_done(&conversation);
    buffer_done(&input);
    buffer_done(&out);
}

/* A message is over when its answer is written, whatever is said meanwhile. */
static void test_an_answer_is_to_be_written(void **state)
{
    const struct conversation_terms terms = {.roster = &roster, .is_unix = true, .resume = ignore};
    struct conversation conversation;
    struct buffer input = BUFFER_NONE, out = BUFFER_NONE;
    struct text rest;

    (void)state;
    assert_true(conversation_init(&conversation, &terms, NULL));
    for (const char *letter = "nCMEA"; *letter != '\0'; letter++)
        say_letter(&input, *letter);
    rest = buffer_text(&input);
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_READS);
    assert_int_equal(roster_messages(&roster), 1);
    conversation_written(&conversation, true);
    assert_int_equal(roster_messages(&roster), 0);
    conversation_done(&conversation);
    buffer_done(&input);
    buffer_done(&out);
}

static void test_comes_too_late(void **state)
{
    struct roster closed = ROSTER_NONE;
    const struct conversation_terms terms = {.roster = &closed, .resume = ignore};
    struct conversation conversation;

    (void)state;
    roster_close(&closed, 0, 0);
    assert_false(conversation_init(&conversation, &terms, NULL));
    assert_int_equal(noting_session_count, 0);
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

/* Wherever it is cut, the body goes on as it comes, and has one answer. */
static void test_a_body_in_pieces(void **state)
{
    const struct conversation_terms terms = {.roster = &roster, .is_unix = true, .resume = ignore};
    struct buffer whole = BUFFER_NONE, out = BUFFER_NONE;
    struct text parts[2];
    size_t begin;

    (void)state;
    for (const char *letter = "OCMRLN"; *letter != '\0'; letter++)
        say_letter(&whole, *letter);
    begin = whole.len;
    say_letter(&whole, 'B');
    for (size_t cut = begin; cut <= whole.len; cut++) {
        size_t of_body = cut > begin + 5 ? cut - begin - 5 : 0;
        struct conversation conversation;
        char answers[64];

        buffer_clear(&noting_session_notes);
        buffer_clear(&out);
        assert_true(conversation_init(&conversation, &terms, NULL));
        parts[0] = text_head(buffer_text(&whole), cut);
        assert_int_equal(conversation_take(&conversation, &parts[0], &out), CONVERSATION_READS);
        spell(buffer_text(&out), answers, sizeof answers);
        assert_string_equal(answers, cut == whole.len ? "Occcccc" : "Occccc");
        assert_int_equal(
            strstr(buffer_string(&noting_session_notes), "body(t") != NULL, of_body != 0);
        assert_true(parts[0].len < 5);
        parts[1] = text_skip(buffer_text(&whole), cut - parts[0].len);
        assert_int_equal(conversation_take(&conversation, &parts[1], &out), CONVERSATION_READS);
        assert_int_equal(parts[1].len, 0);
        spell(buffer_text(&out), answers, sizeof answers);
        assert_string_equal(answers, "Occcccc");
        conversation_done(&conversation);
    }
    buffer_done(&whole);
    buffer_done(&out);
}

/* Nobody reads what is answered: no more is taken. */
static void test_answers_are_bounded(void **state)
{
    const struct conversation_terms terms = {.roster = &roster, .resume = ignore};
    struct conversation conversation;
    struct buffer input = BUFFER_NONE, out = BUFFER_NONE;
    struct text rest;
    size_t left;

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
    for (size_t i = 0; i < CONVERSATION_OUT_MAX; i++)
        buffer_append_byte(&out, 'x');
    left = rest.len;
    assert_int_equal(conversation_take(&conversation, &rest, &out), CONVERSATION_WRITES);
    assert_int_equal(rest.len, left);
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
    cmocka_unit_test(test_a_body_in_pieces), cmocka_unit_test(test_the_next_client_while_draining),
    cmocka_unit_test(test_versions), cmocka_unit_test(test_quit_is_no_fault),
    cmocka_unit_test(test_goes_on), cmocka_unit_test(test_an_answer_is_to_be_written),
    cmocka_unit_test(test_comes_too_late), cmocka_unit_test(test_is_dismissed),
    cmocka_unit_test_teardown(test_answers_are_bounded, tear_down))
