// SPDX-License-Identifier: Apache-2.0
#include "tests/clerk/house.hpp"

#include "directory/totp.hpp"
#include "mail/base64.hpp"

#include <gsasl.h>

namespace posthouse::clerk::tests {
namespace {

using namespace std::string_literals;

class ClerkDialogue : public House {
protected:
    /// By GNU SASL's client.
    std::string by_scram(const std::string& user, const std::string& password,
                         wire::SaslStart request)
    {
        Gsasl* library = nullptr;
        Gsasl_session* session = nullptr;
        gsasl_init(&library);
        gsasl_client_start(library, request.mechanism().c_str(), &session);
        gsasl_property_set(session, GSASL_AUTHID, user.c_str());
        gsasl_property_set(session, GSASL_PASSWORD, password.c_str());
        if (!request.channel_binding_exporter().empty())
            gsasl_property_set(session, GSASL_CB_TLS_EXPORTER,
                               mail::base64(request.channel_binding_exporter()).c_str());
        const auto says = [&](const std::string& challenge) {
            char* output = nullptr;
            std::size_t bytes = 0;
            last_result = gsasl_step(session, challenge.data(), challenge.size(), &output, &bytes);
            const std::string said(output == nullptr ? "" : output, output == nullptr ? 0 : bytes);
            gsasl_free(output);
            return said;
        };
        request.set_has_initial(true);
        request.set_initial(says(""));
        auto told = ask(request);
        while (told.what() == SaslAnswer::CHALLENGE)
            told = answer(told.dialogue(), says(told.data()));
        if (told.what() == SaslAnswer::ACCEPTED)
            says(told.data());
        gsasl_finish(session);
        gsasl_done(library);
        return end_of(told);
    }
    int last_result = 0; // GSASL_OK: the client is content with us too.
};

TEST_F(ClerkDialogue, TakesAPasswordAtOnceOrWhenAsked)
{
    open();
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse")), "accepted alice@example.org");
    EXPECT_EQ(keeper.vouched, std::vector<std::uint64_t>{12});
    const auto asked = ask(start("plain"));
    EXPECT_EQ(end_of(asked), "challenge ");
    const auto told = answer(asked.dialogue(), "\0alice@example.org\0correct horse"s);
    EXPECT_EQ(end_of(told), "accepted alice@example.org");
    EXPECT_EQ(told.ticket(), "ticket-2");
    EXPECT_EQ(end_of(answer(asked.dialogue(), "\0alice@example.org\0correct horse"s)), "aborted");
}

TEST_F(ClerkDialogue, GivesTheSameAnswerForWhoIsNotThereAndAWrongPassword)
{
    open();
    const auto wrong = plain("alice@example.org", "guess");
    const auto nobody = plain("bob@example.org", "guess");
    EXPECT_EQ(wrong.SerializeAsString(), nobody.SerializeAsString());
    EXPECT_EQ(end_of(wrong), "wrong");
    EXPECT_EQ(end_of(plain("no address", "guess")), "wrong");
    EXPECT_TRUE(keeper.vouched.empty());
}

TEST_F(ClerkDialogue, LetsScramClientsIn)
{
    open();
    for (const auto* name : {"SCRAM-SHA-256", "SCRAM-SHA-1"}) {
        EXPECT_EQ(by_scram("Alice@example.org", "correct horse", start(name)),
                  "accepted alice@example.org");
        EXPECT_EQ(last_result, GSASL_OK);
        EXPECT_EQ(by_scram("alice@example.org", "guess", start(name)), "wrong");
        EXPECT_EQ(by_scram("bob@example.org", "correct horse", start(name)), "wrong");
    }
    auto bound = start("SCRAM-SHA-256-PLUS");
    bound.set_channel_binding_exporter(std::string(32, 'b'));
    EXPECT_EQ(by_scram("alice@example.org", "correct horse", bound), "accepted alice@example.org");
    bound.set_tls(false);
    EXPECT_EQ(end_of(ask(bound)), "no mechanism");
}

TEST_F(ClerkDialogue, ShowsWhoAsksByScramTheSameSaltEachTime)
{
    open();
    const auto salt_for = [&](const std::string& user) {
        auto request = start("SCRAM-SHA-256");
        request.set_has_initial(true);
        request.set_initial("n,,n=" + user + ",r=x");
        const auto data = ask(request).data();
        return data.substr(data.find(",s="));
    };
    EXPECT_EQ(salt_for("bob@example.org"), salt_for("bob@example.org"));
    EXPECT_EQ(salt_for("bob@example.org"), ",s=" + mail::base64("decoy salt of 16") + ",i=10000");
}

TEST_F(ClerkDialogue, RefusesWhatIsNotOfferedThere)
{
    terms.logins.mechanisms = {"PLAIN", "SCRAM-SHA-256"};
    open();
    for (const auto* name :
         {"LOGIN", "EXTERNAL", "OAUTHBEARER", "GSSAPI", "CRAM-MD5", "", "SCRAM-SHA-1"})
        EXPECT_EQ(end_of(ask(start(name))), "no mechanism") << name;
    auto clear = start("PLAIN");
    clear.set_tls(false);
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse", clear)), "needs tls");
    clear.set_clear(true);
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse", clear)),
              "accepted alice@example.org");
}

/// Takes "ticket of WHO", after one more round.
struct FakeAcceptor final : Acceptor {
    Task<std::optional<sasl::AcceptorStep>> take(Response response) override
    {
        using What = sasl::AcceptorStep::What;
        heard.push_back(response);
        if (is_down)
            co_return std::nullopt;
        if (response.data == "hello")
            co_return sasl::AcceptorStep{.what = What::challenge, .data = "layers?"};
        if (!response.data.starts_with("ticket of "))
            co_return sasl::AcceptorStep{};
        co_return sasl::AcceptorStep{.what = What::proved, .principal = response.data.substr(10)};
    }
    std::vector<Response> heard;
    bool is_down = false;
};

TEST_F(ClerkDialogue, LetsTheHoldersOfTicketsIn)
{
    const auto kerberos = std::make_shared<FakeAcceptor>();
    terms.acceptor = kerberos;
    terms.logins.keytab = "/keytab";
    terms.logins.realm = "EXAMPLE.ORG";
    open();
    const auto log_in = [&](const std::string& ticket) {
        auto request = start("GSSAPI");
        request.set_protocol("pop3");
        request.set_has_initial(true);
        request.set_initial("hello");
        const auto asked = ask(request);
        EXPECT_EQ(end_of(asked), "challenge layers?");
        return end_of(answer(asked.dialogue(), ticket));
    };
    EXPECT_EQ(log_in("ticket of alice@EXAMPLE.ORG"), "accepted alice@example.org");
    EXPECT_EQ(log_in("ticket of alice@ELSEWHERE.ORG"), "wrong");
    EXPECT_EQ(log_in("ticket of alice/admin@EXAMPLE.ORG"), "wrong");
    EXPECT_EQ(log_in("ticket of bob@EXAMPLE.ORG"), "wrong");
    EXPECT_EQ(log_in("no ticket"), "wrong");
    ASSERT_GE(kerberos->heard.size(), 4u);
    EXPECT_EQ(kerberos->heard[0].service, "pop");
    EXPECT_EQ(kerberos->heard[0].dialogue, kerberos->heard[1].dialogue);
    EXPECT_NE(kerberos->heard[1].dialogue, kerberos->heard[2].dialogue);
    kerberos->is_down = true;
    auto request = start("GSSAPI");
    request.set_has_initial(true);
    request.set_initial("hello");
    EXPECT_EQ(end_of(ask(request)), "unavailable");
}

TEST_F(ClerkDialogue, RefusesAClientThatWasToldOfNoBinding)
{
    open();
    auto request = start("SCRAM-SHA-256");
    request.set_channel_binding_exporter(std::string(32, 'b'));
    request.set_has_initial(true);
    request.set_initial("y,,n=alice@example.org,r=x");
    EXPECT_EQ(end_of(ask(request)), "wrong");
}

// ---- names ----------------------------------------------------------------------------------

TEST_F(ClerkDialogue, CompletesNamesAndTakesAliases)
{
    terms.logins.default_domain = *mail::Domain::parse("example.org");
    keeper.logins["sales@example.org"] = keeper.logins["alice@example.org"];
    open();
    EXPECT_EQ(end_of(plain("ALICE", "correct horse")), "accepted alice@example.org");
    EXPECT_EQ(end_of(plain("sales@example.org", "correct horse")), "accepted alice@example.org");
}

TEST_F(ClerkDialogue, LetsNobodyBeSomebodyElse)
{
    keeper.logins["sales@example.org"] = keeper.logins["alice@example.org"];
    keeper.logins["bob@example.org"] = login(13, "bob@example.org", "x");
    open();
    const auto as = [&](const std::string& other) {
        auto request = start("PLAIN");
        request.set_has_initial(true);
        request.set_initial(other + "\0alice@example.org\0correct horse"s);
        return end_of(ask(request));
    };
    EXPECT_EQ(as("alice@example.org"), "accepted alice@example.org");
    EXPECT_EQ(as("sales@example.org"), "accepted alice@example.org");
    EXPECT_EQ(as("bob@example.org"), "wrong");
    EXPECT_EQ(as("nobody@example.org"), "wrong");
}

// ---- app passwords and one-time codes -------------------------------------------------------

constexpr const char* app_password = "k7mz2-9q4xt-00000-11111-22222";

TEST_F(ClerkDialogue, TakesAnAppPasswordForItsProtocolsHoweverItIsTyped)
{
    add_app_password(keeper.logins["alice@example.org"], "phone", app_password, {"imap"});
    open();
    EXPECT_EQ(end_of(plain("alice@example.org", app_password)), "accepted alice@example.org");
    EXPECT_EQ(end_of(plain("alice@example.org", "K7MZ29Q4XT 00000 11111 22222")),
              "accepted alice@example.org");
    EXPECT_EQ(end_of(plain("alice@example.org", app_password, "pop3"s)), "not allowed");
    EXPECT_EQ(end_of(plain("alice@example.org", "k7mz2-9q4xt-00000-11111-22223")), "wrong");
    EXPECT_EQ(by_scram("alice@example.org", app_password, start("SCRAM-SHA-256")),
              "accepted alice@example.org");
    EXPECT_EQ(last_result, GSASL_OK);
    auto pop3 = start("SCRAM-SHA-256");
    pop3.set_protocol("pop3");
    EXPECT_EQ(by_scram("alice@example.org", app_password, pop3), "wrong");
    EXPECT_EQ(by_scram("alice@example.org", "correct horse", pop3), "accepted alice@example.org");
}

TEST_F(ClerkDialogue, WantsAOneTimeCodeOnceAndAnAppPasswordWithout)
{
    auto& alice = keeper.logins["alice@example.org"];
    alice.set_totp("12345678901234567890");
    add_app_password(alice, "phone", app_password);
    open();
    const auto step = directory::totp_step(wall_clock());
    const auto now = directory::totp_code("12345678901234567890", step);
    const auto later = directory::totp_code("12345678901234567890", step + 1);
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse")), "wrong");
    EXPECT_EQ(end_of(plain("alice@example.org", "guess" + now)), "wrong");
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse" + now)),
              "accepted alice@example.org");
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse" + now)), "wrong");
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse" + later)),
              "accepted alice@example.org");
    EXPECT_EQ(end_of(plain("alice@example.org", app_password)), "accepted alice@example.org");
    EXPECT_EQ(by_scram("alice@example.org", "correct horse", start("SCRAM-SHA-256")), "wrong");
    EXPECT_EQ(by_scram("alice@example.org", app_password, start("SCRAM-SHA-256")),
              "accepted alice@example.org");
}

TEST_F(ClerkDialogue, TellsOnlyWhoKnowsThePasswordThatTheLoginIsTurnedOff)
{
    keeper.logins["alice@example.org"].set_disabled(true);
    keeper.logins["bob@example.org"] = login(13, "bob@example.org", "battery");
    keeper.logins["bob@example.org"].add_disabled_protocols("pop3");
    open();
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse")), "disabled");
    EXPECT_EQ(end_of(plain("alice@example.org", "guess")), "wrong");
    EXPECT_EQ(by_scram("alice@example.org", "correct horse", start("SCRAM-SHA-256")), "disabled");
    EXPECT_EQ(by_scram("alice@example.org", "guess", start("SCRAM-SHA-256")), "wrong");
    EXPECT_EQ(end_of(plain("bob@example.org", "battery", "pop3"s)), "not allowed");
    EXPECT_EQ(end_of(plain("bob@example.org", "guess", "pop3"s)), "wrong");
    EXPECT_EQ(end_of(plain("bob@example.org", "battery", "imap"s)), "accepted bob@example.org");
    EXPECT_EQ(keeper.vouched, std::vector<std::uint64_t>{13});
}

// ---- remembering ----------------------------------------------------------------------------

TEST_F(ClerkDialogue, RemembersASuccessUntilACredentialChanges)
{
    open();
    const auto questions = [&](const std::string& password, const std::string& protocol) {
        const auto before = keeper.asked_for.size();
        plain("alice@example.org", password, protocol);
        return keeper.asked_for.size() - before;
    };
    EXPECT_EQ(questions("correct horse", "imap"), 1u);
    EXPECT_EQ(questions("correct horse", "imap"), 0u);
    EXPECT_EQ(questions("correct horse", "pop3"), 1u);
    EXPECT_EQ(questions("guess", "imap"), 1u);
    EXPECT_EQ(questions("guess", "imap"), 1u);
    EXPECT_EQ(desk->remembered().size(), 2u);
    changed(13);
    EXPECT_EQ(questions("correct horse", "imap"), 0u);
    changed(12);
    keeper.logins["alice@example.org"] = login(12, "alice@example.org", "other");
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse")), "wrong");
    EXPECT_EQ(end_of(plain("alice@example.org", "other")), "accepted alice@example.org");
}

TEST_F(ClerkDialogue, RemembersNothingThatChangedWhileItWasLookedAt)
{
    open();
    keeper.before_answer = [&] { desk->remembered().forget(12); };
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse")), "accepted alice@example.org");
    EXPECT_EQ(desk->remembered().size(), 0u);
}

// ---- dialogues ------------------------------------------------------------------------------

TEST_F(ClerkDialogue, IsOneGatesAndNoOthers)
{
    open();
    const auto asked = ask(start("LOGIN"));
    wire::SaslContinue request;
    request.set_dialogue(asked.dialogue());
    request.set_response("alice@example.org");
    const auto other =
        run(io, other_gate.ours->call<SaslAnswer>(Method::sasl_continue, request))->message;
    EXPECT_EQ(end_of(other), "aborted");
    EXPECT_EQ(end_of(answer(asked.dialogue(), "alice@example.org")), "challenge Password:");
}

TEST_F(ClerkDialogue, EndsWhenTheClientCancelsOrGoesOrSaysTooMuch)
{
    open();
    auto asked = ask(start("LOGIN"));
    wire::SaslContinue cancel;
    cancel.set_dialogue(asked.dialogue());
    cancel.set_cancel(true);
    EXPECT_EQ(end_of(run(io, gate.ours->call<SaslAnswer>(Method::sasl_continue, cancel))->message),
              "aborted");
    asked = ask(start("LOGIN"));
    EXPECT_EQ(end_of(answer(asked.dialogue(), std::string(17 << 10, 'x'))), "malformed");
    asked = ask(start("LOGIN"));
    EXPECT_EQ(desk->dialogues().size(), 1u);
    desk->gone(gate.theirs.get());
    EXPECT_EQ(desk->dialogues().size(), 0u);
    auto long_one = start("PLAIN");
    long_one.set_has_initial(true);
    long_one.set_initial(std::string(17 << 10, 'x'));
    EXPECT_EQ(end_of(ask(long_one)), "malformed");
}

TEST(ClerkDialogues, AreBoundedInNumberAndTime)
{
    SeededRandom random(1);
    Dialogues dialogues({.lasts = std::chrono::seconds(60), .of_a_gate = 3, .all = 4});
    const auto* one = reinterpret_cast<const wire::Link*>(8);
    const auto* other = reinterpret_cast<const wire::Link*>(16);
    const Instant begin{std::chrono::hours(1)};
    const auto open = [&](const wire::Link* gate, Instant now) {
        OpenDialogue dialogue{.gate = gate,
                              .sasl = sasl::plain_dialogue(),
                              .attempt = {},
                              .until = now + dialogues.limits().lasts,
                              .asked = now,
                              .password = {},
                              .keys = {}};
        return dialogues.keep(std::move(dialogue), random);
    };
    const auto first = open(one, begin);
    EXPECT_NE(first, 0u);
    EXPECT_NE(open(one, begin), 0u);
    EXPECT_NE(open(one, begin), 0u);
    EXPECT_EQ(open(one, begin), 0u);
    EXPECT_NE(open(other, begin), 0u);
    EXPECT_EQ(open(other, begin), 0u);
    EXPECT_FALSE(dialogues.take(other, first, begin));
    EXPECT_TRUE(dialogues.take(one, first, begin + std::chrono::seconds(59)));
    EXPECT_FALSE(dialogues.take(one, first, begin));
    const auto last = open(one, begin);
    EXPECT_FALSE(dialogues.take(one, last, begin + std::chrono::seconds(60)));
    EXPECT_NE(open(other, begin + std::chrono::seconds(61)), 0u);
    EXPECT_EQ(dialogues.size(), 1u); // Those whose time is over went.
    dialogues.gone(other);
    EXPECT_EQ(dialogues.size(), 0u);
}

// ---- the brake ------------------------------------------------------------------------------

TEST_F(ClerkDialogue, AnswersFailuresLateAndAllOfThemAlike)
{
    terms.logins.failure_delay = std::chrono::milliseconds(40);
    terms.logins.failure_delay_maximum = std::chrono::milliseconds(80);
    open();
    const auto time_of = [&](const std::string& user) {
        const auto begin = Instant::clock::now();
        EXPECT_EQ(end_of(plain(user, "guess")), "wrong");
        return Instant::clock::now() - begin;
    };
    EXPECT_GE(time_of("alice@example.org"), std::chrono::milliseconds(40));
    EXPECT_GE(time_of("nobody@example.org"), std::chrono::milliseconds(80));
    EXPECT_GE(time_of("alice@example.org"), std::chrono::milliseconds(80));
}

TEST_F(ClerkDialogue, TurnsEverybodyAwayFromAnAccountThatManyGuessAtButFromItsOwnPlace)
{
    terms.logins.failures_per_account = 3;
    open();
    const auto from = [&](const std::string& client, const std::string& password) {
        auto request = start("PLAIN");
        request.set_client_address(client);
        return end_of(plain("alice@example.org", password, request));
    };
    EXPECT_EQ(from("198.51.100.7", "correct horse"), "accepted alice@example.org");
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(from("192.0.2." + std::to_string(i), "guess"), "wrong");
    EXPECT_EQ(from("192.0.2.9", "correct horse"), "braked");
    EXPECT_EQ(from("198.51.100.7", "correct horse"), "accepted alice@example.org");
    EXPECT_EQ(by_scram("alice@example.org", "correct horse", start("SCRAM-SHA-256")), "braked");
}

// ---- certificates and tokens ----------------------------------------------------------------

TEST_F(ClerkDialogue, TakesWhoeverTheCertificateNames)
{
    open();
    auto request = start("EXTERNAL");
    EXPECT_EQ(end_of(ask(request)), "no mechanism");
    request.set_certificate_identity("alice@example.org");
    request.set_has_initial(true);
    EXPECT_EQ(end_of(ask(request)), "accepted alice@example.org");
    request.set_initial("bob@example.org");
    EXPECT_EQ(end_of(ask(request)), "wrong");
    request.set_initial("");
    request.set_certificate_identity("stranger@example.org");
    EXPECT_EQ(end_of(ask(request)), "wrong");
    request.set_certificate_identity("alice@example.org");
    request.set_tls(false);
    EXPECT_EQ(end_of(ask(request)), "no mechanism");
}

class FakeTokens final : public Tokens {
public:
    Task<std::optional<sasl::TokenVerdict>> judge(Secret token) override
    {
        using Finding = sasl::TokenVerdict::Finding;
        if (token.reveal() == "good")
            co_return sasl::TokenVerdict{.finding = Finding::right, .user = "alice@example.org"};
        if (token.reveal() == "old")
            co_return sasl::TokenVerdict{.finding = Finding::expired};
        if (token.reveal() == "stranger")
            co_return sasl::TokenVerdict{.finding = Finding::right, .user = "x@example.net"};
        if (token.reveal() == "later")
            co_return std::nullopt;
        co_return sasl::TokenVerdict{};
    }
};

TEST_F(ClerkDialogue, TakesTokensForWhomTheyAre)
{
    terms.tokens = std::make_shared<FakeTokens>();
    terms.logins.oauth.issuer = "https://id.example.org";
    open();
    const auto with = [&](const std::string& token, const std::string& user) {
        auto request = start("OAUTHBEARER");
        request.set_has_initial(true);
        request.set_initial("n," + (user.empty() ? "" : "a=" + user) +
                            ",\x01"
                            "auth=Bearer " +
                            token + "\x01\x01");
        auto told = ask(request);
        if (told.what() == SaslAnswer::CHALLENGE)
            told = answer(told.dialogue(), "\x01");
        return end_of(told);
    };
    EXPECT_EQ(with("good", ""), "accepted alice@example.org");
    EXPECT_EQ(with("good", "alice@example.org"), "accepted alice@example.org");
    EXPECT_EQ(with("good", "bob@example.org"), "wrong");
    EXPECT_EQ(with("old", ""), "expired");
    EXPECT_EQ(with("bad", ""), "wrong");
    EXPECT_EQ(with("stranger", ""), "wrong");
    EXPECT_EQ(with("later", ""), "unavailable");
}

// ---- outside sources ------------------------------------------------------------------------

class ClerkSources : public ClerkDialogue {
protected:
    ClerkSources()
    {
        PlacedSource own, one, two;
        own.terms.name = "own";
        one.terms.name = "one";
        one.outside = first;
        two.terms.name = "two";
        two.terms.domains = {*mail::Domain::parse("example.org")};
        two.outside = second;
        terms.sources = {own, one, two};
        first->users["carol@example.org"] = "first";
        second->users["carol@example.org"] = "second";
        second->users["dave@example.org"] = "second";
        second->users["eve@example.net"] = "second";
    }
    std::shared_ptr<Elsewhere> first = std::make_shared<Elsewhere>();
    std::shared_ptr<Elsewhere> second = std::make_shared<Elsewhere>();
};

TEST_F(ClerkSources, AreAskedInTheirOrderUntilOneKnowsTheUser)
{
    open();
    EXPECT_EQ(end_of(plain("carol@example.org", "second")), "wrong");
    EXPECT_EQ(end_of(plain("carol@example.org", "first")), "accepted carol@example.org");
    EXPECT_EQ(end_of(plain("dave@example.org", "second")), "accepted dave@example.org");
    EXPECT_EQ(keeper.provided,
              (std::vector<std::string>{"carol@example.org of one", "dave@example.org of two"}));
    EXPECT_EQ(end_of(plain("alice@example.org", "correct horse")), "accepted alice@example.org");
    EXPECT_EQ(second->asked, 1);
    EXPECT_EQ(end_of(plain("eve@example.net", "second")), "wrong");
    EXPECT_EQ(end_of(plain("nobody@example.org", "second")), "wrong");
}

TEST_F(ClerkSources, AreRememberedAsLongAsTheyMayBe)
{
    open();
    plain("carol@example.org", "first");
    plain("carol@example.org", "first");
    EXPECT_EQ(first->asked, 1);
    terms.sources[1].terms.cache = {};
    desk->configure(terms);
    plain("carol@example.org", "first");
    plain("carol@example.org", "first");
    EXPECT_EQ(first->asked, 3);
}

TEST_F(ClerkSources, AreNoGroundForARefusalWhileTheyAreOut)
{
    first->out = true;
    open();
    EXPECT_EQ(end_of(plain("nobody@example.org", "x")), "unavailable");
    EXPECT_EQ(end_of(plain("dave@example.org", "second")), "accepted dave@example.org");
    EXPECT_EQ(end_of(plain("alice@example.org", "guess")), "wrong");
}

TEST_F(ClerkSources, GiveScramItsKeys)
{
    open();
    EXPECT_EQ(by_scram("carol@example.org", "first", start("SCRAM-SHA-256")),
              "accepted carol@example.org");
    EXPECT_EQ(by_scram("carol@example.org", "second", start("SCRAM-SHA-256")), "wrong");
}

TEST_F(ClerkSources, TakeBackAppPasswordsWithTheirUsers)
{
    keeper.logins["carol@example.org"] = login(50, "carol@example.org", "");
    keeper.logins["carol@example.org"].set_source("one");
    add_app_password(keeper.logins["carol@example.org"], "phone", app_password);
    terms.logins.remember = {};
    open();
    EXPECT_EQ(end_of(plain("carol@example.org", app_password)), "accepted carol@example.org");
    first->disabled.insert("carol@example.org");
    EXPECT_EQ(end_of(plain("carol@example.org", app_password)), "disabled");
    first->users.clear();
    second->users.clear();
    EXPECT_EQ(end_of(plain("carol@example.org", app_password)), "wrong");
    EXPECT_EQ(by_scram("carol@example.org", app_password, start("SCRAM-SHA-256")), "wrong");
}

TEST_F(ClerkSources, TellTheKeeperWhoExists)
{
    open();
    const auto find = [&](const std::string& address) {
        wire::FindPerson question;
        question.set_address(address);
        wire::Frame frame;
        frame.head.method = Method::find_person;
        frame.message = question.SerializeAsString();
        const auto told = run(io, desk->serve_keeper(std::move(frame)));
        return *wire::parse<wire::FoundPerson>(told->message);
    };
    EXPECT_EQ(find("carol@example.org").source(), "one");
    EXPECT_EQ(find("carol@example.org").address(), "carol@example.org");
    EXPECT_FALSE(find("alice@example.org").found()); // Ours: the keeper knows her.
}

TEST_F(ClerkDialogue, LogsWhereFromAndHowAndNeverASecret)
{
    add_app_password(keeper.logins["alice@example.org"], "phone", app_password);
    open();
    ::testing::internal::CaptureStderr();
    auto request = start("PLAIN");
    request.set_session("s1");
    request.set_listener("192.0.2.9:993");
    plain("alice@example.org", app_password, request);
    by_scram("alice@example.org", "hunter2", start("SCRAM-SHA-256"));
    const auto lines = ::testing::internal::GetCapturedStderr();
    EXPECT_TRUE(lines.contains(
        "event=login.ok user=alice@example.org client=192.0.2.1 protocol=imap mechanism=PLAIN "
        "tls=yes session=s1 listener=192.0.2.9:993 account=alice@example.org source=accounts "
        "app_password=phone remembered=no"))
        << lines;
    EXPECT_TRUE(lines.contains("event=login.failed user=alice@example.org client=192.0.2.1 "
                               "protocol=imap mechanism=SCRAM-SHA-256"));
    EXPECT_FALSE(lines.contains("k7mz2"));
    EXPECT_FALSE(lines.contains("hunter2"));
}

} // namespace
} // namespace posthouse::clerk::tests
