/* SPDX-License-Identifier: MIT */

#include "tests/unit/mailauth/dkim.h"

#include "lib/base/base64.h"
#include "lib/mailauth/signed-header.h"

#define KEYS_KEPT 4

const char dkim_rsa_pem[] = "-----BEGIN RSA PRIVATE KEY-----\n"
                            "MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi\n"
                            "Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM\n"
                            "KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\n"
                            "AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm\n"
                            "6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe\n"
                            "zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy\n"
                            "6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc\n"
                            "uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy\n"
                            "WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd\n"
                            "WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a\n"
                            "licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst\n"
                            "o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe\n"
                            "uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL\n"
                            "-----END RSA PRIVATE KEY-----\n";

const char dkim_ed25519_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                                "-----END PRIVATE KEY-----\n";

const char dkim_short_pem[] = "-----BEGIN RSA PRIVATE KEY-----\n"
                              "MIIBygIBAAJhANVGMQF5P/EvBT8uEN18P4Y/SIJ+IPKiMUQKa+C7gGEHLWuuQy1o\n"
                              "N0Njwgf4z6uj1GCByLCWsxGcgNfOvtmq0ZhkEpimsqYvvR2cMCZML8YzIk56hbSO\n"
                              "T/qf9FS5rv5zFwIDAQABAmEAlEEPzdtwZILwHcQy+xPkwLh6+iMdWiz/HDI2XWlZ\n"
                              "y5kGrOTdU9IvIExXU91U1xaxRHelxZI59RLfh5EfaWhHK9EHwpkSuh1uTvCStO5L\n"
                              "YHtEFgxCnIl1SnEjIgAORbjBAjEA/FCyW57yLTmw4QxUOj8ayd6KBIzclY+rlbRH\n"
                              "yhMqojU1Fd4Ms+eSLbY0yMcDc5K3AjEA2GOJSQ94P9MiQx9ds27Vztz+xaXEW3wy\n"
                              "qQ+FNEqvf2GSM/krziZlk9RYuSvYZEKhAjB9yEDR+e/i6dKqrjnC+7iAEEefsxU4\n"
                              "HfI85C2xqFJloL7BEvwkJ3ow/ZdczBGFaQsCMDFCX3NBUUd+QdNz5Xm+Zm/EAT9v\n"
                              "IAcPe9zeip0/zzm5NXYdZ+py9Ta05UmqAIW6YQIwQziPMiySHS5+F3DgHwjheDxN\n"
                              "2409ZQQsFuBNcFIOmhMkBcldIHQ0T/wxcgcORdqh\n"
                              "-----END RSA PRIVATE KEY-----\n";

const char dkim_rsa_record[] =
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6Np"
    "P3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBs"
    "CR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3Q"
    "IDAQAB";

const char dkim_ed25519_record[] =
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

const char dkim_short_record[] =
    "v=DKIM1; k=rsa; p=MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhANVGMQF5P/EvBT8uEN18P4Y/SI"
    "J+IPKiMUQKa+C7gGEHLWuuQy1oN0Njwgf4z6uj1GCByLCWsxGcgNfOvtmq0ZhkEpimsqYvvR2cMC"
    "ZML8YzIk56hbSOT/qf9FS5rv5zFwIDAQAB";

const char dkim_rfc6376_record[] =
    "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMo"
    "GeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT94"
    "7qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";

const char dkim_rfc8463_message[] = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
                                    " d=football.example.com; i=@football.example.com;\n"
                                    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n"
                                    " subject : date : message-id : from : subject : date;\n"
                                    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
                                    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n"
                                    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n"
                                    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
                                    " d=football.example.com; i=@football.example.com;\n"
                                    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n"
                                    " date : message-id : from : subject : date;\n"
                                    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
                                    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n"
                                    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n"
                                    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\n"
                                    "From: Joe SixPack <joe@football.example.com>\n"
                                    "To: Suzie Q <suzie@shopping.example.net>\n"
                                    "Subject: Is dinner ready?\n"
                                    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n"
                                    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\n"
                                    "\n"
                                    "Hi.\n"
                                    "\n"
                                    "We lost the game.  Are you hungry yet?\n"
                                    "\n"
                                    "Joe.\n";

const char dkim_rfc6376_message[] =
    "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\n"
    "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\n"
    "      h=Received : From : To : Subject : Date : Message-ID;\n"
    "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
    "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\n"
    "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\n"
    "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\n"
    "      4bmp/YzhwvcubU4=;\n"
    "Received: from client1.football.example.com  [192.0.2.1]\n"
    "      by submitserver.example.com with SUBMISSION;\n"
    "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\n"
    "From: Joe SixPack <joe@football.example.com>\n"
    "To: Suzie Q <suzie@shopping.example.net>\n"
    "Subject: Is dinner ready?\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\n"
    "\n"
    "Hi.\n"
    "\n"
    "We lost the game. Are you hungry yet?\n"
    "\n"
    "Joe.\n";

struct message *dkim_message(struct arena *arena, struct text text, struct text *body_r)
{
    struct message *message = message_new(arena, NULL);
    const struct header_field *fields;
    size_t count;

    assert_int_equal(message_split_file(text, arena, &fields, &count, body_r), ERR_NONE);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(message_add_field(message, &fields[i]), ERR_NONE);
    return message;
}

void dkim_start_text(struct dkim_run *run, struct text text, const struct signature_rules *rules)
{
    run->arena = arena_new();
    run->message = dkim_message(run->arena, text, &run->body);
    run->signatures = signatures_find(run->message, rules, run->arena);
    run->answers = answers_new(run->arena);
}

void dkim_start(struct dkim_run *run, const char *text, const struct signature_rules *rules)
{
    dkim_start_text(run, text_from_string(text), rules);
}

void dkim_answer(struct dkim_run *run, const char *name, const char *record)
{
    const struct dns_record records[] = {{.text = text_from_string(record)}};

    answers_put(run->answers, text_from_string(name), DNS_TXT,
        &(struct dns_answer){.status = DNS_FOUND, .count = 1, .records = records});
}

void dkim_answer_status(struct dkim_run *run, const char *name, enum dns_status status)
{
    answers_put(
        run->answers, text_from_string(name), DNS_TXT, &(struct dns_answer){.status = status});
}

void dkim_end_body(struct dkim_run *run, size_t piece)
{
    struct text rest = run->body;

    while (piece != 0 && rest.len != 0) {
        message_add_body(run->message, text_head(rest, piece));
        rest = text_skip(rest, piece);
    }
    message_add_body(run->message, rest);
    message_end_body(run->message);
}

struct signature_verdict dkim_verdict(struct dkim_run *run, size_t index, int64_t now)
{
    struct signature_verdict verdict;

    assert_true(index < run->signatures.count);
    assert_int_equal(
        signature_evaluate(run->signatures.items[index], run->answers, now, &verdict), AUTH_DONE);
    return verdict;
}

void dkim_done(struct dkim_run *run)
{
    message_done(&run->message);
    arena_free(&run->arena);
}

/* Decoding a key costs more than using it: the few that there are stay. */
struct private_key *dkim_private_key(const char *pem)
{
    static struct {
        const char *pem;
        struct private_key *key;
    } kept[KEYS_KEPT];
    size_t i = 0;

    while (i < KEYS_KEPT - 1 && kept[i].pem != NULL && kept[i].pem != pem)
        i++;
    if (kept[i].pem != pem) {
        private_key_release(&kept[i].key);
        assert_int_equal(
            private_key_parse(text_from_string(pem), true, &kept[i].key, NULL), ERR_NONE);
        kept[i].pem = pem;
    }
    return private_key_hold(kept[i].key);
}

static struct text with_field(struct arena *arena, struct text value, struct text text)
{
    return arena_print(arena, "DKIM-Signature:%.*s\r\n%.*s", TEXT_ARGS(value), TEXT_ARGS(text));
}

struct text dkim_signed(
    struct arena *arena, struct text text, const struct signing_request *request, const char *pem)
{
    struct text body, value;
    struct message *message = dkim_message(arena, text, &body);
    struct private_key *key = dkim_private_key(pem);

    assert_int_equal(signer_prepare(message, request), ERR_NONE);
    message_add_body(message, body);
    message_end_body(message);
    assert_int_equal(signer_format(message, request, key, arena, &value, NULL), ERR_NONE);
    private_key_release(&key);
    message_done(&message);
    return with_field(arena, value, text);
}

/* Base64 of bytes, in arena. */
static struct text encoded(struct arena *arena, const void *bytes, size_t len)
{
    char *base64 = arena_alloc(arena, BASE64_ENCODED_LEN(len) + 1);

    base64_encode(bytes, len, base64);
    return text_from_bytes(base64, BASE64_ENCODED_LEN(len));
}

static struct text body_hash(
    struct arena *arena, struct message *message, struct text body, const struct dkim_forge *forge)
{
    uint64_t limit = forge->limit != 0 ? forge->limit : MESSAGE_BODY_ALL;

    if (forge->limit == DKIM_NO_BODY)
        limit = 0;

    message_want_body_hash(message, forge->body_canon, limit);
    message_add_body(message, body);
    message_end_body(message);
    return encoded(arena, message_body_hash(message, forge->body_canon, limit)->digest, DIGEST_LEN);
}

static struct text forge_signature(struct arena *arena, const struct message *message,
    const struct dkim_forge *forge, struct text value)
{
    unsigned char digest[DIGEST_LEN], signature[KEY_RSA_BITS_MAX / 8];
    struct private_key *key = dkim_private_key(forge->pem);
    struct text names[64], rest = text_from_string(forge->names);
    size_t count = 0, len;

    while (text_split(&rest, ':', &names[count])) {
        names[count] = text_trim(names[count]);
        count++;
    }
    const struct signed_header header = {.names = names,
        .name_count = count,
        .canon = forge->header_canon,
        .own = header_field_make(TEXT("DKIM-Signature"), value, arena),
        .own_index = MESSAGE_NO_FIELD};

    assert_true(signed_header_digest(message, &header, digest));
    assert_int_equal(private_key_sign(key, digest, signature, &len), ERR_NONE);
    private_key_release(&key);
    return encoded(arena, signature, len);
}

struct text dkim_forged(struct arena *arena, struct text text, const struct dkim_forge *forge)
{
    struct text body, value, signature;
    struct message *message = dkim_message(arena, text, &body);
    struct text hash = body_hash(arena, message, body, forge);

    value = arena_print(arena, " %s h=%s; bh=%.*s; b=", forge->tags, forge->names, TEXT_ARGS(hash));
    signature = forge_signature(arena, message, forge, value);
    message_done(&message);
    value = arena_print(arena, "%.*s%.*s", TEXT_ARGS(value), TEXT_ARGS(signature));
    return with_field(arena, value, text);
}
