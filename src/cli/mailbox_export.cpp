// SPDX-License-Identifier: Apache-2.0
// posthouse mailbox export
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/export_folder.hpp"
#include "cli/moving_words.hpp"
#include "cli/progress_line.hpp"
#include "cli/told.hpp"
#include "mail/address.hpp"
#include "wire/moving.pb.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <sys/stat.h>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using process::Exit;

struct Stop {
    Exit code = Exit::failure;
    std::string sentence;
};
template <class T = void>
using Result = std::expected<T, Stop>;

std::unexpected<Stop> io_error(std::string sentence)
{
    return std::unexpected(Stop{Exit::io_error, std::move(sentence)});
}

class Export {
public:
    Export(Context& context, const ExportWish& wish) : context_(context), wish_(wish) {}
    Exit run();

private:
    struct Told {
        std::string name;
        std::uint64_t letters = 0, before = 0, skipped = 0, bytes = 0;
        bool left = false;
    };
    Result<wire::Typed<wire::Exported>> ask(const wire::ExportRead&);
    Result<std::vector<wire::Exported::Mailbox>> list(const std::string& address);
    Result<> write(const wire::Exported::Mailbox&);
    Result<> write_letters(ExportFolder&, const wire::Exported& mailbox, Told&);
    Result<> write_letter(ExportFolder&, const wire::Exported::Letter&, std::string_view bytes);
    Result<> read_rest(ExportFolder&, const wire::Exported::Letter&);
    void skip(const std::string& mailbox, const wire::Exported::Letter&, std::string_view why);
    Exit close(Exit, const std::string& stopped);

    Context& context_;
    const ExportWish& wish_;
    std::unique_ptr<Desk> desk_;
    std::optional<ProgressLine> line_;
    std::vector<Told> told_;
    json::array skipped_;
    std::uint64_t skips_ = 0;
    bool maildir_ = true, broken_ = false;
};

Result<wire::Typed<wire::Exported>> Export::ask(const wire::ExportRead& request)
{
    auto answer = desk_->call<wire::Exported>(wire::Method::export_read, request);
    if (!answer)
        return std::unexpected(
            Stop{Exit::temporary,
                 answer.error() == wire::Failure::closed
                     ? "the server ended meanwhile; the same command goes on"
                     : fmt::format("the server refused: {}", wire::describe(answer.error()))});
    if (!answer->message.trouble().empty())
        return std::unexpected(Stop{Exit::failure, answer->message.trouble()});
    return std::move(*answer);
}

Result<std::vector<wire::Exported::Mailbox>> Export::list(const std::string& address)
{
    std::vector<wire::Exported::Mailbox> mailboxes;
    wire::ExportRead request;
    request.set_account(address);
    for (;;) {
        auto page = ask(request);
        if (!page)
            return std::unexpected(page.error());
        for (auto& mailbox : *page->message.mutable_mailboxes())
            mailboxes.push_back(std::move(mailbox));
        if (!page->message.more() || mailboxes.empty())
            return mailboxes;
        request.set_after(mailboxes.back().name());
    }
}

void Export::skip(const std::string& mailbox, const wire::Exported::Letter& letter,
                  std::string_view why)
{
    line_.reset();
    ++skips_;
    skipped_.push_back(json::object{{"mailbox", mailbox}, {"uid", letter.uid()}, {"why", why}});
    context_.console.err << fmt::format("posthouse: {}: the letter with UID {}: {}; skipped\n",
                                        printable(mailbox), letter.uid(), why);
}

/// The rest of a letter whose front came with others.
Result<> Export::read_rest(ExportFolder& folder, const wire::Exported::Letter& letter)
{
    for (std::uint64_t at = letter.bytes(); at < letter.size();) {
        wire::ExportRead request;
        request.mutable_letters()->set_uid(letter.uid());
        request.mutable_letters()->set_offset(at);
        auto page = ask(request);
        if (!page)
            return std::unexpected(page.error());
        if (page->message.letters_size() != 1 || page->raw.empty()) {
            broken_ = true;
            return {};
        }
        at += page->raw.size();
        if (auto put = folder.piece(page->raw); !put)
            return io_error(put.error());
    }
    return {};
}

Result<> Export::write_letter(ExportFolder& folder, const wire::Exported::Letter& letter,
                              std::string_view bytes)
{
    broken_ = false;
    if (auto put = folder.piece(bytes); !put)
        return io_error(put.error());
    if (auto rest = read_rest(folder, letter); !rest)
        return rest;
    if (broken_) {
        folder.abandon();
        return {};
    }
    if (auto done = folder.end(); !done)
        return io_error(done.error());
    return {};
}

Result<> Export::write_letters(ExportFolder& folder, const wire::Exported& mailbox, Told& told)
{
    const std::vector<std::string> keywords{mailbox.keywords().begin(), mailbox.keywords().end()};
    wire::ExportRead request;
    request.mutable_letters()->set_after(0);
    for (bool more = mailbox.count() > 0; more;) {
        auto page = ask(request);
        if (!page)
            return std::unexpected(page.error());
        std::string_view rest = page->raw;
        for (const auto& letter : page->message.letters()) {
            const auto bytes = rest.substr(0, letter.bytes());
            rest.remove_prefix(bytes.size());
            request.mutable_letters()->set_after(letter.uid());
            if (letter.gone())
                continue;
            if (letter.damaged()) {
                ++told.skipped;
                skip(told.name, letter, "its body is damaged");
                continue;
            }
            moving::Noted noted;
            noted.uid = letter.uid();
            noted.uid_validity = mailbox.uid_validity();
            noted.internal_date = letter.internal_date();
            noted.flags.system =
                mail::SystemFlags::from_bits(static_cast<std::uint8_t>(letter.flags() & 0x1f));
            for (std::size_t i = 0; i < std::min<std::size_t>(keywords.size(), 64); ++i)
                if ((letter.keywords() >> i & 1) != 0)
                    noted.flags.add_keyword(keywords[i]);
            // What our POP3 server says: a client that moves along fetches nothing anew.
            if (told.name == "INBOX")
                noted.uidl = letter.uidl().empty()
                                 ? fmt::format("{}.{}", noted.uid_validity, noted.uid)
                                 : letter.uidl();
            auto there = folder.begin(noted);
            if (!there)
                return io_error(there.error());
            if (*there) {
                ++told.before;
                continue;
            }
            if (auto written = write_letter(folder, letter, bytes); !written)
                return written;
            if (broken_) {
                ++told.skipped;
                skip(told.name, letter, "it cannot be read to its end");
                continue;
            }
            ++told.letters;
            told.bytes += letter.size();
        }
        if (page->message.letters_size() == 0)
            break;
        more = page->message.more();
        if (!line_)
            line_.emplace(context_);
        line_->show(told.letters + told.before + told.skipped, mailbox.count(),
                    fmt::format("{}: {} of {} letters, {}", printable(told.name, 40),
                                told.letters + told.before, mailbox.count(),
                                short_size(static_cast<std::int64_t>(told.bytes))));
    }
    return {};
}

Result<> Export::write(const wire::Exported::Mailbox& mailbox)
{
    wire::ExportRead request;
    request.set_mailbox(mailbox.name());
    auto opened = ask(request);
    if (!opened)
        return std::unexpected(opened.error());
    auto& told = told_.emplace_back();
    told.name = mailbox.name();
    moving::NotedMailbox noted;
    noted.uid_validity = opened->message.uid_validity();
    noted.uid_next = opened->message.uid_next();
    noted.keywords = {opened->message.keywords().begin(), opened->message.keywords().end()};
    auto folder = maildir_ ? export_to_maildir(wish_.path, mailbox.name(), noted)
                           : export_to_mbox(wish_.path, mailbox.name(), noted);
    if (!folder)
        return io_error(folder.error());
    if (*folder == nullptr) {
        told.left = true;
        if (context_.output == Output::text)
            context_.console.out << printable(told.name)
                                 << ": its file is there already, and is left as it is\n";
        return {};
    }
    if (auto written = write_letters(**folder, opened->message, told); !written)
        return written;
    if (auto finished = (*folder)->finish(); !finished)
        return io_error(finished.error());
    line_.reset();
    for (std::size_t i = moving::maildir_keywords; maildir_ && i < noted.keywords.size(); ++i)
        context_.console.err << fmt::format(
            "posthouse: {}: the keyword {} is left out: a Maildir has room for {}\n",
            printable(told.name), printable(noted.keywords[i]), moving::maildir_keywords);
    if (context_.output == Output::text)
        context_.console.out << fmt::format(
            "{}: {} letters, {}{}\n", printable(told.name), told.letters,
            short_size(static_cast<std::int64_t>(told.bytes)),
            told.before > 0 ? fmt::format("; {} were there before", told.before) : "");
    return {};
}

Exit Export::close(Exit code, const std::string& stopped)
{
    line_.reset();
    Told all;
    json::array mailboxes;
    for (const auto& told : told_) {
        all.letters += told.letters;
        all.bytes += told.bytes;
        mailboxes.push_back(json::object{{"mailbox", told.name},
                                         {"exported", told.letters},
                                         {"exported_before", told.before},
                                         {"left_alone", told.left},
                                         {"skipped", told.skipped},
                                         {"bytes", told.bytes}});
    }
    if (context_.output == Output::json) {
        json::object result{{"mailboxes", std::move(mailboxes)},
                            {"exported", all.letters},
                            {"skipped", skips_},
                            {"wrong", skipped_}};
        if (!stopped.empty())
            add_error(result, code, stopped);
        context_.console.out << json::serialize(result) << '\n';
    }
    if (!stopped.empty())
        return complain(context_.console, code, stopped);
    if (context_.output == Output::text)
        context_.console.out << fmt::format("Exported {} letters ({}) of {}{}.\n", all.letters,
                                            short_size(static_cast<std::int64_t>(all.bytes)),
                                            wish_.address,
                                            skips_ > 0 ? fmt::format("; {} skipped", skips_) : "");
    return code;
}

Exit Export::run()
{
    if (wish_.format != "maildir" && wish_.format != "mbox")
        return refuse(context_, Exit::usage,
                      fmt::format("--format is maildir or mbox, not {}", wish_.format));
    maildir_ = wish_.format == "maildir";
    const auto address = mail::Mailbox::parse(wish_.address);
    if (!address)
        return refuse(context_, Exit::usage,
                      fmt::format("{} is no address: {}", wish_.address, address.error().what));
    auto desk = desk_for(context_);
    if (!desk)
        return desk.error();
    desk_ = std::move(*desk);
    if (desk_->engine() != nullptr)
        return refuse(context_, Exit::temporary,
                      "letters are exported by the running server: start it first");
    auto mailboxes = list(address->text());
    if (!mailboxes)
        return refuse(context_, mailboxes.error().code, mailboxes.error().sentence);
    ::umask(077);
    std::error_code error;
    std::filesystem::create_directories(wish_.path, error);
    if (error)
        return refuse(context_, Exit::cannot_create,
                      fmt::format("{}: {}", wish_.path, error.message()));
    std::vector<std::string> subscribed;
    for (const auto& mailbox : *mailboxes) {
        if (!is_chosen(wish_.folders, mailbox.name()))
            continue;
        if (mailbox.subscribed())
            subscribed.push_back(mailbox.name());
        if (mailbox.exists())
            if (auto written = write(mailbox); !written)
                return close(written.error().code, written.error().sentence);
    }
    const auto list = wish_.path + (maildir_ ? "/subscriptions" : "/.subscriptions");
    if (auto put = write_file(list, moving::dovecot_subscriptions(subscribed)); !put)
        return close(Exit::io_error, put.error());
    return close(skips_ > 0 ? Exit::failure : Exit::ok, {});
}

} // namespace

Exit mailbox_export(Context& context, const ExportWish& wish)
{
    return Export(context, wish).run();
}

} // namespace posthouse::cli
