/* SPDX-License-Identifier: MIT */
#pragma once

/* A gatepost-authd that runs, on the databases of ground.h, for tests of what asks it. */

#include "tests/unit/authd/ground.h"
#include "tests/unit/service/running.h"

struct site {
    struct ground ground;
    struct running running; /* .socket: where it answers logins */
    char lookup[128];       /* where it answers lookups */
};

/* Starts it and waits until it serves. lines: further ones for "authd { }". */
void site_start(struct site *site, const char *lines);
/* Stops it as systemd would; fails where it does not end well. */
void site_stop(struct site *site);
/* What site_start() made is gone. */
void site_done(struct site *site);
/* Starts it once more, on the same databases. */
void site_restart(struct site *site);
