// SPDX-License-Identifier: Apache-2.0
// posthouse mailbox import
#include "base/text.hpp"
#include "cli/backup.hpp"
#include "cli/commands.hpp"
#include "cli/import_target.hpp"
#include "cli/told.hpp"
#include "mail/address.hpp"
#include "moving/remote_source.hpp"
#include "process/file_reader.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using moving::SourceOptions;
using process::Exit;

constexpr std::size_t told_at_most = 1000; // wrong letters by name
constexpr std::size_t gathered = 1 << 20;  // of a letter, before any of it is sent

/// What came of a folder.
struct Result {
    std::string name, place;
    std::uint64_t letters = 0, brought = 0, before = 0, skipped = 0, bytes = 0;
    std::uint64_t other_uids = 0; ///< letters whose UID is another now
    bool had_uids = false, kept_uids = false;
};

std::string size_text(std::uint64_t bytes)
{
    return short_size(static_cast<std::int64_t>(bytes));
}

class Import {
public:
    Import(Context& context, const ImportWish& wish) : context_(context), wish_(wish) {}
    Exit run();

private:
    std::expected<SourceOptions, std::string> options() const;
    bool is_wanted(const std::string& folder) const;
    std::string target_name(const std::string& folder) const;
    ImportTarget::Result<void> bring(std::size_t number, const moving::Folder&);
    ImportTarget::Result<void> bring_letter(std::size_t number, const moving::Letter&, Result&);
    void look_at(std::size_t number, const moving::Folder&);
    void skip(const moving::Folder&, std::string_view place, const std::string& why);
    void remark(const std::string& sentence);
    void say(const Result&);
    void show(const Result&, std::uint64_t done);
    Exit close(Exit, const std::string& stopped);

    Context& context_;
    const ImportWish& wish_;
    std::optional<ProgressLine> line_;
    std::unique_ptr<moving::Source> source_;
    std::unique_ptr<Desk> desk_;
    std::optional<ImportTarget> target_;
    std::vector<Result> results_;
    json::array skipped_, remarks_;
    std::uint64_t skips_ = 0;
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

bool Import::is_wanted(const std::string& folder) const
{
    return wish_.folders.empty() || std::ranges::any_of(wish_.folders, [&](const auto& wanted) {
               return folder == wanted || folder.starts_with(wanted + "/");
           });
}

std::string Import::target_name(const std::string& folder) const
{
    if (wish_.into.empty())
        return folder;
    return folder == "INBOX" ? wish_.into : wish_.into + "/" + folder;
}

void Import::skip(const moving::Folder& folder, std::string_view place, const std::string& why)
{
    ++skips_;
    const auto where = place.empty() ? folder.place : moving::joined(folder.place, place);
    if (skipped_.size() < told_at_most)
        skipped_.push_back(json::object{{"letter", printable(where)}, {"why", printable(why)}});
    line_.reset();
    context_.console.err << "posthouse: " << printable(where.empty() ? wish_.path : where) << ": "
                         << printable(why) << "; skipped\n";
}

void Import::remark(const std::string& sentence)
{
    remarks_.push_back(json::string(printable(sentence)));
    line_.reset();
    context_.console.err << "posthouse: " << printable(sentence) << '\n';
}

ImportTarget::Result<void> Import::bring_letter(std::size_t number, const moving::Letter& letter,
                                                Result& result)
{
    auto begun = source_->begin(number);
    if (!letter.trouble.empty() || !begun) {
        ++result.skipped;
        skip(*folder_, letter.place, letter.trouble.empty() ? begun.error() : letter.trouble);
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
    const auto too_large = fmt::format("it is larger than the {} that limits.message_size allows",
                                       size_text(target_->letter_bytes()));
    if (trouble.empty() && bytes.size() > target_->letter_bytes())
        trouble = too_large;
    if (!trouble.empty()) {
        ++result.skipped;
        skip(*folder_, letter.place, trouble);
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
            skip(*folder_, letter.place, piece ? too_large : piece.error());
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

ImportTarget::Result<void> Import::bring(std::size_t number, const moving::Folder& folder)
{
    folder_ = &folder;
    auto contents = source_->open(number);
    if (!contents) {
        skip(folder, {}, contents.error());
        return {};
    }
    for (const auto& sentence : contents->remarks)
        remark(sentence);
    Result& result = results_.emplace_back();
    result.name = target_name(folder.name);
    result.place = folder.place;
    result.letters = contents->letters;
    result.had_uids = contents->uid_validity != 0;
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
        show(result, result.brought + result.before + result.skipped);
    };
    for (std::size_t at = 0; at < contents->letters;) {
        auto letters = source_->letters(at);
        if (!letters) {
            skip(folder, {}, letters.error());
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
        show(result, result.brought + result.before + result.skipped);
    }
    if (auto done = target_->commit(ImportTarget::Behind::nothing); !done)
        return done;
    line_.reset();
    if (context_.output == Output::text)
        say(result);
    return {};
}

void Import::show(const Result& result, std::uint64_t done)
{
    if (!line_)
        line_.emplace(context_);
    line_->show(done, result.letters,
                fmt::format("{}: {} of {} letters, {}", printable(result.name, 40), done,
                            result.letters, size_text(result.bytes)));
}

void Import::say(const Result& result)
{
    auto line = fmt::format("{}: {} letters, {}", printable(result.name), result.brought,
                            size_text(result.bytes));
    if (result.before > 0)
        line += fmt::format("; {} came before", result.before);
    if (result.skipped > 0)
        line += fmt::format("; {} skipped", result.skipped);
    if (result.kept_uids && result.other_uids == 0)
        line += "; UIDs kept";
    else if (result.kept_uids)
        line += fmt::format("; UIDs kept but of {} letters", result.other_uids);
    else if (result.had_uids && result.letters > 0)
        line += "; new UIDs, since the mailbox was not empty: clients fetch its letters again";
    context_.console.out << line << '\n';
}

/// What would come; every letter is opened, none is read to its end.
void Import::look_at(std::size_t number, const moving::Folder& folder)
{
    auto contents = source_->open(number);
    if (!contents)
        return skip(folder, {}, contents.error());
    for (const auto& sentence : contents->remarks)
        remark(sentence);
    Result& result = results_.emplace_back();
    result.name = target_name(folder.name);
    result.place = folder.place;
    result.letters = contents->letters;
    result.had_uids = contents->uid_validity != 0;
    for (std::size_t at = 0; at < contents->letters;) {
        auto letters = source_->letters(at);
        if (!letters || letters->empty())
            break;
        for (const auto& letter : *letters) {
            auto begun = source_->begin(at++);
            if (!letter.trouble.empty() || !begun || begun->bytes == 0) {
                ++result.skipped;
                skip(folder, letter.place,
                     !letter.trouble.empty() ? letter.trouble
                     : begun                 ? "it is empty"
                                             : begun.error());
                continue;
            }
            result.bytes += begun->bytes;
        }
        show(result, at);
    }
    line_.reset();
    if (context_.output == Output::text)
        context_.console.out << fmt::format(
            "{}: {} letters, {}{}\n", printable(result.name), result.letters - result.skipped,
            size_text(result.bytes), result.had_uids ? ", with UIDs" : "");
}

Exit Import::close(Exit code, const std::string& stopped)
{
    line_.reset();
    Result all;
    json::array mailboxes;
    for (const auto& result : results_) {
        all.brought += result.brought;
        all.before += result.before;
        all.bytes += result.bytes;
        mailboxes.push_back(json::object{{"mailbox", result.name},
                                         {"letters", result.letters},
                                         {"imported", result.brought},
                                         {"imported_before", result.before},
                                         {"skipped", result.skipped},
                                         {"bytes", result.bytes},
                                         {"uids_kept", result.kept_uids},
                                         {"uids_changed", result.other_uids}});
    }
    json::array left_out;
    if (target_)
        for (const auto& keyword : target_->keywords_left_out)
            left_out.push_back(json::string(keyword));
    if (context_.output == Output::json) {
        json::object told{{"mailboxes", std::move(mailboxes)},
                          {"imported", all.brought},
                          {"skipped", skips_},
                          {"wrong", skipped_},
                          {"remarks", remarks_},
                          {"keywords_left_out", left_out}};
        if (!stopped.empty()) {
            told["error"] = stopped;
            told["exit_code"] = static_cast<int>(code);
        }
        context_.console.out << json::serialize(told) << '\n';
        if (!stopped.empty())
            complain(context_.console, code, stopped);
        return code;
    }
    for (const auto& keyword : left_out)
        context_.console.err << fmt::format(
            "posthouse: there was no room for the keyword {}: a mailbox has 64 at most\n",
            printable(keyword.as_string()));
    if (target_ && target_->without_summary > 0)
        context_.console.err << fmt::format(
            "posthouse: {} letters came without a summary: it is made when somebody reads them\n",
            target_->without_summary);
    if (!stopped.empty())
        complain(context_.console, code, stopped);
    if (wish_.dry_run)
        context_.console.out << "Nothing was changed: --dry-run.\n";
    else
        context_.console.out << fmt::format(
            "Imported {} letters ({}) into {}{}{}.\n", all.brought, size_text(all.bytes),
            wish_.address,
            all.before > 0 ? fmt::format("; {} came with an earlier run", all.before) : "",
            skips_ > 0 ? fmt::format("; {} skipped", skips_) : "");
    return code;
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
            skip(folder, {}, folder.trouble);
        } else if (is_wanted(folder.name)) {
            if (wish_.dry_run)
                look_at(number, folder);
            else if (auto brought = bring(number, folder); !brought)
                return close(brought.error().code, brought.error().sentence);
        }
    }
    if (!wish_.dry_run)
        if (auto ended = target_->finish(wish_.again); !ended)
            return close(ended.error().code, ended.error().sentence);
    return close(skips_ > 0 ? Exit::failure : Exit::ok, {});
}

} // namespace

Exit mailbox_import(Context& context, const ImportWish& wish)
{
    return Import(context, wish).run();
}

} // namespace posthouse::cli
