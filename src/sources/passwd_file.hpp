// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/logins.hpp"
#include "sources/judge.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace posthouse::sources {

/// Dovecot's passwd-file, of which /etc/passwd and /etc/shadow are special cases:
///     user:password[:uid:gid:gecos:home:shell[:extra fields]]
/// A user without a domain belongs to each of the source's domains. Of the extra fields count
/// `user=` (the account's address), `nologin` and `allow_nets`: who may come from some networks
/// only may not come at all, since where a client is from is not known here.
class PasswdFile {
public:
    struct Limits {
        static constexpr std::size_t line_bytes = 8192;
        static constexpr std::size_t users = 1'000'000;
        static constexpr std::size_t problems = 20; // told
    };
    struct Line {
        std::string stored = {};
        std::string address = {}; // "": the one that was asked for
        bool disabled = false;
    };

    /// What is wrong with it costs its line only.
    static PasswdFile parse(std::string_view text);

    const Line* find(const mail::Mailbox&) const;
    std::size_t users() const { return users_.size(); }
    const std::vector<std::string>& problems() const { return problems_; } // "line 7: what"

private:
    void add_line(std::string_view line, std::size_t number);
    void problem(std::size_t number, std::string_view what);

    std::unordered_map<std::string, Line> users_;
    std::vector<std::string> problems_;
};

/// A passwd-file as a source. Those that share it see the same file.
class PasswdBackend final : public Backend {
public:
    /// Swapped whole when the file has changed.
    class Shelf {
    public:
        void put(std::shared_ptr<const PasswdFile>);
        std::shared_ptr<const PasswdFile> file() const;

    private:
        mutable std::mutex lock_;
        std::shared_ptr<const PasswdFile> file_ = std::make_shared<PasswdFile>();
    };

    PasswdBackend(std::shared_ptr<Shelf> shelf, std::shared_ptr<Judge> judge)
        : shelf_(std::move(shelf)),
          judge_(std::move(judge))
    {
    }
    SourceResult<std::optional<SourcePerson>> find(const mail::Mailbox&) override;
    SourceResult<Checked> check(const mail::Mailbox&, const Secret& password) override;

private:
    std::optional<Entry> entry_of(const mail::Mailbox&) const;

    std::shared_ptr<Shelf> shelf_;
    std::shared_ptr<Judge> judge_;
};

} // namespace posthouse::sources
