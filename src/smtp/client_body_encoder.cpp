// SPDX-License-Identifier: Apache-2.0
#include "smtp/client_body_encoder.hpp"

namespace posthouse::smtp {
namespace {

constexpr auto none = std::string_view::npos;

/// Nearly all lines go out as they are, so bytes are copied in runs of many lines.
class Copier {
public:
    Copier(std::string_view from, std::string& to) : from_(from), to_(to) {}

    /// Copies up to `end`; then puts `instead`, and passes over as many bytes.
    void put(std::size_t end, char instead, std::size_t passed_over)
    {
        copy(end);
        to_ += instead;
        begin_ += passed_over;
    }
    void copy(std::size_t end)
    {
        to_.append(from_.substr(begin_, end - begin_));
        begin_ = end;
    }

private:
    std::string_view from_;
    std::string& to_;
    std::size_t begin_ = 0;
};

} // namespace

void ClientBodyEncoder::encode(std::string_view piece, std::string& to)
{
    if (piece.empty())
        return;
    if (at_ == At::cr) { // It was held back, to see what follows it.
        to += piece[0] == '\n' ? '\r' : ' ';
        at_ = At::text;
        if (piece[0] == '\n') {
            to += '\n';
            piece.remove_prefix(1);
            at_ = At::line_start;
        }
    }

    Copier copier(piece, to);
    std::size_t at = 0;
    while (at < piece.size()) {
        if (at_ == At::line_start && piece[at] == '.')
            copier.put(at, '.', 0);
        const auto lf = piece.find('\n', at);
        const auto line = piece.substr(at, lf == none ? none : lf - at);
        const bool cr = line.ends_with('\r');
        for (auto lone = line.find('\r'); lone != none && lone + 1 < line.size();
             lone = line.find('\r', lone + 1))
            copier.put(at + lone, ' ', 1);
        if (lf == none) {
            at_ = cr ? At::cr : At::text;
            copier.copy(piece.size() - (cr ? 1 : 0));
            return;
        }
        if (!cr)
            copier.put(lf, '\r', 0);
        at = lf + 1;
        at_ = At::line_start;
    }
    copier.copy(piece.size());
}

void ClientBodyEncoder::finish(std::string& to)
{
    if (at_ != At::line_start)
        to += "\r\n"; // Of a lone CR at the very end, this is what is left.
    to += ".\r\n";
    at_ = At::line_start;
}

} // namespace posthouse::smtp
