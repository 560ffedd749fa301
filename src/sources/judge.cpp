// SPDX-License-Identifier: Apache-2.0
#include "sources/judge.hpp"

#include "base/contract.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "sources/scram.hpp"

#include <sodium.h>

namespace posthouse::sources {
namespace {

constexpr std::size_t most_stored = 8; // of one user
/// Computed for the first unknown user of a source that has shown no password yet.
constexpr std::string_view first_decoy =
    "$6$KtG6QfLRdYxnkaFK$aQNvt1QUk4Os05e8nimRUmojyvFWERRGAfI8xlS1.D."
    "vln2H2G6LiqSX/QMq/izy9pW20YEKnd0paPWvNdF6N/";

} // namespace

Judge::Judge(std::string source, Bare bare)
    : source_(std::move(source)),
      bare_(bare),
      last_stored_(first_decoy)
{
    expects(::sodium_init() >= 0);
    ::randombytes_buf(key_.data(), key_.size());
}

std::string Judge::keyed(std::string_view text) const
{
    std::string made(16, '\0');
    expects(::crypto_generichash(reinterpret_cast<unsigned char*>(made.data()), made.size(),
                                 reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                 key_.data(), key_.size()) == 0);
    return made;
}

SourcePerson Judge::person_of(const Entry& entry) const
{
    SourcePerson person{.address = entry.address, .aliases = entry.aliases};
    person.disabled = entry.disabled;
    std::string all;
    for (const auto& stored : entry.stored) {
        all += stored + '\0';
        if (person.scram.empty())
            person.scram = scram_keys_of(stored, bare_, keyed("salt " + entry.address.text()));
    }
    if (!all.empty())
        person.version = hex(keyed("version " + all));
    return person;
}

bool Judge::is_right(const Entry& entry, const Secret& password)
{
    bool right = false;
    for (std::size_t i = 0; i < entry.stored.size() && i < most_stored; ++i) {
        const auto answer = verify_hash(password, entry.stored[i], bare_);
        right |= answer == HashAnswer::right;
        if (answer == HashAnswer::right || answer == HashAnswer::wrong) {
            const std::lock_guard hold(lock_);
            last_stored_ = entry.stored[i];
            continue;
        }
        log::warning(
            "source.hash_refused",
            {{"source", source_}, {"user", entry.address.text()}, {"reason", describe(answer)}});
    }
    return right;
}

void Judge::spend_time(const Secret& password)
{
    std::string stored;
    {
        const std::lock_guard hold(lock_);
        stored = last_stored_;
    }
    (void)verify_hash(password, stored, bare_);
}

Checked Judge::check(const std::optional<Entry>& entry, const Secret& password)
{
    if (!entry || entry->stored.empty()) {
        spend_time(password);
        return {.answer = entry ? Checked::Answer::wrong : Checked::Answer::unknown};
    }
    if (!is_right(*entry, password))
        return {.answer = Checked::Answer::wrong};
    return {.answer = Checked::Answer::right, .person = person_of(*entry)};
}

} // namespace posthouse::sources
