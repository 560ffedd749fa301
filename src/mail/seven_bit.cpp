// SPDX-License-Identifier: Apache-2.0
#include "mail/seven_bit.hpp"

#include "base/text.hpp"
#include "mail/base64.hpp"
#include "mail/content_encoding.hpp"
#include "mail/content_type.hpp"
#include "mail/header_block.hpp"
#include "mail/lexical.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace posthouse::mail {
namespace {

using Done = std::expected<void, Unconvertible>;

std::unexpected<Unconvertible> impossible(std::string text)
{
    return std::unexpected(Unconvertible{"5.6.3", std::move(text)});
}

LineScan scan(std::string_view text)
{
    LineScan found;
    found.append(text);
    return found;
}

/// What stands before the first line of a part decides what may become of it.
enum class Level : std::uint8_t { letter, part };

/// A Content-Transfer-Encoding, as far as it matters.
enum class Encoding : std::uint8_t { identity, quoted_printable, base64, unknown };

Encoding encoding_of(const HeaderBlock& header)
{
    const auto* field = header.first("Content-Transfer-Encoding");
    if (field == nullptr)
        return Encoding::identity;
    const auto value = field->value(1000);
    std::string_view text = value;
    skip_cfws(text);
    const auto word = text.substr(0, std::min(text.find_first_of(" \t(;"), text.size()));
    for (const auto* plain : {"7bit", "8bit", "binary"})
        if (equal_ignoring_case(word, plain))
            return Encoding::identity;
    if (equal_ignoring_case(word, "quoted-printable"))
        return Encoding::quoted_printable;
    if (equal_ignoring_case(word, "base64"))
        return Encoding::base64;
    return Encoding::unknown;
}

/// Folds the lines of a field that are too long, before white space (RFC 5322 §2.2.3).
void append_folded(const HeaderField& field, std::string& to)
{
    auto raw = field.raw;
    // Not in the name, nor in a mail file's `From ` line.
    auto least = field.name.empty() ? raw.npos : raw.find(':') + 1;
    while (!raw.empty()) {
        const auto end = std::min(raw.find('\n'), raw.size() - 1) + 1;
        auto line = raw.substr(0, end);
        raw.remove_prefix(end);
        while (line.size() > SevenBitLimits::line_bytes + 2) {
            const auto at = line.find_last_of(" \t", SevenBitLimits::line_bytes);
            if (at == line.npos || at <= std::max(least, line.find_first_not_of(" \t")))
                break;
            to.append(line.substr(0, at)).append("\r\n");
            line.remove_prefix(at);
            least = 0;
        }
        to += line;
        least = 0;
    }
}

class Converter {
public:
    explicit Converter(Demand demand) : demand_(demand) {}

    /// Adds the letter or part `text`, converted. `usual`: its type, where it does not say one.
    Done add(std::string_view text, Level, std::string_view usual);
    std::string take() { return std::move(out_); }

private:
    struct Entity {
        const HeaderBlock& header;
        std::string_view body;
        Level level;
        ContentType type;
        Encoding encoding;
    };
    bool is_fit(std::string_view) const;
    /// Its own content cannot be touched, so it goes as it is if that is possible at all.
    Done leave(const Entity&, std::string_view what);
    Done add_leaf(const Entity&);
    Done add_message(const Entity&);
    Done add_multipart(const Entity&);
    void add_outside(std::string_view text);
    /// "": the encoding is as it says.
    void add_header(const Entity&, std::string_view encoding);
    /// Of what is composed of encoded parts.
    std::string_view composite() const { return demand_ == Demand::seven_bit ? "7bit" : ""; }
    void add_unchanged(const Entity&);

    Demand demand_;
    std::string out_;
    std::size_t depth_ = 0;
    std::size_t parts_ = 0;
};

bool Converter::is_fit(std::string_view text) const
{
    const auto found = scan(text);
    return !found.has_long_line() && (demand_ == Demand::short_lines || !found.has_eight_bit());
}

Done Converter::add(std::string_view text, Level level, std::string_view usual)
{
    if (is_fit(text)) {
        out_ += text;
        return {};
    }
    if (++parts_ > SevenBitLimits::parts || depth_ > SevenBitLimits::depth)
        return impossible("the letter has more parts, or deeper ones, than are converted");
    const auto header = HeaderBlock::parse(text, {.bytes = SevenBitLimits::header_bytes});
    if (header.end() == HeaderEnd::limit || header.fields_left_out() > 0)
        return impossible("a header is larger than those that are converted");
    if (demand_ == Demand::seven_bit && scan(header.text()).has_eight_bit())
        return std::unexpected(
            Unconvertible{"5.6.7", "a header field is not ASCII, and only SMTPUTF8 carries it"});

    const auto* type = header.first("Content-Type");
    const Entity entity{header, text.substr(header.body_offset()), level,
                        parse_content_type(type != nullptr ? type->value() : std::string(usual)),
                        encoding_of(header)};
    if (is_fit(entity.body)) {
        add_unchanged(entity);
        return {};
    }
    ++depth_;
    auto done =
        entity.type.is("multipart")           ? add_multipart(entity)
        : entity.type.is("message", "rfc822") ? add_message(entity)
        : entity.type.is("message") && !starts_with_ignoring_case(entity.type.subtype, "global")
            ? leave(entity, "a part of the type message/" + printable(entity.type.subtype, 40))
            : add_leaf(entity);
    --depth_;
    return done;
}

Done Converter::leave(const Entity& entity, std::string_view what)
{
    if (demand_ == Demand::seven_bit && scan(entity.body).has_eight_bit())
        return impossible(fmt::format("{} has 8-bit content and must not be changed", what));
    add_unchanged(entity);
    return {};
}

/// RFC 2045 §6; message/global may be encoded as well: RFC 6532 §3.7.
Done Converter::add_leaf(const Entity& entity)
{
    switch (entity.encoding) {
    case Encoding::unknown:
        return leave(entity, "a part with an unknown encoding");
    case Encoding::base64: // In lines that are too long, or with bytes that decoders pass over.
        add_header(entity, "base64");
        out_ += rewrap_base64(entity.body);
        return {};
    case Encoding::quoted_printable:
        add_header(entity, "quoted-printable");
        out_ += rewrap_quoted_printable(entity.body);
        return {};
    case Encoding::identity:
        break;
    }
    if (prefers_base64(entity.body)) {
        add_header(entity, "base64");
        out_ += base64_lines(entity.body);
    } else {
        add_header(entity, "quoted-printable");
        out_ += encode_quoted_printable(entity.body);
    }
    return {};
}

/// RFC 2045 §6.4: it cannot be encoded itself, but what is in it.
Done Converter::add_message(const Entity& entity)
{
    if (entity.encoding != Encoding::identity)
        return leave(entity, "a letter in the letter that is encoded itself");
    add_header(entity, composite());
    return add(entity.body, Level::letter, "text/plain");
}

Done Converter::add_multipart(const Entity& entity)
{
    if (entity.type.is("multipart", "signed") || entity.type.is("multipart", "encrypted"))
        return leave(entity, "a signed or encrypted part");
    if (entity.encoding != Encoding::identity)
        return leave(entity, "a multipart that is encoded itself");
    MultipartReader reader(entity.body, entity.type.boundary);
    if (entity.type.boundary.empty() || !reader.next())
        return leave(entity, "a multipart without parts");

    add_header(entity, composite());
    const std::string_view usual =
        entity.type.is("multipart", "digest") ? "message/rfc822" : "text/plain";
    add_outside(reader.before());
    do {
        out_ += reader.delimiter();
        if (reader.is_closed())
            add_outside(reader.part());
        else if (auto done = add(reader.part(), Level::part, usual); !done)
            return done;
    } while (reader.next());
    return {};
}

/// Preamble and epilogue: read by nobody (RFC 2046 §5.1.1).
void Converter::add_outside(std::string_view text)
{
    if (is_fit(text)) {
        out_ += text;
        return;
    }
    std::size_t column = 0;
    for (const char c : text) {
        column = c == '\n' ? 0 : column + 1;
        if (column > SevenBitLimits::line_bytes && c != '\r') {
            out_ += "\r\n ";
            column = 2;
        }
        out_ += is_non_ascii(c) && demand_ == Demand::seven_bit ? '?' : c;
    }
}

void Converter::add_unchanged(const Entity& entity)
{
    const auto text = entity.header.text();
    for (const auto& field : entity.header.fields())
        append_folded(field, out_);
    // With the blank line, if there is one.
    out_.append(text.data() + text.size(), entity.body.data() + entity.body.size());
}

void Converter::add_header(const Entity& entity, std::string_view encoding)
{
    const auto field = fmt::format("Content-Transfer-Encoding: {}\r\n", encoding);
    // Where nothing is said, it is 7bit.
    bool written = encoding.empty() || encoding == "7bit";
    for (const auto& each : entity.header.fields()) {
        if (encoding.empty() || !each.is("Content-Transfer-Encoding")) {
            append_folded(each, out_);
            continue;
        }
        if (entity.header.first("Content-Transfer-Encoding") == &each)
            out_ += field;
        written = true;
    }
    if (entity.level == Level::letter && entity.header.first("MIME-Version") == nullptr)
        out_ += "MIME-Version: 1.0\r\n";
    const bool is_text = entity.type.is("text", "plain");
    if (is_text && entity.header.first("Content-Type") == nullptr &&
        scan(entity.body).has_eight_bit())
        out_ += "Content-Type: text/plain; charset=unknown-8bit\r\n"; // RFC 1428 §3
    if (!written)
        out_ += field;
    out_ += "\r\n";
}

} // namespace

void LineScan::append(std::string_view piece)
{
    eight_bit_ = eight_bit_ || std::ranges::any_of(piece, is_non_ascii);
    while (!piece.empty() && !long_line_) {
        const auto end = piece.find('\n');
        const auto part = piece.substr(0, end);
        line_ += part.size();
        cr_ = part.empty() ? cr_ : part.back() == '\r';
        long_line_ = line_ > SevenBitLimits::line_bytes + (cr_ ? 1 : 0);
        if (end == piece.npos)
            return;
        line_ = 0;
        cr_ = false;
        piece.remove_prefix(end + 1);
    }
}

std::expected<std::string, Unconvertible> encode_for(Demand demand, std::string_view letter)
{
    Converter converter(demand);
    if (auto done = converter.add(letter, Level::letter, "text/plain"); !done)
        return std::unexpected(std::move(done.error()));
    return converter.take();
}

} // namespace posthouse::mail
