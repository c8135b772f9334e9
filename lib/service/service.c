/* SPDX-License-Identifier: MIT */
#include "lib/service/service.h"

#include <assert.h>
#include <errno.h>
#include <event2/thread.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/service/activation.h"
#include "lib/service/control.h"
#include "lib/service/leftovers.h"
#include "lib/service/listeners.h"
#include "lib/service/lock.h"
#include "lib/service/metrics.h"
#include "lib/service/notify.h"
#include "lib/service/options.h"
#include "lib/service/privilege.h"
#include "lib/service/signals.h"
#include "lib/service/socket.h"

/* For root and the group that our daemons share. */
#define CONTROL_MODE 0660
/* Its name, where systemd hands it over. */
#define CONTROL_NAME "control"

/* After the drain: saving and closing, each step of which is bounded. */
#define TEARDOWN_MS 30000

enum phase { PHASE_STARTING, PHASE_RUNNING, PHASE_DRAINING };

struct service {
    const struct service_program *program;
    struct options options;
    struct settings *settings; /* in force */
    struct settings *first;    /* those of the start; may be the same */
    int lock_fd;
    struct listeners listeners;
    int control_fd;
    char *control_address; /* NULL: handed over, so not ours to take away */
    struct socket_file control_file;
    struct event_base *base;
    struct event *stop, *end, *deadline, *watchdog;
    struct signals *signals;
    struct control *control;
    void *state;
    enum phase phase;
    int64_t started_wall, loaded_wall;
    struct failure last_reload;
    atomic_bool drained;
    atomic_int failed_status; /* EX_OK: nothing failed */
};

static struct metric start_time = {.name = "gatepost_start_time_seconds",
    .help = "When the process started, in seconds since the epoch.",
    .type = "gauge"};
static struct metric reloads_good = {.name = "gatepost_reloads_total",
    .help = "Reloads of the configuration.",
    .type = "counter",
    .labels = "result=\"ok\""};
static struct metric reloads_bad = {.name = "gatepost_reloads_total",
    .help = "Reloads of the configuration.",
    .type = "counter",
    .labels = "result=\"failed\""};
static struct metric *const service_metrics[] = {&start_time, &reloads_good, &reloads_bad};

static int exit_status_of(enum err err)
{
    switch (err) {
    case ERR_NONE:
        return EX_OK;
    case ERR_BUSY:
    case ERR_TIMEOUT:
        return EX_TEMPFAIL;
    case ERR_IO:
    case ERR_LIMIT:
        return EX_OSERR;
    case ERR_ACCESS:
        return EX_NOPERM;
    case ERR_EXISTS:
        return EX_CANTCREAT;
    case ERR_CRYPTO:
        return EX_SOFTWARE;
    default:
        return EX_CONFIG;
    }
}

/* Whoever started us by hand sees what syslog gets. */
static void report(const struct service *service, const struct failure *failure)
{
    log_error(NULL, "%s", failure->text);
    if (!service->options.log_to_stderr)
        fprintf(stderr, "%s: %s\n", service->program->name, failure->text);
}

static void apply_log_level(const struct service *service)
{
    log_set_level(
        service->options.verbose ? LOG_LEVEL_DEBUG : (enum log_level)service->settings->log_level);
}

/* --- reload --------------------------------------------------------------------------------- */

typedef void say_fn(void *context, const char *setting);

static bool run_directory_differs(const struct settings *one, const struct settings *other)
{
    return strcmp(one->run_directory, other->run_directory) != 0;
}

static bool state_directory_differs(const struct settings *one, const struct settings *other)
{
    return strcmp(one->state_directory, other->state_directory) != 0;
}

static const struct service_lasting common_lasting[] = {
    {"run_directory",   run_directory_differs  },
    {"state_directory", state_directory_differs},
};

static void name_lasting(const struct service *service, const struct service_lasting *items,
    size_t count, say_fn *say, void *context)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].differs(service->first, service->settings))
            say(context, items[i].setting);
}

/* Names each setting that is not in force before the daemon starts again. */
static void name_what_stays(const struct service *service, say_fn *say, void *context)
{
    const struct service_program *program = service->program;

    for (size_t i = 0; i < service->listeners.count; i++)
        if (listener_is_elsewhere(&service->listeners.items[i], service->settings))
            say(context, service->listeners.items[i].socket->setting);
    if (strcmp(program->user(service->first), program->user(service->settings)) != 0)
        say(context, program->user_setting);
    name_lasting(
        service, common_lasting, sizeof common_lasting / sizeof *common_lasting, say, context);
    name_lasting(service, program->lasting, program->lasting_count, say, context);
}

static void warn_restart(void *context, const char *setting)
{
    (void)context;
    log_warning(NULL, "%s was changed: this takes effect when the daemon is restarted", setting);
}

/* Those of the start stay beside those in force. */
static void take_settings(struct service *service, struct settings *fresh)
{
    if (service->settings != service->first)
        settings_free(&service->settings);
    service->settings = fresh;
    if (service->first == NULL)
        service->first = fresh;
    service->loaded_wall = clock_wall();
    apply_log_level(service);
}

/* It was readable to root at the start, and is not to the user whom the daemon became. */
static enum err fail_unreadable(const struct service *service, struct failure *failure)
{
    struct failure cause = *failure;

    return failure_set(failure, cause.err, "%s for user %s: give it group %s, mode 0640",
        cause.text, service->program->user(service->settings), service->settings->group);
}

/* The whole new configuration, accepted by the program, or the old one with the reason. */
static enum err load_again(struct service *service, struct failure *failure)
{
    struct settings *fresh = NULL;
    enum err err = settings_load(service->options.config_path, &fresh, failure);

    if (err == ERR_ACCESS)
        return fail_unreadable(service, failure);
    if (err == ERR_NONE && service->program->reload != NULL) {
        signals_hold();
        err = service->program->reload(service->state, fresh, failure);
        signals_release();
    }
    if (err != ERR_NONE) {
        settings_free(&fresh);
        return err;
    }
    take_settings(service, fresh);
    name_what_stays(service, warn_restart, NULL);
    return ERR_NONE;
}

static enum err reload(struct service *service, struct failure *failure)
{
    enum err err;

    if (service->phase != PHASE_RUNNING)
        return failure_set(failure, ERR_BUSY, "the daemon is stopping");
    notify_reloading();
    err = load_again(service, failure);
    if (err == ERR_NONE) {
        log_info(NULL, "configuration reloaded");
        metric_add(&reloads_good, 1);
        service->last_reload.err = ERR_NONE;
    } else {
        log_error(NULL, "not reloaded, the old configuration stays: %s", failure->text);
        metric_add(&reloads_bad, 1);
        service->last_reload = *failure;
    }
    notify_ready("running");
    return err;
}

/* --- stop ----------------------------------------------------------------------------------- */

static void end_loop(struct service *service)
{
    event_base_loopbreak(service->base);
}

static void drain(struct service *service)
{
    int64_t drain_ms = service->program->drain_ms(service->settings);
    const struct timeval delay = {
        .tv_sec = (time_t)(drain_ms / 1000), .tv_usec = (suseconds_t)(drain_ms % 1000 * 1000)};

    if (service->phase == PHASE_DRAINING) {
        log_warning(NULL, "asked to stop again: ending at once");
        end_loop(service);
        return;
    }
    service->phase = PHASE_DRAINING;
    log_info(NULL, "stopping: what is under way may take another %lld ms", (long long)drain_ms);
    notify_stopping("finishing what is under way", drain_ms + TEARDOWN_MS);
    listeners_close(&service->listeners);
    event_add(service->deadline, &delay);
    if (service->program->drain != NULL)
        service->program->drain(service->state);
    else
        service_drained(service);
}

static void on_stop(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    drain(context);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    struct service *service = context;

    (void)fd;
    (void)what;
    log_warning(NULL, "not all finished in time: cutting off what is still under way");
    end_loop(service);
}

static void on_end(evutil_socket_t fd, short what, void *context)
{
    struct service *service = context;

    (void)fd;
    (void)what;
    if (atomic_load(&service->failed_status) != EX_OK ||
        (service->phase == PHASE_DRAINING && atomic_load(&service->drained)))
        end_loop(service);
}

static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
    notify_watchdog();
}

static void on_signal(void *context, int signal)
{
    struct service *service = context;
    struct failure failure;

    if (signal == SIGHUP)
        (void)reload(service, &failure);
    else
        drain(service);
}

/* --- the words of every daemon's control socket --------------------------------------------- */

static void append_name(void *context, const char *setting)
{
    struct buffer *names = context;

    buffer_append_format(names, "%s%s", names->len != 0 ? ", " : "", setting);
}

/* A line, where there is something to name. */
static void append_what_stays(const struct service *service, struct buffer *answer)
{
    struct buffer names = BUFFER_NONE;

    name_what_stays(service, append_name, &names);
    if (names.len != 0)
        buffer_append_format(answer, "needs restart: %.*s\n", TEXT_ARGS(buffer_text(&names)));
    buffer_done(&names);
}

static enum err word_status(void *state, struct text arguments, struct buffer *answer)
{
    const struct service *service = state;
    char started[CLOCK_TEXT_MAX], loaded[CLOCK_TEXT_MAX];

    (void)arguments;
    clock_format_local(service->started_wall, started);
    clock_format_local(service->loaded_wall, loaded);
    buffer_append_format(answer,
        "program: %s " PACKAGE_VERSION "\nprocess: %ld\nstate: %s\nstarted: %s\n"
        "configuration: %s\nfingerprint: %016" PRIx64 "\nloaded: %s\n",
        service->program->name, (long)getpid(),
        service->phase == PHASE_DRAINING ? "stopping" : "running", started,
        service->options.config_path != NULL ? service->options.config_path : SETTINGS_DEFAULT_PATH,
        settings_fingerprint(service->settings, service->program->control), loaded);
    if (service->last_reload.err != ERR_NONE)
        buffer_append_format(answer, "last reload failed: %s\n", service->last_reload.text);
    append_what_stays(service, answer);
    return ERR_NONE;
}

static enum err word_reload(void *state, struct text arguments, struct buffer *answer)
{
    struct failure failure;
    enum err err = reload(state, &failure);

    (void)arguments;
    if (err != ERR_NONE)
        buffer_append_string(answer, failure.text);
    return err;
}

static enum err word_stop(void *state, struct text arguments, struct buffer *answer)
{
    struct service *service = state;

    (void)arguments;
    (void)answer;
    event_active(service->stop, EV_TIMEOUT, 0);
    return ERR_NONE;
}

static enum err word_metrics(void *state, struct text arguments, struct buffer *answer)
{
    (void)state;
    (void)arguments;
    metrics_format(answer);
    return ERR_NONE;
}

static const struct service_word common_words[] = {
    {"status",  "what the daemon is doing, and with which configuration", false, word_status },
    {"metrics", "counters, in Prometheus' text form",                     false, word_metrics},
    {"reload",  "read the configuration again",                           true,  word_reload },
    {"stop",    "let what is under way finish, then end",                 true,  word_stop   },
};

/* --- setup and teardown, step by step ------------------------------------------------------- */

static enum err open_settings(struct service *service, struct failure *failure)
{
    struct settings *fresh = NULL;
    enum err err = settings_load(service->options.config_path, &fresh, failure);

    if (err != ERR_NONE)
        return err == ERR_IO ? err : ERR_SYNTAX; /* whatever it is, it is the configuration */
    take_settings(service, fresh);
    return ERR_NONE;
}

static void close_settings(struct service *service)
{
    if (service->settings != service->first)
        settings_free(&service->settings);
    service->settings = NULL;
    settings_free(&service->first);
}

/* Each connection takes a descriptor; the bound on connections is a setting of ours. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static enum err open_process(struct service *service, struct failure *failure)
{
    (void)service;
    raise_descriptor_limit();
    if (chdir("/") != 0)
        return failure_set_errno(failure, ERR_IO, "/");
    (void)umask(0027);
    return ERR_NONE;
}

static enum err open_lock(struct service *service, struct failure *failure)
{
    return lock_take(
        service->settings->run_directory, service->program->control, &service->lock_fd, failure);
}

static void close_lock(struct service *service)
{
    lock_release(&service->lock_fd);
}

static enum err open_listeners(struct service *service, struct failure *failure)
{
    return listeners_open(&service->listeners, service->program->sockets,
        service->program->socket_count, service->settings, failure);
}

static void close_listeners(struct service *service)
{
    listeners_close(&service->listeners);
}

static enum err bind_control_socket(struct service *service, struct failure *failure)
{
    const char *shared = service->settings->group;
    const char *group = geteuid() == 0 && getgrnam(shared) != NULL ? shared : NULL;
    enum err err;

    service->control_address =
        control_address(service->settings->run_directory, service->program->control);
    err =
        socket_listen(service->control_address, group, CONTROL_MODE, &service->control_fd, failure);
    if (err == ERR_NONE)
        service->control_file = socket_file_of(service->control_address);
    return err;
}

/* The last of the sockets: no other program shall read what was meant for us. */
static enum err open_control_socket(struct service *service, struct failure *failure)
{
    enum err err = activation_find(CONTROL_NAME, &service->control_fd, failure);

    if (err == ERR_NONE)
        err = socket_prepare(service->control_fd, failure);
    else if (err == ERR_ABSENT)
        err = bind_control_socket(service, failure);
    activation_forget();
    return err;
}

static void close_control_socket(struct service *service)
{
    if (service->control_fd >= 0 && service->control_address != NULL)
        socket_unlink(service->control_address, &service->control_file);
    if (service->control_fd >= 0)
        close(service->control_fd);
    memory_free(&service->control_address);
}

static enum err open_loop(struct service *service, struct failure *failure)
{
    if (evthread_use_pthreads() == 0)
        service->base = event_base_new();
    if (service->base == NULL)
        return failure_set(failure, ERR_IO, "libevent cannot start its loop");
    service->stop = event_new(service->base, -1, 0, on_stop, service);
    service->end = event_new(service->base, -1, 0, on_end, service);
    service->deadline = event_new(service->base, -1, 0, on_deadline, service);
    service->watchdog = event_new(service->base, -1, EV_PERSIST, on_watchdog, NULL);
    service->signals = signals_new(service->base, on_signal, service);
    service->control = control_new(service->base, service->control_fd);
    if (service->stop == NULL || service->end == NULL || service->deadline == NULL ||
        service->watchdog == NULL || service->signals == NULL || service->control == NULL)
        return failure_set_errno(failure, ERR_IO, "libevent cannot watch our descriptors");
    control_add_words(
        service->control, common_words, sizeof common_words / sizeof *common_words, service);
    return ERR_NONE;
}

static void free_event(struct event **event)
{
    if (*event != NULL)
        event_free(*event);
    *event = NULL;
}

static void close_loop(struct service *service)
{
    listeners_close(
        &service->listeners); /* their events are the loop's; still open after a failure */
    control_free(&service->control);
    signals_free(&service->signals);
    free_event(&service->watchdog);
    free_event(&service->deadline);
    free_event(&service->end);
    free_event(&service->stop);
    if (service->base != NULL)
        event_base_free(service->base);
    service->base = NULL;
    libevent_global_shutdown();
}

/* Found now rather than at the first reload. */
static void check_config_is_readable(const struct service *service)
{
    const char *path = service->options.config_path;

    if (path == NULL)
        path = SETTINGS_DEFAULT_PATH;
    if (access(path, R_OK) != 0 && errno != ENOENT)
        log_warning(NULL,
            "%s: user %s cannot read it (%s), so reloads will fail: give it group %s, mode 0640",
            path, service->program->user(service->settings), strerror(errno),
            service->settings->group);
}

static enum err open_privileges(struct service *service, struct failure *failure)
{
    struct failure why;
    enum err err = privilege_drop(service->program->user(service->settings), &why);

    if (err == ERR_ABSENT)
        return failure_set(failure, err,
            "%s: %s; run \"systemd-sysusers\", or set another user in gatepost.conf",
            service->program->user_setting, why.text);
    if (err != ERR_NONE)
        return failure_set(failure, err, "%s: %s", service->program->user_setting, why.text);
    check_config_is_readable(service);
    return ERR_NONE;
}

static enum err open_program(struct service *service, struct failure *failure)
{
    enum err err = service->program->start(service, &service->state, failure);

    if (err == ERR_NONE)
        control_add_words(service->control, service->program->words, service->program->word_count,
            service->state);
    return err;
}

static void close_program(struct service *service)
{
    service->program->stop(&service->state);
}

/* Opened in this order, closed in reverse; a step that failed closes what it had opened. */
static const struct step {
    enum err (*open)(struct service *service, struct failure *failure);
    void (*close)(struct service *service);
    bool close_half_open;
} steps[] = {
    {open_settings,       close_settings,       false},
    {open_process,        NULL,                 false},
    {open_lock,           close_lock,           false},
    {open_listeners,      close_listeners,      false},
    {open_control_socket, close_control_socket, true },
    {open_loop,           close_loop,           true },
    {open_privileges,     NULL,                 false},
    {open_program,        close_program,        false},
};

#define STEP_COUNT (sizeof steps / sizeof *steps)

static void close_steps(struct service *service, size_t opened)
{
    while (opened-- > 0)
        if (steps[opened].close != NULL)
            steps[opened].close(service);
}

/* All steps, or none and the reason. */
static enum err open_steps(struct service *service, struct failure *failure)
{
    for (size_t i = 0; i < STEP_COUNT; i++) {
        enum err err = steps[i].open(service, failure);

        if (err == ERR_NONE)
            continue;
        close_steps(service, steps[i].close_half_open ? i + 1 : i);
        return err;
    }
    return ERR_NONE;
}

static void start_watchdog(struct service *service)
{
    uint64_t interval_us = notify_watchdog_us();
    const struct timeval interval = {
        .tv_sec = (time_t)(interval_us / 1000000), .tv_usec = (suseconds_t)(interval_us % 1000000)};

    if (interval_us != 0)
        event_add(service->watchdog, &interval);
}

static int run_loop(struct service *service)
{
    int status;

    service->phase = PHASE_RUNNING;
    service->started_wall = clock_wall();
    atomic_store(&start_time.value, service->started_wall);
    start_watchdog(service);
    log_info(NULL, "started, version " PACKAGE_VERSION);
    /* Who hears that we are ready may send a signal at once: we must be the one to take it. */
    signals_release();
    notify_ready("running");
    event_base_dispatch(service->base);
    signals_hold();
    status = atomic_load(&service->failed_status);
    close_steps(service, STEP_COUNT);
    log_info(NULL, status == EX_OK ? "stopped" : "ended by a failure");
    return status;
}

/* Not a daemon: what one has left is taken away. */
static enum err remove_sockets(struct service *service, struct failure *failure)
{
    enum err err = open_settings(service, failure);

    if (err == ERR_NONE)
        err = leftovers_remove(service->program, service->settings, failure);
    close_settings(service);
    return err;
}

int service_run(const struct service_program *program, int argc, char **argv)
{
    struct service service = {.program = program, .lock_fd = -1, .control_fd = -1};
    struct failure failure = {.text = ""};
    int status = EX_OK;
    enum err err;

    if (!options_parse(program->name, program->summary, argc, argv, &service.options, &status))
        return status;
    log_open(program->name, service.options.log_to_stderr ? LOG_TO_STDERR : LOG_TO_SYSLOG);
    metrics_register(service_metrics, sizeof service_metrics / sizeof *service_metrics);
    err = service.options.removes_sockets ? remove_sockets(&service, &failure)
                                          : open_steps(&service, &failure);
    if (err == ERR_NONE && !service.options.removes_sockets) {
        status = run_loop(&service);
    } else if (err != ERR_NONE) {
        report(&service, &failure);
        status = exit_status_of(err);
    }
    options_done(&service.options);
    return status;
}

/* --- for the program ------------------------------------------------------------------------ */

struct event_base *service_loop(const struct service *service)
{
    return service->base;
}

const struct settings *service_settings(const struct service *service)
{
    return service->settings;
}

void service_listen(
    struct service *service, const char *name, service_accept_fn *on_accept, void *context)
{
    struct listener *listener = listeners_find(&service->listeners, name);

    assert(listener != NULL);
    listener_serve(listener, service->base, on_accept, context);
}

int service_socket_fd(const struct service *service, const char *name)
{
    /* The search does not change what it searches. */
    struct listener *listener =
        listeners_find((struct listeners *)(uintptr_t)&service->listeners, name);

    return listener != NULL ? listener->fd : -1;
}

void service_drained(struct service *service)
{
    atomic_store(&service->drained, true);
    event_active(service->end, EV_TIMEOUT, 0);
}

void service_fail(struct service *service, int exit_status)
{
    int none = EX_OK;

    atomic_compare_exchange_strong(&service->failed_status, &none, exit_status);
    event_active(service->end, EV_TIMEOUT, 0);
}
