// SPDX-License-Identifier: Apache-2.0
#include "sasl/dialogue.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <utility>

/// EXTERNAL: RFC 4422 appendix A. TLS has verified the client's certificate; whose it is was read
/// from it.
namespace posthouse::sasl {
namespace {

class External final : public Dialogue {
public:
    explicit External(std::string identity) : identity_(std::move(identity))
    {
        expects(!identity_.empty());
    }

    Step begin(std::optional<std::string> initial) override
    {
        if (!initial)
            return Challenge{};
        return receive(std::move(*initial));
    }

    Step receive(std::string response) override
    {
        if (response.size() > Limits::user_bytes || response.contains('\0') || !is_utf8(response))
            return Refused{Refusal::malformed};
        return Accepted{identity_, std::move(response), {}};
    }

private:
    std::string identity_;
};

} // namespace

std::unique_ptr<Dialogue> external_dialogue(std::string certificate_identity)
{
    return std::make_unique<External>(std::move(certificate_identity));
}

} // namespace posthouse::sasl
