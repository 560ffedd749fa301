// SPDX-License-Identifier: Apache-2.0
// The client's side of each mechanism against GNU SASL's server side.
#include "courier/login.hpp"

#include <gsasl.h>
#include <gtest/gtest.h>

namespace posthouse::courier {
namespace {

int answer_of_server(Gsasl*, Gsasl_session* session, Gsasl_property property)
{
    const std::string_view user = gsasl_property_fast(session, GSASL_AUTHID) != nullptr
                                      ? gsasl_property_fast(session, GSASL_AUTHID)
                                      : "";
    switch (property) {
    case GSASL_PASSWORD:
        gsasl_property_set(session, GSASL_PASSWORD, "pencil");
        return GSASL_OK;
    case GSASL_SCRAM_ITER:
        gsasl_property_set(session, GSASL_SCRAM_ITER, "4096");
        return GSASL_OK;
    case GSASL_VALIDATE_SIMPLE:
        return user == "user" &&
                       std::string_view(gsasl_property_fast(session, GSASL_PASSWORD)) == "pencil"
                   ? GSASL_OK
                   : GSASL_AUTHENTICATION_ERROR;
    default:
        return GSASL_NO_CALLBACK;
    }
}

class Server {
public:
    explicit Server(const char* mechanism)
    {
        EXPECT_EQ(gsasl_init(&library_), GSASL_OK);
        gsasl_callback_set(library_, answer_of_server);
        EXPECT_EQ(gsasl_server_start(library_, mechanism, &session_), GSASL_OK);
    }
    ~Server()
    {
        gsasl_finish(session_);
        gsasl_done(library_);
    }
    Server(const Server&) = delete;

    std::string step(const std::string& input)
    {
        char* output = nullptr;
        std::size_t bytes = 0;
        result = gsasl_step(session_, input.data(), input.size(), &output, &bytes);
        std::string said(output == nullptr ? "" : std::string(output, bytes));
        gsasl_free(output);
        return said;
    }
    int result = GSASL_NEEDS_MORE;

private:
    Gsasl* library_ = nullptr;
    Gsasl_session* session_ = nullptr;
};

std::unique_ptr<smtp::SaslDialogue> dialogue(const char* mechanism, const char* password)
{
    return sasl_client("user", Secret(password))->begin(mechanism);
}

TEST(Login, SaysUserAndPasswordAtOnceWithPlain) // RFC 4616 §2
{
    const auto client = dialogue("PLAIN", "pencil");
    EXPECT_EQ(client->answer(""), std::string("\0user\0pencil", 12));
    EXPECT_TRUE(client->is_complete());
    EXPECT_FALSE(client->answer("and now?"));
}

TEST(Login, AnswersTheTwoQuestionsOfLogin)
{
    const auto client = dialogue("LOGIN", "pencil");
    EXPECT_EQ(client->answer("Username:"), "user");
    EXPECT_FALSE(client->is_complete());
    EXPECT_EQ(client->answer("Password:"), "pencil");
    EXPECT_TRUE(client->is_complete());
}

TEST(Login, ProvesThePasswordAndIsShownAProofWithScram) // RFC 5802 §5
{
    Server server("SCRAM-SHA-256");
    const auto client = dialogue("SCRAM-SHA-256", "pencil");
    const auto first = client->answer("");
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->starts_with("n,,n=user,r=")) << *first;
    const auto proof = client->answer(server.step(*first));
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->find("pencil"), std::string::npos);
    EXPECT_FALSE(client->is_complete());
    const auto signature = server.step(*proof);
    EXPECT_EQ(server.result, GSASL_OK);
    EXPECT_EQ(client->answer(signature), "");
    EXPECT_TRUE(client->is_complete());
}

TEST(Login, DoesNotBelieveAHostThatDoesNotKnowThePassword)
{
    Server server("SCRAM-SHA-256");
    const auto client = dialogue("SCRAM-SHA-256", "pencil");
    const auto proof = client->answer(server.step(client->answer("").value()));
    ASSERT_TRUE(proof);
    EXPECT_FALSE(client->answer("v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    EXPECT_FALSE(client->is_complete());
}

TEST(Login, IsRefusedWithAnotherPassword)
{
    Server server("SCRAM-SHA-256");
    const auto client = dialogue("SCRAM-SHA-256", "pen");
    const auto proof = client->answer(server.step(client->answer("").value()));
    ASSERT_TRUE(proof);
    server.step(*proof);
    EXPECT_EQ(server.result, GSASL_AUTHENTICATION_ERROR);
}

TEST(Login, MakesNothingOfNonsense)
{
    for (const char* challenge : {"", "r=", "x=1", "r=a,s=b,i=c", "r=another,s=QQ==,i=4096"}) {
        const auto client = dialogue("SCRAM-SHA-256", "pencil");
        ASSERT_TRUE(client->answer(""));
        EXPECT_FALSE(client->answer(challenge)) << challenge;
    }
}

} // namespace
} // namespace posthouse::courier
