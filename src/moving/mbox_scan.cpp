// SPDX-License-Identifier: Apache-2.0
#include "moving/mbox_scan.hpp"

#include "base/text.hpp"
#include "moving/digest.hpp"
#include "moving/letter_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace posthouse::moving {
namespace {

/// Lines of a file, one after another, and jumps.
class Reader {
public:
    explicit Reader(File& file) : file_(file) {}
    std::uint64_t at() const { return at_; }
    bool ended() const { return at_ >= file_.bytes(); }
    void jump(std::uint64_t to) { at_ = to; }

    /// With its end; cut at `most` bytes, and then the rest is the next one.
    Result<std::string_view> line(std::size_t most = 64 << 10)
    {
        if (!holds(at_) || (!find_end(most) && held_end() < file_.bytes() && held() < most))
            if (auto filled = fill(); !filled)
                return std::unexpected(filled.error());
        const auto rest = std::string_view(buffer_).substr(static_cast<std::size_t>(at_ - start_));
        auto length = std::min({rest.find('\n'), rest.size(), most});
        if (length < rest.size() && length < most && rest[length] == '\n')
            ++length;
        at_ += length;
        return rest.substr(0, length);
    }

private:
    std::uint64_t held_end() const { return start_ + buffer_.size(); }
    std::size_t held() const { return static_cast<std::size_t>(held_end() - at_); }
    bool holds(std::uint64_t at) const { return at >= start_ && at < held_end(); }
    bool find_end(std::size_t most) const
    {
        return std::string_view(buffer_)
            .substr(static_cast<std::size_t>(at_ - start_), most)
            .contains('\n');
    }
    Result<void> fill()
    {
        auto bytes = file_.read(at_, 512 << 10);
        if (!bytes)
            return std::unexpected(bytes.error());
        buffer_ = std::move(*bytes);
        start_ = at_;
        return {};
    }

    File& file_;
    std::string buffer_;
    std::uint64_t start_ = 0, at_ = 0;
};

std::string_view without_end(std::string_view line)
{
    if (line.ends_with('\n'))
        line.remove_suffix(1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

class Scan {
public:
    Scan(File& file, const SourceOptions& options) : file_(file), reader_(file), options_(options)
    {
    }
    Result<Mbox> run();

private:
    Result<void> letter(std::string_view from_line);
    Result<void> header(Letter&);
    Result<void> body(Letter&);
    void field(Letter&, std::string_view line);
    void base(std::string_view value, bool whole);
    Result<bool> ends_at(std::uint64_t);
    void keywords_from(Letter&, std::string_view words);
    void finish();

    File& file_;
    Reader reader_;
    SourceOptions options_;
    Mbox mbox_;
    Digest digest_;
    std::string next_from_; // the From_ line that ended a body
    std::optional<std::uint64_t> content_length_;
    bool is_base_ = false; // of the pseudo-letter that UW and Dovecot put first
    std::map<std::string, int> times_;
};

/// "1164045600 0000000012 $Junk Work": of X-IMAPbase, and of X-IMAP in a letter of its own.
void Scan::base(std::string_view value, bool whole)
{
    if (mbox_.uid_validity != 0)
        return;
    const auto word = [&] {
        value = trimmed(value);
        const auto end = std::min(value.find(' '), value.size());
        const auto taken = value.substr(0, end);
        value.remove_prefix(end);
        return taken;
    };
    const auto validity = parse_number(word()), last = parse_number(word());
    if (!validity || !last || *validity > 0xffffffff || *last >= 0xffffffff)
        return;
    mbox_.uid_validity = static_cast<std::uint32_t>(*validity);
    mbox_.uid_next = static_cast<std::uint32_t>(*last + 1);
    is_base_ = whole;
}

void Scan::keywords_from(Letter& letter, std::string_view words)
{
    while (!(words = trimmed(words)).empty()) {
        const auto end = std::min(words.find_first_of(" \t"), words.size());
        if (mail::is_keyword(words.substr(0, end)) &&
            letter.flags.keywords.size() < Limits::letter_keywords)
            letter.flags.add_keyword(words.substr(0, end));
        words.remove_prefix(end);
    }
}

void Scan::field(Letter& letter, std::string_view line)
{
    const auto colon = line.find(':');
    if (colon == line.npos)
        return;
    const auto name = trimmed(line.substr(0, colon));
    const auto value = trimmed(without_end(line.substr(colon + 1)));
    const bool status = equal_ignoring_case(name, "Status");
    if (status || equal_ignoring_case(name, "X-Status")) {
        for (const char c : value)
            switch (c) {
            case 'R':
                letter.flags.system.set(mail::SystemFlag::seen);
                break;
            case 'A':
                letter.flags.system.set(mail::SystemFlag::answered);
                break;
            case 'F':
                letter.flags.system.set(mail::SystemFlag::flagged);
                break;
            case 'D':
                letter.flags.system.set(mail::SystemFlag::deleted);
                break;
            case 'T':
                letter.flags.system.set(mail::SystemFlag::draft);
                break;
            default:
                break;
            }
    } else if (equal_ignoring_case(name, "X-Keywords")) {
        keywords_from(letter, value);
    } else if (equal_ignoring_case(name, "X-UID")) {
        if (const auto uid = parse_number(value); uid && *uid < 0xffffffff)
            letter.uid = static_cast<std::uint32_t>(*uid);
    } else if (equal_ignoring_case(name, "X-IMAPbase")) {
        if (mbox_.letters.empty())
            base(value, false);
    } else if (equal_ignoring_case(name, "X-IMAP")) {
        base(value, mbox_.letters.empty());
    } else if (equal_ignoring_case(name, "X-UIDL")) {
        if (!value.empty() && value.size() <= Limits::uidl_bytes &&
            std::ranges::all_of(value, [](char c) { return c > ' ' && c <= '~'; }))
            letter.uidl = value;
    } else if (equal_ignoring_case(name, "Content-Length")) {
        content_length_ = parse_number(value);
    }
}

Result<void> Scan::header(Letter& letter)
{
    std::uint64_t length = 0;
    bool of_mbox = false, continued = false;
    content_length_.reset();
    while (!reader_.ended()) {
        const auto before = reader_.at();
        auto line = reader_.line();
        if (!line)
            return std::unexpected(line.error());
        if (!continued && without_end(*line).empty()) {
            digest_.take("\n");
            return {};
        }
        if (!continued && parse_from_line(*line)) { // Without a body, and without its blank line.
            reader_.jump(before);
            return {};
        }
        if (!continued && !line->starts_with(' ') && !line->starts_with('\t')) {
            of_mbox =
                is_mbox_field(trimmed(line->substr(0, std::min(line->find(':'), line->size()))));
            if (of_mbox)
                field(letter, *line);
        }
        continued = !line->ends_with('\n');
        if (!of_mbox) {
            digest_.take(without_end(*line));
            digest_.take("\n");
        }
        length += line->size();
        if (length > Limits::header_bytes && letter.trouble.empty())
            letter.trouble = "its header has no end";
    }
    return {};
}

/// Is there the end of a letter: of the file, or a line that begins the next?
Result<bool> Scan::ends_at(std::uint64_t at)
{
    if (at > file_.bytes())
        return false;
    const auto back = reader_.at();
    reader_.jump(at);
    bool ends = true;
    for (int blank = 0; !reader_.ended(); ++blank) {
        auto line = reader_.line();
        if (!line)
            return std::unexpected(line.error());
        if (!without_end(*line).empty() || blank > 1) {
            ends = parse_from_line(*line).has_value();
            break;
        }
    }
    reader_.jump(back);
    return ends;
}

Result<void> Scan::body(Letter& letter)
{
    next_from_.clear();
    const auto begin = reader_.at();
    std::optional<std::uint64_t> stop;
    const bool by_length = options_.quoting == SourceOptions::Quoting::any ||
                           options_.quoting == SourceOptions::Quoting::mboxcl2;
    if (by_length && content_length_ && *content_length_ <= file_.bytes() - begin) {
        auto ends = ends_at(begin + *content_length_);
        if (!ends)
            return std::unexpected(ends.error());
        if (*ends)
            stop = begin + *content_length_;
    }
    bool continued = false;
    std::uint64_t end = begin;
    std::size_t last_end = 0; // bytes of the line end before the next letter
    bool last_blank = false;
    while (!reader_.ended() && (!stop || reader_.at() < *stop)) {
        const auto before = reader_.at();
        const auto most = stop ? std::min<std::uint64_t>(*stop - before, 64 << 10) : 64 << 10;
        auto line = reader_.line(static_cast<std::size_t>(most));
        if (!line)
            return std::unexpected(line.error());
        if (!stop && !continued && line->starts_with("From ") && parse_from_line(*line)) {
            next_from_ = *line;
            // The blank line before it is the mbox's.
            if (last_blank)
                end -= last_end;
            letter.bytes = end - letter.first;
            return {};
        }
        const auto text = without_end(*line);
        digest_.take(text);
        if (line->ends_with('\n'))
            digest_.take("\n");
        last_blank = !continued && text.empty() && line->ends_with('\n');
        last_end = line->size();
        continued = !line->ends_with('\n');
        end = reader_.at();
    }
    if (stop) { // Up to the next From_ line.
        letter.quoted = false;
        while (!reader_.ended()) {
            auto line = reader_.line();
            if (!line)
                return std::unexpected(line.error());
            if (parse_from_line(*line)) {
                next_from_ = *line;
                break;
            }
        }
    } else if (last_blank) {
        end -= last_end;
    }
    letter.bytes = end - letter.first;
    return {};
}

Result<void> Scan::letter(std::string_view from_line)
{
    Letter letter;
    letter.internal_date = parse_from_line(from_line);
    letter.first = reader_.at();
    letter.place = fmt::format("the letter at {}", letter.first - from_line.size());
    letter.quoted = options_.quoting != SourceOptions::Quoting::mboxcl2;
    digest_ = Digest();
    is_base_ = false;
    if (auto done = header(letter); !done)
        return done;
    if (auto done = body(letter); !done)
        return done;
    if (is_base_) // It says so itself, and no client was shown it.
        return {};
    auto first = file_.read(letter.first, 1);
    if (letter.bytes == 0)
        letter.trouble = "it is empty";
    else if (first && first->starts_with('\0'))
        letter.trouble = "it is filled with zeros";
    // Two that say the same are told apart by which came first.
    auto digest = digest_.finish();
    const auto time = times_[digest]++;
    letter.identity = time == 0 ? digest : identity_of(digest + std::to_string(time));
    if (mbox_.letters.size() < Limits::letters)
        mbox_.letters.push_back(std::move(letter));
    return {};
}

/// UIDs count only where they ascend: else a program that knows nothing of them mixed letters up.
void Scan::finish()
{
    std::uint32_t last = 0;
    const bool ascending = std::ranges::all_of(mbox_.letters, [&](const Letter& letter) {
        if (letter.uid == 0)
            return true;
        return std::exchange(last, letter.uid) < letter.uid;
    });
    if (!ascending && mbox_.uid_validity != 0)
        mbox_.remarks.push_back("its UIDs do not ascend, so they do not count");
    if (!ascending || mbox_.uid_validity == 0) {
        mbox_.uid_validity = mbox_.uid_next = 0;
        for (auto& letter : mbox_.letters)
            letter.uid = 0;
    }
    if (mbox_.uid_validity != 0)
        mbox_.uid_next = std::max(mbox_.uid_next, last + 1);
}

Result<Mbox> Scan::run()
{
    if (reader_.ended())
        return mbox_;
    auto line = reader_.line();
    if (!line)
        return std::unexpected(line.error());
    if (!line->starts_with("From "))
        return std::unexpected(std::string("it does not begin with a From_ line"));
    next_from_ = *line;
    while (!next_from_.empty()) {
        const auto from = std::exchange(next_from_, {});
        if (auto done = letter(from); !done)
            return std::unexpected(done.error());
    }
    finish();
    return std::move(mbox_);
}

} // namespace

Result<Mbox> scan_mbox(File& file, const SourceOptions& options)
{
    return Scan(file, options).run();
}

} // namespace posthouse::moving
