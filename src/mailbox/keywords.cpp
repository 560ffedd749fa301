// SPDX-License-Identifier: Apache-2.0
#include "mailbox/keywords.hpp"

#include "base/text.hpp"
#include "mailbox/account.hpp"

namespace posthouse::mailbox {
namespace {

int index_of(const Mailbox& box, std::string_view keyword)
{
    int at = 0;
    while (at < box.keywords_size() && !equal_ignoring_case(box.keywords(at), keyword))
        ++at;
    return at;
}

} // namespace

std::uint64_t known_bits(const Mailbox& box, const std::vector<std::string>& keywords)
{
    std::uint64_t bits = 0;
    for (const auto& keyword : keywords)
        if (const int at = index_of(box, keyword); at < box.keywords_size())
            bits |= std::uint64_t{1} << at;
    return bits;
}

std::uint64_t learnt_bits(Mailbox& box, const std::vector<std::string>& keywords)
{
    for (const auto& keyword : keywords)
        if (index_of(box, keyword) == box.keywords_size() && box.keywords_size() < Limits::keywords)
            box.add_keywords(keyword);
    return known_bits(box, keywords);
}

bool has_room_for(const Mailbox& box, const std::vector<std::string>& keywords)
{
    Mailbox after = box;
    (void)learnt_bits(after, keywords);
    for (const auto& keyword : keywords)
        if (index_of(after, keyword) == after.keywords_size())
            return false;
    return true;
}

Result<std::uint64_t> bits_for(Delta& delta, MailboxId id, const Account::StoreOrder& order)
{
    const auto& keywords = order.flags.keywords;
    if (keywords.empty())
        return 0;
    if (order.change == Account::FlagChange::remove)
        return known_bits(*delta.look(id), keywords);
    if (!has_room_for(*delta.look(id), keywords))
        return std::unexpected(Error::limit);
    return learnt_bits(*delta.box(id), keywords);
}

std::vector<std::string> keywords_of(const Mailbox& box, std::uint64_t bits)
{
    std::vector<std::string> keywords;
    for (int at = 0; at < box.keywords_size() && at < Limits::keywords; ++at)
        if ((bits >> at & 1) != 0)
            keywords.push_back(box.keywords(at));
    return keywords;
}

} // namespace posthouse::mailbox
