/* SPDX-License-Identifier: MIT */
#include "lib/service/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "lib/base/memory.h"
#include "lib/service/settings.h"

static const struct option long_options[] = {
    {"config",         required_argument, NULL, 'c'},
    {"foreground",     no_argument,       NULL, 'f'},
    {"verbose",        no_argument,       NULL, 'v'},
    {"remove-sockets", no_argument,       NULL, 'r'},
    {"help",           no_argument,       NULL, 'h'},
    {"version",        no_argument,       NULL, 'V'},
    {NULL,             0,                 NULL, 0  },
};

static void print_help(const char *program, const char *summary)
{
    printf("usage: %s [-frv] [-c FILE]\n"
           "%s\n\n"
           "  -c, --config FILE   the configuration [" SETTINGS_DEFAULT_PATH "]\n"
           "  -f, --foreground    log to stderr instead of syslog\n"
           "  -v, --verbose       log debugging lines too\n"
           "  -r, --remove-sockets\n"
           "                      remove sockets that a daemon which has ended left, and end\n"
           "  -h, --help          this text\n"
           "  -V, --version       the version\n\n"
           "Always stays in the foreground. SIGHUP reloads, SIGTERM lets what is under way finish\n"
           "and ends. See %s(8) and gatepost.conf(5).\n",
        program, summary, program);
}

/* A daemon changes its directory to the root; the path must still mean the same at a reload. */
static char *absolute_path(const char *path)
{
    struct buffer whole = BUFFER_NONE;
    char *folder;

    if (path[0] == '/')
        return memory_copy_string(path);
    folder = getcwd(NULL, 0);
    if (folder == NULL)
        return memory_copy_string(path);
    buffer_append_format(&whole, "%s/%s", folder, path);
    free(folder);
    return whole.data;
}

static bool usage_error(const char *program, int *status_r)
{
    fprintf(stderr, "usage: %s [-frv] [-c FILE]\n", program);
    *status_r = EX_USAGE;
    return false;
}

bool options_parse(const char *program, const char *summary, int argc, char **argv,
    struct options *options_r, int *status_r)
{
    struct options options = {.config_path = NULL};
    int letter;

    optind = 1;
    while ((letter = getopt_long(argc, argv, "c:fvrhV", long_options, NULL)) != -1) {
        switch (letter) {
        case 'c':
            free(options.config_path);
            options.config_path = absolute_path(optarg);
            break;
        case 'f':
            options.log_to_stderr = true;
            break;
        case 'v':
            options.verbose = true;
            break;
        case 'r':
            options.removes_sockets = true;
            break;
        case 'h':
        case 'V':
            if (letter == 'h')
                print_help(program, summary);
            else
                puts(PACKAGE_STRING);
            options_done(&options);
            *status_r = EX_OK;
            return false;
        default:
            options_done(&options);
            return usage_error(program, status_r);
        }
    }
    if (optind != argc) {
        fprintf(stderr, "%s: unexpected argument: %s\n", program, argv[optind]);
        options_done(&options);
        return usage_error(program, status_r);
    }
    *options_r = options;
    return true;
}

void options_done(struct options *options)
{
    memory_free(&options->config_path);
}
