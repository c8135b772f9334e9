/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Keeps signals from libmilter. smfi_main() starts a thread that sits in sigwait(3) for HUP, TERM
 * and INT and ends all service when it gets one: a reload would cut sessions off, and a stop would
 * not drain. The signals belong to the main thread, but the kernel may give one to any thread that
 * waits for it, and does so when the main thread has another one pending.
 *
 * So this program has a sigwait() of its own, which the dynamic linker prefers: a call for exactly
 * these three signals waits for none. Anybody else's call works as ever. smfi_stop() needs no
 * signal.
 */

/* How many callers are being kept waiting: one, while smfi_main() runs. For tests. */
unsigned libmilter_signals_kept(void);
