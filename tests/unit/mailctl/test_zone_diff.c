/* SPDX-License-Identifier: MIT */

/* What has to change in a zone, and the update that says so. */

#include "mailctl/dns/zone-diff.h"

#include "lib/dns/message.h"
#include "lib/dns/rdata.h"
#include "mailctl/dns/primary.h"
#include "tests/unit/dns/wire.h"
#include "tests/unit/unit.h"

#define RECORDS_MAX 6

struct line {
    const char *owner, *type, *data;
};

static const struct diff_row {
    const char *row;
    struct line wanted[RECORDS_MAX], present[RECORDS_MAX], made[RECORDS_MAX];
    const char *changes[RECORDS_MAX]; /* "add OWNER TYPE DATA" */
} rows[] = {
    {"nothing to do",                         {{"a.org", "MX", "10 m.a.org."}},                                       {{"a.org", "MX", "10 M.a.org."}},                {{NULL}},
     {NULL}                                                                                                                                                                                                                                                                },
    {"all is new",                            {{"a.org", "MX", "10 m.a.org."}, {"a.org", "TXT", "v=spf1 mx ~all"}},   {{NULL}},
     {{NULL}},                                                                                                                                                                                                 {"add a.org MX 10 m.a.org.", "add a.org TXT v=spf1 mx ~all"}},
    {"another MX stays",                      {{"a.org", "MX", "10 m.a.org."}},                                       {{"a.org", "MX", "20 x.org."}},                  {{NULL}},
     {"add a.org MX 10 m.a.org."}                                                                                                                                                                                                                                          },
    {"another text stays",                    {{"a.org", "TXT", "v=spf1 mx ~all"}},
     {{"a.org", "TXT", "site-verification=1"}},                                                                                                                        {{NULL}},                               {"add a.org TXT v=spf1 mx ~all"}                            },
    {"our own old record goes",               {{"_dmarc.a.org", "TXT", "v=DMARC1; p=reject"}},
     {{"_dmarc.a.org", "TXT", "v=DMARC1; p=none"}},
     {{"_dmarc.a.org", "TXT", "v=DMARC1; p=none"}},
     {"delete _dmarc.a.org TXT v=DMARC1; p=none", "add _dmarc.a.org TXT v=DMARC1; p=reject"}                                                                                                                                                                               },
    {"somebody's record is in the way",       {{"a.org", "TXT", "v=spf1 mx ~all"}},
     {{"a.org", "TXT", "V=SPF1 -all"}},                                                                                                                                {{NULL}},
     {"conflict a.org TXT V=SPF1 -all", "add a.org TXT v=spf1 mx ~all"}                                                                                                                                                                                                    },
    {"a key stands alone",                    {{"s._domainkey.a.org", "TXT", "v=DKIM1; p=A"}},
     {{"s._domainkey.a.org", "TXT", "p=B"}},                                                                                                                           {{NULL}},
     {"conflict s._domainkey.a.org TXT p=B", "add s._domainkey.a.org TXT v=DKIM1; p=A"}                                                                                                                                                                                    },
    {"an alias in the way",                   {{"s._domainkey.a.org", "TXT", "v=DKIM1; p=A"}},
     {{"s._domainkey.a.org", "CNAME", "k.x.org."}},                                                                                                                    {{NULL}},
     {"conflict s._domainkey.a.org CNAME k.x.org.", "add s._domainkey.a.org TXT v=DKIM1; p=A"}                                                                                                                                                                             },
    {"something in an alias's way",           {{"mta-sts.a.org", "CNAME", "m.a.org."}},
     {{"mta-sts.a.org", "A", "192.0.2.1"}},                                                                                                                            {{NULL}},
     {"conflict mta-sts.a.org A 192.0.2.1", "add mta-sts.a.org CNAME m.a.org."}                                                                                                                                                                                            },
    {"an alias that leads elsewhere",         {{"mta-sts.a.org", "CNAME", "m.a.org."}},
     {{"mta-sts.a.org", "CNAME", "x.org."}},                                                                                                                           {{"mta-sts.a.org", "CNAME", "x.org."}},
     {"delete mta-sts.a.org CNAME x.org.", "add mta-sts.a.org CNAME m.a.org."}                                                                                                                                                                                             },
    {"what we made and nobody wants",         {{NULL}},                                                               {{"s._domainkey.a.org", "TXT", "v=DKIM1; p=A"}},
     {{"s._domainkey.a.org", "TXT", "v=DKIM1; p=A"}},
     {"delete s._domainkey.a.org TXT v=DKIM1; p=A"}                                                                                                                                                                                                                        },
    {"what we did not make and nobody wants", {{NULL}},
     {{"s._domainkey.a.org", "TXT", "v=DKIM1; p=A"}},                                                                                                                  {{NULL}},                               {NULL}                                                      },
    {"what somebody has changed since",       {{NULL}},                                                               {{"s._domainkey.a.org", "TXT", "v=DKIM1; p=B"}},
     {{"s._domainkey.a.org", "TXT", "v=DKIM1; p=A"}},                                                                                                                                                          {NULL}                                                      },
    {"what lies elsewhere",                   {{"m.b.org", "A", "192.0.2.1"}, {"1.in-addr.arpa", "PTR", "m.a.org."}},
     {{NULL}},                                                                                                                                                         {{NULL}},                               {NULL}                                                      },
    {"a service at another port",             {{"_imaps._tcp.a.org", "SRV", "0 1 993 m.a.org."}},
     {{"_imaps._tcp.a.org", "SRV", "0 1 1993 m.a.org."}},                                                                                                              {{NULL}},
     {"conflict _imaps._tcp.a.org SRV 0 1 1993 m.a.org.",
            "add _imaps._tcp.a.org SRV 0 1 993 m.a.org."}                                                                                                                                                                                                                  },
};

struct scene {
    struct arena *arena;
    struct domain_records wanted;
    struct present_list present;
    struct dns_made_list made;
};

static size_t count_of(const struct line *lines)
{
    size_t count = 0;

    while (count < RECORDS_MAX && lines[count].owner != NULL)
        count++;
    return count;
}

static struct zone_record record_of(const struct line *line)
{
    return (struct zone_record){.owner = text_from_string(line->owner),
        .type = line->type,
        .data = text_from_string(line->data)};
}

static void fill_present(
    struct present_list *list, const struct line *lines, uint32_t ttl_s, struct arena *arena)
{
    for (size_t i = 0; i < count_of(lines); i++) {
        struct zone_record record = record_of(&lines[i]);
        struct buffer wire = BUFFER_NONE;

        assert_true(rdata_write(&record, &wire));
        array_push(&list->records, (struct present_record){record.owner, record.type, record.data,
                                       arena_copy(arena, buffer_text(&wire)), ttl_s});
        buffer_done(&wire);
    }
}

static struct domain_records records_of(
    const struct line *lines, uint32_t ttl_s, struct arena *arena)
{
    size_t count = count_of(lines);
    struct domain_record *records = arena_alloc_zero(arena, count, sizeof *records);

    for (size_t i = 0; i < count; i++) {
        records[i].record = record_of(&lines[i]);
        records[i].record.ttl_s = ttl_s;
    }
    return (struct domain_records){records, count};
}

static struct dns_made_list made_of(const struct line *lines, struct arena *arena)
{
    size_t count = count_of(lines);
    struct dns_made *made = arena_alloc_zero(arena, count, sizeof *made);

    for (size_t i = 0; i < count; i++)
        made[i] = (struct dns_made){text_from_string(lines[i].owner),
            text_from_string(lines[i].type), text_from_string(lines[i].data)};
    return (struct dns_made_list){made, count};
}

static void fill_with_ttls(
    struct scene *scene, const struct diff_row *row, uint32_t wanted_ttl_s, uint32_t present_ttl_s)
{
    *scene = (struct scene){.arena = arena_new(), .present = PRESENT_NONE};
    scene->wanted = records_of(row->wanted, wanted_ttl_s, scene->arena);
    fill_present(&scene->present, row->present, present_ttl_s, scene->arena);
    scene->made = made_of(row->made, scene->arena);
}

static void fill(struct scene *scene, const struct diff_row *row)
{
    fill_with_ttls(scene, row, 0, 0);
}

static void scene_done(struct scene *scene)
{
    present_done(&scene->present);
    arena_free(&scene->arena);
}

static struct zone_diff_request request_of(const struct scene *scene, bool takes_over)
{
    return (struct zone_diff_request){.zone = TEXT("a.org"),
        .wanted = &scene->wanted,
        .present = &scene->present,
        .made = &scene->made,
        .takes_over = takes_over};
}

static void make(const struct scene *scene, bool takes_over, struct zone_diff *diff)
{
    const struct zone_diff_request request = request_of(scene, takes_over);

    zone_diff_make(&request, diff);
}

static struct text line_of(const struct zone_change *change, struct arena *arena)
{
    return arena_print(arena, "%s %.*s %s %.*s", zone_change_word(change->kind),
        TEXT_ARGS(change->record.owner), change->record.type, TEXT_ARGS(change->record.data));
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct zone_diff diff, again;
        struct scene scene;
        size_t count = 0;
        bool has_conflict = false;

        unit_row(rows[i].row);
        fill(&scene, &rows[i]);
        make(&scene, false, &diff);
        while (count < RECORDS_MAX && rows[i].changes[count] != NULL) {
            assert_true(count < diff.changes.count);
            assert_text_equal(
                line_of(&diff.changes.items[count], scene.arena), rows[i].changes[count]);
            has_conflict |= diff.changes.items[count++].kind == ZONE_CHANGE_CONFLICT;
        }
        assert_int_equal(diff.changes.count, count);
        assert_int_equal(diff.has_conflict, has_conflict);
        /* Where it is taken over, the same and no conflict. */
        make(&scene, true, &again);
        assert_int_equal(again.changes.count, count);
        assert_false(again.has_conflict);
        for (size_t j = 0; j < count; j++)
            assert_int_equal(again.changes.items[j].kind,
                diff.changes.items[j].kind == ZONE_CHANGE_CONFLICT ? ZONE_CHANGE_REPLACE
                                                                   : diff.changes.items[j].kind);
        zone_diff_done(&diff);
        zone_diff_done(&again);
        scene_done(&scene);
    }
}

/* What mailctl has made for this domain, and another domain of ours wants. */
static const struct {
    struct diff_row diff;
    struct line others[RECORDS_MAX];
    enum zone_change_kind taken_over; /* the first change's kind then */
} shared[] = {
    {{"nobody else's", {{NULL}}, {{"m.a.org", "TXT", "v=spf1 a -all"}},
         {{"m.a.org", "TXT", "v=spf1 a -all"}}, {"delete m.a.org TXT v=spf1 a -all"}},
     {{"m.a.org", "TXT", "v=spf1 mx -all"}, {"m.a.org", "A", "192.0.2.1"}}, ZONE_CHANGE_DELETE },
    {{"another domain's, too", {{NULL}},
         {{"m.a.org", "A", "192.0.2.1"}, {"m.a.org", "A", "192.0.2.2"}},
         {{"m.a.org", "A", "192.0.2.1"}, {"m.a.org", "A", "192.0.2.2"}},
         {"delete m.a.org A 192.0.2.2"}},
     {{"m.a.org", "A", "192.0.2.1"}},                                       ZONE_CHANGE_DELETE },
    {{"in the way", {{"_smtp._tls.m.a.org", "TXT", "v=TLSRPTv1; rua=mailto:x@a.org"}},
         {{"_smtp._tls.m.a.org", "TXT", "v=TLSRPTv1; rua=mailto:y@a.org"}},
         {{"_smtp._tls.m.a.org", "TXT", "v=TLSRPTv1; rua=mailto:y@a.org"}},
         {"conflict _smtp._tls.m.a.org TXT v=TLSRPTv1; rua=mailto:y@a.org",
             "add _smtp._tls.m.a.org TXT v=TLSRPTv1; rua=mailto:x@a.org"}},
     {{"_smtp._tls.m.a.org", "TXT", "v=TLSRPTv1; rua=mailto:y@a.org"}},     ZONE_CHANGE_REPLACE},
};

static void spare(const struct scene *scene, size_t row, bool takes_over, struct zone_diff *diff)
{
    const struct zone_diff_request request = request_of(scene, takes_over);
    const struct domain_records others = records_of(shared[row].others, 0, scene->arena);

    zone_diff_make(&request, diff);
    assert_true(zone_diff_has_deletion(diff));
    zone_diff_spare(&request, &others, diff);
}

static void test_shared(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        const char *const *changes = shared[i].diff.changes;
        struct zone_diff diff;
        struct scene scene;

        unit_row(shared[i].diff.row);
        fill(&scene, &shared[i].diff);
        spare(&scene, i, false, &diff);
        for (size_t j = 0; j < diff.changes.count; j++)
            assert_text_equal(line_of(&diff.changes.items[j], scene.arena), changes[j]);
        assert_null(changes[diff.changes.count]);
        assert_int_equal(diff.has_conflict, shared[i].taken_over == ZONE_CHANGE_REPLACE);
        zone_diff_done(&diff);
        spare(&scene, i, true, &diff);
        assert_int_equal(diff.changes.items[0].kind, shared[i].taken_over);
        assert_false(diff.has_conflict);
        zone_diff_done(&diff);
        scene_done(&scene);
    }
}

/* --- TTLs ------------------------------------------------------------------ */

#define ONE "10 m.a.org."
#define OTHER "20 n.a.org."
#define MX(data)                                                                                   \
    {                                                                                              \
        "a.org", "MX", data                                                                        \
    }

/* The changes as "ttl DATA COMES WAS". */
static const struct {
    struct diff_row diff;
    uint32_t wanted_ttl_s, present_ttl_s;
    struct line others[RECORDS_MAX];
} ttls[] = {
    {{"as it is", {MX(ONE)}, {MX(ONE)}, {MX(ONE)}, {NULL}},                                 600, 600, {{NULL}}   },
    {{"none is wanted", {MX(ONE)}, {MX(ONE)}, {MX(ONE)}, {NULL}},                           0,   300, {{NULL}}   },
    {{"another one", {MX(ONE)}, {MX(ONE)}, {MX(ONE)}, {"ttl " ONE " 600 300"}},             600, 300, {{NULL}}   },
    {{"of somebody else's", {MX(ONE)}, {MX(ONE)}, {{NULL}}, {NULL}},                        600, 300, {{NULL}}   },
    {{"made anew", {MX(ONE)}, {{NULL}}, {MX(ONE)}, {"add " ONE " 600 0"}},                  600, 300, {{NULL}}   },
    {{"made anew, none is wanted", {MX(ONE)}, {{NULL}}, {{NULL}}, {"add " ONE " 0 0"}},     0,   300,
     {{NULL}}                                                                                                    },
    {{"all of a set", {MX(ONE), MX(OTHER)}, {MX(ONE), MX(OTHER)}, {MX(ONE), MX(OTHER)},
         {"ttl " ONE " 600 300", "ttl " OTHER " 600 300"}},
     600,                                                                                        300, {{NULL}}   },
    {{"and one that comes", {MX(ONE), MX(OTHER)}, {MX(ONE)}, {MX(ONE)},
         {"add " OTHER " 600 0", "ttl " ONE " 600 300"}},
     600,                                                                                        300, {{NULL}}   },
    {{"and one that goes", {MX(ONE)}, {MX(ONE), MX(OTHER)}, {MX(ONE), MX(OTHER)},
         {"delete " OTHER " 0 300", "ttl " ONE " 600 300"}},
     600,                                                                                        300, {{NULL}}   },
    {{"beside somebody else's", {MX(ONE)}, {MX(ONE), MX(OTHER)}, {MX(ONE)}, {NULL}},        600, 300,
     {{NULL}}                                                                                                    },
    {{"beside what is wanted and somebody else's", {MX(ONE), MX(OTHER)}, {MX(ONE), MX(OTHER)},
         {MX(OTHER)}, {NULL}},
     600,                                                                                        300, {{NULL}}   },
    {{"one that comes beside somebody else's", {MX(ONE)}, {MX(OTHER)}, {{NULL}},
         {"add " ONE " 300 0"}},
     600,                                                                                        300, {{NULL}}   },
    {{"the same, none is wanted", {MX(ONE)}, {MX(OTHER)}, {{NULL}}, {"add " ONE " 300 0"}}, 0,   300,
     {{NULL}}                                                                                                    },
    {{"the same beside ours", {MX(ONE), MX(OTHER)}, {MX(OTHER)}, {MX(OTHER)},
         {"add " ONE " 300 0"}},
     0,                                                                                          300, {{NULL}}   },
    {{"ours that another domain keeps", {MX(ONE)}, {MX(ONE), MX(OTHER)}, {MX(ONE), MX(OTHER)},
         {NULL}},
     600,                                                                                        300, {MX(OTHER)}},
    {{"another type", {{"a.org", "TXT", "x"}, MX(ONE)}, {{"a.org", "TXT", "y"}, MX(ONE)}, {MX(ONE)},
         {"add x 300 0", "ttl " ONE " 600 300"}},
     600,                                                                                        300, {{NULL}}   },
    {{"another name", {MX(ONE)}, {{"b.a.org", "MX", OTHER}, MX(ONE)}, {MX(ONE)},
         {"ttl " ONE " 600 300"}},
     600,                                                                                        300, {{NULL}}   },
    {{"beside what goes of somebody else's", {{"a.org", "TXT", "v=spf1 mx"}, {"a.org", "TXT", "x"}},
         {{"a.org", "TXT", "v=spf1 -all"}, {"a.org", "TXT", "x"}}, {{"a.org", "TXT", "x"}},
         {"conflict v=spf1 -all 0 300", "add v=spf1 mx 600 0", "ttl x 600 300"}},
     600,                                                                                        300, {{NULL}}   },
};

static void judge(const struct scene *scene, size_t row, struct zone_diff *diff)
{
    const struct zone_diff_request request = request_of(scene, false);
    const struct domain_records others = records_of(ttls[row].others, 900, scene->arena);

    zone_diff_make(&request, diff);
    zone_diff_spare(&request, &others, diff);
    zone_diff_judge_ttls(&request, diff);
}

static void test_ttls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ttls / sizeof *ttls; i++) {
        const char *const *changes = ttls[i].diff.changes;
        struct zone_diff diff;
        struct scene scene;

        unit_row(ttls[i].diff.row);
        fill_with_ttls(&scene, &ttls[i].diff, ttls[i].wanted_ttl_s, ttls[i].present_ttl_s);
        judge(&scene, i, &diff);
        for (size_t j = 0; j < diff.changes.count; j++) {
            const struct zone_change *change = &diff.changes.items[j];

            assert_non_null(changes[j]);
            assert_text_equal(
                arena_print(scene.arena, "%s %.*s %u %u", zone_change_word(change->kind),
                    TEXT_ARGS(change->record.data), change->record.ttl_s, change->ttl_before_s),
                changes[j]);
        }
        assert_null(changes[diff.changes.count]);
        zone_diff_done(&diff);
        scene_done(&scene);
    }
}

/* A set that gets another TTL goes wholly before any of it comes again; nothing is made by that. */
static void test_ttl_update(void **state)
{
    static const struct diff_row row = {
        .wanted = {{"a.org", "A", "192.0.2.1"}, {"a.org", "A", "192.0.2.2"}},
        .present = {{"a.org", "A", "192.0.2.1"}                          },
        .made = {{"a.org", "A", "192.0.2.1"}},
    };
    struct buffer message = BUFFER_NONE;
    struct zone_diff_request request;
    struct zone_diff diff;
    struct scene scene;
    struct wire wire;
    size_t record = 0;

    (void)state;
    fill_with_ttls(&scene, &row, 600, 300);
    request = request_of(&scene, false);
    zone_diff_make(&request, &diff);
    zone_diff_judge_ttls(&request, &diff);
    assert_int_equal(
        primary_write_update(TEXT("a.org"), 0x4711, &diff, &scene.present, &message, NULL),
        ERR_NONE);
    wire_start(&wire, 0x4711, 0x2800, "a.org", 6);
    for (int i = 0; i < 2; i++) {
        record = wire_begin(&wire, i == 0 ? WIRE_ANSWER : WIRE_AUTHORITY, "a.org", 1, 0);
        wire_u32(&wire, 0xc0000201U);
        wire_end(&wire, record);
    }
    wire.bytes[record - 7] = 254;
    for (uint32_t i = 2; i >= 1; i--) {
        record = wire_begin(&wire, WIRE_AUTHORITY, "a.org", 1, 600);
        wire_u32(&wire, 0xc0000200U + i);
        wire_end(&wire, record);
    }
    assert_int_equal(message.len, wire.len);
    assert_memory_equal(message.data, wire.bytes, wire.len);
    assert_int_equal(zone_diff_made_at_most(&diff, &scene.made, scene.arena).count, 2);
    buffer_done(&message);
    zone_diff_done(&diff);
    scene_done(&scene);
}

/* What was to come and is not there is not remembered, nor what went; the rest is. */
static void test_made_indeed(void **state)
{
    static const struct line had[] = {
        {"gone.a.org", "TXT", "x"},
        {"m.a.org",         "A", "192.0.2.1"},
        {"m.b.org",    "A", "192.0.2.1"},
        {"stays.a.org", "TXT", "y"},
        {NULL   }
    };
    static const struct line shown[] = {
        {"_imaps._tcp.a.org", "SRV", "0 1 993 M.a.org."},
        {"stays.a.org", "TXT", "y"},
        {NULL      }
    };
    static const struct diff_row row = {
        .wanted = {{"_imaps._tcp.a.org", "SRV", "0 1 993 m.a.org."},
                   {"_dmarc.a.org", "TXT", "v=DMARC1; p=none"},                                   {"stays.a.org", "TXT", "y"}},
        .present = {{"gone.a.org", "TXT", "x"},                       {"stays.a.org", "TXT", "y"}},
        .made = {{"gone.a.org", "TXT", "x"},                   {"m.b.org", "A", "192.0.2.1"},
                   {"stays.a.org", "TXT", "y"}                           }
    };
    struct present_list seen = PRESENT_NONE;
    struct dns_made_list made, now;
    struct zone_diff diff;
    struct scene scene;

    (void)state;
    fill(&scene, &row);
    make(&scene, false, &diff);
    assert_int_equal(diff.changes.count, 3);
    made = zone_diff_made_at_most(&diff, &scene.made, scene.arena);
    assert_int_equal(made.count, 5);
    fill_present(&seen, shown, 0, scene.arena);
    now = zone_diff_made_indeed(TEXT("a.org"), &made, &made, &seen, scene.arena);
    assert_int_equal(now.count, 3);
    assert_text_equal(now.items[0].owner, "m.b.org");
    assert_text_equal(now.items[1].owner, "stays.a.org");
    assert_text_equal(now.items[2].owner, "_imaps._tcp.a.org");
    /* What another process has made meanwhile was not asked for. */
    made = made_of(had, scene.arena);
    now = zone_diff_made_indeed(TEXT("a.org"), &made, &scene.made, &seen, scene.arena);
    assert_int_equal(now.count, 3);
    assert_text_equal(now.items[0].owner, "m.a.org");
    zone_diff_done(&diff);
    present_done(&seen);
    scene_done(&scene);
}

/* The zone is asked for all that it may hold of ours. */
static void test_questions(void **state)
{
    struct scene scene;
    const struct dns_question *questions;
    size_t count;

    (void)state;
    fill(&scene, &rows[4]); /* our own old record goes */
    count = zone_diff_questions(TEXT("a.org"), &scene.wanted, &scene.made, scene.arena, &questions);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_text_equal(questions[i].name, i % 2 == 0 ? "_dmarc.a.org" : "*.a.org");
        assert_int_equal(questions[i].type, i < 2 ? DNS_TXT : DNS_CNAME);
    }
    scene_done(&scene);
    fill(&scene, &rows[8]); /* something in an alias's way */
    assert_int_equal(
        zone_diff_questions(TEXT("a.org"), &scene.wanted, &scene.made, scene.arena, &questions), 8);
    scene_done(&scene);
}

/* The update of RFC 2136, byte by byte: zone, what must be there, what goes, what comes. */
static void test_update(void **state)
{
    struct buffer message = BUFFER_NONE;
    struct zone_diff diff;
    struct scene scene;
    struct wire wire;
    size_t record;

    (void)state;
    fill(&scene, &rows[4]);
    make(&scene, false, &diff);
    assert_int_equal(
        primary_write_update(TEXT("a.org"), 0x4711, &diff, &scene.present, &message, NULL),
        ERR_NONE);
    wire_start(&wire, 0x4711, 0x2800, "a.org", 6);
    record = wire_begin(&wire, WIRE_ANSWER, "_dmarc.a.org", 16, 0);
    wire_u8(&wire, 16);
    wire_bytes(&wire, "v=DMARC1; p=none", 16);
    wire_end(&wire, record);
    record = wire_begin(&wire, WIRE_AUTHORITY, "_dmarc.a.org", 16, 0);
    wire_u8(&wire, 16);
    wire_bytes(&wire, "v=DMARC1; p=none", 16);
    wire_end(&wire, record);
    wire.bytes[record - 7] = 254; /* class NONE: it goes (§2.5.4) */
    record = wire_begin(&wire, WIRE_AUTHORITY, "_dmarc.a.org", 16, 3600);
    wire_u8(&wire, 18);
    wire_bytes(&wire, "v=DMARC1; p=reject", 18);
    wire_end(&wire, record);
    assert_int_equal(message.len, wire.len);
    assert_memory_equal(message.data, wire.bytes, wire.len);
    buffer_done(&message);
    zone_diff_done(&diff);
    scene_done(&scene);
}

/* --- what a server says that it has ---------------------------------------- */

static void test_present(void **state)
{
    struct present_list list = PRESENT_NONE;
    struct arena *arena = arena_new();
    struct failure failure;
    struct wire wire;

    (void)state;
    wire_start(&wire, 1, WIRE_RESPONSE | WIRE_AUTHORITATIVE, "a.org", DNS_TXT);
    wire_txt(&wire, "a.org", 300, "ab\ncd");
    wire_txt(&wire, "b.org", 300, "another name");
    wire_a(&wire, "a.org", 300, 1);
    assert_int_equal(present_read(text_from_bytes((const char *)wire.bytes, wire.len),
                         TEXT("a.org"), DNS_TXT, arena, &list, &failure),
        ERR_NONE);
    assert_int_equal(list.records.count, 1);
    /* As one text, and in the very strings that an update must name. */
    assert_text_equal(list.records.items[0].data, "abcd");
    assert_text_equal(list.records.items[0].wire, "\2ab\2cd");
    assert_int_equal(list.records.items[0].ttl_s, 300);
    for (size_t len = 0; len < wire.len; len++)
        assert_int_not_equal(present_read(text_from_bytes((const char *)wire.bytes, len),
                                 TEXT("a.org"), DNS_TXT, arena, &list, &failure),
            ERR_NONE);
    assert_int_equal(list.records.count, 1);
    assert_int_equal(present_read(text_from_bytes((const char *)wire.bytes, wire.len),
                         TEXT("b.org"), DNS_TXT, arena, &list, &failure),
        ERR_SYNTAX);
    wire_start(&wire, 1, WIRE_RESPONSE, "a.org", DNS_TXT);
    assert_int_equal(present_read(text_from_bytes((const char *)wire.bytes, wire.len),
                         TEXT("a.org"), DNS_TXT, arena, &list, &failure),
        ERR_REFUSED);
    wire_start(&wire, 1, WIRE_RESPONSE | WIRE_AUTHORITATIVE | WIRE_REFUSED, "a.org", DNS_TXT);
    assert_int_equal(present_read(text_from_bytes((const char *)wire.bytes, wire.len),
                         TEXT("a.org"), DNS_TXT, arena, &list, &failure),
        ERR_REFUSED);
    assert_non_null(strstr(failure.text, "REFUSED"));
    present_done(&list);
    arena_free(&arena);
}

/* --- what comes from wildcards --------------------------------------------- */

static const struct {
    const char *row;
    struct line present[RECORDS_MAX];
    size_t kept;
} synthesized[] = {
    {"nothing",                   {{NULL}},                                                         0},
    {"no wildcard",               {{"w.a.org", "A", "192.0.2.1"}},                                  1},
    {"made from it",              {{"*.a.org", "A", "192.0.2.1"}, {"w.a.org", "A", "192.0.2.1"}},   1},
    {"before it is known",        {{"w.a.org", "A", "192.0.2.1"}, {"*.a.org", "A", "192.0.2.1"}},   1},
    {"made two labels below",     {{"*.a.org", "TXT", "x"}, {"_25._tcp.a.org", "TXT", "x"}},        1},
    {"another record",            {{"*.a.org", "A", "192.0.2.1"}, {"w.a.org", "A", "192.0.2.2"}},   2},
    {"another type",              {{"*.a.org", "TXT", "192.0.2.1"}, {"w.a.org", "A", "192.0.2.1"}}, 2},
    {"less than it has",
     {{"*.a.org", "TXT", "x"}, {"*.a.org", "TXT", "y"}, {"w.a.org", "TXT", "x"}},                   3},
    {"more than it has",
     {{"*.a.org", "TXT", "x"}, {"w.a.org", "TXT", "x"}, {"w.a.org", "TXT", "y"}},                   3},
    {"all that it has",
     {{"*.a.org", "TXT", "x"}, {"*.a.org", "TXT", "y"}, {"w.a.org", "TXT", "y"},
            {"w.a.org", "TXT", "x"}},
     2                                                                                               },
    {"elsewhere",                 {{"*.b.a.org", "TXT", "x"}, {"w.a.org", "TXT", "x"}},             2},
    {"above the zone",            {{"*.org", "TXT", "x"}, {"w.a.org", "TXT", "x"}},                 2},
    {"not below the name itself", {{"*.a.org", "TXT", "x"}, {"a.org", "TXT", "x"}},                 2},
};

static void test_synthesized(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof synthesized / sizeof *synthesized; i++) {
        struct arena *arena = arena_new();
        struct present_list list = PRESENT_NONE;

        unit_row(synthesized[i].row);
        fill_present(&list, synthesized[i].present, 0, arena);
        present_part_synthesized(&list, TEXT("a.org"));
        assert_int_equal(list.records.count, synthesized[i].kept);
        assert_int_equal(
            list.synthesized.count, count_of(synthesized[i].present) - synthesized[i].kept);
        present_done(&list);
        arena_free(&arena);
    }
}

/*
 * What a wildcard gives all the same: without a record of its own it is to come, on no condition,
 * and once it was made it is there, and remembered.
 */
static void test_hidden(void **state)
{
    static const struct diff_row row = {
        .wanted = {{"_dmarc.a.org", "TXT", "v=DMARC1; p=none"} },
        .present = {
                   {"*.a.org", "TXT", "v=DMARC1; p=none"}, {"_dmarc.a.org", "TXT", "v=DMARC1; p=none"}}
    };
    struct buffer message = BUFFER_NONE;
    struct zone_diff diff, again;
    struct scene scene;
    struct wire wire;
    size_t record;

    (void)state;
    fill(&scene, &row);
    present_part_synthesized(&scene.present, TEXT("a.org"));
    make(&scene, false, &diff);
    assert_int_equal(diff.changes.count, 1);
    assert_int_equal(
        primary_write_update(TEXT("a.org"), 0x4711, &diff, &scene.present, &message, NULL),
        ERR_NONE);
    wire_start(&wire, 0x4711, 0x2800, "a.org", 6);
    record = wire_begin(&wire, WIRE_AUTHORITY, "_dmarc.a.org", 16, 3600);
    wire_u8(&wire, 16);
    wire_bytes(&wire, "v=DMARC1; p=none", 16);
    wire_end(&wire, record);
    assert_int_equal(message.len, wire.len);
    assert_memory_equal(message.data, wire.bytes, wire.len);
    scene.made = zone_diff_made_at_most(&diff, &scene.made, scene.arena);
    make(&scene, false, &again);
    assert_int_equal(again.changes.count, 0);
    scene.made =
        zone_diff_made_indeed(TEXT("a.org"), &scene.made, &scene.made, &scene.present, scene.arena);
    assert_int_equal(scene.made.count, 1);
    buffer_done(&message);
    zone_diff_done(&diff);
    zone_diff_done(&again);
    scene_done(&scene);
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_shared), cmocka_unit_test(test_ttls),
    cmocka_unit_test(test_ttl_update), cmocka_unit_test(test_made_indeed),
    cmocka_unit_test(test_questions), cmocka_unit_test(test_update), cmocka_unit_test(test_present),
    cmocka_unit_test(test_synthesized), cmocka_unit_test(test_hidden))
