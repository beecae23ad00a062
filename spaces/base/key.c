/* spaces/base/key.c - content keys on XXH3, and SHA-256 for what leaves the machine. */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_Init: it starts nothing, EVP loads what it can first \
                                     */
#include "spaces/base/key.h"

#include <math.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* What stands before each part, so that the integer 1 and the text "1" differ. */
enum part { part_purpose = 1, part_text, part_null, part_integer, part_real, part_bytes, part_key };

static attune_key mix(attune_key key, enum part part, uint64_t a, uint64_t b)
{
    uint64_t words[5] = {key.low, key.high, (uint64_t)part, a, b};
    XXH128_hash_t hash = XXH3_128bits(words, sizeof words);
    return (attune_key){hash.low64, hash.high64};
}

static attune_key mix_bytes(attune_key key, enum part part, const void *bytes, int64_t length)
{
    XXH128_hash_t hash = XXH3_128bits(bytes, (size_t)length);
    key = mix(key, part, hash.low64, hash.high64);
    return mix(key, part, (uint64_t)length, 0);
}

attune_key attune_key_start(const char *purpose)
{
    return mix_bytes((attune_key){0, 0}, part_purpose, purpose, (int64_t)strlen(purpose));
}

attune_key attune_key_text(attune_key key, const char *text)
{
    if (!text)
        return mix(key, part_null, 0, 0);
    return mix_bytes(key, part_text, text, (int64_t)strlen(text));
}

attune_key attune_key_integer(attune_key key, int64_t value)
{
    return mix(key, part_integer, (uint64_t)value, 0);
}

attune_key attune_key_real(attune_key key, double value)
{
    if (isnan(value))
        value = NAN;
    if (value == 0)
        value = 0;
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return mix(key, part_real, bits, 0);
}

attune_key attune_key_bytes(attune_key key, const void *bytes, int64_t length)
{
    return mix_bytes(key, part_bytes, bytes, length);
}

attune_key attune_key_join(attune_key key, attune_key other)
{
    return mix(key, part_key, other.low, other.high);
}

bool attune_key_same(attune_key a, attune_key b)
{
    return a.low == b.low && a.high == b.high;
}

const char *attune_key_name(attune_key key, char text[ATTUNE_KEY_TEXT_SIZE])
{
    snprintf(text, ATTUNE_KEY_TEXT_SIZE, "%016llx%016llx", (unsigned long long)key.high,
             (unsigned long long)key.low);
    return text;
}

attune_status attune_sha256(const void *bytes, int64_t length, char text[ATTUNE_SHA256_TEXT_SIZE],
                            attune_error *error)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX state;
    if (SHA256_Init(&state) != 1 || SHA256_Update(&state, bytes, (size_t)length) != 1 ||
        SHA256_Final(digest, &state) != 1)
        return attune_fail(error, ATTUNE_INTERNAL, "SHA-256 is not available in libcrypto");
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return ATTUNE_OK;
}
