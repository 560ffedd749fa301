// SPDX-License-Identifier: Apache-2.0
#include "mail/base64.hpp"
#include "sasl/scram_text.hpp"
#include "tests/sasl/lead.hpp"

#include <gsasl.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::sasl::tests {
namespace {

using namespace std::string_literals;

ScramVariant unbound(ScramHash hash)
{
    return {hash, Binding::none};
}

/// The standards' example, whose user has the password "pencil".
struct Example {
    ScramHash hash;
    std::string salt, client_nonce, server_nonce, challenge, response, end;
};
const Example rfc5802{ScramHash::sha_1,
                      "QSXCR+Q6sek8bf92",
                      "fyko+d2lbbFgONRv9qkxdawL",
                      "3rfcNHYJY1ZVvWVs7j",
                      "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p="
                      "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                      "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="};
const Example rfc7677{ScramHash::sha_256,
                      "W22ZaJ0SNY7soEsUEjb6gQ==",
                      "rOprNGfwEbeRWgbNEkqO",
                      "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
                      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6"
                      "gQ==,i=4096",
                      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p="
                      "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                      "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="};

void lead(const Example& example)
{
    World world{.passwords = {{"user", "pencil"}}};
    world.salt = *mail::decode_base64(example.salt);
    const auto dialogue = scram_dialogue(unbound(example.hash), {}, example.server_nonce);
    EXPECT_EQ(end_of(hold(world, *dialogue, "n,,n=user,r=" + example.client_nonce)),
              "challenge " + example.challenge);
    const auto end = world.lead(*dialogue, dialogue->receive(example.response));
    ASSERT_TRUE(std::holds_alternative<Accepted>(end));
    EXPECT_EQ(std::get<Accepted>(end).user, "user");
    EXPECT_EQ(std::get<Accepted>(end).data, example.end);
}

TEST(SaslScram, HoldsTheDialogueOfRfc5802)
{
    lead(rfc5802); // RFC 5802 §5
}

TEST(SaslScram, HoldsTheDialogueOfRfc7677)
{
    lead(rfc7677); // RFC 7677 §3
}

// ---- against GNU SASL's client --------------------------------------------------------------

struct Client {
    std::string mechanism, user = "alice@example.org", password = "correct horse";
    std::string exporter = {}; // tls-exporter
};

/// How it ends for the server, and whether the client is content with the server.
std::pair<std::string, bool> meet(const World& world, const Client& client, Dialogue& dialogue)
{
    Gsasl* library = nullptr;
    Gsasl_session* session = nullptr;
    EXPECT_EQ(gsasl_init(&library), GSASL_OK);
    EXPECT_EQ(gsasl_client_start(library, client.mechanism.c_str(), &session), GSASL_OK);
    gsasl_property_set(session, GSASL_AUTHID, client.user.c_str());
    gsasl_property_set(session, GSASL_PASSWORD, client.password.c_str());
    if (!client.exporter.empty())
        gsasl_property_set(session, GSASL_CB_TLS_EXPORTER, mail::base64(client.exporter).c_str());
    bool content = false;
    const auto says = [&](const std::string& challenge) -> std::optional<std::string> {
        char* output = nullptr;
        std::size_t bytes = 0;
        const int result = gsasl_step(session, challenge.data(), challenge.size(), &output, &bytes);
        content = result == GSASL_OK;
        if (result != GSASL_OK && result != GSASL_NEEDS_MORE)
            return std::nullopt;
        std::string said(output, bytes);
        gsasl_free(output);
        return said;
    };
    auto step = world.lead(dialogue, dialogue.begin(says("")));
    while (const auto* challenge = std::get_if<Challenge>(&step)) {
        auto response = says(challenge->data);
        if (!response)
            break;
        step = world.lead(dialogue, dialogue.receive(std::move(*response)));
    }
    if (const auto* accepted = std::get_if<Accepted>(&step); accepted && !accepted->data.empty())
        says(accepted->data);
    gsasl_finish(session);
    gsasl_done(library);
    return {end_of(step), content};
}

const World two_users{
    .passwords = {{"alice@example.org", "correct horse"}, {"müller,=@example.org", "gr\u00fcn"}}};

TEST(SaslScram, UnderstandsGnuSasl)
{
    for (const auto& [name, hash] : {std::pair("SCRAM-SHA-1", ScramHash::sha_1),
                                     std::pair("SCRAM-SHA-256", ScramHash::sha_256)}) {
        const auto right = scram_dialogue(unbound(hash), {}, "nonce");
        EXPECT_EQ(meet(two_users, {.mechanism = name}, *right),
                  (std::pair("accepted alice@example.org"s, true)));
        const auto strange = scram_dialogue(unbound(hash), {}, "nonce");
        EXPECT_EQ(meet(two_users,
                       {.mechanism = name, .user = "müller,=@example.org", .password = "grün"},
                       *strange),
                  (std::pair("accepted müller,=@example.org"s, true)));
        const auto wrong = scram_dialogue(unbound(hash), {}, "nonce");
        EXPECT_EQ(meet(two_users, {.mechanism = name, .password = "wrong"}, *wrong),
                  (std::pair("wrong"s, false)));
        const auto unknown = scram_dialogue(unbound(hash), {}, "nonce");
        EXPECT_EQ(meet(two_users, {.mechanism = name, .user = "bob@example.org"}, *unknown),
                  (std::pair("wrong"s, false)));
    }
}

TEST(SaslScram, BindsToTheTlsConnectionOfGnuSasl)
{
    const std::string binding(32, 'b');
    const Channel channel{.tls = true, .exporter = binding, .plus_offered = true};
    const ScramVariant plus{ScramHash::sha_256, Binding::required};
    const auto right = scram_dialogue(plus, channel, "nonce");
    EXPECT_EQ(meet(two_users, {.mechanism = "SCRAM-SHA-256-PLUS", .exporter = binding}, *right),
              (std::pair("accepted alice@example.org"s, true)));
    // Somebody stands between, with a connection of his own to each side.
    const auto relayed = scram_dialogue(plus, channel, "nonce");
    EXPECT_EQ(meet(two_users, {.mechanism = "SCRAM-SHA-256-PLUS", .exporter = std::string(32, 'x')},
                   *relayed),
              (std::pair("wrong"s, false)));
}

TEST(SaslPlain, UnderstandsGnuSasl)
{
    const auto plain = plain_dialogue();
    EXPECT_EQ(meet(two_users, {.mechanism = "PLAIN"}, *plain).first, "accepted alice@example.org");
    const auto login = login_dialogue();
    EXPECT_EQ(meet(two_users, {.mechanism = "LOGIN"}, *login).first, "accepted alice@example.org");
}

// ---- channel binding ------------------------------------------------------------------------

std::string first_answer(const Channel& channel, Binding binding, const std::string& said)
{
    const auto dialogue = scram_dialogue({ScramHash::sha_256, binding}, channel, "nonce");
    return end_of(hold(two_users, *dialogue, said)).substr(0, 9);
}

TEST(SaslScram, RefusesAClientThatWasMadeToBelieveThatThereIsNoBinding)
{
    const Channel channel{.tls = true, .exporter = "e", .end_point = "p", .plus_offered = true};
    EXPECT_EQ(first_answer(channel, Binding::none, "y,,n=alice@example.org,r=x"), "wrong");
    EXPECT_EQ(first_answer(channel, Binding::none, "n,,n=alice@example.org,r=x"), "challenge");
    EXPECT_EQ(first_answer({}, Binding::none, "y,,n=alice@example.org,r=x"), "challenge");
}

TEST(SaslScram, TakesEitherBindingAndOnlyWhereItIsAskedFor)
{
    const Channel channel{.tls = true, .exporter = "e", .end_point = "p", .plus_offered = true};
    const auto plus = Binding::required;
    EXPECT_EQ(first_answer(channel, plus, "p=tls-exporter,,n=a,r=x"), "challenge");
    EXPECT_EQ(first_answer(channel, plus, "p=tls-server-end-point,,n=a,r=x"), "challenge");
    EXPECT_EQ(first_answer(channel, plus, "p=tls-unique,,n=a,r=x"), "malformed");
    EXPECT_EQ(first_answer(channel, plus, "n,,n=a,r=x"), "malformed");
    EXPECT_EQ(first_answer(channel, plus, "y,,n=a,r=x"), "malformed");
    EXPECT_EQ(first_answer(channel, Binding::none, "p=tls-exporter,,n=a,r=x"), "malformed");
    const Channel one{.tls = true, .end_point = "p"};
    EXPECT_EQ(first_answer(one, plus, "p=tls-exporter,,n=a,r=x"), "malformed");
}

TEST(SaslScram, TakesNoMessagesOfAnotherForm)
{
    for (const auto& said :
         {""s, "n,,"s, "n,,n=,r=x"s, "n,,n=a"s, "n,,n=a,r="s, "n,,r=x,n=a"s, "n,,m=1,n=a,r=x"s,
          "n,,n=a=41,r=x"s, "n,,n=a\0b,r=x"s, "n,b=c,n=a,r=x"s, "x,,n=a,r=x"s, "n,,n=a,r=x\x7f"s,
          "n,,n=\xff,r=x"s, "p=,,n=a,r=x"s, "n,,n=a,r=x,"s + std::string("m=1"),
          "n,,n=" + std::string(1000, 'a') + ",r=x", "n,,n=a,r=" + std::string(1000, 'x')})
        EXPECT_EQ(first_answer({}, Binding::none, said), "malformed") << said;
    for (const auto& said :
         {""s, "c=biws"s, "c=biws,r=xnonce"s, "c=biws,r=xnonce,p="s, "c=!,r=xnonce,p=AAAA"s,
          "r=xnonce,c=biws,p=AAAA"s, "c=biws,r=xnonce,p=AAAA"s}) {
        const auto dialogue = scram_dialogue(unbound(ScramHash::sha_256), {}, "nonce");
        EXPECT_EQ(end_of(hold(two_users, *dialogue, "n,,n=alice@example.org,r=x", {said})),
                  "malformed")
            << said;
    }
}

/// A client that knows everything of the right dialogue but one thing.
TEST(SaslScram, AcceptsNoDialogueInWhichAnyByteIsAnother)
{
    World world{.passwords = {{"user", "pencil"}}};
    world.salt = *mail::decode_base64(rfc7677.salt);
    for (std::size_t at = 0; at < rfc7677.response.size(); ++at) {
        auto response = rfc7677.response;
        response[at] = static_cast<char>(response[at] ^ 1);
        const auto dialogue = scram_dialogue(unbound(ScramHash::sha_256), {}, rfc7677.server_nonce);
        const auto end = hold(world, *dialogue, "n,,n=user,r=" + rfc7677.client_nonce, {response});
        EXPECT_TRUE(std::holds_alternative<Refused>(end)) << at;
    }
}

TEST(SaslScram, NeverAcceptsDecoysNotEvenWithTheirKeys)
{
    // The keys of a real password, supplied as decoys.
    const auto keys = *make_scram_keys(Secret("pencil"), ScramHash::sha_256,
                                       *mail::decode_base64(rfc7677.salt), 4096);
    for (const auto kind : {SuppliedKeys::Kind::decoy, SuppliedKeys::Kind::genuine}) {
        const auto dialogue = scram_dialogue(unbound(ScramHash::sha_256), {}, rfc7677.server_nonce);
        dialogue->begin("n,,n=user,r=" + rfc7677.client_nonce);
        dialogue->supply({kind, {keys}});
        const auto end = dialogue->receive(rfc7677.response);
        EXPECT_EQ(std::holds_alternative<Accepted>(end), kind == SuppliedKeys::Kind::genuine);
    }
}

TEST(SaslScram, FindsOutWhichOfAUsersPasswordsItWas)
{
    const auto salt = *mail::decode_base64(rfc7677.salt);
    SuppliedKeys supplied{.kind = SuppliedKeys::Kind::genuine, .keys = {}};
    for (const auto* password : {"pen", "pencil", "eraser"})
        supplied.keys.push_back(*make_scram_keys(Secret(password), ScramHash::sha_256, salt, 4096));
    const auto dialogue = scram_dialogue(unbound(ScramHash::sha_256), {}, rfc7677.server_nonce);
    dialogue->begin("n,,n=user,r=" + rfc7677.client_nonce);
    dialogue->supply(std::move(supplied));
    const auto end = dialogue->receive(rfc7677.response);
    ASSERT_TRUE(std::holds_alternative<Accepted>(end));
    EXPECT_EQ(std::get<Accepted>(end).key, 1u);
    EXPECT_EQ(std::get<Accepted>(end).data, rfc7677.end);
}

// ---- keys -----------------------------------------------------------------------------------

TEST(SaslScramKeys, AreThoseThatGnuSaslMakes)
{
    const std::string salt = "salt salt salt 1", password = "pencil";
    char salted[64], client[64], server[64], stored[64];
    ASSERT_EQ(gsasl_scram_secrets_from_password(GSASL_HASH_SHA256, password.c_str(), 4096,
                                                salt.data(), salt.size(), salted, client, server,
                                                stored),
              GSASL_OK);
    const auto keys = make_scram_keys(Secret(password), ScramHash::sha_256, salt, 4096);
    EXPECT_EQ(keys->stored_key, std::string(stored, 32));
    EXPECT_EQ(keys->server_key, std::string(server, 32));
    EXPECT_TRUE(verify_by_scram(Secret("pencil"), *keys));
    EXPECT_FALSE(verify_by_scram(Secret("pencils"), *keys));
}

TEST(SaslScramKeys, ArePreparedAsPasswordsAre) // RFC 4013 §3
{
    EXPECT_EQ(saslprep("I\u00adX"), "IX");
    EXPECT_EQ(saslprep("user"), "user");
    EXPECT_EQ(saslprep("\u00aa"), "a");
    EXPECT_EQ(saslprep("\u2168"), "IX");
    EXPECT_EQ(saslprep("\u0007"), std::nullopt);
    EXPECT_EQ(saslprep("\u06271"), std::nullopt);
    EXPECT_EQ(saslprep("\xff"), std::nullopt);
    EXPECT_EQ(make_scram_keys(Secret(""), ScramHash::sha_1, "salt"), std::nullopt);
}

TEST(SaslScramKeys, AreReadAsTheyAreWritten)
{
    rc::check([](std::uint32_t number, bool old) {
        const auto keys =
            make_scram_keys(Secret(std::to_string(number)),
                            old ? ScramHash::sha_1 : ScramHash::sha_256, "0123456789abcdef", 4096);
        RC_ASSERT(parse_scram_text(scram_text(*keys)) == keys);
    });
    for (const auto* text : {"", "SCRAM-SHA-256", "SCRAM-SHA-256$4096:c2FsdA==$AAAA:AAAA",
                             "SCRAM-MD5$4096:c2FsdA==$:", "SCRAM-SHA-256$1:c2FsdA==$AAAA:AAAA"})
        EXPECT_EQ(parse_scram_text(text), std::nullopt) << text;
}

} // namespace
} // namespace posthouse::sasl::tests
