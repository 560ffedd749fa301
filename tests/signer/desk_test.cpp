// SPDX-License-Identifier: Apache-2.0
#include "signer/desk.hpp"

#include "signer/offers.hpp"
#include "tests/net/certificate.hpp"
#include "tests/store/coroutine.hpp"
#include "wire/parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

namespace posthouse::signer {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using wire::Failure;

std::string handshake()
{
    return std::string(64, ' ') + "TLS 1.3, server CertificateVerify\0"s + std::string(32, 'h');
}

class SignerDesk : public ::testing::Test {
protected:
    explicit SignerDesk(Desk::Limits limits = {}) : desk(limits, random, 1h)
    {
        auto key = net::PrivateKey::parse(identity.key, identity.certificate).value();
        name = key.name();
        EXPECT_TRUE(desk.keys().add(std::move(key)));
    }

    wire::Result<wire::Answer> ask(const wire::Sign& request,
                                   wire::Method method = wire::Method::sign,
                                   const std::string& gate = "gate.mail")
    {
        return tests::run(io, desk.serve(gate,
                                         {{.kind = wire::Kind::request, .method = method},
                                          request.SerializeAsString(),
                                          {}},
                                         now));
    }

    wire::Sign order(std::uint32_t scheme = 0x0403) const
    {
        wire::Sign request;
        request.set_key(name);
        request.set_scheme(scheme);
        request.set_content(handshake());
        return request;
    }

    const tests::SelfSigned identity = tests::self_signed("mx.example.org");
    boost::asio::io_context io{1};
    SystemRandom random;
    Instant now = Instant::clock::now();
    Desk desk;
    std::string name;
};

TEST_F(SignerDesk, SignsAHandshake)
{
    const auto answer = ask(order());
    ASSERT_TRUE(answer);
    const auto made = wire::parse<wire::Signed>(answer->message)->signature();
    const auto certificate =
        tests::from_pem<X509>(identity.certificate, PEM_read_bio_X509, X509_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    const auto content = handshake();
    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                         X509_get0_pubkey(certificate.get()));
    EXPECT_EQ(1,
              EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(made.data()),
                               made.size(), reinterpret_cast<const unsigned char*>(content.data()),
                               content.size()));
    EXPECT_EQ(desk.take_counts().signatures, 1u);
    EXPECT_EQ(desk.take_counts().signatures, 0u);
}

TEST_F(SignerDesk, KnowsNoKeysButThoseItWasGiven)
{
    auto request = order();
    for (const std::string& other : {""s, name.substr(1), name + "x", std::string(32, 'k')}) {
        request.set_key(other);
        EXPECT_EQ(ask(request).error(), Failure::refused);
    }
    EXPECT_EQ(desk.take_counts().refused, 4u);
}

TEST_F(SignerDesk, SignsNothingButHandshakes)
{
    auto request = order();
    for (const std::string& foreign :
         {""s, "digest"s, std::string(32, 'd'), handshake() + std::string(1000, 'x'),
          std::string(1 << 20, ' ')}) {
        request.set_content(foreign);
        EXPECT_EQ(ask(request).error(), Failure::refused);
    }
}

TEST_F(SignerDesk, SignsBySchemesOfTheKeysOwnKind)
{
    for (const std::uint32_t scheme : {0x0804u, 0x0807u, 0x0401u, 0x0203u, 0x10403u, 0u})
        EXPECT_EQ(ask(order(scheme)).error(), Failure::refused) << scheme;
}

TEST_F(SignerDesk, AnswersNoOtherQuestion)
{
    for (int method = 0; method < 256; ++method) {
        const auto asked = static_cast<wire::Method>(method);
        if (asked != wire::Method::sign && asked != wire::Method::ticket_keys)
            EXPECT_EQ(ask(order(), asked).error(), Failure::refused) << method;
    }
    wire::Frame garbage{
        {.kind = wire::Kind::request, .method = wire::Method::sign}, "\xff\xff", {}};
    EXPECT_EQ(tests::run(io, desk.serve("gate.mail", garbage, now)).error(), Failure::invalid);
}

class HurriedDesk : public SignerDesk {
protected:
    HurriedDesk() : SignerDesk({.signatures = {.at_once = 3, .a_second = 2}}) {}
};

TEST_F(HurriedDesk, SlowsAGateDownAndNoOther)
{
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(ask(order()));
    EXPECT_EQ(ask(order()).error(), Failure::busy);
    EXPECT_TRUE(ask(order(), wire::Method::sign, "gate.readers"));
    now += 500ms;
    EXPECT_TRUE(ask(order()));
    EXPECT_EQ(ask(order()).error(), Failure::busy);
    now += 1h;
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(ask(order()));
    EXPECT_EQ(ask(order()).error(), Failure::busy);
    EXPECT_EQ(desk.take_counts().throttled, 3u);
}

TEST_F(SignerDesk, ForgetsAKeyOneSettlementAfterItsLast)
{
    desk.keys().settle({name});
    desk.keys().settle({}); // Somebody may be in a handshake with it.
    EXPECT_TRUE(ask(order()));
    desk.keys().settle({});
    EXPECT_EQ(ask(order()).error(), Failure::refused);
}

TEST_F(SignerDesk, GivesEachGateKeysForItsTickets)
{
    const auto keys_of = [&](const std::string& gate) {
        const auto answer = ask({}, wire::Method::ticket_keys, gate);
        const auto keys = wire::parse<wire::TicketKeys>(answer->message);
        return std::vector<std::string>(keys->keys().begin(), keys->keys().end());
    };
    const auto mail = keys_of("gate.mail");
    ASSERT_EQ(mail.size(), 1u);
    EXPECT_EQ(mail[0].size(), 80u);
    EXPECT_EQ(keys_of("gate.mail"), mail); // A gate that was started again.
    EXPECT_NE(keys_of("gate.readers"), mail);
}

TEST(TicketBox, KeepsTheKeyBeforeAndNoMore)
{
    SystemRandom random;
    TicketBox box(random, 1h);
    Instant now{};
    EXPECT_FALSE(box.next());
    const auto texts = [&] {
        std::vector<std::string> all;
        const auto keys = box.keys_of("gate.mail", now);
        for (const auto& key : keys.value())
            all.emplace_back(key.reveal());
        return all;
    };
    const auto first = texts();
    EXPECT_EQ(box.next(), now + 1h);
    now += 59min;
    EXPECT_TRUE(box.rotate(now).empty());
    now += 1min;
    EXPECT_THAT(box.rotate(now), ::testing::ElementsAre("gate.mail"));
    const auto second = texts();
    ASSERT_EQ(second.size(), 2u);
    EXPECT_EQ(second[1], first[0]);
    EXPECT_NE(second[0], first[0]);
    now += 1h;
    box.rotate(now);
    EXPECT_EQ(texts().size(), 2u);
    EXPECT_EQ(texts()[1], second[0]);
}

TEST(TicketBox, HasABoundOnGates)
{
    SystemRandom random;
    TicketBox box(random, 1h);
    for (std::size_t i = 0; i < TicketBox::Limits::gates; ++i)
        EXPECT_TRUE(box.keys_of("gate." + std::to_string(i), {}));
    EXPECT_FALSE(box.keys_of("gate.more", {}));
    EXPECT_TRUE(box.keys_of("gate.0", {}));
}

// ---- what the supervisor offers -----------------------------------------------------------------

UniqueFd file_with(const std::string& text)
{
    UniqueFd file(::memfd_create("test", MFD_CLOEXEC));
    EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    return file;
}

class OffersOfKeys : public ::testing::Test {
protected:
    std::optional<wire::KeyWord::Judged>
    offer(std::uint64_t round, bool last,
          const std::vector<std::pair<std::string, std::string>>& pairs)
    {
        wire::KeyWord::Offer page;
        page.set_round(round);
        page.set_last(last);
        std::vector<UniqueFd> files;
        for (const auto& [certificate, key] : pairs) {
            files.push_back(file_with(certificate));
            files.push_back(file_with(key));
        }
        return offers.take(page, std::move(files), keys);
    }
    std::string problem_with(const std::string& certificate, const std::string& key)
    {
        return offer(9, true, {{certificate, key}})->verdicts(0).problem();
    }

    Keys keys;
    Offers offers;
};

TEST_F(OffersOfKeys, AreTakenPageByPage)
{
    const auto one = tests::self_signed("one.example"), other = tests::self_signed("other.example");
    EXPECT_FALSE(offer(1, false, {{one.certificate, one.key}}));
    const auto judged = offer(1, true, {{other.certificate, other.key}});
    ASSERT_TRUE(judged);
    ASSERT_EQ(judged->verdicts_size(), 2);
    for (const auto& verdict : judged->verdicts()) {
        EXPECT_EQ(verdict.problem(), "");
        EXPECT_TRUE(keys.find(verdict.key()));
    }
}

TEST_F(OffersOfKeys, OfARoundThatWasGivenUpCountForNothing)
{
    const auto one = tests::self_signed("one.example"), other = tests::self_signed("other.example");
    EXPECT_FALSE(offer(1, false, {{one.certificate, one.key}}));
    EXPECT_EQ(offer(2, true, {{other.certificate, other.key}})->verdicts_size(), 1);
    EXPECT_EQ(keys.size(), 1u);
}

TEST_F(OffersOfKeys, SayWhatIsWrong)
{
    using ::testing::HasSubstr;
    const auto one = tests::self_signed("one.example"), other = tests::self_signed("other.example");
    EXPECT_THAT(problem_with(one.certificate, other.key), HasSubstr("do not belong together"));
    EXPECT_THAT(problem_with("", one.key), HasSubstr("the certificate cannot be read"));
    EXPECT_THAT(problem_with(one.certificate, ""), HasSubstr("the private key cannot be used"));
    EXPECT_THAT(problem_with(one.certificate, std::string(100'000, 'x')), HasSubstr("too large"));
    const auto weak = tests::certificate_with({.host = "a.example", .key_type = "RSA-1024"});
    EXPECT_THAT(problem_with(weak.certificate, weak.key), HasSubstr("1024 bits"));
    const auto odd = tests::certificate_with({.host = "a.example", .key_type = "P-521"});
    EXPECT_THAT(problem_with(odd.certificate, odd.key), HasSubstr("another curve"));
    EXPECT_EQ(keys.size(), 0u);
}

} // namespace
} // namespace posthouse::signer
