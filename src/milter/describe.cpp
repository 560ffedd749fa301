// SPDX-License-Identifier: Apache-2.0
#include "milter/describe.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace posthouse::milter {
namespace {

constexpr std::size_t most_told = 12;

std::string described(const modification::AddHeader& add)
{
    return "added " + add.field.name;
}
std::string described(const modification::InsertHeader& insert)
{
    return "added " + insert.field.name;
}
std::string described(const modification::ChangeHeader& change)
{
    return (change.remove ? "removed " : "changed ") + change.field.name;
}
std::string described(const modification::ReplaceBody&)
{
    return "replaced the body";
}
std::string described(const modification::AddRecipient& add)
{
    return "added the recipient " + printable(add.path.text());
}
std::string described(const modification::DeleteRecipient& remove)
{
    return "removed the recipient " + printable(remove.path.text());
}
std::string described(const modification::ChangeSender& change)
{
    return "changed the sender to <" + printable(change.path.text()) + '>';
}
std::string described(const modification::Quarantine& quarantine)
{
    return "put it into quarantine: " + quarantine.reason;
}

} // namespace

std::string describe(const std::vector<Modification>& modifications)
{
    std::string text;
    std::size_t told = 0;
    for (const auto& modification : modifications) {
        if (told++ == most_told) {
            text += fmt::format(", and {} more", modifications.size() - most_told);
            break;
        }
        text += text.empty() ? "" : ", ";
        text += std::visit([](const auto& what) { return described(what); }, modification);
    }
    return text;
}

} // namespace posthouse::milter
