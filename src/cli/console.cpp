// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <termios.h>
#include <unistd.h>

namespace posthouse::cli {
namespace {

constexpr std::size_t longest_cell = 4096;

/// Turns the echo of a terminal off for as long as it lives.
class Silence {
public:
    explicit Silence(int terminal) : terminal_(terminal)
    {
        if (::tcgetattr(terminal_, &before_) != 0)
            return;
        auto silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        active_ = ::tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
    }
    Silence(const Silence&) = delete;
    ~Silence()
    {
        if (active_)
            ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    }
    bool active() const { return active_; }

private:
    int terminal_;
    termios before_{};
    bool active_ = false;
};

std::optional<Secret> ask_at_terminal(std::string_view prompt)
{
    const Silence silence(STDIN_FILENO);
    if (!silence.active())
        return std::nullopt;
    std::cerr << prompt << std::flush;
    std::string line;
    const bool got = static_cast<bool>(std::getline(std::cin, line));
    std::cerr << '\n';
    if (!got)
        return std::nullopt;
    return Secret(std::move(line));
}

std::string_view code_of(Style style)
{
    switch (style) {
    case Style::bold:
        return "\033[1m";
    case Style::dim:
        return "\033[2m";
    case Style::good:
        return "\033[32m";
    case Style::bad:
        return "\033[31m";
    case Style::doubtful:
        return "\033[33m";
    case Style::plain:
        break;
    }
    return "";
}

/// In characters; wide ones are rare in addresses and only shift the next column.
std::size_t width_of(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

} // namespace

Console standard_console()
{
    Console console{std::cin, std::cout, std::cerr, Look::plain, {}};
    if (::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr)
        console.look = Look::coloured;
    if (::isatty(STDIN_FILENO) == 1)
        console.ask_secret = ask_at_terminal;
    return console;
}

std::string styled(const Console& console, Style style, std::string_view text)
{
    auto shown = printable(text, longest_cell);
    const auto code = code_of(style);
    if (console.look == Look::plain || code.empty() || shown.empty())
        return shown;
    return std::string(code) + shown + "\033[0m";
}

process::Exit complain(Console& console, process::Exit code, std::string_view sentence)
{
    console.err << "posthouse: " << printable(sentence, longest_cell) << '\n';
    return code;
}

process::Exit complain(Console& console, const process::Obstacle& obstacle)
{
    for (const auto& sentence : obstacle.sentences)
        complain(console, obstacle.code, sentence);
    return obstacle.code;
}

void print_table(Console& console, const std::vector<std::string>& headings,
                 const std::vector<std::vector<Cell>>& rows)
{
    std::vector<std::size_t> widths;
    for (const auto& heading : headings)
        widths.push_back(width_of(heading));
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i == widths.size())
                widths.push_back(0);
            widths[i] = std::max(widths[i], width_of(printable(row[i].text, longest_cell)));
        }
    const auto print = [&](const std::vector<Cell>& row) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            console.out << styled(console, row[i].style, row[i].text);
            if (i + 1 < row.size())
                console.out << std::string(
                    widths[i] - width_of(printable(row[i].text, longest_cell)) + 2, ' ');
        }
        console.out << '\n';
    };
    std::vector<Cell> head;
    for (const auto& heading : headings)
        head.push_back({heading, Style::bold});
    if (!head.empty())
        print(head);
    for (const auto& row : rows)
        print(row);
}

} // namespace posthouse::cli
