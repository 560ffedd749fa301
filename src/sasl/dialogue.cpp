// SPDX-License-Identifier: Apache-2.0
#include "sasl/dialogue.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <utility>

namespace posthouse::sasl {

// A driver that answers what was not asked is wrong.
Step Dialogue::supply(SuppliedKeys)
{
    expects(false);
    return Refused{};
}
Step Dialogue::judge(Verdict)
{
    expects(false);
    return Refused{};
}
Step Dialogue::judge_token(TokenVerdict)
{
    expects(false);
    return Refused{};
}
Step Dialogue::hear_acceptor(AcceptorStep)
{
    expects(false);
    return Refused{};
}

std::unique_ptr<Dialogue> start_dialogue(std::string_view mechanism, Channel channel,
                                         Random& random)
{
    const auto name = uppercase(mechanism);
    if (name == "PLAIN")
        return plain_dialogue();
    if (name == "LOGIN")
        return login_dialogue();
    if (name == "EXTERNAL")
        return channel.certificate_identity.empty()
                   ? nullptr
                   : external_dialogue(std::move(channel.certificate_identity));
    if (name == "OAUTHBEARER")
        return bearer_dialogue(Bearer::oauthbearer);
    if (name == "XOAUTH2")
        return bearer_dialogue(Bearer::xoauth2);
    if (name == "GSSAPI")
        return gssapi_dialogue();
    if (!name.starts_with("SCRAM-SHA-"))
        return nullptr;
    const auto binding = name.ends_with("-PLUS") ? Binding::required : Binding::none;
    const auto base = std::string_view(name).substr(
        0, name.size() - (binding == Binding::required ? std::string_view("-PLUS").size() : 0));
    if (base != "SCRAM-SHA-1" && base != "SCRAM-SHA-256")
        return nullptr;
    if (binding == Binding::required && channel.exporter.empty() && channel.end_point.empty())
        return nullptr;
    const auto hash = base == "SCRAM-SHA-1" ? ScramHash::sha_1 : ScramHash::sha_256;
    return scram_dialogue({hash, binding}, std::move(channel), random_token(random, 18));
}

} // namespace posthouse::sasl
