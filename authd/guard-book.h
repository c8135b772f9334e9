/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What guard.h has marked, by whom it is about: an account, or a network. As many as the book has
 * room for; beyond it the one that was longest not written to is forgotten, so that names and
 * addresses made up by the million cost no more than that. One thread.
 */

#include "authd/recent.h"
#include "lib/base/text.h"

/* What is counted of one; which kinds mean something is the book's owner's affair. */
#define GUARD_PAGE_KINDS 3

struct guard_page {
    struct recent of[GUARD_PAGE_KINDS];
};

struct guard_book;

/* pages_max: 1 at least. */
struct guard_book *guard_book_new(size_t pages_max);
void guard_book_free(struct guard_book **book);
size_t guard_book_count(const struct guard_book *book);
/* NULL: nothing was written of it. Lives until the next guard_book_write() or _erase(). */
struct guard_page *guard_book_read(struct guard_book *book, struct text key);
/* Its page, a new one where there was none. As long-lived. */
struct guard_page *guard_book_write(struct guard_book *book, struct text key);
/* False where nothing was written of it. */
bool guard_book_erase(struct guard_book *book, struct text key);
/* Erases all whose key is one of those. False: there were none. */
typedef bool guard_book_is_fn(void *context, struct text key);
bool guard_book_erase_all(struct guard_book *book, guard_book_is_fn *is, void *context);
/* Visits at most max pages, the last written first. */
typedef void guard_book_visit_fn(void *context, struct text key, struct guard_page *page);
void guard_book_each(
    struct guard_book *book, size_t max, guard_book_visit_fn *visit, void *context);
/*
 * Forgets all marks of that time or before, and pages that are empty then, at most pages of them a
 * call, the longest unwritten first. True where it has not come to the end of those that can be.
 */
bool guard_book_expire(struct guard_book *book, int64_t at, size_t pages);
