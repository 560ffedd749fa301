// SPDX-License-Identifier: Apache-2.0
#include "imap/part_table.hpp"

#include <algorithm>

namespace posthouse::imap {
namespace {

using mail::ByteRange;
using mail::IndexedPart;
using mail::MimePart;

class Numbering {
public:
    explicit Numbering(const mail::MimeTree& tree) : tree_(tree) {}

    std::vector<IndexedPart> number(std::string_view letter) &&
    {
        const auto& root = tree_.parts.front();
        auto whole = entry(root, "");
        whole.body = {.offset = 0, .length = letter.size()};
        whole.header = root.header;
        whole.text = root.body;
        whole.holds_letter = true;
        table_.push_back(std::move(whole));
        number_letter(0, "");
        return std::move(table_);
    }

private:
    static IndexedPart entry(const MimePart& part, std::string section)
    {
        const auto charset =
            part.is("text") ? mail::parameter_text(part.parameters, "charset") : std::string();
        return {.section = std::move(section),
                .type = part.type + '/' + part.subtype,
                .charset = charset.substr(0, 64),
                .encoding = part.encoding,
                .mime = part.header,
                .body = part.body,
                .header = {},
                .text = {}};
    }

    /// The parts of a letter; one that is no multipart is its own part 1.
    void number_letter(std::size_t index, const std::string& prefix)
    {
        if (tree_.parts[index].kind == MimePart::Kind::multipart)
            number_children(index, prefix);
        else
            number_part(index, prefix + '1');
    }

    void number_children(std::size_t index, const std::string& prefix)
    {
        const auto& part = tree_.parts[index];
        std::size_t number = 0;
        for (auto child = index + 1; child < part.end; child = tree_.parts[child].end)
            number_part(child, prefix + std::to_string(++number));
        if (number == 0) { // The one that BODYSTRUCTURE shows instead.
            const ByteRange none{.offset = part.body.offset, .length = 0};
            MimePart empty;
            empty.type = "text";
            empty.subtype = "plain";
            empty.header = empty.body = none;
            table_.push_back(entry(empty, prefix + '1'));
        }
    }

    void number_part(std::size_t index, const std::string& section)
    {
        const auto& part = tree_.parts[index];
        auto numbered = entry(part, section);
        if (part.kind == MimePart::Kind::message) {
            numbered.holds_letter = true;
            numbered.header = tree_.parts[index + 1].header;
            numbered.text = tree_.parts[index + 1].body;
        }
        table_.push_back(std::move(numbered));
        if (part.kind == MimePart::Kind::message)
            number_letter(index + 1, section + '.');
        else if (part.kind == MimePart::Kind::multipart)
            number_children(index, section + '.');
    }

    const mail::MimeTree& tree_;
    std::vector<IndexedPart> table_;
};

} // namespace

std::vector<IndexedPart> part_table(const mail::MimeTree& tree, std::string_view letter)
{
    return Numbering(tree).number(letter);
}

const IndexedPart* find_part(std::span<const IndexedPart> table, std::string_view section)
{
    const auto found = std::ranges::find(table, section, &IndexedPart::section);
    return found == table.end() ? nullptr : &*found;
}

} // namespace posthouse::imap
