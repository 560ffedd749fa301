// SPDX-License-Identifier: Apache-2.0
#include "imap/body_structure.hpp"

#include "mail/header_block.hpp"

namespace posthouse::imap {
namespace {

using mail::MimePart;

/// What a multipart without parts has for its one part, which IMAP cannot do without.
constexpr std::string_view no_part = R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)";

class Writer {
public:
    Writer(const mail::MimeTree& tree, std::string_view letter, BodyForm form,
           const EnvelopeLimits& limits)
        : tree_(tree),
          letter_(letter),
          form_(form),
          limits_(limits)
    {
    }

    std::string take() &&
    {
        write(0);
        return std::move(text_);
    }

private:
    bool extended() const { return form_ == BodyForm::extended; }

    /// No deeper than MimeLimits::depth.
    void write(std::size_t index)
    {
        text_ += '(';
        if (tree_.parts[index].kind == MimePart::Kind::multipart)
            write_multipart(index);
        else
            write_leaf(index);
        text_ += ')';
    }

    void write_multipart(std::size_t index)
    {
        const auto& part = tree_.parts[index];
        for (auto child = index + 1; child < part.end; child = tree_.parts[child].end)
            write(child);
        if (part.end == index + 1) {
            text_ += no_part;
            text_ += extended() ? " NIL NIL NIL NIL)" : ")";
        }
        add(imap_string(part.subtype));
        if (extended()) {
            add(parameters(part.parameters));
            write_extension(part);
        }
    }

    void write_leaf(std::size_t index)
    {
        const auto& part = tree_.parts[index];
        text_ += imap_string(part.type);
        add(imap_string(part.subtype));
        add(content_parameters(part));
        add(imap_nstring(part.content_id));
        add(imap_nstring(part.description));
        add(part.transfer_encoding.empty() ? "\"7bit\"" : imap_string(part.transfer_encoding));
        add(std::to_string(part.body.length));
        if (part.kind == MimePart::Kind::message) {
            const auto header = mail::HeaderBlock::parse(tree_.parts[index + 1].header.of(letter_));
            add(envelope_text(header, limits_));
            text_ += ' ';
            write(index + 1);
        }
        if (part.kind == MimePart::Kind::message || part.is("text"))
            add(std::to_string(part.lines));
        if (extended()) {
            add(imap_nstring(part.md5));
            write_extension(part);
        }
    }

    void write_extension(const MimePart& part)
    {
        if (part.disposition.empty())
            add("NIL");
        else
            add('(' + imap_string(part.disposition) + ' ' +
                parameters(part.disposition_parameters) + ')');
        std::string languages;
        for (const auto& language : part.languages)
            languages += (languages.empty() ? "(" : " ") + imap_string(language);
        add(languages.empty() ? "NIL" : languages + ')');
        add(imap_nstring(part.location));
    }

    static std::string parameters(const mail::ParameterList& list)
    {
        std::string text;
        for (const auto& [name, value] : list)
            text += (text.empty() ? "(" : " ") + imap_string(name) + ' ' + imap_string(value);
        return text.empty() ? "NIL" : text + ')';
    }

    /// A text that does not say it has the charset that is the default: RFC 2045 §5.2.
    static std::string content_parameters(const MimePart& part)
    {
        if (!part.is("text") || raw_parameter(part.parameters, "charset") != nullptr ||
            raw_parameter(part.parameters, "charset*") != nullptr)
            return parameters(part.parameters);
        auto with_charset = part.parameters;
        with_charset.push_back({.name = "charset", .value = "us-ascii"});
        return parameters(with_charset);
    }

    void add(std::string_view value)
    {
        text_ += ' ';
        text_ += value;
    }

    const mail::MimeTree& tree_;
    std::string_view letter_;
    BodyForm form_;
    const EnvelopeLimits& limits_;
    std::string text_;
};

} // namespace

std::string body_structure_text(const mail::MimeTree& tree, std::string_view letter, BodyForm form,
                                const EnvelopeLimits& limits)
{
    return Writer(tree, letter, form, limits).take();
}

} // namespace posthouse::imap
