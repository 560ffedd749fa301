// SPDX-License-Identifier: Apache-2.0
#include "cli/import_report.hpp"

#include "base/text.hpp"
#include "cli/moving_words.hpp"
#include "cli/told.hpp"

#include <fmt/format.h>

#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using process::Exit;

constexpr std::size_t told_at_most = 1000; // wrong letters by name

std::string size_text(std::uint64_t bytes)
{
    return short_size(static_cast<std::int64_t>(bytes));
}

} // namespace

void ImportReport::skip(const moving::Folder& folder, std::string_view place,
                        const std::string& why)
{
    ++skips;
    const auto where = place.empty() ? folder.place : moving::joined(folder.place, place);
    if (skipped_.size() < told_at_most)
        skipped_.push_back(json::object{{"letter", printable(where)}, {"why", printable(why)}});
    line_.reset();
    context_.console.err << "posthouse: " << printable(where.empty() ? wish_.path : where) << ": "
                         << printable(why) << "; skipped\n";
}

void ImportReport::remark(const std::string& sentence)
{
    remarks_.push_back(json::string(printable(sentence)));
    line_.reset();
    context_.console.err << "posthouse: " << printable(sentence) << '\n';
}

void ImportReport::show(const ImportedFolder& result, std::uint64_t done)
{
    if (!line_)
        line_.emplace(context_);
    line_->show(done, result.letters,
                fmt::format("{}: {} of {} letters, {}", printable(result.name, 40), done,
                            result.letters, size_text(result.bytes)));
}

void ImportReport::say(const ImportedFolder& result)
{
    line_.reset();
    if (context_.output != Output::text)
        return;
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

void ImportReport::say_of_dry_run(const ImportedFolder& result)
{
    line_.reset();
    if (context_.output == Output::text)
        context_.console.out << fmt::format(
            "{}: {} letters, {}{}\n", printable(result.name), result.letters - result.skipped,
            size_text(result.bytes), result.had_uids ? ", with UIDs" : "");
}

Exit ImportReport::close(Exit code, const std::string& stopped, const ImportTarget* target)
{
    line_.reset();
    ImportedFolder all;
    json::array mailboxes;
    for (const auto& result : folders) {
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
    if (target)
        for (const auto& keyword : target->keywords_left_out)
            left_out.push_back(json::string(keyword));
    if (context_.output == Output::json) {
        json::object told{{"mailboxes", std::move(mailboxes)},
                          {"imported", all.brought},
                          {"skipped", skips},
                          {"wrong", skipped_},
                          {"remarks", remarks_},
                          {"keywords_left_out", left_out}};
        if (!stopped.empty())
            add_error(told, code, stopped);
        context_.console.out << json::serialize(told) << '\n';
        if (!stopped.empty())
            complain(context_.console, code, stopped);
        return code;
    }
    for (const auto& keyword : left_out)
        context_.console.err << fmt::format(
            "posthouse: there was no room for the keyword {}: a mailbox has 64 at most\n",
            printable(keyword.as_string()));
    if (target && target->without_summary > 0)
        context_.console.err << fmt::format(
            "posthouse: {} letters came without a summary: it is made when somebody reads them\n",
            target->without_summary);
    if (!stopped.empty())
        complain(context_.console, code, stopped);
    if (wish_.dry_run)
        context_.console.out << "Nothing was changed: --dry-run.\n";
    else
        context_.console.out << fmt::format(
            "Imported {} letters ({}) into {}{}{}.\n", all.brought, size_text(all.bytes),
            wish_.address,
            all.before > 0 ? fmt::format("; {} came with an earlier run", all.before) : "",
            skips > 0 ? fmt::format("; {} skipped", skips) : "");
    return code;
}

} // namespace posthouse::cli
