// SPDX-License-Identifier: Apache-2.0
#include "sasl/dialogue.hpp"

#include "base/contract.hpp"
#include "mail/base64.hpp"
#include "sasl/digest.hpp"
#include "sasl/scram_message.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

/// SCRAM-SHA-1 and SCRAM-SHA-256, and both with channel binding: RFC 5802, RFC 7677.
namespace posthouse::sasl {
namespace {

/// client-key = proof XOR client-signature
std::string exclusive_or(std::string_view one, std::string_view other)
{
    std::string result(one);
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = static_cast<char>(result[i] ^ other[i]);
    return result;
}

class Scram final : public Dialogue {
public:
    Scram(ScramVariant variant, Channel channel, std::string nonce)
        : variant_(variant),
          channel_(std::move(channel)),
          nonce_(std::move(nonce))
    {
        expects(is_scram_nonce(nonce_));
    }

    Step begin(std::optional<std::string> initial) override
    {
        if (!initial)
            return Challenge{};
        return receive(std::move(*initial));
    }
    Step receive(std::string response) override
    {
        return first_ ? take_final(response) : take_first(std::move(response));
    }
    Step supply(SuppliedKeys) override;

private:
    Step take_first(std::string message);
    Step take_final(std::string_view message);
    std::optional<std::string> binding_data() const;

    ScramVariant variant_;
    Channel channel_;
    std::string nonce_; // ours; then the client's and ours
    std::optional<ScramClientFirst> first_;
    SuppliedKeys supplied_;
    std::string first_message_, server_first_;
};

Step Scram::take_first(std::string message)
{
    auto first = parse_client_first(message);
    if (!first)
        return Refused{Refusal::malformed};
    const auto& gs2 = first->gs2;
    const bool bound = gs2.binding == Gs2Header::Binding::used;
    if (bound != (variant_.binding == Binding::required))
        return Refused{Refusal::malformed};
    // RFC 5802 §6: somebody between us has taken the -PLUS mechanisms out of our list.
    if (gs2.binding == Gs2Header::Binding::not_offered && channel_.plus_offered)
        return Refused{Refusal::wrong};
    first_ = std::move(first);
    if (bound && !binding_data())
        return Refused{Refusal::malformed};
    first_message_ = message.substr(first_->gs2.bytes);
    nonce_ = first_->nonce + nonce_;
    auto user = saslprep(first_->user);
    if (!user || user->empty())
        return Refused{Refusal::malformed};
    first_->user = std::move(*user);
    return FindKeys{first_->user, variant_.hash};
}

Step Scram::supply(SuppliedKeys supplied)
{
    expects(first_ && supplied_.keys.empty() && !supplied.keys.empty());
    const auto& model = supplied.keys.front();
    expects(supplied.keys.size() <= Limits::keys &&
            std::ranges::all_of(supplied.keys, [&](const ScramKeys& keys) {
                return is_sound(keys) && keys.hash == variant_.hash && keys.salt == model.salt &&
                       keys.iterations == model.iterations;
            }));
    supplied_ = std::move(supplied);
    server_first_ = fmt::format("r={},s={},i={}", nonce_, mail::base64(supplied_.keys[0].salt),
                                supplied_.keys[0].iterations);
    return Challenge{server_first_};
}

/// What the client must have seen of its TLS connection, by the kind it chose.
std::optional<std::string> Scram::binding_data() const
{
    const auto& name = first_->gs2.binding_name;
    if (name == "tls-exporter" && !channel_.exporter.empty())
        return channel_.exporter;
    if (name == "tls-server-end-point" && !channel_.end_point.empty())
        return channel_.end_point;
    return std::nullopt;
}

Step Scram::take_final(std::string_view message)
{
    if (supplied_.keys.empty())
        return Refused{Refusal::malformed};
    const auto final_message = parse_client_final(message);
    if (!final_message || final_message->proof.size() != digest_bytes(variant_.hash))
        return Refused{Refusal::malformed};
    auto binding = first_->gs2_text;
    if (variant_.binding == Binding::required)
        binding += *binding_data();
    const bool bound = equal_in_constant_time(final_message->binding, binding);
    const bool ours = equal_in_constant_time(final_message->nonce, nonce_);
    const auto auth_message =
        fmt::format("{},{},{}", first_message_, server_first_, final_message->without_proof);

    // Each is tried, so that the time says nothing about which of them it was.
    std::optional<std::size_t> known;
    for (std::size_t i = 0; i < supplied_.keys.size(); ++i) {
        const auto& keys = supplied_.keys[i];
        const auto signature = hmac(variant_.hash, keys.stored_key, auth_message);
        const auto client_key = exclusive_or(final_message->proof, signature);
        if (equal_in_constant_time(digest(variant_.hash, client_key), keys.stored_key))
            known = i;
    }
    if (!known || !bound || !ours || supplied_.kind != SuppliedKeys::Kind::genuine)
        return Refused{Refusal::wrong};
    const auto signature = hmac(variant_.hash, supplied_.keys[*known].server_key, auth_message);
    return Accepted{first_->user, first_->gs2.as, "v=" + mail::base64(signature), *known};
}

} // namespace

ScramKeys decoy_keys(ScramHash hash, std::string salt)
{
    // No password is known for these: nobody's proof fits, and it would not count.
    return {hash, ScramKeys::usual_iterations, std::move(salt),
            std::string(digest_bytes(hash), '\x5a'), std::string(digest_bytes(hash), '\xa5')};
}

std::unique_ptr<Dialogue> scram_dialogue(ScramVariant variant, Channel channel, std::string nonce)
{
    return std::make_unique<Scram>(variant, std::move(channel), std::move(nonce));
}

} // namespace posthouse::sasl
