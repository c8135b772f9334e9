/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a file carries besides its content, owner and permissions: access control lists, the label
 * of SELinux, and whatever users hang on it (xattr(7)). A file that is replaced hands them on.
 */

#include "lib/base/error.h"

/* Names and a value of one file; the kernel gives no more (XATTR_LIST_MAX, XATTR_SIZE_MAX). */
#define FILE_ATTRIBUTES_BYTES_MAX ((size_t)65536)

/*
 * Gives the second file all that the first carries, and takes away what it has besides, as a
 * folder's default list. What the kernel makes of the content by itself (IMA, EVM) is left to it.
 * ERR_NONE where the file system knows no such thing. The path is for the failure's text alone.
 */
enum err file_attributes_copy(int from, int to, const char *path, struct failure *failure);
