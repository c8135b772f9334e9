/* SPDX-License-Identifier: MIT */

/*
 * gatepost.conf(5) and the tables of settings, held against each other both ways: each setting has
 * an item under its section, with its default and what it takes; each item is a setting.
 */

#include "config.h"
#include "lib/service/settings.h"
#include "tests/unit/unit.h"

#define PAGE_QUEUE_DIR "/var/spool/postfix"

/* One item of the page: from its .It line to the next, on one line. */
struct item {
    char section[32], name[32];
    char text[4096];
    char given_default[1024];
};

struct page {
    struct item items[128];
    size_t count;
};

static FILE *open_page(void)
{
    const char *top = getenv("top_srcdir");
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/man/gatepost.conf.5", top != NULL ? top : ".");
    file = fopen(path, "r");
    assert_non_null(file);
    return file;
}

/* "(default: empty)" and "(default: `value')". */
static void take_default(struct item *item, const char *line)
{
    if (strncmp(line, "Ql ", 3) == 0)
        snprintf(item->given_default, sizeof item->given_default, "%.1023s", line + 3);
    else
        assert_string_equal(line, "empty");
}

static void take_line(struct page *page, const char *line, char section[32])
{
    static const char general[] = ".Ss General settings";
    struct item *item = page->count != 0 ? &page->items[page->count - 1] : NULL;
    size_t used;

    if (strcmp(line, general) == 0) {
        section[0] = '\0';
    } else if (sscanf(line, ".Ss Section %31s", section) == 1) {
        return;
    } else if (strncmp(line, ".It Ic ", 7) == 0) {
        assert_true(page->count < 128);
        item = &page->items[page->count++];
        snprintf(item->section, sizeof item->section, "%s", section);
        snprintf(item->name, sizeof item->name, "%.31s", line + 7);
    } else if (item != NULL && strncmp(line, ".Pq default: ", 13) == 0) {
        take_default(item, line + 13);
    } else if (item != NULL) {
        used = strlen(item->text);
        snprintf(item->text + used, sizeof item->text - used, "%s ", line);
    }
}

static void read_page(struct page *page)
{
    FILE *file = open_page();
    char line[2048], section[32] = "";

    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, ".Sh FILES", 9) == 0)
            break;
        take_line(page, line, section);
    }
    fclose(file);
}

static const struct item *find_item(const struct page *page, const char *section, const char *name)
{
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->items[i].section, section) == 0 && strcmp(page->items[i].name, name) == 0)
            return &page->items[i];
    return NULL;
}

/* As the page writes it: without quotes, and with Postfix's usual queue directory. */
static void expect_default(const struct config_setting *setting, struct buffer *out)
{
    const char *from = setting->default_text;
    const char *queue = strstr(from, POSTFIX_QUEUE_DIR "/gatepost/");

    if (queue != NULL) {
        buffer_append(out, from, (size_t)(queue - from));
        buffer_append_string(out, PAGE_QUEUE_DIR);
        from = queue + strlen(POSTFIX_QUEUE_DIR);
    }
    for (; *from != '\0'; from++)
        if (*from != '"')
            buffer_append_byte(out, *from);
}

static void check_setting(
    const struct page *page, const char *section, const struct config_setting *setting)
{
    const struct item *item = find_item(page, section, setting->name);
    struct buffer expected = BUFFER_NONE;

    unit_row(setting->name);
    assert_non_null(item);
    expect_default(setting, &expected);
    assert_string_equal(item->given_default, buffer_string(&expected));
    buffer_clear(&expected);
    if (setting->type != CONFIG_STRING && setting->type != CONFIG_LIST) {
        config_format_expected(setting, &expected);
        if (strstr(item->text, buffer_string(&expected)) == NULL)
            print_message("# the page does not say: %s\n", buffer_string(&expected));
        assert_non_null(strstr(item->text, buffer_string(&expected)));
    }
    assert_true(strlen(setting->help) > 10 && strlen(setting->help) < 100);
    buffer_done(&expected);
}

static void test_settings_are_on_the_page(void **state)
{
    struct page *page = calloc(1, sizeof *page);

    (void)state;
    assert_non_null(page);
    read_page(page);
    for (size_t i = 0; i < settings_section_count; i++)
        for (size_t j = 0; j < settings_sections[i].count; j++)
            check_setting(page, settings_sections[i].name, &settings_sections[i].settings[j]);
    free(page);
}

static void test_items_are_settings(void **state)
{
    struct page *page = calloc(1, sizeof *page);

    (void)state;
    assert_non_null(page);
    read_page(page);
    assert_true(page->count > 30);
    for (size_t i = 0; i < page->count; i++) {
        unit_row(page->items[i].name);
        assert_non_null(config_find(settings_sections, settings_section_count,
            page->items[i].section, page->items[i].name));
    }
    free(page);
}

static char *read_all(FILE *file)
{
    size_t room = 64 * 1024;
    char *all = calloc(1, room);

    assert_non_null(file);
    assert_non_null(all);
    assert_true(fread(all, 1, room - 1, file) < room - 1);
    return all;
}

static size_t count_of(const char *text, const char *piece)
{
    size_t count = 0;

    for (const char *found = strstr(text, piece); found != NULL; found = strstr(found + 1, piece))
        count++;
    return count;
}

/* "  -c, --config FILE ..." of the help is ".It Fl c Ar file , Fl -config Ar file" of the page. */
static size_t check_options(const char *help, const char *manual)
{
    size_t count = 0;

    for (const char *line = strstr(help, "\n  -"); line != NULL; line = strstr(line + 1, "\n  -")) {
        char letter, name[32], item[16], longer[40];
        const char *found, *end;

        assert_int_equal(sscanf(line, "\n  -%c, --%31[a-z-]", &letter, name), 2);
        unit_row(name);
        snprintf(item, sizeof item, "\n.It Fl %c ", letter);
        snprintf(longer, sizeof longer, " -%s", name);
        found = strstr(manual, item);
        assert_non_null(found);
        end = strchr(found + 1, '\n');
        found = strstr(found, longer);
        assert_true(found != NULL && found < end);
        count++;
    }
    return count;
}

/* What each daemon says of its options, and its page; both ways. */
static void test_options_are_on_the_pages(void **state)
{
    static const struct {
        const char *folder, *name;
    } daemons[] = {
        {"milter",  "gatepost-milter" },
        {"policyd", "gatepost-policyd"},
        {"authd",   "gatepost-authd"  },
    };
    const char *source = getenv("top_srcdir"), *build = getenv("top_builddir");

    (void)state;
    for (size_t i = 0; i < sizeof daemons / sizeof *daemons; i++) {
        char path[4096], command[4096];
        char *help, *manual;
        FILE *file;

        unit_row(daemons[i].name);
        snprintf(command, sizeof command, "%s/%s/%s --help", build != NULL ? build : ".",
            daemons[i].folder, daemons[i].name);
        file = popen(command, "r");
        help = read_all(file);
        assert_int_equal(pclose(file), 0);
        snprintf(path, sizeof path, "%s/man/%s.8", source != NULL ? source : ".", daemons[i].name);
        file = fopen(path, "r");
        manual = read_all(file);
        fclose(file);
        assert_int_equal(check_options(help, manual), count_of(manual, "\n.It Fl "));
        free(help);
        free(manual);
    }
}

UNIT_MAIN(cmocka_unit_test(test_options_are_on_the_pages),
    cmocka_unit_test(test_settings_are_on_the_page), cmocka_unit_test(test_items_are_settings))
