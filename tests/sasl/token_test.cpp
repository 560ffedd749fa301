// SPDX-License-Identifier: Apache-2.0
#include "sasl/token.hpp"

#include "base/text.hpp"
#include "mail/base64.hpp"
#include "sasl/json_reading.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <memory>

namespace posthouse::sasl {
namespace {

using Finding = TokenVerdict::Finding;
using Key = std::shared_ptr<EVP_PKEY>;

constexpr Timestamp now = Timestamp(std::chrono::seconds(1'700'000'000));

Key shared(EVP_PKEY* key)
{
    return Key(key, EVP_PKEY_free);
}

std::string base64url(std::string_view bytes)
{
    auto text = mail::base64(bytes);
    std::erase(text, '=');
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

std::string pem_of(const Key& key)
{
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PUBKEY(out.get(), key.get());
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

enum class Padding { usual, pss };

std::string sign(const Key& key, const std::string& text, Padding padding = Padding::usual)
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    EVP_PKEY_CTX* details = nullptr;
    const auto* digest = EVP_PKEY_is_a(key.get(), "ED25519") == 1 ? nullptr : EVP_sha256();
    EXPECT_EQ(EVP_DigestSignInit(context.get(), &details, digest, nullptr, key.get()), 1);
    if (padding == Padding::pss) {
        EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST);
    }
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::string made(size, '\0');
    EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size,
                             bytes, text.size()),
              1);
    made.resize(size);
    if (EVP_PKEY_is_a(key.get(), "EC") != 1)
        return made;
    const auto* der = reinterpret_cast<const unsigned char*>(made.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
        d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(made.size())), ECDSA_SIG_free);
    std::string plain(64, '\0');
    auto* to = reinterpret_cast<unsigned char*>(plain.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), to, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), to + 32, 32);
    return plain;
}

const Key& rsa()
{
    static const Key key = shared(EVP_RSA_gen(2048));
    return key;
}
const Key& other_rsa()
{
    static const Key key = shared(EVP_RSA_gen(2048));
    return key;
}
const Key& p256()
{
    static const Key key = shared(EVP_EC_gen("P-256"));
    return key;
}
const Key& ed25519()
{
    static const Key key = shared(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    return key;
}

TokenRules rules()
{
    return {.issuer = "https://id.example.org",
            .audiences = {"mail", "posthouse"},
            .leeway = std::chrono::seconds(30)};
}

const std::string good_claims = R"({"iss":"https://id.example.org","aud":"mail",)"
                                R"("exp":1700000300,"email":"alice@example.org"})";

struct Forgery {
    std::string header = R"({"alg":"RS256","typ":"JWT"})";
    std::string claims = good_claims;
    Key key = rsa();
    Padding padding = Padding::usual;
};

std::string token_of(const Forgery& forgery)
{
    const auto text = base64url(forgery.header) + "." + base64url(forgery.claims);
    return text + "." + base64url(sign(forgery.key, text, forgery.padding));
}

TokenVerdict judge(const std::string& token, const TokenRules& by = rules())
{
    static const auto keys = *TokenKeys::parse(pem_of(rsa()) + pem_of(p256()) + pem_of(ed25519()));
    return verify_token(Secret(token), keys, by, now);
}

Finding finding(const Forgery& forgery, const TokenRules& by = rules())
{
    return judge(token_of(forgery), by).finding;
}

std::string with(const std::string& claims)
{
    return good_claims.substr(0, good_claims.size() - 1) + "," + claims + "}";
}

TEST(SaslToken, IsTakenWithEachKindOfKey)
{
    const auto verdict = judge(token_of({}));
    EXPECT_EQ(verdict.finding, Finding::right);
    EXPECT_EQ(verdict.user, "alice@example.org");
    EXPECT_EQ(finding({.header = R"({"alg":"PS256"})", .padding = Padding::pss}), Finding::right);
    EXPECT_EQ(finding({.header = R"({"alg":"ES256"})", .key = p256()}), Finding::right);
    EXPECT_EQ(finding({.header = R"({"alg":"EdDSA"})", .key = ed25519()}), Finding::right);
    EXPECT_EQ(finding({.header = R"({"alg":"RS256","typ":"at+jwt"})"}), Finding::right);
}

TEST(SaslToken, IsForgedInVain)
{
    // By nobody.
    const auto unsigned_one = base64url(R"({"alg":"none"})") + "." + base64url(good_claims) + ".";
    EXPECT_EQ(judge(unsigned_one).finding, Finding::wrong);
    EXPECT_EQ(judge(unsigned_one + "AAAA").finding, Finding::wrong);
    // With the public key for a secret: RFC 8725 §2.1.
    const auto text = base64url(R"({"alg":"HS256"})") + "." + base64url(good_claims);
    const auto pem = pem_of(rsa());
    std::string mac(32, '\0');
    HMAC(EVP_sha256(), pem.data(), static_cast<int>(pem.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(mac.data()), nullptr);
    EXPECT_EQ(judge(text + "." + base64url(mac)).finding, Finding::wrong);
    // By somebody else.
    EXPECT_EQ(finding({.key = other_rsa()}), Finding::wrong);
    // Signed one way and said to be signed another.
    EXPECT_EQ(finding({.header = R"({"alg":"ES256"})"}), Finding::wrong);
    EXPECT_EQ(finding({.header = R"({"alg":"PS256"})"}), Finding::wrong);
    EXPECT_EQ(finding({.padding = Padding::pss}), Finding::wrong);
    EXPECT_EQ(finding({.header = R"({"alg":"RS256"})", .key = p256()}), Finding::wrong);
    EXPECT_EQ(finding({.header = R"({"alg":"rs256"})"}), Finding::wrong);
    EXPECT_EQ(finding({.header = R"({"alg":["RS256"]})"}), Finding::wrong);
    EXPECT_EQ(finding({.header = R"({})"}), Finding::wrong);
    // What we do not understand but must, or what is something else.
    EXPECT_EQ(finding({.header = R"({"alg":"RS256","crit":["b64"],"b64":false})"}), Finding::wrong);
    EXPECT_EQ(finding({.header = R"({"alg":"RS256","typ":"logout+jwt"})"}), Finding::wrong);
    EXPECT_EQ(finding({.header = R"({"alg":"RS256","typ":7})"}), Finding::wrong);
}

TEST(SaslToken, CountsWithNoByteChanged)
{
    const auto token = token_of({});
    for (std::size_t at = 0; at < token.size(); ++at) {
        auto changed = token;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        if (changed != token && at + 1 != token.size()) { // (The last character has spare bits.)
            EXPECT_EQ(judge(changed).finding, Finding::wrong) << at;
        }
    }
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, token.size() / 2, token.size() - 4})
        EXPECT_EQ(judge(token.substr(0, size)).finding, Finding::wrong);
    EXPECT_EQ(judge(token + ".x").finding, Finding::wrong);
    EXPECT_EQ(judge(token + "=").finding, Finding::wrong);
    EXPECT_EQ(judge(std::string(20'000, 'x')).finding, Finding::wrong);
}

TEST(SaslToken, HasToBeOfThisIssuerForUsAndOfAUser)
{
    const auto claims = [](const std::string& text) { return finding({.claims = text}); };
    EXPECT_EQ(claims(R"({"iss":"https://other","aud":"mail","exp":1700000300,"email":"a@b.c"})"),
              Finding::wrong);
    EXPECT_EQ(claims(R"({"aud":"mail","exp":1700000300,"email":"a@b.c"})"), Finding::wrong);
    EXPECT_EQ(claims(R"({"iss":"https://id.example.org","exp":1700000300,"email":"a@b.c"})"),
              Finding::wrong);
    EXPECT_EQ(
        claims(R"({"iss":"https://id.example.org","aud":"web","exp":1700000300,"email":"a@b.c"})"),
        Finding::wrong);
    EXPECT_EQ(
        claims(
            R"({"iss":"https://id.example.org","aud":["web","mail"],"exp":1700000300,"email":"a@b.c"})"),
        Finding::right);
    EXPECT_EQ(claims(R"({"iss":"https://id.example.org","aud":"mail","exp":1700000300})"),
              Finding::wrong);
    EXPECT_EQ(claims(R"({"iss":"https://id.example.org","aud":"mail","exp":1700000300,"email":7})"),
              Finding::wrong);
    EXPECT_EQ(claims(with(R"("email_verified":false)")), Finding::wrong);
    EXPECT_EQ(claims(with(R"("email_verified":"true")")), Finding::wrong);
    EXPECT_EQ(claims(with(R"("email_verified":true)")), Finding::right);
    EXPECT_EQ(claims("[]"), Finding::wrong);
    EXPECT_EQ(claims(std::string(100, '[')), Finding::wrong);
    auto by = rules();
    by.user_claim = "preferred_username";
    EXPECT_EQ(finding({}, by), Finding::wrong);
    EXPECT_EQ(judge(token_of({.claims = with(R"("preferred_username":"bob")")}), by).user, "bob");
    by = rules();
    by.audiences.clear();
    EXPECT_EQ(finding({}, by), Finding::wrong);
}

TEST(SaslToken, CountsInItsTimeOnly)
{
    const auto timed = [](const std::string& times) {
        return finding(
            {.claims =
                 R"({"iss":"https://id.example.org","aud":"mail","email":"a@b.c")" + times + "}"});
    };
    EXPECT_EQ(timed(""), Finding::wrong); // For ever: never.
    EXPECT_EQ(timed(R"(,"exp":1699999971)"), Finding::right);
    EXPECT_EQ(timed(R"(,"exp":1699999970)"), Finding::expired);
    EXPECT_EQ(timed(R"(,"exp":1700000000.5)"), Finding::right);
    EXPECT_EQ(timed(R"(,"exp":"1700000300")"), Finding::wrong);
    EXPECT_EQ(timed(R"(,"exp":1e300)"), Finding::wrong);
    EXPECT_EQ(timed(R"(,"exp":1700000300,"nbf":1700000030)"), Finding::right);
    EXPECT_EQ(timed(R"(,"exp":1700000300,"nbf":1700000031)"), Finding::wrong);
    EXPECT_EQ(timed(R"(,"exp":1700000300,"nbf":"soon")"), Finding::wrong);
}

TEST(SaslToken, NeedsEveryScope)
{
    auto by = rules();
    by.scopes = {"mail", "imap"};
    EXPECT_EQ(finding({}, by), Finding::lacks_scope);
    EXPECT_EQ(finding({.claims = with(R"("scope":"mail imaps")")}, by), Finding::lacks_scope);
    EXPECT_EQ(finding({.claims = with(R"("scope":"imap openid mail")")}, by), Finding::right);
    EXPECT_EQ(finding({.claims = with(R"("scp":["imap","mail"])")}, by), Finding::right);
    EXPECT_EQ(judge(token_of({}), by).scope, "mail imap");
}

TEST(SaslTokenKeys, SayWhatTheyAreForAndByWhichName)
{
    // RFC 8037 appendix A.2; RFC 7515 appendix A.3.
    const auto keys = TokenKeys::parse(
        R"({"keys":[
        {"kty":"OKP","crv":"Ed25519","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
         "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
         "y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
        {"kty":"oct","k":"c2VjcmV0"},
        {"kty":"OKP","crv":"Ed25519","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty":"OKP","crv":"Ed25519","alg":"RS256","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty":"RSA","n":"AQAB","e":"AQAB"}, 7]})");
    ASSERT_TRUE(keys) << keys.error();
    ASSERT_EQ(keys->keys.size(), 2u);
    EXPECT_EQ(keys->keys[0].id, "one");
    EXPECT_EQ(keys->keys[0].algorithms, std::vector{TokenAlgorithm::eddsa});
    EXPECT_EQ(keys->keys[1].algorithms, std::vector{TokenAlgorithm::es256});
    // RFC 7515 appendix A.3.1
    EXPECT_TRUE(verify_signature(
        keys->keys[1], TokenAlgorithm::es256,
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
        "LmNvbS9pc19yb290Ijp0cnVlfQ",
        *decode_base64url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-"
                          "F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")));
}

TEST(SaslTokenKeys, AreNoneWhereThereIsNoneOfOurs)
{
    for (const auto* text : {"", "{}", "{\"keys\":[]}", "[]", "nonsense", "{\"keys\":7}"})
        EXPECT_FALSE(TokenKeys::parse(text)) << text;
    EXPECT_FALSE(TokenKeys::parse(pem_of(shared(EVP_RSA_gen(1024)))));
    EXPECT_FALSE(TokenKeys::parse(pem_of(shared(EVP_EC_gen("P-384")))));
    EXPECT_FALSE(TokenKeys::parse(std::string(300 << 10, ' ')));
}

TEST(SaslTokenKeys, AreToldApartByTheirNames)
{
    unsigned char raw[32];
    std::size_t size = sizeof raw;
    EVP_PKEY_get_raw_public_key(ed25519().get(), raw, &size);
    const auto keys = *TokenKeys::parse(
        fmt::format(R"({{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"k1","x":"{}"}}]}})",
                    base64url({reinterpret_cast<char*>(raw), size})));
    const auto judged = [&](const std::string& header) {
        return verify_token(Secret(token_of({.header = header, .key = ed25519()})), keys, rules(),
                            now)
            .finding;
    };
    EXPECT_EQ(judged(R"({"alg":"EdDSA","kid":"k1"})"), Finding::right);
    EXPECT_EQ(judged(R"({"alg":"EdDSA","kid":"k2"})"), Finding::wrong);
    EXPECT_EQ(judged(R"({"alg":"EdDSA"})"), Finding::right);
}

TEST(SaslIntrospection, GoesByWhatTheIssuerSays)
{
    const auto judged = [](std::string_view text) {
        return judge_introspection(*parse_json_object(text, 10'000), rules(), now).finding;
    };
    EXPECT_EQ(judged(R"({"active":true,"aud":"mail","email":"a@b.c"})"), Finding::right);
    EXPECT_EQ(judged(R"({"active":true,"client_id":"mail","email":"a@b.c"})"), Finding::right);
    EXPECT_EQ(judged(R"({"active":true,"email":"a@b.c"})"), Finding::wrong);
    EXPECT_EQ(judged(R"({"active":false,"aud":"mail","email":"a@b.c"})"), Finding::wrong);
    EXPECT_EQ(judged(R"({"active":"true","aud":"mail","email":"a@b.c"})"), Finding::wrong);
    EXPECT_EQ(judged(R"({"aud":"mail","email":"a@b.c"})"), Finding::wrong);
    EXPECT_EQ(judged(R"({"active":true,"iss":"x","aud":"mail","email":"a@b.c"})"), Finding::wrong);
    EXPECT_EQ(judged(R"({"active":true,"aud":"mail","exp":1,"email":"a@b.c"})"), Finding::expired);
}

} // namespace
} // namespace posthouse::sasl
