# SPDX-License-Identifier: MIT
"""The files whose bounds and checks are taken away, with the programs that must notice, the quick
ones first; and what may go unnoticed, for the reason that stands beside it: function, change and
condition as mutants.py names them."""

UNIT, DNS, FUZZ = "tests/unit/mailauth/test_", "tests/unit/dns/test_", "tests/fuzz/fuzz_"

FILES = {
    "lib/dns/name.c": [DNS + "name", FUZZ + "dns_name"],
    "lib/dns/wire-name.c": [DNS + "packet", DNS + "name", FUZZ + "dns_packet", FUZZ + "dns_name"],
    "lib/dns/packet.c": [DNS + "packet", FUZZ + "dns_packet"],
    "lib/mailauth/header.c": [UNIT + "header", UNIT + "message", FUZZ + "header_block", FUZZ + "header_address"],
    "lib/mailauth/header-address.c": [UNIT + "header", UNIT + "mailauth", FUZZ + "header_address"],
    "lib/mailauth/line-ends.c": [UNIT + "message", UNIT + "canon", FUZZ + "message"],
    "lib/mailauth/message.c": [UNIT + "message", FUZZ + "header_block", UNIT + "signature"],
    "lib/mailauth/message-split.c": [UNIT + "message", FUZZ + "header_block"],
    "lib/mailauth/body-hash.c": [UNIT + "message", UNIT + "signature", FUZZ + "message"],
    "lib/mailauth/canon.c": [UNIT + "canon", UNIT + "message", FUZZ + "message", FUZZ + "signing"],
    "lib/mailauth/taglist.c": [UNIT + "taglist", UNIT + "signature_field", UNIT + "dmarc_record", FUZZ + "taglist"],
    "lib/mailauth/key-record.c": [UNIT + "key", FUZZ + "key_record", UNIT + "signature"],
    "lib/mailauth/key-public.c": [UNIT + "key", FUZZ + "key_record", UNIT + "signature"],
    "lib/mailauth/signature-field.c": [UNIT + "signature_field", FUZZ + "signature_field", UNIT + "signature"],
    "lib/mailauth/signed-header.c": [UNIT + "signed_header", FUZZ + "signature_field", UNIT + "signature", UNIT + "signer"],
    "lib/mailauth/signature.c": [UNIT + "signature", UNIT + "signatures", FUZZ + "message", UNIT + "mailauth"],
    "lib/mailauth/spf-record.c": [UNIT + "spf_record", FUZZ + "spf_record", UNIT + "spf"],
    "lib/mailauth/spf-macro.c": [UNIT + "spf_macro", UNIT + "spf_record", FUZZ + "spf_record", UNIT + "spf"],
    "lib/mailauth/spf-mechanism.c": [UNIT + "spf", FUZZ + "spf"],
    "lib/mailauth/spf-ptr.c": [UNIT + "spf", FUZZ + "spf"],
    "lib/mailauth/spf-eval.c": [UNIT + "spf", FUZZ + "spf"],
    "lib/mailauth/spf.c": [UNIT + "spf", FUZZ + "spf"],
    "lib/mailauth/dmarc-record.c": [UNIT + "dmarc_record", FUZZ + "dmarc_record", UNIT + "dmarc_walk"],
    "lib/mailauth/dmarc-walk.c": [UNIT + "dmarc_walk", UNIT + "dmarc_examples", UNIT + "dmarc_evaluate", FUZZ + "dmarc"],
    "lib/mailauth/dmarc-evaluate.c": [UNIT + "dmarc_evaluate", UNIT + "dmarc_examples", UNIT + "mailauth", FUZZ + "dmarc"],
    "lib/mailauth/authres-read.c": [UNIT + "authres", FUZZ + "authres"],
    "lib/mailauth/authres-results.c": [UNIT + "authres_results", FUZZ + "authres"],
    "lib/mailauth/authres-scan.c": [UNIT + "authres", UNIT + "authres_results", FUZZ + "authres"],
    "lib/mailauth/authres-write.c": [UNIT + "authres", UNIT + "mailauth", FUZZ + "authres"],
    "lib/mailauth/received.c": [UNIT + "received", FUZZ + "received"],
    "lib/mailauth/mailauth-author.c": [UNIT + "mailauth", FUZZ + "mailauth"],
    "lib/mailauth/mailauth-results.c": [UNIT + "mailauth", UNIT + "results_page", FUZZ + "mailauth"],
}

EXEMPT = {
}
