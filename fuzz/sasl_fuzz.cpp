// SPDX-License-Identifier: Apache-2.0
// fuzzes: sasl mail base
// A dialogue of each mechanism with whatever a client may say, and a world that gives any answer.
// None may be accepted unless the world found a password or token right, or supplied genuine keys.
#include "base/contract.hpp"
#include "sasl/dialogue.hpp"
#include "sasl/token.hpp"

#include <cstddef>
#include <cstdint>

using namespace posthouse;
using namespace posthouse::sasl;

namespace {

/// Consumes the text up to a newline.
std::string take_line(std::string_view& text)
{
    const auto end = text.find('\n');
    std::string line(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
    return line;
}

struct World {
    bool kind;
    bool vouched = false;

    Step answer(Dialogue& dialogue, const Step& step)
    {
        if (const auto* wanted = std::get_if<FindKeys>(&step)) {
            expects(!wanted->user.empty());
            vouched = kind;
            return dialogue.supply({kind ? SuppliedKeys::Kind::genuine : SuppliedKeys::Kind::decoy,
                                    {decoy_keys(wanted->hash, "salt")}});
        }
        if (const auto* asked = std::get_if<CheckPassword>(&step)) {
            expects(!asked->user.empty() && !asked->password.empty() &&
                    !asked->password.reveal().contains('\0'));
            vouched = kind;
            return dialogue.judge(kind ? Verdict::right : Verdict::wrong);
        }
        const auto& token = std::get<CheckToken>(step);
        expects(!token.token.empty());
        (void)verify_token(token.token, {}, {}, Timestamp());
        vouched = kind;
        return dialogue.judge_token(
            {.finding = kind ? TokenVerdict::Finding::right : TokenVerdict::Finding::expired,
             .user = "user"});
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2)
        return 0;
    static constexpr const char* mechanisms[] = {
        "PLAIN",       "LOGIN",   "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS",
        "OAUTHBEARER", "XOAUTH2", "EXTERNAL"};
    const std::string_view name = mechanisms[data[0] % std::size(mechanisms)];
    World world{.kind = (data[1] & 1) != 0};
    Channel channel{.tls = true,
                    .exporter = "exporter",
                    .end_point = "end point",
                    .certificate_identity = name == "EXTERNAL" ? "user@example.org" : "",
                    .plus_offered = (data[1] & 2) != 0};
    SeededRandom random(1);
    const auto dialogue = start_dialogue(name, std::move(channel), random);
    expects(dialogue != nullptr);
    std::string_view said(reinterpret_cast<const char*>(data + 2), size - 2);
    auto step = dialogue->begin((data[1] & 4) != 0 ? std::optional(take_line(said)) : std::nullopt);
    for (int round = 0; round < 8; ++round) {
        if (std::holds_alternative<Accepted>(step)) {
            expects(world.vouched || name == "EXTERNAL");
            return 0;
        }
        if (std::holds_alternative<Refused>(step))
            return 0;
        step = std::holds_alternative<Challenge>(step) ? dialogue->receive(take_line(said))
                                                       : world.answer(*dialogue, step);
    }
    expects(false); // No mechanism takes so long.
    return 0;
}
