/* SPDX-License-Identifier: MIT */
#pragma once

/* The command line of a daemon. Used once, at start, by the main thread. */

#include <stdbool.h>

struct options {
    char *config_path; /* absolute, heap; NULL: the default */
    bool log_to_stderr;
    bool verbose;
    bool removes_sockets; /* and does nothing else */
};

/*
 * Reads the options. Returns false where the program is to end at once (--help, --version, or a
 * usage error, said on stderr), with its exit status in *status_r.
 */
bool options_parse(const char *program, const char *summary, int argc, char **argv,
    struct options *options_r, int *status_r);
void options_done(struct options *options);
