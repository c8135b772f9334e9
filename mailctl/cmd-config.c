/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include "mailctl/commands.h"
#include "mailctl/output.h"
#include "mailctl/settings-file.h"

/* --- config show --- */

static struct text value_text(
    const struct config_setting *setting, const void *target, struct arena *arena)
{
    struct buffer value = BUFFER_NONE;
    struct text text;

    config_format_value(setting, target, &value);
    text = arena_copy(arena, buffer_text(&value));
    buffer_done(&value);
    return text;
}

struct shown {
    const struct config_section *section;
    const struct config_setting *setting;
    struct text value, standard;
};

static bool is_set(const struct shown *shown)
{
    return !text_equals(shown->value, shown->standard);
}

static void show_row(
    const struct invocation *invocation, struct output_table *table, const struct shown *shown)
{
    struct text name = arena_print(invocation->arena, "%s%s%s", shown->section->name,
        shown->section->name[0] != '\0' ? "." : "", shown->setting->name);
    struct text cells[] = {name, shown->value, is_set(shown) ? TEXT("set") : TEXT("default"),
        text_from_string(shown->setting->help)};

    output_table_add(table, cells);
}

static void show_json(json_t *json, const struct shown *shown)
{
    const char *section = shown->section->name[0] != '\0' ? shown->section->name : "general";
    json_t *inner = json_object_get(json, section);

    if (inner == NULL) {
        inner = json_object();
        json_object_set_new(json, section, inner);
    }
    json_object_set_new(inner, shown->setting->name,
        json_pack("{s:o, s:b, s:s}", "value", output_json_text(shown->value), "default",
            !is_set(shown), "help", shown->setting->help));
}

/* Whatever the configuration says, even a broken one. */
static int show_defaults(const struct invocation *invocation)
{
    struct buffer text = BUFFER_NONE;

    settings_file_append(invocation->arena, &text);
    fputs(buffer_string(&text), stdout);
    buffer_done(&text);
    return EX_OK;
}

static int show_in_force(struct invocation *invocation)
{
    static const char *const headings[] = {"setting", "value", "from", "meaning", NULL};
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);
    struct output_table *table = output_table_new(invocation, headings);
    struct settings *standard = arena_alloc_zero(invocation->arena, 1, sizeof *standard);
    json_t *json;

    if (settings == NULL)
        return status;
    config_set_defaults(settings_sections, settings_section_count, standard, invocation->arena);
    json = json_object();
    for (size_t i = 0; i < settings_section_count; i++)
        for (size_t j = 0; j < settings_sections[i].count; j++) {
            const struct config_setting *setting = &settings_sections[i].settings[j];
            struct shown shown = {.section = &settings_sections[i],
                .setting = setting,
                .value = value_text(setting, settings, invocation->arena),
                .standard = value_text(setting, standard, invocation->arena)};

            if (invocation_has(invocation, "changed") && !is_set(&shown))
                continue;
            show_row(invocation, table, &shown);
            show_json(json, &shown);
        }
    if (invocation->json) {
        output_json(json);
        return EX_OK;
    }
    json_decref(json);
    output_table_print(table);
    return EX_OK;
}

static int run_show(struct invocation *invocation)
{
    return invocation_has(invocation, "defaults") ? show_defaults(invocation)
                                                  : show_in_force(invocation);
}

static const struct command_option show_options[] = {
    {"changed",  NULL, "only what differs from its default"                       },
    {"defaults", NULL, "print a configuration file that says all defaults instead"},
    {NULL,       NULL, NULL                                                       },
};
static const char *const show_examples[] = {"mailctl config show --changed",
    "mailctl config show --defaults > /etc/gatepost/gatepost.conf", NULL};

const struct command command_config_show = {
    .noun = "config",
    .verb = "show",
    .options = show_options,
    .help = "list every setting, its value and its meaning",
    .examples = show_examples,
    .run = run_show,
};

/* --- config check --- */

static int run_check(struct invocation *invocation)
{
    int status = EX_CONFIG;

    if (invocation_settings(invocation, &status) == NULL)
        return status;
    if (invocation->json)
        output_json(json_pack("{s:b}", "ok", 1));
    if (invocation->config_path == NULL && access(SETTINGS_DEFAULT_PATH, F_OK) != 0)
        invocation_tell(
            invocation, "%s: not there: every setting has its default", SETTINGS_DEFAULT_PATH);
    else
        invocation_tell(invocation, "%s: good",
            invocation->config_path != NULL ? invocation->config_path : SETTINGS_DEFAULT_PATH);
    return EX_OK;
}

const struct command command_config_check = {
    .noun = "config",
    .verb = "check",
    .help = "read the configuration and say what is wrong with it",
    .details = "Names file, line, the setting, what was expected and what was found.\n"
               "The daemons check the same way before they start or reload.",
    .run = run_check,
};
