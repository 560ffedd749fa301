// SPDX-License-Identifier: Apache-2.0
#include "mail/header_text.hpp"

#include "mail/charset.hpp"
#include "mail/lexical.hpp"
#include "mail/transfer_decoder.hpp"
#include "mail/utf8.hpp"

#include <algorithm>
#include <optional>

namespace posthouse::mail {
namespace {

/// =?charset?encoding?text?=
struct EncodedWord {
    std::string_view charset;
    bool base64 = false;
    std::string_view text;
    std::size_t length = 0; ///< of all of it
};

constexpr std::size_t longest_charset = 80;

/// At the front of `text`. Longer than the standard's 75 characters, with spaces in it, and
/// without space around it, as real letters have them.
std::optional<EncodedWord> encoded_word(std::string_view text)
{
    if (!text.starts_with("=?"))
        return std::nullopt;
    const auto charset_end = text.substr(0, longest_charset + 2).find('?', 2);
    if (charset_end == text.npos || charset_end == 2 || text.size() < charset_end + 3 ||
        text[charset_end + 2] != '?')
        return std::nullopt;
    EncodedWord word;
    word.charset = text.substr(2, charset_end - 2);
    word.charset = word.charset.substr(0, word.charset.find('*')); // RFC 2231 §5: language
    const char encoding = to_lower(text[charset_end + 1]);
    if (encoding != 'b' && encoding != 'q')
        return std::nullopt;
    word.base64 = encoding == 'b';
    const auto begin = charset_end + 3;
    // Up to `?=`; but a word that begins before it means that this one never ends.
    auto end = text.find('?', begin);
    while (end != text.npos && !text.substr(end).starts_with("?=")) {
        if (end > begin && text[end - 1] == '=')
            return std::nullopt;
        end = text.find('?', end + 1);
    }
    if (end == text.npos)
        return std::nullopt;
    word.text = text.substr(begin, end - begin);
    word.length = end + 2;
    return word;
}

void append_decoded(const EncodedWord& word, std::string& bytes)
{
    TransferDecoder decoder(word.base64 ? TransferEncoding::base64
                                        : TransferEncoding::quoted_printable);
    if (word.base64) {
        decoder.decode(word.text, bytes);
    } else {
        std::string spaced(word.text);
        std::ranges::replace(spaced, '_', '\x01'); // A space at the end is one.
        std::string decoded;
        decoder.decode(spaced, decoded);
        decoder.finish(decoded);
        std::ranges::replace(decoded, '\x01', ' ');
        bytes += decoded;
    }
    decoder.finish(bytes);
}

std::string unfolded(std::string_view value)
{
    std::string line;
    line.reserve(value.size());
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (value[at] == '\n' || value.substr(at, 2) == "\r\n") {
            at += value[at] == '\r';
            continue;
        }
        line += value[at];
    }
    return line;
}

std::string_view without_space(std::string_view text)
{
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

class Decoder {
public:
    explicit Decoder(std::size_t most) : most_(most) {}

    void read(std::string_view text)
    {
        while (!text.empty() && said_.size() < most_) {
            auto begin = text.find("=?");
            std::optional<EncodedWord> word;
            while (begin != text.npos && !(word = encoded_word(text.substr(begin))))
                begin = text.find("=?", begin + 1);
            const auto plain = text.substr(0, begin);
            if (!word || without_space(plain) != "" || words_.empty()) {
                flush();
                append(to_utf8(plain, ""));
            }
            if (!word)
                return;
            if (!words_.empty() && !equal_ignoring_case(charset_, word->charset))
                flush_word();
            charset_ = word->charset;
            append_decoded(*word, words_);
            text.remove_prefix(begin + word->length);
        }
    }

    std::string take() &&
    {
        flush();
        for (char& c : said_)
            if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
                c = ' ';
        said_.resize(utf8_front(said_, most_).size());
        return std::string(without_space(said_));
    }

private:
    void append(std::string_view text) { said_ += text; }
    void flush_word()
    {
        append(to_utf8(words_, charset_));
        words_.clear();
    }
    void flush()
    {
        if (!words_.empty())
            flush_word();
    }

    std::string said_;
    std::string words_;        ///< Bytes of words not yet written,
    std::string_view charset_; ///< all of which are of this one.
    std::size_t most_;
};

} // namespace

std::string header_text(std::string_view value, std::size_t most)
{
    // No character grows longer than by its code, but that three bytes may stand for one.
    const auto enough = std::min(value.size(), most < value.size() / 8 ? most * 8 : value.size());
    const auto line = unfolded(without_space(value.substr(0, enough)));
    Decoder decoder(most);
    decoder.read(line);
    return std::move(decoder).take();
}

} // namespace posthouse::mail
