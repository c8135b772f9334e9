/* SPDX-License-Identifier: MIT */
#include "mailctl/status/status.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "mailctl/attach/postfix-list.h"
#include "mailctl/program.h"
#include "mailctl/status/status-mend.h"

/* What a check says is small; more than this is none of its words. */
#define ANSWER_MAX ((size_t)1024 * 1024)
#define LINE_MAX_BYTES 4096
/* Ends what a check says: without it, it died on the way. */
#define END_LEVEL '.'

static const struct status_group *const groups[] = {
    &status_daemons,
    &status_databases,
    &status_sockets,
    &status_attach,
    &status_postfix,
    &status_dovecot,
    &status_dkim,
    &status_certificates,
    &status_disk,
};

/* A check at work. */
struct job {
    const struct status_group *group;
    const struct status_check *check;
    pid_t pid;
    int fd; /* -1: at its end */
    struct buffer said;
};

typedef ARRAY(struct status_finding) finding_array;

const char *status_level_word(enum status_level level)
{
    static const char *const words[] = {"ok", "warning", "unknown", "error"};

    return words[level];
}

/* --- in the check's process ------------------------------------------------------------------ */

/* One line for one finding: level, text, command, with tabs between them. */
static void append_field(struct buffer *line, struct text field)
{
    buffer_append_byte(line, '\t');
    for (size_t i = 0; i < field.len && line->len < LINE_MAX_BYTES; i++)
        buffer_append_byte(
            line, text_is_blank(field.data[i]) || field.data[i] == '\0' ? ' ' : field.data[i]);
}

static void send_line(const struct status *status, struct buffer *line)
{
    struct text rest;

    buffer_append_byte(line, '\n');
    rest = buffer_text(line);
    while (rest.len != 0) {
        ssize_t written = write(status->fd, rest.data, rest.len);

        if (written < 0 && errno != EINTR)
            break;
        rest = text_skip(rest, written > 0 ? (size_t)written : 0);
    }
    buffer_done(line);
}

void status_say(
    struct status *status, enum status_level level, const char *mend, const char *format, ...)
{
    struct buffer line = BUFFER_NONE;
    struct text text;
    va_list args;

    if (status->said++ >= STATUS_FINDINGS_MAX)
        return;
    va_start(args, format);
    text = arena_print_list(status->arena, format, args);
    va_end(args);
    if (mend == NULL)
        mend = level == STATUS_OK || status->check->mend == NULL ? "" : status->check->mend;
    buffer_append_byte(&line, (char)('0' + level));
    append_field(&line, text);
    append_field(&line, text_from_string(status_mend(mend, status->invocation->config_path,
                            invocation_lacks_init(status->settings), status->arena)));
    send_line(status, &line);
}

const char *status_command(struct status *status, const char *format, ...)
{
    struct text text;
    va_list args;

    va_start(args, format);
    text = arena_print_list(status->arena, format, args);
    va_end(args);
    return text.data;
}

void status_say_unseen(struct status *status, const struct failure *failure)
{
    if (failure->err == ERR_ACCESS && !status->is_root)
        status_say(status, STATUS_UNKNOWN, "sudo mailctl status", "%s", failure->text);
    else
        status_say(status, STATUS_UNKNOWN, "", "%s", failure->text);
}

static void say_blind(struct status *status, const struct failure *failure)
{
    if (!status->is_blind && failure->err == ERR_REFUSED)
        status_say(status, STATUS_UNKNOWN,
            status->is_root ? "postfix check" : "sudo mailctl status", "%s", failure->text);
    else if (!status->is_blind)
        status_say_unseen(status, failure);
    status->is_blind = true;
}

bool status_postconf(
    struct status *status, const char *instance, const char *name, struct text *value_r)
{
    const char *const argv[] = {
        "postconf", "-c", instance != NULL ? instance : "/etc/postfix", "-x", "-h", name, NULL};

    struct failure failure;

    if (program_succeed(argv, STATUS_PROGRAM_MS, status->arena, value_r, &failure) != ERR_NONE) {
        say_blind(status, &failure);
        return false;
    }
    *value_r = text_trim(*value_r);
    return true;
}

size_t status_instances(struct status *status, const char *const **folders_r)
{
    ARRAY(const char *) folders = ARRAY_NONE;
    struct text rest = TEXT_NONE, word;
    const char **kept;
    size_t count;

    if (program_exists("postconf") && access("/etc/postfix/main.cf", F_OK) == 0) {
        array_push(&folders, "/etc/postfix");
        if (status_postconf(status, NULL, "multi_instance_directories", &rest))
            while (postfix_list_next(&rest, &word))
                array_push(&folders, arena_copy_string(status->arena, word));
    }
    count = folders.count;
    kept = arena_alloc_zero(status->arena, count + 1, sizeof *kept);
    for (size_t i = 0; i < count; i++)
        kept[i] = folders.items[i];
    array_done(&folders);
    *folders_r = kept;
    return count;
}

static void __attribute__((noreturn)) work(struct status *status)
{
    struct buffer end = BUFFER_NONE;

    setpgid(0, 0);
    program_share_group();
    status->arena = arena_new();
    status->check->run(status);
    buffer_append_byte(&end, END_LEVEL);
    send_line(status, &end);
    _exit(0); /* what the parent has open is the parent's to close */
}

/* --- in mailctl itself ----------------------------------------------------------------------- */

static struct job start(
    struct status *status, const struct status_group *group, const struct status_check *check)
{
    struct job job = {.group = group, .check = check, .pid = -1, .fd = -1};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return job;
    fflush(NULL);
    job.pid = fork();
    if (job.pid == 0) {
        close(ends[0]);
        status->check = check;
        status->fd = ends[1];
        work(status);
    }
    close(ends[1]);
    if (job.pid < 0)
        close(ends[0]);
    else
        job.fd = ends[0];
    return job;
}

static void listen_to(struct job *job)
{
    char bytes[4096];
    ssize_t got = read(job->fd, bytes, sizeof bytes);

    if (got < 0 && errno == EINTR)
        return;
    if (got > 0 && job->said.len < ANSWER_MAX) {
        buffer_append(&job->said, bytes, (size_t)got);
        return;
    }
    close(job->fd);
    job->fd = -1;
}

static bool listen_once(struct job *jobs, size_t count, int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    struct pollfd *wait = memory_alloc_zero(count, sizeof *wait);
    bool open = false;
    int ready;

    for (size_t i = 0; i < count; i++) {
        wait[i] = (struct pollfd){.fd = jobs[i].fd, .events = POLLIN};
        open = open || jobs[i].fd >= 0;
    }
    ready = open && left_ms > 0 ? poll(wait, count, (int)left_ms) : 0;
    for (size_t i = 0; ready > 0 && i < count; i++)
        if (jobs[i].fd >= 0 && wait[i].revents != 0)
            listen_to(&jobs[i]);
    free(wait);
    return open && ready != 0;
}

/* With all that it started. One that cannot even be killed, since it waits for a dead disk, is left
 * behind. */
static void end(struct job *job)
{
    if (job->fd >= 0)
        close(job->fd);
    if (job->pid > 0) {
        kill(-job->pid, SIGKILL);
        kill(job->pid, SIGKILL);
        for (int i = 0; i < 100 && waitpid(job->pid, NULL, WNOHANG) == 0; i++)
            (void)poll(NULL, 0, 2);
    }
    buffer_done(&job->said);
}

static void add(finding_array *findings, const struct job *job, enum status_level level,
    struct text text, struct text mend)
{
    array_push(findings, (struct status_finding){.group = job->group->name,
                             .check = job->check->name,
                             .level = level,
                             .text = text,
                             .mend = mend});
}

/* What a check has said, and whether it came to its end. */
static void take(struct arena *arena, const struct job *job, finding_array *findings)
{
    struct text rest = arena_copy(arena, buffer_text(&job->said)), line;
    size_t before = findings->count;
    bool ended = false;

    while (text_split(&rest, '\n', &line)) {
        struct text level = TEXT_NONE, text = TEXT_NONE, mend = TEXT_NONE;

        if (rest.data == NULL) /* the last line has no end: it was cut off */
            break;
        ended = line.len == 1 && line.data[0] == END_LEVEL;
        if (text_split(&line, '\t', &level) && text_split(&line, '\t', &text) && level.len == 1 &&
            level.data[0] >= '0' && level.data[0] <= '0' + STATUS_ERROR) {
            (void)text_split(&line, '\t', &mend);
            add(findings, job, (enum status_level)(level.data[0] - '0'), text, mend);
        }
    }
    if (!ended)
        add(findings, job, STATUS_UNKNOWN, TEXT("the check did not come to its end in time"),
            TEXT(""));
    else if (findings->count == before)
        add(findings, job, STATUS_OK, TEXT("in order"), TEXT(""));
}

static void run_all(struct status *status, finding_array *findings)
{
    ARRAY(struct job) jobs = ARRAY_NONE;
    int64_t deadline_ms = clock_monotonic_ms() + STATUS_DEADLINE_MS;

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        for (size_t j = 0; j < groups[i]->count; j++)
            array_push(&jobs, start(status, groups[i], &groups[i]->checks[j]));
    while (listen_once(jobs.items, jobs.count, deadline_ms))
        continue;
    for (size_t i = 0; i < jobs.count; i++) {
        take(status->invocation->arena, &jobs.items[i], findings);
        end(&jobs.items[i]);
    }
    array_done(&jobs);
}

/* A configuration that cannot be read is a finding, too; the rest goes on with the defaults. */
static void read_settings(
    struct status *status, struct failure *failure, struct settings **settings)
{
    struct invocation *invocation = status->invocation;

    if (invocation->settings != NULL ||
        settings_load(invocation->config_path, &invocation->settings, failure) == ERR_NONE) {
        status->settings = invocation->settings;
        return;
    }
    status->unread = failure;
    *settings = arena_alloc_zero(invocation->arena, 1, sizeof **settings);
    (*settings)->arena = invocation->arena;
    (*settings)->resolved_hostname = "";
    config_set_defaults(settings_sections, settings_section_count, *settings, invocation->arena);
    status->settings = *settings;
}

void status_run(struct invocation *invocation, struct status_findings *findings_r)
{
    struct status status = {.invocation = invocation, .is_root = geteuid() == 0};
    struct failure failure;
    struct settings *defaults = NULL;
    finding_array findings = ARRAY_NONE;
    struct status_finding *kept;
    enum status_level worst = STATUS_OK;

    read_settings(&status, &failure, &defaults);
    run_all(&status, &findings);
    kept = arena_alloc_zero(invocation->arena, findings.count, sizeof *kept);
    for (size_t i = 0; i < findings.count; i++) {
        kept[i] = findings.items[i];
        worst = kept[i].level > worst ? kept[i].level : worst;
    }
    *findings_r = (struct status_findings){kept, findings.count, worst};
    array_done(&findings);
}
