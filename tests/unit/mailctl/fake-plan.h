/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Stands for plan.c and for what asks the machine, so that the pieces of a plan for Postfix can be
 * tried on files that were never on a disk: edits are made, warnings collected, all else is counted
 * or left.
 */

/* The text of all warnings since it was last emptied. */
extern char fake_plan_warnings[4096];
