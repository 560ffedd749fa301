// SPDX-License-Identifier: Apache-2.0
#include "process/tls_desk.hpp"

#include "base/log.hpp"
#include "wire/parse.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

namespace posthouse::process {
namespace {

constexpr std::size_t pairs_a_page = 30; // Two descriptors each: what a message may carry.

} // namespace

TlsDesk::TlsDesk(boost::asio::io_context& context, Ways ways)
    : ways_(std::move(ways)),
      watch_(context, [this] { look_for_changes(); })
{
}

void TlsDesk::configure(const config::Tls& config, Settled settled)
{
    wanted_ = config;
    settled_ = std::move(settled);
    begin(Cause::configuration);
}

void TlsDesk::signer_ready()
{
    signer_ready_ = true;
    begin(cause_.value_or(Cause::new_signer));
}

void TlsDesk::signer_ended()
{
    signer_ready_ = false;
}

void TlsDesk::look_for_changes()
{
    for (const auto& [path, mark] : marks_)
        watch_.add(path); // Its directory may be another one.
    if (complete_ && !cause_ && marks_of(wanted_) != marks_)
        begin(Cause::change);
}

void TlsDesk::begin(Cause cause)
{
    cause_ = cause;
    ++round_;
    tried_.clear();
    std::vector<const TlsPair*> pairs;
    if (cause == Cause::new_signer) {
        for (const auto& pair : in_force_)
            pairs.push_back(&pair);
    } else {
        marks_ = marks_of(wanted_);
        for (const auto& [path, mark] : marks_)
            watch_.add(path);
        for (const auto& site : sites_of(wanted_))
            tried_.push_back(open_pair(site));
        for (const auto& pair : tried_)
            if (pair)
                pairs.push_back(&*pair);
    }
    if (pairs.empty()) // Nothing to ask about.
        return conclude({});
    if (signer_ready_)
        offer(pairs);
}

void TlsDesk::offer(const std::vector<const TlsPair*>& pairs)
{
    for (std::size_t first = 0; first < pairs.size(); first += pairs_a_page) {
        const auto end = std::min(first + pairs_a_page, pairs.size());
        wire::KeyWord word;
        word.mutable_offer()->set_round(round_);
        word.mutable_offer()->set_last(end == pairs.size());
        std::vector<UniqueFd> certificates;
        std::vector<int> descriptors;
        for (auto i = first; i < end; ++i) {
            certificates.push_back(text_file(pairs[i]->certificate));
            descriptors.push_back(certificates.back().get());
            descriptors.push_back(pairs[i]->key.get());
        }
        wire::Control message;
        message.set_keys(word.SerializeAsString());
        if (!ways_.to_signer(message, descriptors))
            return; // It is asked again when there is one.
    }
}

void TlsDesk::take(const std::string& bytes)
{
    const auto word = wire::parse<wire::KeyWord>(bytes);
    if (word && word->has_judged() && cause_ && word->judged().round() == round_)
        conclude(word->judged());
}

/// What stands in for a certificate that will not do: the one from the same file.
std::optional<TlsPair> TlsDesk::former(const config::TlsSite& site) const
{
    const auto found = std::ranges::find_if(in_force_, [&](const TlsPair& pair) {
        return pair.site.certificate == site.certificate && pair.site.key == site.key;
    });
    if (found == in_force_.end())
        return std::nullopt;
    TlsPair pair{site, found->certificate, found->ocsp_response, UniqueFd(::dup(found->key.get())),
                 found->key_name};
    return pair;
}

void TlsDesk::conclude(const wire::KeyWord::Judged& judged)
{
    const auto cause = *std::exchange(cause_, std::nullopt);
    const auto& verdicts = judged.verdicts();
    if (cause == Cause::new_signer) {
        const bool all_right = std::ranges::all_of(
            verdicts, [](const auto& verdict) { return verdict.problem().empty(); });
        return all_right ? tell_signer()
                         : begin(Cause::change); // The files were written over meanwhile.
    }
    std::vector<TlsPair> next;
    std::vector<std::string> problems;
    const auto sites = sites_of(wanted_);
    auto all_tried = std::exchange(tried_, {});
    for (int asked = 0; auto& tried : all_tried) {
        std::string problem = tried ? "" : tried.error();
        const auto& site = sites[next.size() + problems.size()];
        if (tried) {
            if (asked >= verdicts.size())
                problem = "the signer said nothing of it";
            else if (!verdicts[asked].problem().empty())
                problem = fmt::format(
                    "{}{} {}: {}",
                    site.names.empty() ? "tls." : fmt::format("tls.site {}: ", site.names.front()),
                    "certificate", site.certificate, verdicts[asked].problem());
            else
                tried->key_name = verdicts[asked].key();
            ++asked;
        }
        if (problem.empty())
            next.push_back(std::move(*tried));
        else if (auto old = former(site)) {
            log::error("tls.kept", {{"file", site.certificate}, {"reason", problem}});
            next.push_back(std::move(*old));
        } else
            problems.push_back(std::move(problem));
    }
    std::string authorities;
    if (const auto& path = wanted_.client_authorities; !path.empty()) {
        auto read = read_certificates(path);
        if (read)
            authorities = std::move(*read);
        else if (!authorities_.empty()) {
            log::error("tls.kept", {{"file", path}, {"reason", read.error()}});
            authorities = authorities_;
        } else
            problems.push_back("tls.client_authorities: " + read.error());
    }
    if (!problems.empty() && cause == Cause::configuration)
        return finish(std::move(problems));
    for (const auto& problem : problems)
        log::error("tls.unusable", {{"reason", problem}});
    settle(std::move(next), std::move(authorities));
}

void TlsDesk::settle(std::vector<TlsPair> next, std::string authorities)
{
    in_force_ = std::move(next);
    authorities_ = std::move(authorities);
    tell_signer();
    complete_ = true;
    if (!in_force_.empty())
        log::info("tls.in_force", {{"certificates", in_force_.size()}});
    if (settled_)
        return finish({});
    ways_.changed();
}

void TlsDesk::tell_signer() const
{
    wire::KeyWord word;
    word.mutable_settle();
    for (const auto& pair : in_force_)
        word.mutable_settle()->add_keys(pair.key_name);
    wire::Control message;
    message.set_keys(word.SerializeAsString());
    ways_.to_signer(message, {});
}

void TlsDesk::finish(std::vector<std::string> problems)
{
    if (const auto settled = std::exchange(settled_, nullptr))
        settled(std::move(problems));
}

std::string TlsDesk::certificates() const
{
    if (in_force_.empty())
        return {};
    wire::Certificates certificates;
    certificates.set_client_authorities(authorities_);
    for (const auto& pair : in_force_) {
        auto* site = certificates.add_sites();
        for (const auto& name : pair.site.names)
            site->add_names(name);
        site->set_certificate(pair.certificate);
        site->set_ocsp_response(pair.ocsp_response);
    }
    return certificates.SerializeAsString();
}

} // namespace posthouse::process
