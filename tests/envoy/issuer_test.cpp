// SPDX-License-Identifier: Apache-2.0
#include "envoy/issuer.hpp"

#include <arpa/inet.h>
#include <base/unique_fd.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <deque>
#include <thread>

namespace posthouse::envoy {
namespace {

using sources::Reply;
using sources::Token;

/// Answers requests in their order, each with the next text; where that is empty it hangs up.
class Issuer {
public:
    explicit Issuer(std::deque<std::string> answers)
        : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
          answers_(std::move(answers))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(listening_.get(), any, size), 0);
        EXPECT_EQ(::listen(listening_.get(), 8), 0);
        EXPECT_EQ(::getsockname(listening_.get(), any, &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~Issuer()
    {
        ::shutdown(listening_.get(), SHUT_RDWR);
        thread_.join();
    }

    IssuerTerms terms() const
    {
        config::OAuth oauth;
        oauth.introspection_url = fmt::format("http://127.0.0.1:{}/introspect?a=b", port_);
        oauth.introspection_client = "post house";
        oauth.audiences = {"mail"};
        oauth.scopes = {"imap"};
        auto terms = IssuerTerms::make(oauth, Secret("s:crét"), "/none");
        EXPECT_TRUE(terms.has_value());
        terms->patience = std::chrono::seconds(5);
        return std::move(*terms);
    }

    std::vector<std::string> requests; // to be looked at once the worker has its answers
    int connections = 0;

private:
    void serve()
    {
        for (;;) {
            const UniqueFd client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!client)
                return;
            ++connections;
            std::string heard;
            std::array<char, 4096> piece{};
            ssize_t got = 0;
            while (!answers_.empty() &&
                   (got = ::recv(client.get(), piece.data(), piece.size(), 0)) > 0) {
                heard.append(piece.data(), static_cast<std::size_t>(got));
                if (!heard.contains("access_token")) // The end of what is asked.
                    continue;
                requests.push_back(std::exchange(heard, {}));
                const auto answer = answers_.front();
                answers_.pop_front();
                if (answer.empty())
                    break;
                ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
            }
        }
    }

    UniqueFd listening_;
    std::deque<std::string> answers_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

std::string http(std::string_view body, int status = 200, std::string_view more = "")
{
    return fmt::format("HTTP/1.1 {} Word\r\nContent-Type: application/json\r\n{}Content-Length: "
                       "{}\r\n\r\n{}",
                       status, more, body.size(), body);
}

constexpr std::string_view good =
    R"({"active":true,"aud":"mail","scope":"imap smtp","email":"alice@example.org"})";

Reply ask(IssuerWorker& worker, std::string token)
{
    sources::Question question;
    question.set_token(std::move(token));
    return worker.answer(question);
}

Reply answer_to(std::string text)
{
    const Issuer issuer({std::move(text)});
    IssuerWorker worker(std::make_shared<const IssuerTerms>(issuer.terms()));
    return ask(worker, "t");
}

TEST(Issuer, IsAskedAsItsStandardSays)
{
    const Issuer issuer({http(good)});
    IssuerWorker worker(std::make_shared<const IssuerTerms>(issuer.terms()));
    const auto reply = ask(worker, "a+b/c=");
    EXPECT_EQ(reply.what(), Reply::JUDGED);
    EXPECT_EQ(reply.token().finding(), Token::RIGHT);
    EXPECT_EQ(reply.token().user(), "alice@example.org");
    ASSERT_EQ(issuer.requests.size(), 1u);
    const auto& request = issuer.requests.front();
    EXPECT_TRUE(request.starts_with("POST /introspect?a=b HTTP/1.1\r\n")) << request;
    // "post%20house:s%3Acr%C3%A9t": RFC 6749 §2.3.1
    EXPECT_TRUE(request.contains("Authorization: Basic cG9zdCUyMGhvdXNlOnMlM0FjciVDMyVBOXQ=\r\n"))
        << request;
    EXPECT_TRUE(request.ends_with("\r\n\r\ntoken=a%2Bb%2Fc%3D&token_type_hint=access_token"))
        << request;
}

TEST(Issuer, SaysWhatIsWrongWithAToken)
{
    EXPECT_EQ(answer_to(http(R"({"active":false})")).token().finding(), Token::WRONG);
    EXPECT_EQ(answer_to(http(R"({"active":true,"aud":"web","scope":"imap","email":"a@b"})"))
                  .token()
                  .finding(),
              Token::WRONG);
    EXPECT_EQ(answer_to(http(R"({"active":true,"aud":"mail","scope":"web","email":"a@b"})"))
                  .token()
                  .finding(),
              Token::LACKS_SCOPE);
    EXPECT_EQ(
        answer_to(http(R"({"active":true,"aud":"mail","scope":"imap","email":"a@b","exp":1000})"))
            .token()
            .finding(),
        Token::EXPIRED);
}

TEST(Issuer, IsNotTakenForAnAnswerWhereItGivesNone)
{
    EXPECT_EQ(answer_to(http(good, 500)).what(), Reply::UNAVAILABLE);
    EXPECT_EQ(answer_to(http(good, 401)).what(), Reply::BROKEN);
    EXPECT_EQ(answer_to(http("[true]")).what(), Reply::BROKEN);
    EXPECT_EQ(answer_to(http("{\"active\":tr")).what(), Reply::BROKEN);
    EXPECT_EQ(answer_to("HTTP/1.1 maybe\r\n\r\n").what(), Reply::UNAVAILABLE);
    EXPECT_EQ(answer_to("").what(), Reply::UNAVAILABLE);
    EXPECT_EQ(answer_to(http(std::string(100'000, ' '))).what(), Reply::UNAVAILABLE);
    EXPECT_EQ(answer_to(http(good, 200, "X: " + std::string(20'000, 'x') + "\r\n")).what(),
              Reply::UNAVAILABLE);
}

TEST(Issuer, IsAskedOverAKeptConnectionAndAgainWhereThatWasClosed)
{
    const Issuer issuer({http(good), http(good), "", http(good)});
    IssuerWorker worker(std::make_shared<const IssuerTerms>(issuer.terms()));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(ask(worker, "t").token().finding(), Token::RIGHT) << i;
    EXPECT_EQ(issuer.requests.size(), 4u);
    EXPECT_EQ(issuer.connections, 2);
}

TEST(Issuer, IsNotAskedAboutNothing)
{
    const Issuer issuer({http(good)});
    IssuerWorker worker(std::make_shared<const IssuerTerms>(issuer.terms()));
    EXPECT_EQ(ask(worker, "").what(), Reply::BROKEN);
    EXPECT_EQ(ask(worker, std::string(20'000, 'x')).what(), Reply::BROKEN);
    EXPECT_TRUE(issuer.requests.empty());
}

} // namespace
} // namespace posthouse::envoy
