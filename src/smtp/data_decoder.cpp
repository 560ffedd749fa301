// SPDX-License-Identifier: Apache-2.0
#include "smtp/data_decoder.hpp"

namespace posthouse::smtp {
namespace {

/// Lines are passed through together in windows of this size. In one that holds anything out of
/// the ordinary they are looked at one by one, so it is small enough for that to cost little.
constexpr std::size_t window_bytes = 4096;

} // namespace

DataDecoder::DataDecoder(BareLineEnds bare_line_ends, std::size_t line_limit)
    : meter_(line_limit),
      bare_line_ends_(bare_line_ends)
{
}

std::size_t DataDecoder::feed(std::string_view bytes, std::string& text)
{
    const auto before = text.size();
    auto rest = bytes;
    while (!rest.empty() && state_ != State::done) {
        rest.remove_prefix(pass_clean_lines(rest, text));
        auto window = rest.substr(0, window_bytes);
        const auto size = window.size();
        while (!window.empty() && state_ != State::done)
            decode_some(window, text);
        rest.remove_prefix(size - window.size());
    }
    meter_.measure(std::string_view(text).substr(before));
    return bytes.size() - rest.size();
}

/// Takes as many whole lines from the front as have nothing to undo or to object to.
std::size_t DataDecoder::pass_clean_lines(std::string_view bytes, std::string& text)
{
    if (state_ != State::line_start && state_ != State::text)
        return 0;
    std::size_t clean = 0;
    while (clean < bytes.size()) {
        auto window = bytes.substr(clean, window_bytes);
        const auto end = find_last_line_feed(window);
        if (end == window.npos)
            break;
        window = window.substr(0, end + 1);
        if (window.front() == '\n' || (window.front() == '.' && state_ == State::line_start) ||
            !pairs_line_ends(window) || has_dot_at_line_start(window))
            break;
        clean += window.size();
        state_ = State::line_start;
    }
    text.append(bytes.substr(0, clean));
    return clean;
}

void DataDecoder::decode_some(std::string_view& bytes, std::string& text)
{
    const char c = bytes.front();
    switch (state_) {
    case State::line_start:
        state_ = c == '.' ? State::dot : State::text;
        bytes.remove_prefix(c == '.' ? 1 : 0);
        break;

    case State::dot: // The dot is dropped, whatever follows it.
        state_ = c == '\r' ? State::dot_cr : State::text;
        bytes.remove_prefix(c == '\r' ? 1 : 0);
        break;

    case State::dot_cr:
        if (c == '\n') {
            state_ = State::done;
            bytes.remove_prefix(1);
        } else {
            state_ = State::cr; // It was a line's lone CR, not the end.
        }
        break;

    case State::text: {
        const auto end = find_line_end(bytes);
        text.append(bytes.substr(0, end));
        bytes.remove_prefix(end);
        if (bytes.empty())
            break;
        if (bytes.front() == '\r')
            state_ = State::cr;
        else
            bare_line_end(text); // Which starts no line.
        bytes.remove_prefix(1);
        break;
    }

    case State::cr:
        if (c == '\n') {
            text += "\r\n";
            state_ = State::line_start;
            bytes.remove_prefix(1);
        } else {
            bare_line_end(text);
            state_ = State::text;
        }
        break;

    case State::done:
        break;
    }
}

void DataDecoder::bare_line_end(std::string& text)
{
    if (bare_line_ends_ == BareLineEnds::repair)
        text += "\r\n";
    else
        malformed_ = true;
}

} // namespace posthouse::smtp
