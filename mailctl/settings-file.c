/* SPDX-License-Identifier: MIT */
#include "mailctl/settings-file.h"

#include "lib/service/settings.h"

#define WIDTH 98

static const char introduction[] =
    "# The configuration of Gatepost; gatepost.conf(5) describes it.\n"
    "#\n"
    "# Every setting stands here with its default, so that this file, an empty one and none at "
    "all\n"
    "# mean the same. To change a setting, take its # away and write another value.\n"
    "# \"mailctl config check\" finds mistakes; then\n"
    "#     systemctl reload gatepost-milter gatepost-policyd gatepost-authd\n"
    "# puts a change into force.\n";

/* Words in lines of at most WIDTH, each behind the same indentation and "# ". */
static void append_comment(const char *indent, struct text words, struct buffer *out)
{
    size_t column = 0;
    struct text word;

    while (text_split(&words, ' ', &word)) {
        if (column == 0 || column + 1 + word.len > WIDTH) {
            buffer_append_format(out, "%s%s#", column == 0 ? "" : "\n", indent);
            column = strlen(indent) + 1;
        }
        buffer_append_string(out, " ");
        buffer_append_text(out, word);
        column += 1 + word.len;
    }
    buffer_append_string(out, "\n");
}

static void append_setting(const char *indent, const struct config_setting *setting,
    const struct settings *standard, struct buffer *out)
{
    struct buffer words = BUFFER_NONE;

    buffer_append_format(&words, "%s (", setting->help);
    config_format_expected(setting, &words);
    buffer_append_string(&words, ")");
    buffer_append_string(out, "\n");
    append_comment(indent, buffer_text(&words), out);
    buffer_append_format(out, "%s#%s = ", indent, setting->name);
    config_format_value(setting, standard, out);
    buffer_append_string(out, "\n");
    buffer_done(&words);
}

static void append_section(
    const struct config_section *section, const struct settings *standard, struct buffer *out)
{
    const bool is_named = section->name[0] != '\0';

    buffer_append_format(out, "\n# --- %s\n", section->help);
    if (is_named)
        buffer_append_format(out, "%s {\n", section->name);
    for (size_t i = 0; i < section->count; i++)
        append_setting(is_named ? "    " : "", &section->settings[i], standard, out);
    if (is_named)
        buffer_append_string(out, "}\n");
}

void settings_file_append(struct arena *arena, struct buffer *out)
{
    struct settings *standard = arena_alloc_zero(arena, 1, sizeof *standard);

    config_set_defaults(settings_sections, settings_section_count, standard, arena);
    buffer_append_string(out, introduction);
    for (size_t i = 0; i < settings_section_count; i++)
        append_section(&settings_sections[i], standard, out);
}
