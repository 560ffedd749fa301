// SPDX-License-Identifier: Apache-2.0
#include "mail/transfer_decoder.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace posthouse::mail {
namespace {

constexpr std::uint8_t no_digit = 0xff;
constexpr std::uint8_t padding = 0xfe;

constexpr auto base64_values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(no_digit);
    std::uint8_t value = 0;
    for (const char c :
         std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
        table[static_cast<unsigned char>(c)] = value++;
    table['='] = padding;
    return table;
}();

int hexadecimal(char c)
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

} // namespace

void TransferDecoder::decode(std::string_view piece, std::string& to)
{
    switch (encoding_) {
    case TransferEncoding::base64:
        decode_base64(piece, to);
        break;
    case TransferEncoding::quoted_printable:
        decode_quoted_printable(piece, to);
        break;
    case TransferEncoding::uuencode:
        decode_uuencode(piece, to);
        break;
    default:
        to += piece;
        break;
    }
}

void TransferDecoder::finish(std::string& to)
{
    if (encoding_ == TransferEncoding::base64) {
        decode_base64("=", to); // Ends a group that lacks its padding.
    } else if (encoding_ == TransferEncoding::quoted_printable) {
        // A soft line break, or white space, at the end of the text is none of it.
        if (!held_.empty() && held_[0] == '=' && held_.find_last_not_of(" \t\r") != 0)
            to += held_;
        held_.clear();
    } else if (encoding_ == TransferEncoding::uuencode && !held_.empty()) {
        take_uuencoded_line(to);
    }
}

/// Padding ends a group, not the text: some bodies are several that were put together.
void TransferDecoder::decode_base64(std::string_view piece, std::string& to)
{
    for (const char c : piece) {
        const auto value = base64_values[static_cast<unsigned char>(c)];
        if (value < 64) {
            group_ = group_ << 6 | value;
            if (++digits_ == 4) {
                to += static_cast<char>(group_ >> 16 & 0xff);
                to += static_cast<char>(group_ >> 8 & 0xff);
                to += static_cast<char>(group_ & 0xff);
                group_ = digits_ = 0;
            }
        } else if (value == padding && digits_ >= 2) {
            to += static_cast<char>(group_ >> (digits_ == 3 ? 10 : 4) & 0xff);
            if (digits_ == 3)
                to += static_cast<char>(group_ >> 2 & 0xff);
            group_ = digits_ = 0;
        }
    }
}

/// held_ is white space that may turn out to stand at a line's end, or a code under way.
void TransferDecoder::decode_quoted_printable(std::string_view piece, std::string& to)
{
    for (std::size_t at = 0; at < piece.size();) {
        if (held_.empty()) { // The common case: all up to what is special.
            const auto plain = std::min(piece.find_first_of("= \t\r", at), piece.size());
            to += piece.substr(at, plain - at);
            at = plain;
            if (at == piece.size())
                return;
            held_ = piece[at++];
            continue;
        }
        const char c = piece[at];
        if (held_[0] == '=') {
            const bool soft = held_.find_first_not_of(" \t\r", 1) == held_.npos;
            if (soft && c == '\n') { // A soft line break, with white space behind the sign or not.
                held_.clear();
                ++at;
            } else if (soft && is_space(c) && held_.size() < 1000) {
                held_ += c;
                ++at;
            } else if (held_.size() == 1 && hexadecimal(c) >= 0) {
                held_ += c;
                ++at;
            } else if (held_.size() == 2 && hexadecimal(held_[1]) >= 0 && hexadecimal(c) >= 0) {
                to += static_cast<char>(hexadecimal(held_[1]) * 16 + hexadecimal(c));
                held_.clear();
                ++at;
            } else { // No code: it stands for itself.
                to += held_;
                held_.clear();
            }
        } else if (c == '\n') { // RFC 2045 §6.7 (3): white space at the end of a line was added.
            to += held_.ends_with('\r') ? "\r\n" : "\n";
            held_.clear();
            ++at;
        } else if (is_space(c) && held_.size() < 1000) {
            held_ += c;
            ++at;
        } else {
            to += held_;
            held_.clear();
        }
    }
}

void TransferDecoder::decode_uuencode(std::string_view piece, std::string& to)
{
    for (const char c : piece) {
        if (c == '\n')
            take_uuencoded_line(to);
        else if (held_.size() < 200)
            held_ += c;
    }
}

void TransferDecoder::take_uuencoded_line(std::string& to)
{
    const auto value = [](char c) { return static_cast<unsigned>(c - ' ') & 63; };
    const std::string line = std::exchange(held_, {});
    if (!begun_) {
        begun_ = line.starts_with("begin ");
        return;
    }
    if (line.starts_with("end") || line.empty()) {
        begun_ = !line.starts_with("end");
        return;
    }
    auto left = value(line[0]);
    for (std::size_t at = 1; left > 0 && at + 1 < line.size(); at += 4) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 4; ++i)
            group = group << 6 | (at + i < line.size() ? value(line[at + i]) : 0U);
        for (unsigned i = 0; i < 3 && left > 0; ++i, --left)
            to += static_cast<char>(group >> (16 - 8 * i) & 0xff);
    }
}

} // namespace posthouse::mail
