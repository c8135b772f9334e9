/* SPDX-License-Identifier: MIT */

/*
 * The threads of the check, all at once as the command starts them: the host's names, calls to
 * servers, and domains, with one resolver for all. Above all for ThreadSanitizer. The servers
 * listen on ports of their own, to which calls to the usual ones are led.
 */

#include "mailctl/check/host-names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>

#include "mailctl/check/host-calls.h"
#include "mailctl/check/judge-domain-lists.h"
#include "mailctl/dns/check-run.h"
#include "tests/unit/dns/responder.h"
#include "tests/unit/mailctl/tls-server.h"
#include "tests/unit/unit.h"

#define OK (WIRE_RESPONSE | WIRE_AUTHORITATIVE | WIRE_RECURSION)
#define TIMEOUT_MS ((int64_t)60000)
#define ROUNDS 2
#define DOMAINS 12
#define GUESTS_MAX 64
#define LINE_MAX_BYTES 256
#define LOOPBACK 0x7f000001U

/*
 * OpenSSL 3.5 keeps what it has fetched in a table that is read without a lock (RCU). Its atomics
 * are not compiled for ThreadSanitizer, which sees but the memcpy() and memcmp() beside them.
 */
const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "race:libcrypto.so\n";
}

/* --- the DNS -------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned type;
    const char *text; /* or the target */
    uint32_t address;
} zone[] = {
    {"10.2.0.192.in-addr.arpa", DNS_PTR, "mail.example.org",      0          },
    {"mail.example.org",        DNS_A,   NULL,                    0xc000020aU},
    {"2.0.0.127.bl.example",    DNS_A,   NULL,                    0x7f000002U},
    {"10.2.0.192.bl.example",   DNS_A,   NULL,                    0x7f000004U},
    {"10.2.0.192.bl.example",   DNS_TXT, "a trap",                0          },
    {"test.dbl.example",        DNS_A,   NULL,                    0x7f000102U},
    {"d3.example.dbl.example",  DNS_A,   NULL,                    0x7f000104U},
    {"outside.example",         DNS_MX,  "mx.outside.example",    0          },
    {"mx.outside.example",      DNS_A,   NULL,                    0xcb007119U},
    {"example",                 DNS_NS,  "ns.example",            0          },
    {"ns.example",              DNS_A,   NULL,                    LOOPBACK   },
    {"d0.example",              DNS_TXT, "v=spf1 mx -all",        0          },
    {"d0.example",              DNS_MX,  "mail.example.org",      0          },
    {"_dmarc.d1.example",       DNS_TXT, "v=DMARC1; p=reject",    0          },
    {"d2.example",              DNS_NS,  "ns.example",            0          },
    {"d2.example",              DNS_SOA, "ns.example",            0          },
    {"d2.example",              DNS_TXT, "v=spf1 a:d0.example -", 0          },
};

static void put_soa(struct wire *reply, const char *owner, const char *server)
{
    size_t begin = wire_begin(reply, WIRE_ANSWER, owner, DNS_SOA, 300);

    wire_name(reply, server);
    wire_name(reply, "hostmaster.example");
    for (uint32_t number = 1; number <= 5; number++)
        wire_u32(reply, number);
    wire_end(reply, begin);
}

static void put(struct wire *reply, const struct query *query, size_t at)
{
    if (zone[at].type == DNS_A)
        wire_a(reply, query->name, 300, zone[at].address);
    else if (zone[at].type == DNS_TXT)
        wire_txt(reply, query->name, 300, zone[at].text);
    else if (zone[at].type == DNS_MX)
        wire_mx(reply, query->name, 300, 10, zone[at].text);
    else if (zone[at].type == DNS_SOA)
        put_soa(reply, query->name, zone[at].text);
    else
        wire_target(reply, query->name, query->type, 300, zone[at].text);
}

static bool reply(const struct query *query, struct wire *reply, int *delay_ms)
{
    bool has_name = false, has_answer = false;

    for (size_t i = 0; i < sizeof zone / sizeof *zone; i++)
        has_name = has_name || strcmp(zone[i].name, query->name) == 0;
    wire_start(reply, query->id, OK | (has_name ? 0 : WIRE_NXDOMAIN), query->name, query->type);
    for (size_t i = 0; i < sizeof zone / sizeof *zone; i++)
        if (strcmp(zone[i].name, query->name) == 0 && zone[i].type == query->type) {
            put(reply, query, i);
            has_answer = true;
        }
    if (!has_answer)
        wire_soa(reply, "example", 300, 300);
    *delay_ms = 1;
    return true;
}

/* --- the servers ---------------------------------------------------------- */

struct door;

struct guest {
    const struct door *door;
    int fd;
    pthread_t thread;
};

/* Of the thread that accepts until it is joined, but for what is set before it starts. */
struct door {
    uint16_t port; /* that is called */
    bool is_wrapped;
    uint16_t real; /* that is listened on */
    int fd;
    pthread_t thread;
    struct guest guests[GUESTS_MAX];
    size_t guest_count;
};

static struct door doors[] = {
    {.port = 25},
    {           .port = 587         },
    { .port = 993,          .is_wrapped = true},
};
#define DOOR_COUNT (sizeof doors / sizeof *doors)

int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    struct sockaddr_in there;

    if (address->sa_family != AF_INET)
        return __real_connect(fd, address, len);
    memcpy(&there, address, sizeof there);
    for (size_t i = 0; i < DOOR_COUNT; i++)
        if (doors[i].port == ntohs(there.sin_port)) {
            there.sin_port = htons(doors[i].real);
            there.sin_addr.s_addr = htonl(LOOPBACK);
        }
    return __real_connect(fd, (const struct sockaddr *)&there, sizeof there);
}

static bool hear(int fd, char line[LINE_MAX_BYTES])
{
    size_t len = 0;

    while (len + 1 < LINE_MAX_BYTES && read(fd, line + len, 1) == 1)
        if (line[len++] == '\n') {
            line[len] = '\0';
            return true;
        }
    return false;
}

static bool begins(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

static const char *answer_to(const char *line)
{
    if (begins(line, "EHLO"))
        return "250-mail.example.org\r\n250 STARTTLS\r\n";
    if (begins(line, "RCPT"))
        return "554 5.7.1 not by me\r\n";
    return begins(line, "STARTTLS") ? "220 go\r\n" : "250 well\r\n";
}

static void say(int fd, const char *words)
{
    (void)!write(fd, words, strlen(words));
}

/* True: TLS is to begin. */
static bool talk(int fd)
{
    char line[LINE_MAX_BYTES];

    say(fd, "220 mail.example.org\r\n");
    while (hear(fd, line)) {
        say(fd, answer_to(line));
        if (begins(line, "STARTTLS"))
            return true;
    }
    return false;
}

static void *entertain(void *context)
{
    const struct guest *guest = context;
    char byte;

    if (guest->door->is_wrapped || talk(guest->fd)) {
        SSL *session = tls_server_session(guest->fd);

        if (SSL_accept(session) == 1)
            while (SSL_read(session, &byte, 1) > 0)
                ;
        SSL_free(session);
    }
    close(guest->fd);
    return NULL;
}

static void *keep_door(void *context)
{
    struct door *door = context;
    int fd;

    while (door->guest_count < GUESTS_MAX && (fd = accept(door->fd, NULL, NULL)) >= 0) {
        struct guest *guest = &door->guests[door->guest_count++];

        *guest = (struct guest){.door = door, .fd = fd};
        if (pthread_create(&guest->thread, NULL, entertain, guest) != 0)
            abort();
    }
    return NULL;
}

static void open_doors(void)
{
    for (size_t i = 0; i < DOOR_COUNT; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(LOOPBACK)};
        socklen_t len = sizeof address;

        doors[i].guest_count = 0;
        doors[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(doors[i].fd, (struct sockaddr *)&address, len), 0);
        assert_int_equal(listen(doors[i].fd, GUESTS_MAX), 0);
        assert_int_equal(getsockname(doors[i].fd, (struct sockaddr *)&address, &len), 0);
        doors[i].real = ntohs(address.sin_port);
    }
    for (size_t i = 0; i < DOOR_COUNT; i++)
        assert_int_equal(pthread_create(&doors[i].thread, NULL, keep_door, &doors[i]), 0);
}

static void close_doors(void)
{
    for (size_t i = 0; i < DOOR_COUNT; i++) {
        shutdown(doors[i].fd, SHUT_RDWR);
        pthread_join(doors[i].thread, NULL);
        for (size_t j = 0; j < doors[i].guest_count; j++)
            pthread_join(doors[i].guests[j].thread, NULL);
        close(doors[i].fd);
    }
}

/* --- the check ------------------------------------------------------------ */

struct ground {
    struct arena *arena; /* of the names, until they are joined */
    struct responder *responder;
    struct resolver *resolver;
    struct host host;
    struct host_names names;
    struct host_calls calls;
    struct findings found;
    struct check_run_domain domains[DOMAINS];
    size_t told_count, error_count, unknown_count;
    bool is_in_order;
};

static void fill_host(struct host *host)
{
    *host = (struct host){.name = TEXT("mail.example.org"),
        .helo = TEXT("mail.example.org"),
        .blind = "there is no Postfix"};
    assert_true(ip_parse(TEXT("192.0.2.10"), &host->mail.items[host->mail.count++]));
    assert_true(ip_parse(TEXT("127.0.0.1"), &host->local.items[host->local.count++]));
    assert_true(ip_parse(TEXT("127.0.0.2"), &host->local.items[host->local.count++]));
}

static void fill_domains(struct ground *ground, struct arena *arena)
{
    for (size_t i = 0; i < DOMAINS; i++) {
        struct domain_records_request *request = &ground->domains[i].request;

        domain_records_init(request);
        request->domain = arena_print(arena, "d%zu.example", i);
        request->host = request->web_host = ground->host.name;
        request->addresses = ground->host.mail.items;
        request->address_count = ground->host.mail.count;
        ground->domains[i].records = domain_records_make(request, arena);
        ground->domains[i].findings = (struct findings){ARRAY_NONE};
    }
}

/* Other threads run meanwhile, so that no test may end here. */
static void tell(void *context, struct check_run_domain *domain)
{
    struct ground *ground = context;

    ground->is_in_order = ground->is_in_order && domain == &ground->domains[ground->told_count];
    ground->told_count++;
    ground->error_count += findings_count(&domain->findings, FINDING_ERROR);
    for (size_t i = 0; i < domain->findings.list.count; i++) {
        const struct finding *finding = &domain->findings.list.items[i];

        if (finding->level == FINDING_UNKNOWN)
            print_message("# %.*s: %s %.*s\n", TEXT_ARGS(domain->request.domain), finding->code,
                TEXT_ARGS(finding->name));
        ground->unknown_count += finding->level == FINDING_UNKNOWN;
    }
}

static const char *const domain_lists[] = {"dbl.example"};

static bool judge_lists(void *context, const struct check_run_domain *domain,
    struct answers *resolver, struct arena *arena, struct findings *findings)
{
    (void)context;
    return judge_domain_lists(domain->request.domain, domain_lists, 1, resolver, arena, findings);
}

static void start_names(struct ground *ground)
{
    static const char *const lists[] = {"bl.example"};

    ground->names = (struct host_names){
        .check = {.host = &ground->host,
                  .blocklists = lists,
                  .blocklist_count = 1,
                  .domain_blocklists = domain_lists,
                  .domain_blocklist_count = 1,
                  .arena = ground->arena,
                  .findings = &ground->found},
        .resolver = ground->resolver,
        .timeout_ms = TIMEOUT_MS
    };
    host_names_start(&ground->names);
}

static void start_calls(struct ground *ground)
{
    ground->calls = (struct host_calls){.host = &ground->host,
        .outside = "outside.example",
        .resolver = ground->resolver,
        .timeout_ms = TIMEOUT_MS};
    host_calls_plan(&ground->calls, RECORD_SERVICE_SUBMISSION | RECORD_SERVICE_IMAPS);
    host_calls_start(&ground->calls);
}

static void assert_names(const struct findings *found)
{
    static const char *const codes[] = {
        "ptr", "helo", "blocklist-listed", "blocklist", "postfix-unknown"};

    assert_int_equal(found->list.count, sizeof codes / sizeof *codes);
    for (size_t i = 0; i < found->list.count; i++)
        assert_string_equal(found->list.items[i].code, codes[i]);
}

static void assert_calls(const struct host_calls *calls)
{
    assert_int_equal(calls->port_count, 6);
    assert_int_equal(calls->relay_count, 2);
    assert_int_equal(calls->outside_count, 1);
    for (size_t i = 0; i < calls->port_count; i++) {
        print_message("# port %u: %.*s\n", calls->ports[i].kind->port,
            TEXT_ARGS(calls->ports[i].facts.problem));
        assert_true(calls->ports[i].facts.has_tls);
        assert_true(calls->ports[i].facts.certificate.is_there);
    }
    for (size_t i = 0; i < calls->relay_count; i++)
        assert_int_equal(calls->relays[i].facts.code, 554);
    assert_true(calls->outsides[0].facts.is_welcome);
    assert_text_equal(calls->outsides[0].name, "mx.outside.example");
}

static void open_ground(struct ground *ground)
{
    struct resolver_options options = {.server_count = 1};
    const char *server;
    struct failure failure;

    *ground = (struct ground){
        .arena = arena_new(), .responder = responder_new(reply), .is_in_order = true};
    server = responder_server(ground->responder);
    options.servers = &server;
    assert_int_equal(resolver_open(&options, &ground->resolver, &failure), ERR_NONE);
    fill_host(&ground->host);
    open_doors();
}

static void close_ground(struct ground *ground)
{
    close_doors();
    host_calls_done(&ground->calls);
    for (size_t i = 0; i < DOMAINS; i++)
        findings_done(&ground->domains[i].findings);
    findings_done(&ground->found);
    resolver_close(&ground->resolver);
    responder_free(&ground->responder);
    arena_free(&ground->arena);
}

static void run_round(void)
{
    static struct ground ground;
    struct arena *arena = arena_new(); /* of this thread, as the command has one */
    struct zone_run run = {.timeout_ms = TIMEOUT_MS};

    open_ground(&ground);
    fill_domains(&ground, arena);
    run.resolver = ground.resolver;
    run.port = (uint16_t)atoi(strchr(responder_server(ground.responder), '@') + 1);
    start_names(&ground);
    start_calls(&ground);
    check_run(&run, ground.domains, DOMAINS, judge_lists, tell, &ground);
    host_names_join(&ground.names);
    host_calls_join(&ground.calls);
    assert_int_equal(ground.told_count, DOMAINS);
    assert_true(ground.is_in_order && ground.error_count != 0);
    assert_int_equal(ground.unknown_count, 0);
    assert_names(&ground.found);
    assert_calls(&ground.calls);
    host_judge_ports(&ground.calls, 0, arena, &ground.found);
    host_judge_relays(&ground.calls, arena, &ground.found);
    host_judge_outside(&ground.calls, arena, &ground.found);
    close_ground(&ground);
    arena_free(&arena);
}

static void test_all_at_once(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    for (int round = 0; round < ROUNDS; round++)
        run_round();
}

UNIT_MAIN(cmocka_unit_test(test_all_at_once))
