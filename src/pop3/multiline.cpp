// SPDX-License-Identifier: Apache-2.0
#include "pop3/multiline.hpp"

namespace posthouse::pop3 {

void Stuffing::write(std::string_view piece, std::string& to)
{
    if (piece.empty())
        return;
    if (last_ == '\n' && piece.front() == '.')
        to += '.';
    before_last_ = piece.size() > 1 ? piece[piece.size() - 2] : last_;
    last_ = piece.back();
    to.reserve(to.size() + piece.size() + piece.size() / 64 + 8);
    // Dots are fewer than line ends.
    for (std::size_t at = 0; (at = piece.find('.', at)) != piece.npos;) {
        if (at == 0 || piece[at - 1] != '\n') {
            ++at;
            continue;
        }
        to.append(piece.substr(0, at + 1));
        to += '.';
        piece.remove_prefix(at + 1);
        at = 0;
    }
    to.append(piece);
}

void Stuffing::finish(std::string& to)
{
    if (before_last_ != '\r' || last_ != '\n')
        to += "\r\n";
    to += ".\r\n";
}

std::size_t TopOfMessage::take(std::string_view piece)
{
    std::size_t at = 0;
    while (!done() && at < piece.size()) {
        const auto end = piece.find('\n', at);
        const auto line = piece.substr(at, end == piece.npos ? end : end - at);
        if (line.find_first_not_of('\r') != line.npos)
            line_empty_ = false;
        if (end == piece.npos)
            return piece.size();
        at = end + 1;
        if (!in_header_)
            --lines_;
        else if (line_empty_)
            in_header_ = false;
        line_empty_ = true;
    }
    return at;
}

} // namespace posthouse::pop3
