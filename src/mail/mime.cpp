// SPDX-License-Identifier: Apache-2.0
#include "mail/mime.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"
#include "mail/header_block.hpp"
#include "mail/mime_fields.hpp"
#include "mail/transfer_decoder.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

constexpr std::size_t longest_boundary = 1000; // RFC 2046 §5.1.1 has 70.

std::uint64_t line_feeds(std::string_view text)
{
    return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

std::size_t end_of_line(std::string_view text, std::size_t at)
{
    const auto feed = text.find('\n', at);
    return feed == text.npos ? text.size() : feed + 1;
}

/// Encoded, it is no letter before it is decoded: RFC 2046 §5.2.1 allows none.
bool is_encoded(TransferEncoding encoding)
{
    using enum TransferEncoding;
    return encoding == quoted_printable || encoding == base64 || encoding == uuencode;
}

/// One walk over the letter's lines, with the parts that are open at each.
class Parser {
public:
    Parser(std::string_view letter, const MimeLimits& limits) : letter_(letter), limits_(limits) {}

    MimeTree parse() &&
    {
        begin_part(0, 0, DefaultType::text_plain);
        while (at_ < letter_.size()) {
            const auto line = at_;
            if (letter_.substr(line, 2) == "--")
                if (const auto found = delimiter_at(line)) {
                    cross(line, *found);
                    continue;
                }
            at_ = end_of_line(letter_, line);
            lines_ += letter_[at_ - 1] == '\n';
        }
        while (!open_.empty())
            end_part({.at = letter_.size(), .lines = lines_});
        return std::move(tree_);
    }

private:
    /// A multipart whose delimiters are looked for.
    struct Boundary {
        std::string mark;  ///< "--boundary"
        std::size_t level; ///< where its part stands in open_
    };
    struct Open {
        std::size_t part;
        std::uint64_t lines_before; ///< its body
    };
    /// A place in the letter, and the line feeds before it.
    struct Mark {
        std::size_t at = 0;
        std::uint64_t lines = 0;
    };
    struct Delimiter {
        std::size_t boundary; ///< index in boundaries_
        bool closing;
    };

    /// Which open multipart does the line delimit? The innermost, where several have one boundary.
    std::optional<Delimiter> delimiter_at(std::size_t line) const
    {
        if (boundaries_.empty())
            return std::nullopt;
        auto text = letter_.substr(line, end_of_line(letter_, line) - line);
        text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
        for (auto i = boundaries_.size(); i-- > 0;) {
            const auto& mark = boundaries_[i].mark;
            if (text == mark)
                return Delimiter{i, false};
            if (text.size() == mark.size() + 2 && text.ends_with("--") && text.starts_with(mark))
                return Delimiter{i, true};
        }
        return std::nullopt;
    }

    /// Ends what the delimiter ends, and begins the part behind it.
    void cross(std::size_t line, const Delimiter& delimiter)
    {
        const auto level = boundaries_[delimiter.boundary].level;
        boundaries_.resize(delimiter.boundary + (delimiter.closing ? 0 : 1));
        for (Mark last{}; open_.size() > level + 1;)
            last = end_part_before(line, last);
        forget_empty_parts(line);
        at_ = end_of_line(letter_, line);
        lines_ += letter_[at_ - 1] == '\n';
        if (delimiter.closing)
            return;
        auto& multipart = tree_.parts[open_.back().part];
        if (tree_.parts.size() >= limits_.parts) {
            multipart.closed = tree_.truncated = true;
            return;
        }
        begin_part(open_.back().part, multipart.depth + 1,
                   multipart.is("multipart", "digest") ? DefaultType::message_rfc822
                                                       : DefaultType::text_plain);
    }

    /// Between two delimiters one behind the other there is no part: each has its own line end.
    void forget_empty_parts(std::size_t line)
    {
        const auto multipart = open_.back().part;
        while (tree_.parts.size() > multipart + 1) {
            // With all that is in it; a letter without a byte in a part that has some stays.
            auto last = tree_.parts.size() - 1;
            while (tree_.parts[last].parent != multipart)
                last = tree_.parts[last].parent;
            if (tree_.parts[last].header.offset != line)
                return;
            tree_.parts.erase(tree_.parts.begin() + static_cast<std::ptrdiff_t>(last),
                              tree_.parts.end());
        }
    }

    /// The line end before a delimiter is the delimiter's: RFC 2046 §5.1.1.
    /// `inner`: where the part inside it has ended; its header may reach up to the delimiter.
    Mark end_part_before(std::size_t line, const Mark& inner)
    {
        const auto begin = std::max(tree_.parts[open_.back().part].body.offset, inner.at);
        Mark end{.at = line, .lines = lines_};
        if (end.at > begin && letter_[end.at - 1] == '\n') {
            --end.at;
            --end.lines;
            if (end.at > begin && letter_[end.at - 1] == '\r')
                --end.at;
        }
        end_part(end);
        return end;
    }

    void end_part(const Mark& end)
    {
        auto& part = tree_.parts[open_.back().part];
        part.body.length = end.at - part.body.offset;
        part.lines = end.lines - open_.back().lines_before;
        part.end = static_cast<std::uint32_t>(tree_.parts.size());
        open_.pop_back();
    }

    /// Begins the part at at_, and those that begin with its body.
    void begin_part(std::size_t parent, std::uint32_t depth, DefaultType by_default)
    {
        for (;; by_default = DefaultType::text_plain, ++depth) {
            MimePart part;
            part.parent = static_cast<std::uint32_t>(parent);
            part.depth = depth;
            read_header(by_default, part);
            decide_kind(part);
            const bool message = part.kind == MimePart::Kind::message;
            if (part.kind == MimePart::Kind::multipart)
                boundaries_.push_back({mark_of(part), open_.size()});
            open_.push_back({tree_.parts.size(), lines_});
            parent = tree_.parts.size();
            tree_.parts.push_back(std::move(part));
            if (!message)
                return;
        }
    }

    void read_header(DefaultType by_default, MimePart& part)
    {
        part.header.offset = at_;
        if (header_bytes_ >= limits_.all_header_bytes) {
            close(part);
        } else {
            const auto bytes = std::min(limits_.header_bytes, //
                                        limits_.all_header_bytes - header_bytes_);
            const auto header = HeaderBlock::parse(letter_.substr(at_, end_of_header(bytes) - at_),
                                                   {.bytes = bytes, .fields = limits_.fields});
            read_mime_fields(header, by_default, limits_, part);
            tree_.truncated |= header.fields_left_out() > 0 || header.end() == HeaderEnd::limit;
            part.header.length = header.body_offset();
        }
        header_bytes_ += part.header.length;
        lines_ += line_feeds(part.header.of(letter_));
        at_ = part.header.end();
        part.body.offset = at_;
    }

    /// A header without a blank line ends at a delimiter, too. Looks no further than it must for
    /// HeaderBlock to find its own end, or to see that there is too much.
    std::size_t end_of_header(std::size_t most) const
    {
        auto at = at_;
        while (at < letter_.size() && at - at_ <= most) {
            const auto next = end_of_line(letter_, at);
            const auto line = letter_.substr(at, next - at);
            if (line == "\r\n" || line == "\n")
                return next;
            if (line.starts_with("--") && delimiter_at(at))
                return at;
            at = next;
        }
        return at;
    }

    static std::string mark_of(const MimePart& part)
    {
        const auto* const plain = raw_parameter(part.parameters, "boundary");
        const auto boundary = plain ? *plain : parameter_text(part.parameters, "boundary");
        if (boundary.size() > longest_boundary)
            return {};
        const auto length = boundary.find_last_not_of(" \t") + 1; // RFC 2046 §5.1.1: padding
        return length == 0 ? std::string() : "--" + boundary.substr(0, length);
    }

    void close(MimePart& part)
    {
        part.type = "application";
        part.subtype = "octet-stream";
        part.parameters.clear();
        part.closed = tree_.truncated = true;
    }

    void decide_kind(MimePart& part)
    {
        const bool message =
            part.is("message") && (part.subtype == "rfc822" || part.subtype == "global");
        const bool multipart = part.is("multipart");
        if (!message && !multipart)
            return;
        // Its children or the letter in it would be one deeper and one more.
        if (part.depth + 1 >= limits_.depth ||
            (message && tree_.parts.size() + 2 > limits_.parts)) {
            close(part);
        } else if (message && is_encoded(part.encoding)) {
            part.type = "application";
            part.subtype = "octet-stream";
        } else if (message) {
            part.kind = MimePart::Kind::message;
        } else if (mark_of(part).empty()) {
            part.type = "text";
            part.subtype = "plain";
        } else {
            part.kind = MimePart::Kind::multipart;
        }
    }

    std::string_view letter_;
    const MimeLimits& limits_;
    MimeTree tree_;
    std::vector<Open> open_; ///< Each the parent of the next.
    std::vector<Boundary> boundaries_;
    std::size_t at_ = 0;
    std::uint64_t lines_ = 0; ///< Line feeds before at_.
    std::size_t header_bytes_ = 0;
};

} // namespace

std::string_view ByteRange::of(std::string_view letter) const
{
    return offset < letter.size() ? letter.substr(offset, length) : std::string_view();
}

std::vector<std::size_t> MimeTree::children(std::size_t part) const
{
    expects(part < parts.size());
    std::vector<std::size_t> found;
    for (std::size_t child = part + 1; child < parts[part].end; child = parts[child].end)
        found.push_back(child);
    return found;
}

MimeTree parse_mime(std::string_view letter, const MimeLimits& limits)
{
    return Parser(letter, limits).parse();
}

std::string decoded_body(const MimePart& part, std::string_view letter, std::size_t most)
{
    TransferDecoder decoder(part.encoding);
    std::string content;
    auto rest = part.body.of(letter);
    constexpr std::size_t step = 1 << 16;
    while (!rest.empty() && content.size() < most) {
        decoder.decode(rest.substr(0, std::min(step, most + 1024)), content);
        rest.remove_prefix(std::min({step, most + 1024, rest.size()}));
    }
    decoder.finish(content);
    if (content.size() > most)
        content.resize(most);
    return content;
}

std::string file_name(const MimePart& part)
{
    auto name = parameter_text(part.disposition_parameters, "filename");
    return name.empty() ? parameter_text(part.parameters, "name") : name;
}

} // namespace posthouse::mail
