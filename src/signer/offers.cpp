// SPDX-License-Identifier: Apache-2.0
#include "signer/offers.hpp"

#include "base/secret.hpp"

#include <iterator>
#include <unistd.h>
#include <utility>

namespace posthouse::signer {
namespace {

/// Nothing: it cannot be read, or is larger.
std::optional<Secret> read_whole(const UniqueFd& file, std::size_t most)
{
    std::string text(most + 1, '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const auto got =
            ::pread(file.get(), text.data() + have, text.size() - have, static_cast<off_t>(have));
        if (got < 0)
            return std::nullopt;
        if (got == 0)
            break;
        have += static_cast<std::size_t>(got);
    }
    if (have > most) {
        const Secret wiped(std::move(text));
        return std::nullopt;
    }
    text.resize(have); // What is behind it was never written to.
    return Secret(std::move(text));
}

wire::KeyWord::Judged::Verdict judge(const UniqueFd& certificate_file, const UniqueFd& key_file,
                                     Keys& keys)
{
    wire::KeyWord::Judged::Verdict verdict;
    const auto certificate = read_whole(certificate_file, Offers::Limits::certificate_bytes);
    const auto text = read_whole(key_file, Offers::Limits::key_bytes);
    if (!certificate || !text) {
        verdict.set_problem("the file cannot be read, or is too large");
        return verdict;
    }
    auto key = net::PrivateKey::parse(text->reveal(), certificate->reveal());
    if (!key) {
        verdict.set_problem(key.error());
        return verdict;
    }
    verdict.set_key(key->name());
    if (!keys.add(std::move(*key)))
        verdict.set_problem("there are too many keys");
    return verdict;
}

} // namespace

std::optional<wire::KeyWord::Judged> Offers::take(const wire::KeyWord::Offer& page,
                                                  std::vector<UniqueFd> files, Keys& keys)
{
    if (page.round() != round_)
        files_.clear();
    round_ = page.round();
    files_.insert(files_.end(), std::make_move_iterator(files.begin()),
                  std::make_move_iterator(files.end()));
    if (files_.size() > 2 * Limits::pairs)
        files_.resize(2 * Limits::pairs);
    if (!page.last())
        return std::nullopt;
    wire::KeyWord::Judged judged;
    judged.set_round(round_);
    for (std::size_t i = 0; i + 1 < files_.size(); i += 2)
        *judged.add_verdicts() = judge(files_[i], files_[i + 1], keys);
    files_.clear();
    return judged;
}

} // namespace posthouse::signer
