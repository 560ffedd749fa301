// SPDX-License-Identifier: Apache-2.0
#include "tests/imap/render.hpp"
#include "tests/imap/render_words.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace posthouse::imap {

namespace {

using namespace rendered;

std::string flag(mail::SystemFlag flag)
{
    return std::string(mail::name_of(flag));
}

struct RenderKey {
    static std::string around(std::string_view word, const std::vector<SearchKey>& keys)
    {
        std::string result(word);
        result += "(";
        for (const auto& key : keys)
            result += (&key == keys.data() ? "" : " ") + render(key);
        return result + ")";
    }
    static std::string date(const std::chrono::year_month_day& date)
    {
        return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    }

    std::string operator()(const search::All&) const { return "all"; }
    std::string operator()(const search::Recent&) const { return "recent"; }
    std::string operator()(const search::Flag& key) const { return flag(key.flag); }
    std::string operator()(const search::Keyword& key) const { return "keyword " + key.keyword; }
    std::string operator()(const search::Messages& key) const { return set(key.set); }
    std::string operator()(const search::Uids& key) const { return "uid " + set(key.set); }
    std::string operator()(const search::Date& key) const
    {
        constexpr std::array days{"internal ", "sent ", "saved "};
        constexpr std::array orders{"before ", "on ", "since "};
        return days.at(static_cast<std::size_t>(key.day)) +
               (orders.at(static_cast<std::size_t>(key.order)) + date(key.date));
    }
    std::string operator()(const search::SaveDateSupported&) const { return "save_date_supported"; }
    std::string operator()(const search::Size& key) const
    {
        return fmt::format("{} {}",
                           key.comparison == search::Comparison::larger ? "larger" : "smaller",
                           key.bytes);
    }
    std::string operator()(const search::Within& key) const
    {
        return fmt::format("{} {}", key.age == search::Age::older ? "older" : "younger",
                           key.interval.count());
    }
    std::string operator()(const search::Header& key) const
    {
        return "header " + key.field + " " + quote(key.text);
    }
    std::string operator()(const search::Text& key) const
    {
        return (key.where == search::Where::body ? "body " : "text ") + quote(key.text);
    }
    std::string operator()(const search::ModSeq& key) const
    {
        return fmt::format("mod_seq {}{}", key.value, key.entry.empty() ? "" : " " + key.entry);
    }
    std::string operator()(const search::EmailId& key) const { return "email_id " + key.id; }
    std::string operator()(const search::ThreadId& key) const { return "thread_id " + key.id; }
    std::string operator()(const search::And& key) const { return around("and", key.keys); }
    std::string operator()(const search::Or& key) const { return around("or", key.keys); }
    std::string operator()(const search::Not& key) const { return around("not", key.keys); }
    std::string operator()(const search::Fuzzy& key) const { return around("fuzzy", key.keys); }
};

} // namespace

std::string render(const SearchKey& key)
{
    return std::visit(RenderKey{}, key.is);
}

std::string render(const FetchItem& item)
{
    constexpr std::array kinds{
        "flags",          "uid",    "internal_date", "size",      "envelope",      "body",
        "body_structure", "modseq", "email_id",      "thread_id", "save_date",     "preview",
        "body_section",   "binary", "binary_size",   "rfc822",    "rfc822_header", "rfc822_text"};
    constexpr std::array texts{"", "header", "fields", "fields_not", "text", "mime"};
    std::string result = kinds.at(static_cast<std::size_t>(item.kind));
    result += item.peek ? ".peek" : "";
    result += item.lazy ? ".lazy" : "";
    if (item.kind == FetchItem::Kind::body_section || item.kind == FetchItem::Kind::binary ||
        item.kind == FetchItem::Kind::binary_size) {
        const auto& section = item.section;
        result += fmt::format("<{}", fmt::join(section.part, "."));
        if (section.text != Section::Text::all)
            result += std::string(section.part.empty() ? "" : " ") +
                      texts.at(static_cast<std::size_t>(section.text));
        if (!section.fields.empty())
            result += quotes(section.fields);
        result += ">";
    }
    if (item.partial)
        result += fmt::format("@{}+{}", item.partial->offset, item.partial->count);
    return result;
}

} // namespace posthouse::imap
