// SPDX-License-Identifier: Apache-2.0
#include "sources/query.hpp"

#include <fmt/format.h>

namespace posthouse::sources {
namespace {

constexpr std::string_view letters = "und";

class Compiler {
public:
    Compiler(std::string_view pattern, Dialect dialect) : rest_(pattern), dialect_(dialect) {}

    std::expected<Query, std::string> run()
    {
        while (!rest_.empty() && trouble_.empty())
            take_token();
        if (!trouble_.empty())
            return std::unexpected(trouble_);
        return std::move(query_);
    }

private:
    void take_token()
    {
        if (rest_.starts_with("--") || rest_.starts_with("#"))
            return copy_until("\n", "a comment");
        if (rest_.starts_with("/*"))
            return copy_until("*/", "a comment");
        switch (rest_.front()) {
        case '\'':
            return take_text();
        case '"':
        case '`':
            return copy_until(rest_.substr(0, 1), "a quoted name");
        case '$': // PostgreSQL's $tag$…$tag$ would hide where texts end; a parameter is ours.
            if (dialect_ == Dialect::postgresql)
                return refuse("has a $, which is not taken here");
            break;
        case '?':
            if (dialect_ == Dialect::mariadb)
                return refuse("has a ?, which is not taken here");
            break;
        case '%':
            return take_percent();
        default:
            break;
        }
        copy(1);
    }

    void copy(std::size_t count)
    {
        query_.text += rest_.substr(0, count);
        rest_.remove_prefix(count);
    }

    void refuse(std::string_view what) { trouble_ = fmt::format("the query {}", what); }

    /// Names in it would be names that nobody can see.
    void copy_until(std::string_view end, std::string_view what)
    {
        const auto at = rest_.find(end, 1);
        if (at == std::string_view::npos && end != "\n")
            return refuse(fmt::format("has {} that does not end", what));
        const auto count = at == std::string_view::npos ? rest_.size() : at + end.size();
        for (const char letter : letters)
            if (rest_.substr(0, count).contains(std::string{'%', letter}))
                return refuse(fmt::format("has %{} in {}", letter, what));
        copy(count);
    }

    void take_percent()
    {
        if (rest_.starts_with("%%")) {
            query_.text += '%';
            rest_.remove_prefix(2);
        } else if (rest_.size() > 1 && letters.contains(rest_[1])) {
            query_.text += parameter(rest_[1]);
            rest_.remove_prefix(2);
        } else {
            copy(1); // The operator.
        }
    }

    std::string parameter(char letter)
    {
        query_.parameters += letter;
        return dialect_ == Dialect::postgresql ? fmt::format("${}", query_.parameters.size()) : "?";
    }

    /// 'text': as it is where no name is in it; else what its parts make when joined.
    void take_text()
    {
        std::vector<std::string> parts;
        std::string plain;
        const auto end_plain = [&] {
            if (!plain.empty())
                parts.push_back('\'' + plain + '\'');
            plain.clear();
        };
        rest_.remove_prefix(1);
        for (;;) {
            if (rest_.empty())
                return refuse("has a text that does not end");
            if (rest_.starts_with("''")) {
                plain += "''";
                rest_.remove_prefix(2);
                continue;
            }
            if (rest_.front() == '\'') {
                rest_.remove_prefix(1);
                break;
            }
            if (rest_.front() == '\\') // What it means hangs on the server's settings.
                return refuse("has a backslash in a text");
            if (rest_.starts_with("%%"))
                rest_.remove_prefix(1);
            else if (rest_.front() == '%' && rest_.size() > 1 && letters.contains(rest_[1])) {
                end_plain();
                parts.push_back(parameter(rest_[1]));
                rest_.remove_prefix(2);
                continue;
            }
            plain += rest_.front();
            rest_.remove_prefix(1);
        }
        if (!plain.empty() || parts.empty())
            parts.push_back('\'' + plain + '\'');
        join(parts);
    }

    void join(const std::vector<std::string>& parts)
    {
        if (parts.size() == 1) {
            query_.text += parts.front();
            return;
        }
        const bool postgresql = dialect_ == Dialect::postgresql;
        query_.text += postgresql ? "(" : "CONCAT(";
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i != 0)
                query_.text += postgresql ? " || " : ", ";
            query_.text += parts[i];
            if (postgresql && parts[i].front() == '$')
                query_.text += "::text";
        }
        query_.text += ')';
    }

    std::string_view rest_;
    Dialect dialect_;
    Query query_;
    std::string trouble_;
};

} // namespace

std::expected<Query, std::string> Query::compile(std::string_view pattern, Dialect dialect)
{
    return Compiler(pattern, dialect).run();
}

std::vector<std::string> Query::values(const Names& names) const
{
    std::vector<std::string> values;
    for (const char letter : parameters)
        values.push_back(*names.find(letter));
    return values;
}

} // namespace posthouse::sources
