/* SPDX-License-Identifier: MIT */
#include "tests/unit/service/running.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/service/control-client.h"
#include "tests/unit/unit.h"

static void limit_wait(int fd)
{
    const struct timeval limit = {.tv_sec = RUNNING_WAIT_S};

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
}

static void unix_name(const char *path, struct sockaddr_un *name_r)
{
    *name_r = (struct sockaddr_un){.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof name_r->sun_path);
    memcpy(name_r->sun_path, path, strlen(path));
}

void running_init(
    struct running *running, const struct running_program *program, const char *policyd_lines)
{
    struct sockaddr_un name;
    char path[96];

    *running =
        (struct running){.program = program, .folder = "/tmp/gatepost-service-XXXXXX", .pid = -1};
    assert_non_null(mkdtemp(running->folder));
    assert_int_equal(chmod(running->folder, 0755), 0);
    snprintf(running->config, sizeof running->config, "%s/conf", running->folder);
    snprintf(running->state, sizeof running->state, "%s/state", running->folder);
    snprintf(running->socket, sizeof running->socket, "%s/socket", running->folder);
    snprintf(running->log, sizeof running->log, "%s/log", running->folder);
    snprintf(path, sizeof path, "%s/notify", running->folder);
    unix_name(path, &name);
    running->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(running->notify_fd, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(chmod(path, 0666), 0);
    limit_wait(running->notify_fd);
    running_configure(running, policyd_lines);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

void running_done(struct running *running)
{
    if (running->pid > 0) {
        kill(running->pid, SIGKILL);
        waitpid(running->pid, NULL, 0);
    }
    close(running->notify_fd);
    nftw(running->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void running_write_config(struct running *running, const char *text)
{
    FILE *file = fopen(running->config, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(running->config, 0644), 0);
}

void running_configure(struct running *running, const char *policyd_lines)
{
    struct buffer text = BUFFER_NONE;

    buffer_append_format(&text,
        "hostname = test.example\nrun_directory = \"%s/run\"\nstate_directory = \"%s\"\n"
        "policyd {\nlisten = \"unix:%s\"\n%s\n%s\n}\n",
        running->folder, running->state, running->socket,
        strstr(policyd_lines, "user =") != NULL ? "" : "user = root", policyd_lines);
    running_write_config(running, buffer_string(&text));
    buffer_done(&text);
}

/* In the child: never returns. */
static void execute(const struct running *running, int inherited)
{
    const char *top = getenv("top_builddir");
    char path[4096], notify[128], pid[32];
    int log = open(running->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

    snprintf(path, sizeof path, "%s/%s", top != NULL ? top : ".", running->program->path);
    snprintf(notify, sizeof notify, "%s/notify", running->folder);
    setenv("NOTIFY_SOCKET", notify, 1);
    for (char *const *entry = running->environment; entry != NULL && *entry != NULL; entry++)
        putenv(*entry);
    if (inherited >= 0) {
        snprintf(pid, sizeof pid, "%ld", (long)getpid());
        setenv("LISTEN_PID", pid, 1);
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_FDNAMES", running->program->socket, 1);
        if (inherited != 3)
            dup2(inherited, 3);
        else
            fcntl(3, F_SETFD, 0);
    }
    /* Whatever becomes of the test, nobody waits for this program or for its output. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execl(path, path, "-f", "-c", running->config, (char *)NULL);
    perror(path);
    _exit(127);
}

void running_start(struct running *running, int inherited)
{
    char said_before[512];

    while (recv(running->notify_fd, said_before, sizeof said_before, MSG_DONTWAIT) > 0)
        continue;
    running->pid = fork();
    assert_true(running->pid >= 0);
    if (running->pid == 0)
        execute(running, inherited);
}

static void show_log(const struct running *running)
{
    char line[1024];
    FILE *file = fopen(running->log, "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        print_message("# log: %s", line);
    if (file != NULL)
        fclose(file);
}

void running_await(struct running *running, const char *line)
{
    char message[512];
    ssize_t got;

    do {
        got = recv(running->notify_fd, message, sizeof message - 1, 0);
        if (got < 0)
            show_log(running);
        assert_true(got >= 0);
        message[got] = '\0';
    } while (strstr(message, line) == NULL);
}

int running_end(struct running *running)
{
    int status = 0;

    assert_int_equal(waitpid(running->pid, &status, 0), running->pid);
    running->pid = -1;
    if (!WIFEXITED(status))
        show_log(running);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

void running_kill(struct running *running)
{
    running_signal(running, SIGKILL);
    assert_int_equal(waitpid(running->pid, NULL, 0), running->pid);
    running->pid = -1;
}

void running_signal(const struct running *running, int signal)
{
    assert_true(running->pid > 0); /* kill(-1) would reach every process there is */
    assert_int_equal(kill(running->pid, signal), 0);
}

int running_connect(const struct running *running)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un name;

    unix_name(running->socket, &name);
    limit_wait(fd);
    if (connect(fd, (struct sockaddr *)&name, sizeof name) == 0)
        return fd;
    close(fd);
    return -1;
}

void running_send(int fd, const char *line)
{
    assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
    assert_int_equal(send(fd, "\n", 1, MSG_NOSIGNAL), 1);
}

bool running_answers(int fd, const char *line)
{
    char got[128];
    size_t len = 0;

    while (len + 1 < sizeof got && recv(fd, got + len, 1, 0) == 1 && got[len] != '\n')
        len++;
    got[len] = '\0';
    return strcmp(got, line) == 0;
}

static bool is_in_log(const struct running *running, const char *text)
{
    char line[2048];
    FILE *file = fopen(running->log, "r");
    bool found = false;

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        found = found || strstr(line, text) != NULL;
    fclose(file);
    return found;
}

bool running_logged(const struct running *running, const char *text)
{
    bool found = is_in_log(running, text);

    if (!found)
        show_log(running);
    return found;
}

void running_await_log(const struct running *running, const char *text)
{
    struct pollfd changed = {.fd = inotify_init1(IN_CLOEXEC), .events = POLLIN};
    char event[sizeof(struct inotify_event) + NAME_MAX + 1];

    assert_true(inotify_add_watch(changed.fd, running->log, IN_MODIFY) >= 0);
    while (!is_in_log(running, text)) {
        int ready = poll(&changed, 1, RUNNING_WAIT_S * 1000);

        if (ready != 1)
            show_log(running);
        assert_int_equal(ready, 1);
        assert_true(read(changed.fd, event, sizeof event) > 0);
    }
    close(changed.fd);
}

const char *running_ask(const struct running *running, const char *request, struct buffer *answer)
{
    struct failure failure;
    char folder[80];

    snprintf(folder, sizeof folder, "%s/run", running->folder);
    buffer_clear(answer);
    if (control_ask(folder, running->program->control, request, RUNNING_WAIT_S * 1000, answer,
            &failure) != ERR_NONE)
        buffer_append_format(answer, "ERROR %s", failure.text);
    return buffer_string(answer);
}
