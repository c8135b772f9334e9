/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The exit statuses of mailctl and what they mean: those of sysexits.h, as doveadm uses them. The
 * one list of them; "mailctl help exit-status" prints it and mailctl(1) is held against it.
 */

struct exit_status {
    int status;
    const char *meaning;
};

/* In ascending order; ended by a meaning NULL. */
extern const struct exit_status exit_statuses[];
