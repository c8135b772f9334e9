/* SPDX-License-Identifier: MIT */
#pragma once

/* Asking somebody on the terminal. */

#include <stdbool.h>
#include <stddef.h>

/*
 * Asks on /dev/tty with the echo off and reads one line, its line break included, of at most size
 * bytes. False where there is no terminal, or the line ends in a signal; the echo is back on in
 * any case.
 */
bool terminal_ask_secret(const char *prompt, char *line_r, size_t size, size_t *len_r);
