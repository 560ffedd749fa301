// SPDX-License-Identifier: Apache-2.0
#include "sasl/dialogue.hpp"

#include "base/text.hpp"
#include "sasl/bearer_message.hpp"

#include <boost/json.hpp>
#include <utility>

/// Bearer tokens of OAuth: OAUTHBEARER (RFC 7628) and XOAUTH2, which came before it.
namespace posthouse::sasl {
namespace {

namespace json = boost::json;

/// RFC 7628 §3.2.2.
std::string oauthbearer_error(const TokenVerdict& verdict)
{
    using Finding = TokenVerdict::Finding;
    json::object error{{"status", verdict.finding == Finding::lacks_scope ? "insufficient_scope"
                                                                          : "invalid_token"}};
    if (!verdict.scope.empty())
        error["scope"] = verdict.scope;
    if (!verdict.discovery_url.empty())
        error["openid-configuration"] = verdict.discovery_url;
    return json::serialize(error);
}

std::string xoauth2_error(const TokenVerdict& verdict)
{
    using Finding = TokenVerdict::Finding;
    return json::serialize(
        json::object{{"status", verdict.finding == Finding::lacks_scope ? "403" : "401"},
                     {"schemes", "bearer"},
                     {"scope", verdict.scope}});
}

class BearerDialogue final : public Dialogue {
public:
    explicit BearerDialogue(Bearer kind) : kind_(kind) {}

    Step begin(std::optional<std::string> initial) override
    {
        if (!initial)
            return Challenge{};
        return receive(std::move(*initial));
    }

    Step receive(std::string response) override
    {
        // Whatever the client says to the error: RFC 7628 §3.2.3 has it send ^A.
        if (told_)
            return Refused{};
        const Secret said(std::move(response));
        auto message = kind_ == Bearer::oauthbearer ? parse_oauthbearer(said.reveal())
                                                    : parse_xoauth2(said.reveal());
        if (!message)
            return Refused{Refusal::malformed};
        as_ = message->as;
        return CheckToken{std::move(message->as), std::move(message->token)};
    }

    Step judge_token(TokenVerdict verdict) override
    {
        if (verdict.finding == TokenVerdict::Finding::right && !verdict.user.empty())
            return Accepted{std::move(verdict.user), as_, {}};
        told_ = true;
        return Challenge{kind_ == Bearer::oauthbearer ? oauthbearer_error(verdict)
                                                      : xoauth2_error(verdict)};
    }

private:
    Bearer kind_;
    std::string as_;
    bool told_ = false;
};

} // namespace

std::unique_ptr<Dialogue> bearer_dialogue(Bearer kind)
{
    return std::make_unique<BearerDialogue>(kind);
}

} // namespace posthouse::sasl
