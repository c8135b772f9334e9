/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What mailctl and gatepost-milter agree on for a proof: the word on the control socket that
 * announces it, and how the answer to its message begins. Behind the beginning stand
 * "signed for DOMAIN by SELECTOR (ALGORITHM), ...", or PROOF_ANSWER_UNSIGNED and the domain.
 */

#define PROOF_CONTROL_WORD "proof"
#define PROOF_ANSWER_START "Gatepost proof: "
#define PROOF_ANSWER_SIGNED "signed for "
#define PROOF_ANSWER_UNSIGNED "no key signs for "
