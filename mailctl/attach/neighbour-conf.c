/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/neighbour-conf.h"

#include <glob.h>

#include "mailctl/file.h"

#define AMAVIS_FILES "/etc/amavis/conf.d/*"

/* --- OpenDKIM, OpenDMARC --- */

static struct text without_comment(struct text line)
{
    return text_trim(text_head(line, text_find(line, '#')));
}

struct text neighbour_conf_value(struct text bytes, struct text name)
{
    struct text value = TEXT(""), line;

    while (bytes.len != 0 && text_split(&bytes, '\n', &line)) {
        struct text words = without_comment(line);

        if (text_starts_with_nocase(words, name) && words.len > name.len &&
            text_is_blank(words.data[name.len]))
            value = text_trim(text_skip(words, name.len));
    }
    return value;
}

static struct text content_of(const char *path, struct arena *arena)
{
    const char *real = path;
    struct file file;

    if (file_resolve(path, arena, &real, NULL) != ERR_NONE ||
        file_read(real, arena, &file, NULL) != ERR_NONE || !file.is_there)
        return TEXT("");
    return file.content;
}

struct text neighbour_conf_read(const char *path, struct text name, struct arena *arena)
{
    return neighbour_conf_value(content_of(path, arena), name);
}

/* --- amavis --- */

/* What Perl takes for true, as far as it is a plain word. */
static bool is_true(struct text value)
{
    static const char *const untrue[] = {"0", "'0'", "\"0\"", "''", "\"\"", "undef", ""};

    for (size_t i = 0; i < sizeof untrue / sizeof *untrue; i++)
        if (text_equals(value, text_from_string(untrue[i])))
            return false;
    return true;
}

/* "$NAME = VALUE;" alone on its line. */
static void take(struct text line, struct text name, bool *is_on_r)
{
    struct text rest;

    if (!text_starts_with(line, name))
        return;
    rest = text_trim(text_skip(line, name.len));
    if (rest.len > 1 && rest.data[0] == '=' && rest.data[1] != '=' && rest.data[1] != '~')
        *is_on_r = is_true(text_trim(text_head(text_skip(rest, 1), text_find(rest, ';') - 1)));
}

void neighbour_amavis_add(struct neighbour_amavis *amavis, struct text bytes)
{
    struct text line;

    while (bytes.len != 0 && text_split(&bytes, '\n', &line)) {
        line = without_comment(line);
        take(line, TEXT("$enable_dkim_signing"), &amavis->signs);
        take(line, TEXT("$enable_dkim_verification"), &amavis->verifies);
    }
}

struct neighbour_amavis neighbour_amavis_read(struct arena *arena)
{
    struct neighbour_amavis amavis = {.signs = false};
    glob_t found;

    if (glob(AMAVIS_FILES, 0, NULL, &found) != 0)
        return amavis;
    for (size_t i = 0; i < found.gl_pathc; i++)
        neighbour_amavis_add(&amavis, content_of(found.gl_pathv[i], arena));
    globfree(&found);
    return amavis;
}
