// SPDX-License-Identifier: Apache-2.0
#include "moving/lists.hpp"

#include "base/text.hpp"
#include "moving/folder_names.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace posthouse::moving {
namespace {

/// Lines, without their ends; too long ones are empty, so that they are wrong for everybody.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}
    std::optional<std::string_view> next()
    {
        if (rest_.empty())
            return std::nullopt;
        const auto end = std::min(rest_.find('\n'), rest_.size());
        auto line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        return line.size() > Limits::line_bytes ? std::string_view() : line;
    }

private:
    std::string_view rest_;
};

std::string_view take_word(std::string_view& line)
{
    const auto end = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

std::optional<std::uint32_t> number32(std::string_view text)
{
    const auto number = parse_number(text);
    if (!number || *number > 0xffffffff)
        return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

std::string base_name(std::string_view file)
{
    return std::string(file.substr(0, std::min(file.find(':'), file.size())));
}

void note(UidList& list, std::uint32_t uid, std::string_view file, std::string uidl)
{
    if (list.entries.size() >= Limits::letters || file.empty() || uid == 0 || uid == 0xffffffff) {
        ++list.wrong_lines;
        return;
    }
    list.entries[base_name(file)] = {uid, std::move(uidl)};
    list.uid_next = std::max(list.uid_next, uid + 1);
}

/// Two letters with one UID: neither has it. A UID is given once.
void drop_doubles(UidList& list)
{
    std::unordered_map<std::uint32_t, int> times;
    for (const auto& [file, entry] : list.entries)
        ++times[entry.uid];
    const auto dropped =
        std::erase_if(list.entries, [&](const auto& item) { return times[item.second.uid] > 1; });
    list.wrong_lines += dropped;
}

} // namespace

UidList read_dovecot_uidlist(std::string_view text)
{
    UidList list;
    Lines lines(text);
    auto head = lines.next();
    if (!head)
        return list;
    const auto version = take_word(*head);
    if (version == "1") {
        list.uid_validity = number32(take_word(*head)).value_or(0);
        list.uid_next = number32(take_word(*head)).value_or(0);
    } else if (version == "3") {
        while (!head->empty()) {
            const auto word = take_word(*head);
            if (word.starts_with('V'))
                list.uid_validity = number32(word.substr(1)).value_or(0);
            else if (word.starts_with('N'))
                list.uid_next = number32(word.substr(1)).value_or(0);
        }
    } else {
        ++list.wrong_lines;
        return list;
    }
    while (auto line = lines.next()) {
        const auto uid = number32(take_word(*line));
        if (!uid) {
            ++list.wrong_lines;
            continue;
        }
        std::string uidl;
        if (version == "3") { // Fields until the one that begins with a colon: the rest.
            while (!line->empty() && !line->starts_with(':')) {
                const auto field = take_word(*line);
                if (field.starts_with('P'))
                    uidl = field.substr(1, Limits::uidl_bytes);
            }
            if (line->starts_with(':'))
                line->remove_prefix(1);
        }
        note(list, *uid, *line, std::move(uidl));
    }
    drop_doubles(list);
    return list;
}

UidList read_courier_uiddb(std::string_view text)
{
    UidList list;
    Lines lines(text);
    auto head = lines.next();
    if (!head)
        return list;
    if (take_word(*head) != "1") {
        ++list.wrong_lines;
        return list;
    }
    list.uid_validity = number32(take_word(*head)).value_or(0);
    list.uid_next = number32(take_word(*head)).value_or(0);
    while (auto line = lines.next()) {
        const auto uid = number32(take_word(*line));
        if (uid)
            note(list, *uid, *line, {});
        else
            ++list.wrong_lines;
    }
    drop_doubles(list);
    return list;
}

std::unordered_map<std::string, std::string> read_courier_sizes(std::string_view text,
                                                                std::size_t& wrong_lines)
{
    std::unordered_map<std::string, std::string> uidls;
    Lines lines(text);
    auto line = lines.next();
    if (!line)
        return uidls;
    const bool plain = !line->starts_with('/'); // The first version: "file uid"
    if (!plain)
        line = lines.next();
    for (; line && uidls.size() < Limits::letters; line = lines.next()) {
        const auto last = line->rfind(' ');
        if (last == line->npos || last == 0) {
            ++wrong_lines;
            continue;
        }
        auto ids = line->substr(last + 1);
        auto file = line->substr(0, last);
        std::optional<std::uint64_t> validity = 0;
        if (!plain) {
            const auto size = file.rfind(' ');
            const auto colon = ids.find(':');
            if (size == file.npos || size == 0 || colon == ids.npos) {
                ++wrong_lines;
                continue;
            }
            file = file.substr(0, size);
            const auto behind = ids.substr(colon + 1);
            validity = parse_number(behind.substr(0, std::min(behind.find(':'), behind.size())));
            ids = ids.substr(0, colon);
        }
        const auto uid = parse_number(ids);
        if (!uid || !validity)
            ++wrong_lines;
        else if (*uid == 0)
            uidls[base_name(file)] = courier_file_uidl(file);
        else
            uidls[base_name(file)] = *validity == 0 ? fmt::format("UID{}", *uid)
                                                    : fmt::format("UID{}-{}", *uid, *validity);
    }
    return uidls;
}

std::string courier_file_uidl(std::string_view file)
{
    std::string uidl;
    for (const char c : base_name(file)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x21 || byte > 0x7e || c == '\'' || c == '"' || c == '+')
            uidl += fmt::format("+{:02X}", byte);
        else
            uidl += c;
    }
    return uidl;
}

std::map<int, std::string> read_dovecot_keywords(std::string_view text)
{
    std::map<int, std::string> keywords;
    Lines lines(text);
    while (auto line = lines.next()) {
        const auto number = parse_number(take_word(*line));
        if (number && *number < Limits::keywords && !line->empty())
            keywords[static_cast<int>(*number)] = *line;
    }
    return keywords;
}

FileKeywords read_courier_keywords(std::string_view text, std::size_t& wrong_lines)
{
    FileKeywords files;
    std::vector<std::string> names;
    Lines lines(text);
    for (auto line = lines.next(); line && !line->empty(); line = lines.next())
        if (names.size() < Limits::keywords)
            names.emplace_back(*line);
    while (auto line = lines.next()) {
        const auto colon = line->rfind(':');
        if (colon == line->npos || colon == 0 || files.size() >= Limits::letters) {
            ++wrong_lines;
            continue;
        }
        auto& keywords = files[std::string(line->substr(0, colon))];
        line->remove_prefix(colon + 1);
        while (!line->empty()) {
            const auto number = parse_number(take_word(*line));
            if (number && *number < names.size() && keywords.size() < Limits::letter_keywords)
                keywords.push_back(names[static_cast<std::size_t>(*number)]);
        }
    }
    return files;
}

std::vector<std::string> read_courier_keyword_file(std::string_view text)
{
    std::vector<std::string> keywords;
    Lines lines(text);
    while (auto line = lines.next())
        if (!line->empty() && keywords.size() < Limits::letter_keywords)
            keywords.emplace_back(*line);
    return keywords;
}

std::set<std::string> read_dovecot_subscriptions(std::string_view text, char separator)
{
    std::set<std::string> names;
    Lines lines(text);
    auto line = lines.next();
    const bool second = line && *line == "V\t2";
    if (second) {
        (void)lines.next(); // An empty one.
        line = lines.next();
    }
    for (; line && names.size() < Limits::subscriptions; line = lines.next()) {
        std::string name(*line);
        if (second) { // Levels are parted by tabs.
            std::ranges::replace(name, '/', '_');
            std::ranges::replace(name, '\t', '/');
        }
        auto read = separator == '.' && !second ? dotted_name(name) : slashed_name(name);
        if (read)
            names.insert(std::move(*read));
    }
    return names;
}

std::set<std::string> read_courier_subscriptions(std::string_view text)
{
    std::set<std::string> names;
    Lines lines(text);
    while (auto line = lines.next()) {
        if (names.size() >= Limits::subscriptions)
            break;
        if (starts_with_ignoring_case(*line, "INBOX."))
            line->remove_prefix(6);
        if (auto name = dotted_name(*line))
            names.insert(std::move(*name));
    }
    return names;
}

std::string formatted_uidl(std::string_view format, const UidlParts& parts)
{
    std::string uidl;
    for (std::size_t at = 0; at < format.size(); ++at) {
        if (format[at] != '%') {
            uidl += format[at];
            continue;
        }
        bool zeros = false, hexadecimal = false;
        std::size_t width = 0;
        auto end = at + 1;
        for (; end < format.size(); ++end) {
            const char c = format[end];
            if (c == '0' && width == 0)
                zeros = true;
            else if (is_digit(c))
                width = std::min<std::size_t>(width * 10 + static_cast<std::size_t>(c - '0'), 32);
            else if (c == 'X')
                hexadecimal = true;
            else
                break;
        }
        const char what = end < format.size() ? format[end] : '\0';
        std::string value;
        if (what == 'u' || what == 'v') {
            const auto number = what == 'u' ? parts.uid : parts.uid_validity;
            value = hexadecimal ? fmt::format("{:x}", number) : fmt::format("{}", number);
        } else if (what == 'f') {
            value = base_name(parts.file);
        } else if (what == '%') {
            value = "%";
        }
        if (value.size() < width)
            value.insert(0, width - value.size(), zeros ? '0' : ' ');
        uidl += value;
        at = end;
    }
    uidl.resize(std::min(uidl.size(), Limits::uidl_bytes));
    return uidl;
}

} // namespace posthouse::moving
