/* SPDX-License-Identifier: MIT */

/* One key in all the forms that a file may have it in; each has the same digest. */

#include "mailctl/dns/certificate-digest.h"

#include "tests/unit/unit.h"

static const char certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBjDCCATGgAwIBAgIURIr4D+J0e1ufb+g0zZk9pxhkj08wCgYIKoZIzj0EAwIw\n"
    "GzEZMBcGA1UEAwwQbWFpbC5leGFtcGxlLm9yZzAeFw0yNjExMjEyMTMwMzNaFw0y\n"
    "NjEyMjEyMTMwMzNaMBsxGTAXBgNVBAMMEG1haWwuZXhhbXBsZS5vcmcwWTATBgcq\n"
    "hkjOPQIBBggqhkjOPQMBBwNCAAQzZEE3dccqMLz8RxrMadMRv5SjsaYDyuucKMER\n"
    "xetOH3PJWRVq4PGA7KMonPhfo4nAmL3ZapiEFMIxDofgR4AMo1MwUTAdBgNVHQ4E\n"
    "FgQUgzgEe4Jqjd+ZBLpoh8ZQDQ0y19gwHwYDVR0jBBgwFoAUgzgEe4Jqjd+ZBLpo\n"
    "h8ZQDQ0y19gwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAoECq\n"
    "aWKQNQFOFbCxo8WsnT5uuWvkBWxLbxZRYsh6u+sCIQD10LflQOhQrsqrhOg2Ftya\n"
    "AtMaDr7R/Stq2VBoJhdjmQ==\n"
    "-----END CERTIFICATE-----\n";
static const char request[] = "-----BEGIN CERTIFICATE REQUEST-----\n"
                              "MIHGMG4CAQAwDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA\n"
                              "BDNkQTd1xyowvPxHGsxp0xG/lKOxpgPK65wowRHF604fc8lZFWrg8YDsoyic+F+j\n"
                              "icCYvdlqmIQUwjEOh+BHgAygADAKBggqhkjOPQQDAgNIADBFAiAc14413cxYgg3N\n"
                              "gaUESyo+XJP+GbvXywZNEXMAczdB4AIhAP4Pt6BNCAmF62ezFi82O8kRDjacgLRS\n"
                              "D5cZePWGkFIl\n"
                              "-----END CERTIFICATE REQUEST-----\n";
static const char public_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEM2RBN3XHKjC8/EcazGnTEb+Uo7Gm\n"
    "A8rrnCjBEcXrTh9zyVkVauDxgOyjKJz4X6OJwJi92WqYhBTCMQ6H4EeADA==\n"
    "-----END PUBLIC KEY-----\n";
static const char private_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBUmrdbGacrNzf+/A\n"
    "+attH1tbb5zNRfqdTcMnPpXsxbahRANCAAQzZEE3dccqMLz8RxrMadMRv5SjsaYD\n"
    "yuucKMERxetOH3PJWRVq4PGA7KMonPhfo4nAmL3ZapiEFMIxDofgR4AM\n"
    "-----END PRIVATE KEY-----\n";
static const char protected_key[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiHIpulnwbZcQICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEENuLPnx5x84hoWf4k0Q0rf4EgZC8\n"
    "7ZAB/drvphrFw5wDz6bdqQmBUE/BJkPrkV9TsiHqyw+UISJyxLB/23wa2eQ4l01Z\n"
    "KitK7ZKdwZ0wlPA7ecO1Bn5Tt1u78oxAvqg5EKLp+aaOKV5DGasK1UHN1zNEmgGi\n"
    "GlN9cddNxiGXwF/uHjK7Pn2cEy7sra3bdpmYNUnOFL97m6raq+VNi2OGBVSC+S0=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

/* As "openssl pkey -pubout -outform DER | sha256sum" says it. */
static const unsigned char digest[CERTIFICATE_DIGEST_BYTES] = {0x4b, 0xde, 0xac, 0x60, 0x4e, 0x8f,
    0xc4, 0x5a, 0x8b, 0xd8, 0xdc, 0x2b, 0x70, 0x5a, 0x25, 0xfe, 0xbe, 0x8d, 0xdd, 0x70, 0x03, 0x9b,
    0x93, 0x18, 0x13, 0xf3, 0x67, 0x5d, 0xac, 0x76, 0x39, 0xbe};

static void assert_digest(const char *pem)
{
    unsigned char found[CERTIFICATE_DIGEST_BYTES];

    assert_int_equal(certificate_digest(text_from_string(pem), found, NULL), ERR_NONE);
    assert_memory_equal(found, digest, sizeof digest);
}

static void test_forms(void **state)
{
    static const char *const forms[] = {certificate, request, public_key, private_key};
    char chain[8192];

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        assert_digest(forms[i]);
    snprintf(chain, sizeof chain, "%sa comment\n%s", certificate,
        "-----BEGIN CERTIFICATE-----\nAAAA\n"
        "-----END CERTIFICATE-----\n");
    assert_digest(chain);
    snprintf(chain, sizeof chain, "%s%s", private_key, certificate);
    assert_digest(chain);
}

static void test_refused(void **state)
{
    static const char *const others[] = {"", "nonsense", protected_key,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    unsigned char found[CERTIFICATE_DIGEST_BYTES];
    struct failure failure;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(
            certificate_digest(text_from_string(others[i]), found, &failure), ERR_SYNTAX);
}

UNIT_MAIN(cmocka_unit_test(test_forms), cmocka_unit_test(test_refused))
