/* SPDX-License-Identifier: MIT */

/*
 * mailctl dns push to a name server that does not do all that it is asked for: what the command
 * says, what the zone has, and what is remembered as made.
 */

#include <sysexits.h>

#include "lib/store/dns-made.h"
#include "lib/store/dns-option.h"
#include "lib/store/domain.h"
#include "mailctl/program.h"
#include "tests/unit/mailctl/stand-in.h"
#include "tests/unit/store/ground.h"

#define DOMAIN "a.example"
#define ARGUMENTS_MAX 12
#define DEADLINE_MS 60000

static struct ground *ground;
static struct stand_in *server;

/* --- the scene ------------------------------------------------------------- */

/* What mailctl printed, on both ways. */
static struct text run(int status, const char *const *arguments)
{
    const char *top = getenv("top_builddir"), *argv[ARGUMENTS_MAX + 5];
    struct program_result result;
    char path[128];
    size_t count = 0;

    argv[count++] = arena_print(ground->arena, "%s/mailctl/mailctl", top != NULL ? top : ".").data;
    argv[count++] = "-y";
    argv[count++] = "-c";
    argv[count++] = ground_path(ground, "conf", path);
    for (size_t i = 0; arguments[i] != NULL; i++)
        argv[count++] = arguments[i];
    argv[count] = NULL;
    assert_int_equal(program_run(argv, DEADLINE_MS, ground->arena, &result, NULL), ERR_NONE);
    if (result.status != status)
        fail_msg("%s %s ended with %d: %.*s", arguments[0], arguments[1], result.status,
            TEXT_ARGS(result.errors));
    return arena_print(
        ground->arena, "%.*s%.*s", TEXT_ARGS(result.output), TEXT_ARGS(result.errors));
}

#define MAILCTL(status, ...) run(status, (const char *const[]){__VA_ARGS__, NULL})
#define PUSH(status, domain)                                                                       \
    MAILCTL(status, "dns", "push", domain, "--zone", DOMAIN, "--server", stand_in_server())
#define DRY_PUSH(status, domain)                                                                   \
    MAILCTL(status, "-n", "dns", "push", domain, "--zone", DOMAIN, "--server", stand_in_server())
#define DIFF(status, domain)                                                                       \
    MAILCTL(status, "dns", "diff", domain, "--zone", DOMAIN, "--server", stand_in_server())
#define SET(domain, ...) MAILCTL(0, "-q", "dns", "set", domain, __VA_ARGS__)

static void assert_says(struct text printed, const char *piece)
{
    if (text_find_text(printed, text_from_string(piece)) == printed.len)
        fail_msg("it does not say \"%s\"", piece);
}

static bool is_remembered(const char *domain, const char *owner, const char *type)
{
    struct dns_made_list list;

    assert_int_equal(dns_made_list(ground_open(ground, STORE_DIRECTORY), text_from_string(domain),
                         ground->arena, &list),
        ERR_NONE);
    store_close(&ground->store);
    for (size_t i = 0; i < list.count; i++)
        if (text_equals(list.items[i].owner, text_from_string(owner)) &&
            text_equals(list.items[i].type, text_from_string(type)))
            return true;
    return false;
}

static void add_domain(const char *name)
{
    assert_int_equal(
        domain_add(ground_open(ground, STORE_DIRECTORY), text_from_string(name), 1), ERR_NONE);
    store_close(&ground->store);
}

/* As a file that was there when it was kept. */
static void keep_option(const char *domain, const char *name, const char *value)
{
    const struct text text = text_from_string(value);

    assert_int_equal(dns_option_set(ground_open(ground, STORE_DIRECTORY), text_from_string(domain),
                         text_from_string(name), &text, 1),
        ERR_NONE);
    store_close(&ground->store);
}

static int set_up(void **state)
{
    if (ground_make(state) != 0)
        return 1;
    ground = *state;
    ground_write_file(ground, "conf",
        arena_print(ground->arena, "state_directory = \"%s\"\nhostname = \"mail." DOMAIN "\"\n",
            ground->directory)
            .data);
    add_domain(DOMAIN);
    server = stand_in_start();
    return 0;
}

static int tear_down(void **state)
{
    stand_in_stop();
    return ground_remove(state);
}

/* --- what is seen afterwards ----------------------------------------------- */

/* What the server left out is told, and never taken for one's own when somebody else makes it. */
static void test_left_out(void **state)
{
    static const char target[] = "\4mail\1a\7example";

    (void)state;
    server->passes_over = "autoconfig." DOMAIN;
    SET(DOMAIN, "--with", "autoconfig");
    assert_says(PUSH(EX_UNAVAILABLE, DOMAIN),
        "the name server took the update and left 1 changes out, autoconfig." DOMAIN
        " CNAME first: run \"mailctl dns diff " DOMAIN "\"");
    assert_int_equal(stand_in_count(DOMAIN, DNS_MX, NULL), 1);
    assert_true(is_remembered(DOMAIN, DOMAIN, "MX"));
    assert_false(is_remembered(DOMAIN, "autoconfig." DOMAIN, "CNAME"));
    stand_in_add("autoconfig." DOMAIN, DNS_CNAME, 300, target, sizeof target);
    SET(DOMAIN, "--without", "autoconfig");
    assert_says(PUSH(0, DOMAIN), "in order");
    assert_int_equal(stand_in_count("autoconfig." DOMAIN, DNS_CNAME, NULL), 1);
}

/* Where it cannot be told what has come of it, all that may have been made is remembered. */
static void test_not_told(void **state)
{
    (void)state;
    server->refuses_after_update = true;
    assert_says(PUSH(EX_DATAERR, DOMAIN), "does not tell what is at");
    assert_int_equal(server->updates, 1);
    assert_true(is_remembered(DOMAIN, DOMAIN, "MX"));
    server->refuses_after_update = false;
    assert_says(PUSH(0, DOMAIN), "in order");
    assert_true(is_remembered(DOMAIN, DOMAIN, "MX"));
}

/* --- what is remembered ---------------------------------------------------- */

/* What somebody has taken away, and nobody wants, is forgotten, though nothing is to be changed. */
static void test_settled(void **state)
{
    static const char text[] = "\026v=DMARC1; p=quarantine";

    (void)state;
    PUSH(0, DOMAIN);
    assert_true(is_remembered(DOMAIN, "_dmarc." DOMAIN, "TXT"));
    SET(DOMAIN, "--without", "dmarc");
    stand_in_remove("_dmarc." DOMAIN, DNS_TXT);
    assert_says(DRY_PUSH(0, DOMAIN), "in order");
    assert_true(is_remembered(DOMAIN, "_dmarc." DOMAIN, "TXT"));
    assert_says(PUSH(0, DOMAIN), "in order");
    assert_false(is_remembered(DOMAIN, "_dmarc." DOMAIN, "TXT"));
    assert_true(is_remembered(DOMAIN, DOMAIN, "MX"));
    /* The very same, made by somebody: it is his. */
    stand_in_add("_dmarc." DOMAIN, DNS_TXT, 300, text, sizeof text - 1);
    DIFF(0, DOMAIN);
    assert_int_equal(server->updates, 1);
}

/* --- what another domain wants --------------------------------------------- */

static void test_shared_host(void **state)
{
    (void)state;
    add_domain("b." DOMAIN);
    SET(DOMAIN, "--address", "192.0.2.1");
    SET("b." DOMAIN, "--address", "192.0.2.1");
    PUSH(0, DOMAIN);
    PUSH(0, "b." DOMAIN);
    assert_true(is_remembered(DOMAIN, "mail." DOMAIN, "A"));
    assert_false(is_remembered("b." DOMAIN, "mail." DOMAIN, "A"));
    SET(DOMAIN, "--host", "mx." DOMAIN);
    /* What another domain wants cannot be told: nothing is done. */
    keep_option("b." DOMAIN, "certificate", "/nonexistent");
    assert_says(PUSH(EX_NOINPUT, DOMAIN), "/nonexistent");
    assert_int_equal(stand_in_count("mx." DOMAIN, DNS_A, NULL), 0);
    SET("b." DOMAIN, "--forget", "certificate");
    PUSH(0, DOMAIN);
    assert_int_equal(stand_in_count("mx." DOMAIN, DNS_A, NULL), 1);
    assert_int_equal(stand_in_count("mail." DOMAIN, DNS_A, NULL), 1);
    /* It stays ours, to be taken away when nobody wants it. */
    assert_true(is_remembered(DOMAIN, "mail." DOMAIN, "A"));
    SET("b." DOMAIN, "--host", "mx." DOMAIN);
    assert_says(PUSH(0, DOMAIN), "delete\tmail." DOMAIN "\tA\t3600\t192.0.2.1\n");
    assert_int_equal(stand_in_count("mail." DOMAIN, DNS_A, NULL), 0);
    assert_false(is_remembered(DOMAIN, "mail." DOMAIN, "A"));
}

/* --- TTLs ------------------------------------------------------------------ */

static void test_ttl(void **state)
{
    uint32_t ttl_s = 0;

    (void)state;
    stand_in_add(DOMAIN, DNS_TXT, 300, "\001x", 2);
    SET(DOMAIN, "--address", "192.0.2.1", "--address", "192.0.2.2");
    PUSH(0, DOMAIN);
    assert_int_equal(stand_in_count("mail." DOMAIN, DNS_A, &ttl_s), 2);
    assert_int_equal(ttl_s, 3600);
    assert_int_equal(stand_in_count(DOMAIN, DNS_TXT, &ttl_s), 2);
    assert_int_equal(ttl_s, 300);
    SET(DOMAIN, "--ttl", "600");
    assert_says(DIFF(1, DOMAIN), "ttl\tmail." DOMAIN "\tA\t600, was 3600\t192.0.2.2\n");
    assert_says(MAILCTL(1, "--json", "dns", "diff", DOMAIN, "--zone", DOMAIN, "--server",
                    stand_in_server()),
        "\"ttl_before\": 3600");
    PUSH(0, DOMAIN);
    assert_int_equal(stand_in_count("mail." DOMAIN, DNS_A, &ttl_s), 2);
    assert_int_equal(ttl_s, 600);
    assert_int_equal(stand_in_count(DOMAIN, DNS_TXT, &ttl_s), 2);
    assert_int_equal(ttl_s, 300);
    DIFF(0, DOMAIN);
    assert_true(is_remembered(DOMAIN, "mail." DOMAIN, "A"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

UNIT_MAIN(TEST(test_left_out), TEST(test_not_told), TEST(test_settled), TEST(test_shared_host),
    TEST(test_ttl))
