/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a list of passwords is made of, read file by file, line by line, and the list put into its
 * place: at every moment its name leads to the whole old one or to the whole new one.
 */

#include "lib/store/password-list-maker.h"

/*
 * All lines of a file, of standard input ("-"), or of the files in a folder. A file whose name
 * begins with five hex digits, and ends there or with a dot behind them, is a range of hashes. The
 * words of a failure name file and line.
 */
enum err password_list_files_add(
    struct password_list_maker *maker, const char *path, struct failure *failure);
/* Everybody may read it. */
enum err password_list_files_write(
    struct password_list_maker *maker, const char *path, struct failure *failure);
