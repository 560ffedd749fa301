// SPDX-License-Identifier: Apache-2.0
// The supervisor's part in certificates; the test is the signer.
#include "process/tls_desk.hpp"

#include "net/private_key.hpp"
#include "tests/net/certificate.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace posthouse::process {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TlsDeskTest : public testing::Test {
protected:
    TlsDeskTest()
        : directory_(make_directory()),
          desk_(context_, {.to_signer = [this](const auto& message,
                                               auto files) { return take(message, files); },
                           .changed = [this] { ++changes_; }})
    {
    }
    ~TlsDeskTest() override { std::filesystem::remove_all(directory_); }

    static std::string make_directory()
    {
        std::string name = std::filesystem::temp_directory_path() / "tls.XXXXXX";
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        return name;
    }
    std::string write(const std::string& name, std::string_view text)
    {
        const auto path = directory_ + "/" + name;
        std::ofstream(path + ".new") << text;
        std::filesystem::rename(path + ".new", path);
        return path;
    }
    config::Tls pair(const tests::SelfSigned& identity)
    {
        config::Tls tls;
        tls.certificate = write("c.pem", identity.certificate);
        tls.key = write("k.pem", identity.key);
        return tls;
    }

    bool take(const wire::Control& message, std::span<const int> files)
    {
        wire::KeyWord word;
        EXPECT_TRUE(word.ParseFromString(message.keys()));
        if (!signer_there_)
            return false;
        if (word.has_settle())
            settled_.assign(word.settle().keys().begin(), word.settle().keys().end());
        if (!word.has_offer())
            return true;
        if (word.offer().round() != round_)
            files_.clear();
        round_ = word.offer().round();
        for (const int file : files)
            files_.emplace_back(::dup(file));
        last_ = word.offer().last();
        return true;
    }
    bool is_asked() const { return last_; }
    /// Answers what was asked, as the signer does.
    void judge()
    {
        ASSERT_TRUE(last_);
        wire::KeyWord word;
        word.mutable_judged()->set_round(round_);
        for (std::size_t i = 0; i + 1 < files_.size(); i += 2) {
            const auto key =
                net::PrivateKey::parse(*read_text_file(files_[i + 1]), *read_text_file(files_[i]));
            auto* verdict = word.mutable_judged()->add_verdicts();
            if (key)
                verdict->set_key(key->name());
            else
                verdict->set_problem(key.error());
        }
        last_ = false;
        desk_.take(word.SerializeAsString());
    }
    void configure(const config::Tls& tls)
    {
        answer_.reset();
        desk_.configure(
            tls, [this](std::vector<std::string> problems) { answer_ = std::move(problems); });
    }
    std::vector<std::string> shown() const
    {
        wire::Certificates certificates;
        EXPECT_TRUE(certificates.ParseFromString(desk_.certificates()));
        std::vector<std::string> all;
        for (const auto& site : certificates.sites())
            all.push_back(site.certificate());
        return all;
    }
    void run_until_asked()
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!last_ && std::chrono::steady_clock::now() < deadline)
            context_.run_one_until(deadline);
    }

    boost::asio::io_context context_{1};
    std::string directory_;
    bool signer_there_ = true, last_ = false;
    int changes_ = 0;
    std::uint64_t round_ = 0;
    std::vector<UniqueFd> files_;
    std::vector<std::string> settled_;
    std::optional<std::vector<std::string>> answer_;
    TlsDesk desk_;
    const tests::SelfSigned one_ = tests::self_signed("one.example");
    const tests::SelfSigned other_ = tests::self_signed("other.example");
};

TEST_F(TlsDeskTest, HasNothingToAskWithoutTls)
{
    configure({});
    EXPECT_TRUE(desk_.is_complete());
    EXPECT_THAT(answer_.value(), IsEmpty());
    EXPECT_EQ(desk_.certificates(), "");
}

TEST_F(TlsDeskTest, ShowsWhatTheSignerTakes)
{
    auto tls = pair(one_);
    tls.sites = {{.names = {"other.example"},
                  .certificate = write("oc.pem", other_.certificate),
                  .key = write("ok.pem", other_.key)}};
    configure(tls);
    EXPECT_FALSE(is_asked());
    desk_.signer_ready();
    ASSERT_TRUE(is_asked());
    EXPECT_FALSE(desk_.is_complete());
    judge();
    EXPECT_TRUE(desk_.is_complete());
    EXPECT_THAT(answer_.value(), IsEmpty());
    EXPECT_THAT(shown(), ElementsAre(one_.certificate, other_.certificate));
    EXPECT_EQ(settled_.size(), 2u);
}

TEST_F(TlsDeskTest, HandsKeysToTheSignerAlone)
{
    configure(pair(one_));
    desk_.signer_ready();
    judge();
    const auto certificates = desk_.certificates();
    EXPECT_FALSE(certificates.contains("PRIVATE"));
    EXPECT_FALSE(certificates.contains(one_.key.substr(40, 40)));
}

TEST_F(TlsDeskTest, OffersManyInPages)
{
    auto tls = pair(one_);
    for (int i = 0; i < 100; ++i)
        tls.sites.push_back({.names = {std::to_string(i) + ".example"},
                             .certificate = tls.certificate,
                             .key = tls.key});
    configure(tls);
    desk_.signer_ready();
    judge();
    EXPECT_EQ(shown().size(), 101u);
}

TEST_F(TlsDeskTest, SaysWhatIsWrongWhereNothingCanStandIn)
{
    desk_.signer_ready();
    auto tls = pair(one_);
    write("k.pem", other_.key);
    configure(tls);
    judge();
    EXPECT_FALSE(desk_.is_complete());
    EXPECT_THAT(answer_.value(), ElementsAre(testing::AllOf(HasSubstr(tls.certificate),
                                                            HasSubstr("do not belong together"))));
    tls.certificate = directory_ + "/none";
    configure(tls);
    EXPECT_THAT(answer_.value(), ElementsAre(HasSubstr(tls.certificate)));
}

TEST_F(TlsDeskTest, KeepsACertificateThatHasAWrongSuccessor)
{
    desk_.signer_ready();
    auto tls = pair(one_);
    tls.sites = {{.names = {"other.example"},
                  .certificate = write("oc.pem", other_.certificate),
                  .key = write("ok.pem", other_.key)}};
    configure(tls);
    judge();
    const auto renewed = tests::self_signed("other.example");
    write("oc.pem", renewed.certificate);
    write("ok.pem", renewed.key);
    write("c.pem", "no certificate");
    configure(tls);
    judge();
    EXPECT_THAT(answer_.value(), IsEmpty());
    EXPECT_THAT(shown(), ElementsAre(one_.certificate, renewed.certificate));
}

TEST_F(TlsDeskTest, LooksByItselfWhenAFileChanges)
{
    desk_.signer_ready();
    configure(pair(one_));
    judge();
    EXPECT_EQ(changes_, 0);
    write("c.pem", other_.certificate);
    write("k.pem", other_.key);
    run_until_asked();
    judge();
    EXPECT_EQ(changes_, 1);
    EXPECT_THAT(shown(), ElementsAre(other_.certificate));
}

TEST_F(TlsDeskTest, GivesANewSignerWhatIsShown)
{
    desk_.signer_ready();
    configure(pair(one_));
    judge();
    std::filesystem::remove(directory_ + "/k.pem"); // It is open still.
    desk_.signer_ended();
    desk_.signer_ready();
    settled_.clear();
    judge();
    EXPECT_EQ(settled_.size(), 1u);
    EXPECT_EQ(changes_, 0);
}

TEST_F(TlsDeskTest, AsksTheNextSignerWhatTheLastDidNotAnswer)
{
    desk_.signer_ready();
    configure(pair(one_));
    desk_.signer_ended();
    last_ = false;
    desk_.signer_ready();
    ASSERT_TRUE(is_asked());
    judge();
    EXPECT_TRUE(desk_.is_complete());
}

TEST_F(TlsDeskTest, BelievesNoAnswerToAnotherQuestion)
{
    desk_.signer_ready();
    configure(pair(one_));
    wire::KeyWord word;
    word.mutable_judged()->set_round(round_ + 1);
    desk_.take(word.SerializeAsString());
    desk_.take("\xff\xff");
    EXPECT_FALSE(desk_.is_complete());
    judge();
    EXPECT_TRUE(desk_.is_complete());
    desk_.take(word.SerializeAsString());
    EXPECT_EQ(shown().size(), 1u);
}

TEST_F(TlsDeskTest, TakesTheLastOfTwoConfigurations)
{
    desk_.signer_ready();
    configure(pair(one_));
    const auto first = round_;
    configure({});
    EXPECT_TRUE(answer_);
    EXPECT_EQ(desk_.certificates(), "");
    EXPECT_EQ(round_, first); // Nothing was asked about.
}

TEST(TlsFiles, AreCheckedForCommandsWithoutASigner)
{
    std::string directory = std::filesystem::temp_directory_path() / "tls.XXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    const auto one = tests::self_signed("one.example"), other = tests::self_signed("other.example");
    const auto write = [&](const std::string& name, const std::string& text) {
        std::ofstream(directory + "/" + name) << text;
        return directory + "/" + name;
    };
    config::Tls tls;
    EXPECT_THAT(trouble_with_tls_files(tls), IsEmpty());
    tls.certificate = write("c.pem", one.certificate);
    tls.key = write("k.pem", one.key);
    EXPECT_THAT(trouble_with_tls_files(tls), IsEmpty());
    tls.ocsp_response = write("o.der", "nothing");
    EXPECT_THAT(trouble_with_tls_files(tls), ElementsAre(HasSubstr("OCSP")));
    tls.ocsp_response.clear();
    write("k.pem", other.key);
    EXPECT_THAT(trouble_with_tls_files(tls), ElementsAre(HasSubstr("do not belong together")));
    std::filesystem::remove_all(directory);
}

} // namespace
} // namespace posthouse::process
