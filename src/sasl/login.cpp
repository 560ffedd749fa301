// SPDX-License-Identifier: Apache-2.0
#include "sasl/dialogue.hpp"
#include "sasl/passwords.hpp"

#include <utility>

/// LOGIN: never a standard (draft-murchison-sasl-login), and what old clients have.
namespace posthouse::sasl {
namespace {

class Login final : public Dialogue {
public:
    Step begin(std::optional<std::string> initial) override
    {
        if (!initial)
            return Challenge{"Username:"};
        return receive(std::move(*initial));
    }

    Step receive(std::string response) override
    {
        Secret said(std::move(response)); // People type passwords in the wrong place.
        if (said.reveal().contains('\0'))
            return Refused{Refusal::malformed};
        if (!has_user_) {
            if (said.empty() || said.reveal().size() > Limits::user_bytes)
                return Refused{Refusal::malformed};
            user_ = said.reveal();
            has_user_ = true;
            return Challenge{"Password:"};
        }
        return check_password(user_, std::move(said), {});
    }

    Step judge(Verdict verdict) override
    {
        if (verdict != Verdict::right)
            return Refused{};
        return Accepted{user_, {}, {}};
    }

private:
    std::string user_;
    bool has_user_ = false;
};

} // namespace

std::unique_ptr<Dialogue> login_dialogue()
{
    return std::make_unique<Login>();
}

} // namespace posthouse::sasl
