// SPDX-License-Identifier: Apache-2.0
#include "clerk/asked.hpp"

#include "sources/packets.hpp"

namespace posthouse::clerk {
namespace {

sasl::TokenVerdict::Finding finding_in(const sources::Token& token)
{
    using Finding = sasl::TokenVerdict::Finding;
    switch (token.finding()) {
    case sources::Token::RIGHT:
        return token.user().empty() ? Finding::wrong : Finding::right;
    case sources::Token::EXPIRED:
        return Finding::expired;
    case sources::Token::LACKS_SCOPE:
        return Finding::lacks_scope;
    default:
        return Finding::wrong;
    }
}

} // namespace

Task<std::optional<sasl::TokenVerdict>> AskedTokens::judge(Secret token)
{
    const auto issuer = issuer_; // Another configuration may come meanwhile.
    const auto rules = rules_;
    sources::Question question;
    question.set_token(std::string(token.reveal()));
    const auto reply = co_await issuer->ask(std::move(question));
    if (!reply || reply->what() != sources::Reply::JUDGED)
        co_return std::nullopt;
    const auto finding = finding_in(reply->token());
    if (finding != sasl::TokenVerdict::Finding::right)
        co_return sasl::refused_token(finding, rules);
    co_return sasl::TokenVerdict{.finding = finding, .user = reply->token().user()};
}

Task<std::optional<sasl::AcceptorStep>> KerberosAcceptor::take(Response response)
{
    using What = sasl::AcceptorStep::What;
    const auto line = line_;
    sources::Question question;
    auto* exchange = question.mutable_exchange();
    exchange->set_dialogue(response.dialogue);
    exchange->set_service(std::move(response.service));
    exchange->set_response(std::move(response.data));
    const auto reply = co_await line->ask(std::move(question));
    if (!reply || reply->what() != sources::Reply::STEP)
        co_return std::nullopt;
    const auto& step = reply->exchange();
    co_return sasl::AcceptorStep{.what = step.what() == sources::Step::PROVED      ? What::proved
                                         : step.what() == sources::Step::CHALLENGE ? What::challenge
                                                                                   : What::refused,
                                 .data = step.data(),
                                 .principal = step.principal(),
                                 .as = step.as()};
}

} // namespace posthouse::clerk
