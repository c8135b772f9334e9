# SPDX-License-Identifier: MIT
#
# Files what gatepost-milter marked for quarantine into Junk. To run before the users' own scripts
# (sieve_before in Dovecot 2.3, sieve_script ... { type = before } in 2.4); compile it once with
# sievec. The milter takes the field away from mail that brings one along, so it can be trusted.
require ["fileinto", "mailbox"];

if header :is "X-Gatepost-Action" "quarantine" {
    fileinto :create "Junk";
    stop;
}
