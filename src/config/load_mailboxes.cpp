// SPDX-License-Identifier: Apache-2.0
#include "config/sections.hpp"

#include <array>
#include <string_view>

namespace posthouse::config {
namespace {

constexpr std::array<std::string_view, 8> special_uses = {
    "", "\\Sent", "\\Drafts", "\\Trash", "\\Junk", "\\Archive", "\\Flagged", "\\All"};

enum class SpecialUse : std::uint8_t {};

} // namespace

namespace {

void read_domain_quotas(const Section& mailboxes, Config& config)
{
    for (const auto& one : mailboxes.tables("domain")) {
        one.require("name");
        std::optional<mail::Domain> name;
        one.read("name", name);
        if (!name)
            continue;
        DomainQuota quota{.name = std::string(name->text())};
        // What it does not say is as for all others.
        quota.quota_bytes = config.mailboxes.quota_bytes;
        quota.quota_messages = config.mailboxes.quota_messages;
        one.read("quota", quota.quota_bytes);
        one.read("quota_messages", quota.quota_messages);
        one.read("total", quota.total_bytes);
        one.read("total_messages", quota.total_messages);
        if (!config.domains.contains(*name))
            one.problem("name", "is not a domain of ours", "one that has a table under [domains]");
        for (const auto& other : config.mailboxes.domains)
            if (other.name == quota.name)
                one.problem("name", "is there twice", "one table for each domain");
        config.mailboxes.domains.push_back(std::move(quota));
    }
}

} // namespace

void read_mailboxes(const Section& root, Config& config)
{
    auto& mailboxes = config.mailboxes;
    const auto section = root.section("mailboxes");
    section.read("quota", mailboxes.quota_bytes);
    section.read("quota_messages", mailboxes.quota_messages);
    section.read("index_memory", mailboxes.index_memory);
    section.read("text_index", mailboxes.text_index);
    section.read("undelete", mailboxes.undelete);
    section.read("sharing", mailboxes.sharing);
    read_domain_quotas(section, config);
    const auto folders = section.tables("folder");
    if (!folders.empty())
        mailboxes.folders.clear();
    for (const auto& one : folders) {
        StandardFolder folder;
        one.require("name");
        one.read("name", folder.name);
        SpecialUse use{};
        one.read_choice("special_use", use);
        folder.special_use = special_uses.at(static_cast<std::size_t>(use));
        one.read("expire_after", folder.expire_after);
        for (const auto& other : mailboxes.folders)
            if (other.name == folder.name ||
                (!folder.special_use.empty() && other.special_use == folder.special_use))
                one.problem("name", "or its use is there twice", "one folder for each");
        mailboxes.folders.push_back(std::move(folder));
    }
}

} // namespace posthouse::config
