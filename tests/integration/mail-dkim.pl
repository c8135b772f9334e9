#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#
# usage: mail-dkim.pl verify <MESSAGE          prints "ALGORITHM RESULT" for each signature
#        mail-dkim.pl sign DOMAIN SELECTOR KEYFILE CANON <MESSAGE    prints the signed message
#
# Mail::DKIM as a judge of ours, and as a signer for us to judge.
use strict;
use warnings;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;

my $verb = shift;
my $message = do { local $/; <STDIN> };

if ($verb eq 'verify') {
    my $dkim = Mail::DKIM::Verifier->new;
    $dkim->PRINT($message);
    $dkim->CLOSE;
    for my $signature ($dkim->signatures) {
        printf "%s %s\n", $signature->algorithm // 'unknown', $signature->result_detail // 'none';
    }
} else {
    my ($domain, $selector, $key, $canon) = @ARGV;
    my $dkim = Mail::DKIM::Signer->new(
        Algorithm => 'rsa-sha256',
        Method => $canon,
        Domain => $domain,
        Selector => $selector,
        KeyFile => $key,
    );
    $dkim->PRINT($message);
    $dkim->CLOSE;
    print $dkim->signature->as_string, "\r\n", $message;
}
