// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/mailboxes.hpp"
#include "keeper/office.hpp"
#include "wire/link.hpp"
#include "wire/moving.pb.h"

#include <map>
#include <memory>
#include <set>

namespace posthouse::keeper {

/// Brings letters of another server into accounts, and takes letters out, for an administrator's
/// command at the control socket: wire/moving.proto. docs/moving.md
class Moving {
public:
    struct Limits {
        static constexpr std::size_t letters_a_commit = 500;
        static constexpr std::uint64_t in_memory = 32 << 20; ///< letters before a commit
        static constexpr std::uint64_t letter_in_memory = 1 << 20;
        static constexpr std::uint64_t summaries = 3 << 20; ///< of a commit
        static constexpr std::uint32_t raw_bytes = 1 << 20; ///< of an answer, about
        static constexpr int mailboxes_a_page = 2000;
        static constexpr std::size_t letters_an_answer = 500;
        static constexpr std::size_t at_once = 16; ///< imports and exports
    };

    Moving(Office& office, Mailboxes& mailboxes) : office_(office), mailboxes_(mailboxes) {}
    ~Moving();

    Task<wire::Result<wire::Answer>> answer(std::shared_ptr<wire::Link>, wire::Frame);
    void gone(const wire::Link*);

private:
    using Answer = wire::Result<wire::Answer>;
    struct Import;
    struct Export;
    struct Letter;
    class Turn;

    Task<wire::Result<std::shared_ptr<mailbox::Account>>> account_of(std::string address);
    /// Of a later request: it may have been removed, or be another object.
    Task<bool> refresh(std::string address, std::shared_ptr<mailbox::Account>&);

    // moving_import.cpp
    Task<Answer> import_begin(const wire::Link*, wire::ImportBegin);
    Task<Answer> import_letters(const wire::Link*, wire::ImportLetters, std::string raw);
    Task<Answer> import_end(const wire::Link*, wire::ImportEnd);
    Task<wire::ImportedLetters> enter(std::shared_ptr<Import>, const wire::ImportLetters::Mailbox&);
    Task<wire::Result<void>> take(std::shared_ptr<Import>, const wire::ImportLetters::Piece&,
                                  std::string_view bytes);
    Task<wire::ImportedLetters> commit(std::shared_ptr<Import>);
    Task<void> drop(std::vector<std::shared_ptr<Letter>>);
    Task<void> drop_all(std::shared_ptr<Import>);
    Task<Answer> import_some(std::shared_ptr<Import>, wire::ImportLetters, std::string raw);

    // moving_export.cpp
    Task<Answer> export_read(const wire::Link*, wire::ExportRead);
    Task<Answer> list(std::shared_ptr<Export>, std::string after);
    Task<Answer> open(std::shared_ptr<Export>, std::string name);
    Task<Answer> letters(std::shared_ptr<Export>, wire::ExportRead::Letters);

    Office& office_;
    Mailboxes& mailboxes_;
    std::map<const wire::Link*, std::shared_ptr<Import>> imports_;
    std::map<const wire::Link*, std::shared_ptr<Export>> exports_;
};

/// Is it Moving's to answer?
constexpr bool is_of_moving(wire::Method method)
{
    return method >= wire::Method::import_begin && method <= wire::Method::export_read;
}

} // namespace posthouse::keeper
