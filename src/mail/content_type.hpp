// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// What a part of a letter is, and the parts of a multipart: RFC 2045 §5, RFC 2046 §5.1.
namespace posthouse::mail {

struct ContentType {
    std::string type, subtype; // lower case; both empty if the field makes no sense
    std::string boundary;      // "": none, or one that cannot be

    bool is(std::string_view wanted) const { return type == wanted; }
    bool is(std::string_view wanted, std::string_view wanted_subtype) const
    {
        return type == wanted && subtype == wanted_subtype;
    }
};

/// `value`: unfolded. Total: what makes no sense is passed over.
ContentType parse_content_type(std::string_view value);

/// Cuts a multipart's body at its delimiters, so that all pieces in their order are the body.
class MultipartReader {
public:
    MultipartReader(std::string_view body, std::string boundary);

    /// On to the next delimiter; false: there is none, or the body was closed.
    bool next();
    /// Before the first delimiter. It ends with that line's CRLF, if it has a line at all.
    std::string_view before() const { return body_.substr(0, first_); }
    /// The delimiter's line; but for the first, with the CRLF before it, which is part of it.
    std::string_view delimiter() const { return body_.substr(at_, part_ - at_); }
    /// Behind it. The closing delimiter is the last: what stands behind it is no part.
    std::string_view part() const { return body_.substr(part_, end_ - part_); }
    bool is_closed() const { return closed_; }

private:
    struct Delimiter {
        std::size_t begin; // of its line
        std::size_t end;
        bool closing;
    };
    /// The first one in a line that begins at `from` or behind it; `begin` is npos if there is
    /// none.
    Delimiter find(std::size_t from) const;
    /// Where the part before this line ends.
    std::size_t end_before(std::size_t line, std::size_t from) const;

    std::string_view body_;
    std::string mark_; // "--boundary"
    Delimiter following_{};
    std::size_t first_ = 0;
    std::size_t at_ = 0;
    std::size_t part_ = 0;
    std::size_t end_ = 0;
    bool begun_ = false;
    bool closed_ = false;
};

} // namespace posthouse::mail
