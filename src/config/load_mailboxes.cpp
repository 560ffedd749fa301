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

void read_mailboxes(const Section& root, Config& config)
{
    auto& mailboxes = config.mailboxes;
    const auto section = root.section("mailboxes");
    section.read("quota", mailboxes.quota_bytes);
    section.read("quota_messages", mailboxes.quota_messages);
    section.read("index_memory", mailboxes.index_memory);
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
