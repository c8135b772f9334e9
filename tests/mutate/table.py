# SPDX-License-Identifier: MIT
"""The files whose bounds and checks are taken away, with the programs that must notice, the quick
ones first; and what may go unnoticed, for the reason that stands beside it: function, change and
condition as mutants.py names them."""

UNIT, DNS, FUZZ = "tests/unit/mailauth/test_", "tests/unit/dns/test_", "tests/fuzz/fuzz_"
MILTER = "tests/unit/milter/test_"

FILES = {
    "lib/dns/name.c": [DNS + "name", FUZZ + "dns_name"],
    "lib/dns/wire-name.c": [DNS + "packet", DNS + "name", FUZZ + "dns_packet", FUZZ + "dns_name"],
    "lib/dns/packet.c": [DNS + "packet", FUZZ + "dns_packet"],
    "lib/dns/rdata.c": [DNS + "rdata", DNS + "packet", FUZZ + "dns_packet"],
    "lib/dns/wire-reader.c": [DNS + "packet", FUZZ + "dns_packet"],
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
    "lib/mailauth/signature-field.c": [UNIT + "signature_field", FUZZ + "signature_field", UNIT + "signature", UNIT + "arc"],
    "lib/mailauth/signed-header.c": [UNIT + "signed_header", FUZZ + "signature_field", UNIT + "signature", UNIT + "signer", UNIT + "arc"],
    "lib/mailauth/signature.c": [UNIT + "signature", UNIT + "signatures", UNIT + "arc", "tests/unit/engines/test_libopendkim",
                                 FUZZ + "message", UNIT + "mailauth", MILTER + "trail"],
    "lib/mailauth/arc-set.c": [UNIT + "arc", UNIT + "arc_seal"],
    "lib/mailauth/arc.c": [UNIT + "arc", UNIT + "arc_seal"],
    "lib/mailauth/arc-seal.c": [UNIT + "arc_seal"],
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
    "lib/mailauth/srs.c": [UNIT + "srs", FUZZ + "srs"],
    "lib/mailauth/mailauth-author.c": [UNIT + "mailauth", FUZZ + "mailauth"],
    "lib/mailauth/mailauth-results.c": [UNIT + "mailauth", UNIT + "results_page", MILTER + "trail", FUZZ + "mailauth"],
    "lib/mailauth/mailauth-vouched.c": [UNIT + "vouched", MILTER + "trail"],
    "milter/conversation.c": [MILTER + "conversation", FUZZ + "milter_protocol", MILTER + "transport", MILTER + "transport_event"],
    "milter/macros.c": [MILTER + "conversation", FUZZ + "milter_protocol", MILTER + "transport"],
    "milter/negotiation.c": [MILTER + "protocol", MILTER + "conversation", MILTER + "transport"],
    "milter/protocol.c": [MILTER + "protocol", MILTER + "conversation", FUZZ + "milter_protocol"],
    "milter/protocol-reply.c": [MILTER + "protocol", MILTER + "transport"],
    "milter/trail.c": [MILTER + "trail"],
}

EXEMPT = {
    "lib/mailauth/line-ends.c": [
        ("line_ends_to_crlf", "never", "lone == 0", "saves a copy of what is right as it is"),
    ],
    "lib/mailauth/taglist.c": [
        ("count_pieces", "always", "count < max", "saves memory: there is a place for each piece then"),
    ],
    "lib/mailauth/key-public.c": [
        ("decode_rsa", "never", "decoder == NULL", "OpenSSL without memory"),
        ("public_key_release", "never", "atomic_fetch_sub(&(*key)->references, 1) == 1", "a leak, which the leak check of make check notices"),
        ("verify_rsa", "always", "context != NULL", "OpenSSL without memory"),
        ("verify_rsa", "always", "EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1", "OpenSSL's default, said all the same"),
        ("verify_ed25519", "always", "context != NULL", "OpenSSL without memory"),
    ],
    "lib/mailauth/signature.c": [
        ("signature_of_arc", "always", "kind == SIGNATURE_ARC_MESSAGE", "a hash for a seal, which nobody looks at"),
        ("signature_prepare", "always", "!message_is_truncated(signature->message)", "saves the library a header that is refused unread"),
        ("signatures_done", "never", "signatures->items[i]->check != NULL", "a leak, which the leak check of make check notices"),
        ("judge_body", "never", "hash == NULL", "OpenSSL could not hash"),
        ("has_unsigned_body", "never", "hash == NULL", "OpenSSL could not hash"),
        ("header_digest", "never", "signature->has_digest", "saves hashing the header for each key record"),
        ("judge_answer", "always", "verdict->result != AUTH_PASS", "saves trying the records behind the one that passes"),
    ],
    "lib/mailauth/spf-record.c": [
        ("trailing_digits", "always", "len < text.len", "before the text stands the mechanism's name, which ends in a letter"),
    ],
    "lib/mailauth/spf-macro.c": [
        ("take_transformers", "one more", "SPF_MACRO_PARTS_MAX", "keeps the number from overflowing: so many parts there never are"),
    ],
    "lib/mailauth/srs.c": [
        ("has_tag", "always", "local_part.len > TAG_LEN", "behind a local part stands an '@', which is none of the signs"),
        ("make_hash", "never", "!made", "OpenSSL without memory or SHA-1"),
        ("verifies", "always", "is_made", "the same"),
    ],
    "lib/mailauth/dmarc-walk.c": [
        ("read_step", "always", "!step->several", "saves parsing the records behind the second"),
    ],
    "milter/protocol.c": [
        ("protocol_client_read", "never", "err != ERR_NONE", "what has no end for the name has none for the address either"),
    ],
    "milter/conversation.c": [
        ("abandon_message", "always", "conversation->entry.state == ROSTER_IN_MESSAGE", "saves taking the roster's lock for each abort between messages"),
    ],
    "lib/mailauth/mailauth-author.c": [
        ("plain_part", "always", "len < text.len", "the text is a copy with a NUL behind it"),
    ],
}
