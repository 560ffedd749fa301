// SPDX-License-Identifier: Apache-2.0
#include "sasl/dialogue.hpp"
#include "sasl/passwords.hpp"

#include "base/text.hpp"

#include <utility>

/// PLAIN: RFC 4616.
namespace posthouse::sasl {
namespace {

class Plain final : public Dialogue {
public:
    Step begin(std::optional<std::string> initial) override
    {
        if (!initial)
            return Challenge{};
        return receive(std::move(*initial));
    }

    /// [authzid] NUL authcid NUL passwd
    Step receive(std::string response) override
    {
        const Secret said(std::move(response)); // Wiped, whatever comes of it.
        const auto text = said.reveal();
        const auto first = text.find('\0');
        const auto second = first == text.npos ? text.npos : text.find('\0', first + 1);
        if (second == text.npos || text.find('\0', second + 1) != text.npos)
            return Refused{Refusal::malformed};
        as_ = text.substr(0, first);
        user_ = text.substr(first + 1, second - first - 1);
        return check_password(user_, Secret(std::string(text.substr(second + 1))), as_);
    }

    Step judge(Verdict verdict) override
    {
        if (verdict != Verdict::right)
            return Refused{};
        return Accepted{user_, as_, {}};
    }

private:
    std::string as_, user_;
};

} // namespace

Step check_password(const std::string& user, Secret password, std::string_view as)
{
    if (user.empty() || password.empty() || user.size() > Limits::user_bytes ||
        as.size() > Limits::user_bytes || password.reveal().size() > Limits::password_bytes ||
        !is_utf8(user) || !is_utf8(as))
        return Refused{Refusal::malformed};
    return CheckPassword{user, std::move(password)};
}

std::unique_ptr<Dialogue> plain_dialogue()
{
    return std::make_unique<Plain>();
}

} // namespace posthouse::sasl
