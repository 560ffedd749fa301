// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "sasl/dialogue.hpp"

#include <utility>

/// GSSAPI: RFC 4752. What Kerberos says is made where the service's key is.
namespace posthouse::sasl {
namespace {

class Gssapi final : public Dialogue {
public:
    Step begin(std::optional<std::string> initial) override
    {
        if (!initial)
            return Challenge{};
        return receive(std::move(*initial));
    }

    Step receive(std::string response) override
    {
        if (++rounds_ > Limits::rounds)
            return Refused{Refusal::malformed};
        return AskAcceptor{std::move(response)};
    }

    Step hear_acceptor(AcceptorStep step) override
    {
        if (step.what == AcceptorStep::What::challenge)
            return Challenge{std::move(step.data)};
        if (step.what == AcceptorStep::What::refused || step.principal.empty() ||
            step.principal.size() > Limits::user_bytes || step.as.size() > Limits::user_bytes ||
            !is_utf8(step.principal) || !is_utf8(step.as))
            return Refused{};
        return Accepted{std::move(step.principal), std::move(step.as), std::move(step.data)};
    }

private:
    int rounds_ = 0;
};

} // namespace

std::unique_ptr<Dialogue> gssapi_dialogue()
{
    return std::make_unique<Gssapi>();
}

} // namespace posthouse::sasl
