// SPDX-License-Identifier: Apache-2.0
// posthouse mailbox import
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/import_report.hpp"
#include "cli/import_target.hpp"
#include "cli/moving_words.hpp"
#include "cli/told.hpp"
#include "mail/address.hpp"
#include "moving/remote_source.hpp"
#include "process/file_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

namespace posthouse::cli {
namespace {

using moving::SourceOptions;
using process::Exit;

constexpr std::size_t gathered = 1 << 20; // of a letter, before any of it is sent

class Import {
public:
    Import(Context& context, const ImportWish& wish)
        : context_(context),
          wish_(wish),
          report_(context, wish)
    {
    }
    Exit run();

private:
    std::expected<SourceOptions, std::string> options() const;
    std::string target_name(const std::string& folder) const;
    ImportTarget::Result<void> bring(std::size_t number, const moving::Folder&);
    ImportTarget::Result<void> bring_letter(std::size_t number, const moving::Letter&,
                                            ImportedFolder&);
    void look_at(std::size_t number, const moving::Folder&);
    Exit close(Exit code, const std::string& stopped);
    ImportedFolder& begin(const moving::Folder&, const moving::Contents&);

    Context& context_;
    const ImportWish& wish_;
    ImportReport report_;
    std::unique_ptr<moving::Source> source_;
    std::unique_ptr<Desk> desk_;
    std::optional<ImportTarget> target_;
    const moving::Folder* folder_ = nullptr;
};

std::expected<SourceOptions, std::string> Import::options() const
{
    SourceOptions options;
    using Format = SourceOptions::Format;
    using Quoting = SourceOptions::Quoting;
    static const std::map<std::string, std::pair<Format, Quoting>> formats{
        {"auto", {Format::any, Quoting::any}},     {"maildir", {Format::maildir, Quoting::any}},
        {"mbox", {Format::mbox, Quoting::any}},    {"mboxrd", {Format::mbox, Quoting::mboxrd}},
        {"mboxo", {Format::mbox, Quoting::mboxo}}, {"mboxcl2", {Format::mbox, Quoting::mboxcl2}},
    };
    const auto found = formats.find(wish_.format);
    if (found == formats.end())
        return std::unexpected(fmt::format(
            "--format is auto, maildir, mbox, mboxrd, mboxo or mboxcl2, not {}", wish_.format));
    std::tie(options.format, options.quoting) = found->second;
    if (wish_.uidl_format == "none") {
        options.uidls = moving::UidlForm::none;
    } else if (!wish_.uidl_format.empty()) {
        options.uidls = moving::UidlForm::formatted;
        options.uidl_format = wish_.uidl_format;
    }
    return options;
}

std::string Import::target_name(const std::string& folder) const
{
    if (wish_.into.empty())
        return folder;
    return folder == "INBOX" ? wish_.into : wish_.into + "/" + folder;
}

ImportTarget::Result<void> Import::bring_letter(std::size_t number, const moving::Letter& letter,
                                                ImportedFolder& result)
{
    auto begun = source_->begin(number);
    if (!letter.trouble.empty() || !begun) {
        ++result.skipped;
        report_.skip(*folder_, letter.place,
                     letter.trouble.empty() ? begun.error() : letter.trouble);
        return {};
    }
    // Most letters are looked at whole before the server hears of them.
    std::string bytes, trouble;
    bool ended = false;
    while (!ended && bytes.size() < gathered) {
        auto piece = source_->read();
        if (!piece)
            trouble = piece.error();
        ended = !piece || piece->empty();
        if (piece)
            bytes += *piece;
    }
    if (trouble.empty() && bytes.empty())
        trouble = "it is empty";
    else if (trouble.empty() && bytes.front() == '\0')
        trouble = "it is filled with zeros";
    else if (trouble.empty() && !ended && !bytes.contains("\r\n\r\n"))
        trouble = "its header has no end";
    const auto too_large =
        fmt::format("it is larger than the {} that limits.message_size allows",
                    short_size(static_cast<std::int64_t>(target_->letter_bytes())));
    if (trouble.empty() && bytes.size() > target_->letter_bytes())
        trouble = too_large;
    if (!trouble.empty()) {
        ++result.skipped;
        report_.skip(*folder_, letter.place, trouble);
        return {};
    }
    std::uint64_t size = bytes.size();
    if (auto sent = target_->letter(letter, begun->internal_date); !sent)
        return sent;
    if (auto sent = target_->piece(std::move(bytes)); !sent)
        return sent;
    while (!ended) {
        auto piece = source_->read();
        if (piece)
            size += piece->size();
        if (!piece || size > target_->letter_bytes()) {
            ++result.skipped;
            report_.skip(*folder_, letter.place, piece ? too_large : piece.error());
            return target_->end(ImportTarget::End::abandoned);
        }
        ended = piece->empty();
        if (!ended)
            if (auto sent = target_->piece(std::move(*piece)); !sent)
                return sent;
    }
    result.bytes += size;
    return target_->end(ImportTarget::End::whole);
}

ImportedFolder& Import::begin(const moving::Folder& folder, const moving::Contents& contents)
{
    for (const auto& sentence : contents.remarks)
        report_.remark(sentence);
    ImportedFolder& result = report_.folders.emplace_back();
    result.name = target_name(folder.name);
    result.letters = contents.letters;
    result.had_uids = contents.uid_validity != 0;
    return result;
}

ImportTarget::Result<void> Import::bring(std::size_t number, const moving::Folder& folder)
{
    folder_ = &folder;
    auto contents = source_->open(number);
    if (!contents) {
        report_.skip(folder, {}, contents.error());
        return {};
    }
    ImportedFolder& result = begin(folder, *contents);
    wire::ImportLetters::Mailbox mailbox;
    mailbox.set_name(result.name);
    mailbox.set_uid_validity(contents->uid_validity);
    mailbox.set_uid_next(contents->uid_next);
    mailbox.set_subscribe(folder.subscribed);
    auto entered = target_->enter(mailbox);
    if (!entered)
        return std::unexpected(entered.error());
    result.kept_uids = entered->keeps_uids;
    std::vector<std::uint32_t> wished; // of those on their way
    std::size_t told = 0;
    target_->on_letter = [&](std::uint32_t uid) {
        ++result.brought;
        if (told < wished.size() && wished[told] != 0 && wished[told] != uid)
            ++result.other_uids;
        ++told;
        report_.show(result, result.brought + result.before + result.skipped);
    };
    for (std::size_t at = 0; at < contents->letters;) {
        auto letters = source_->letters(at);
        if (!letters) {
            report_.skip(folder, {}, letters.error());
            break;
        }
        if (letters->empty())
            break;
        for (const auto& letter : *letters) {
            const auto here = at++;
            if (entered->known.contains(letter.identity)) {
                ++result.before;
                continue;
            }
            const auto skipped = result.skipped;
            wished.push_back(letter.uid);
            if (auto brought = bring_letter(here, letter, result); !brought)
                return brought;
            if (result.skipped != skipped)
                wished.pop_back();
        }
        report_.show(result, result.brought + result.before + result.skipped);
    }
    if (auto done = target_->commit(ImportTarget::Behind::nothing); !done)
        return done;
    report_.say(result);
    return {};
}

/// What would come; every letter is opened, none is read to its end.
void Import::look_at(std::size_t number, const moving::Folder& folder)
{
    auto contents = source_->open(number);
    if (!contents)
        return report_.skip(folder, {}, contents.error());
    ImportedFolder& result = begin(folder, *contents);
    for (std::size_t at = 0; at < contents->letters;) {
        auto letters = source_->letters(at);
        if (!letters || letters->empty())
            break;
        for (const auto& letter : *letters) {
            auto begun = source_->begin(at++);
            if (!letter.trouble.empty() || !begun || begun->bytes == 0) {
                ++result.skipped;
                report_.skip(folder, letter.place,
                             !letter.trouble.empty() ? letter.trouble
                             : begun                 ? "it is empty"
                                                     : begun.error());
                continue;
            }
            result.bytes += begun->bytes;
        }
        report_.show(result, at);
    }
    report_.say_of_dry_run(result);
}

Exit Import::close(Exit code, const std::string& stopped)
{
    return report_.close(code, stopped, target_ ? &*target_ : nullptr);
}

Exit Import::run()
{
    auto wanted = options();
    if (!wanted)
        return refuse(context_, Exit::usage, wanted.error());
    const auto address = mail::Mailbox::parse(wish_.address);
    if (!address)
        return refuse(context_, Exit::usage,
                      fmt::format("{} is no address: {}", wish_.address, address.error().what));
    std::error_code error;
    const auto path = std::filesystem::canonical(wish_.path, error);
    if (error)
        return refuse(context_, Exit::os_error,
                      fmt::format("{} cannot be read: {}", wish_.path, error.message()));
    // Before anything of it is read, and before this process has any thread.
    auto reader = process::fork_file_reader(
        path, [&](int socket) { moving::serve_source(socket, path, *wanted); });
    if (!reader)
        return refuse(context_, Exit::os_error, reader.error());
    source_ = moving::remote_source(std::move(reader->socket));
    auto folders = source_->folders();
    if (!folders)
        return refuse(context_, Exit::os_error,
                      fmt::format("{} cannot be read: {}", wish_.path, folders.error()));
    if (folders->empty())
        return refuse(context_, Exit::failure,
                      fmt::format("there is neither a Maildir nor an mbox in {}", wish_.path));
    if (!wish_.dry_run) {
        auto desk = desk_for(context_);
        if (!desk)
            return desk.error();
        desk_ = std::move(*desk);
        if (desk_->engine() != nullptr)
            return refuse(context_, Exit::temporary,
                          "letters are imported by the running server: start it first");
        target_.emplace(*desk_);
        wire::ImportBegin begin;
        begin.set_account(address->text());
        begin.set_over_quota(wish_.over_quota);
        begin.set_import(moving::identity_of(
            fmt::format("{}\n{}\n{}", lowercase(address->text()), path.string(), wish_.into)));
        if (auto begun = target_->begin(begin); !begun)
            return refuse(context_, begun.error().code, begun.error().sentence);
    }
    // A folder after its parents, and the INBOX first.
    std::vector<std::size_t> order(folders->size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) {
        return std::pair((*folders)[i].name != "INBOX", (*folders)[i].name);
    });
    for (const auto number : order) {
        const auto& folder = (*folders)[number];
        if (!folder.trouble.empty()) {
            report_.skip(folder, {}, folder.trouble);
        } else if (is_chosen(wish_.folders, folder.name)) {
            if (wish_.dry_run)
                look_at(number, folder);
            else if (auto brought = bring(number, folder); !brought)
                return close(brought.error().code, brought.error().sentence);
        }
    }
    if (!wish_.dry_run)
        if (auto ended = target_->finish(wish_.again); !ended)
            return close(ended.error().code, ended.error().sentence);
    return close(report_.skips > 0 ? Exit::failure : Exit::ok, {});
}

} // namespace

Exit mailbox_import(Context& context, const ImportWish& wish)
{
    return Import(context, wish).run();
}

} // namespace posthouse::cli
