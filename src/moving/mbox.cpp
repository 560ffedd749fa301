// SPDX-License-Identifier: Apache-2.0
#include "moving/mbox.hpp"

#include "base/text.hpp"
#include "moving/folder_names.hpp"
#include "moving/letter_text.hpp"
#include "moving/lists.hpp"
#include "moving/mbox_scan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace posthouse::moving {
namespace {

class MboxSource final : public Source {
public:
    MboxSource(std::unique_ptr<Files> files, const SourceOptions& options)
        : files_(std::move(files)),
          options_(options)
    {
    }

    Result<std::vector<Folder>> folders() override;
    Result<Contents> open(std::size_t folder) override;
    Result<std::vector<Letter>> letters(std::size_t from) override
    {
        return page_of(mbox_.letters, from);
    }
    Result<Begun> begin(std::size_t letter) override;
    Result<std::string> read() override
    {
        return letter_ ? letter_->read() : std::unexpected(std::string("no letter is open"));
    }

private:
    void find(const std::string& path, const std::string& name, std::size_t depth);
    void add(const std::string& place, const std::string& name);
    LetterText::Form form_of(const Letter&) const;

    std::unique_ptr<Files> files_;
    SourceOptions options_;
    std::vector<Folder> folders_;
    std::size_t open_ = 0;
    Mbox mbox_;
    std::optional<OpenLetter> letter_;
};

bool looks_like_mbox(Files& files, const std::string& path)
{
    auto file = files.open(path);
    if (!file)
        return false;
    if ((*file)->bytes() == 0)
        return true;
    const auto front = (*file)->read(0, 5);
    return front && *front == "From ";
}

std::string without_suffix(std::string name, std::string_view suffix)
{
    if (name.size() > suffix.size() && name.ends_with(suffix))
        name.resize(name.size() - suffix.size());
    return name;
}

void MboxSource::add(const std::string& place, const std::string& name)
{
    if (folders_.size() >= Limits::folders)
        return;
    Folder folder;
    folder.place = place;
    const bool is_inbox = equal_ignoring_case(name, "inbox") || place == "mbox" || name.empty();
    if (is_inbox)
        folder.name = "INBOX";
    else if (auto read = slashed_name(name))
        folder.name = std::move(*read);
    else
        folder.trouble = "no mailbox can be called that";
    for (const auto& other : folders_)
        if (!folder.name.empty() && other.name == folder.name)
            folder.trouble = fmt::format("{} has its name already", other.place);
    folders_.push_back(std::move(folder));
}

void MboxSource::find(const std::string& path, const std::string& name, std::size_t depth)
{
    const auto entries = files_->list(path);
    for (const auto& entry : entries.value_or(std::vector<Files::Entry>())) {
        if (entry.name.starts_with('.'))
            continue;
        const auto place = joined(path, entry.name);
        if (entry.kind == FileKind::file && looks_like_mbox(*files_, place))
            add(place, joined(name, without_suffix(entry.name, ".mbox")));
        else if (entry.kind == FileKind::directory && depth > 0)
            find(place, joined(name, without_suffix(entry.name, ".sbd")), depth - 1);
    }
}

Result<std::vector<Folder>> MboxSource::folders()
{
    folders_.clear();
    if (files_->kind("") == FileKind::file) {
        add("", "");
        return folders_;
    }
    if (auto entries = files_->list(""); !entries)
        return std::unexpected(entries.error());
    find("", "", Limits::depth);
    for (const auto* path : {".subscriptions", "subscriptions"}) {
        const auto text = read_whole(*files_, path);
        if (!text)
            continue;
        const auto names = read_dovecot_subscriptions(*text, '/');
        for (auto& folder : folders_)
            folder.subscribed = folder.subscribed || names.contains(folder.name);
    }
    return folders_;
}

Result<Contents> MboxSource::open(std::size_t number)
{
    mbox_ = {};
    letter_.reset();
    if (number >= folders_.size())
        return std::unexpected(std::string("there is no such folder"));
    open_ = number;
    const auto& folder = folders_[number];
    auto file = files_->open(folder.place);
    if (!file)
        return std::unexpected(file.error());
    auto mbox = scan_mbox(**file, options_);
    if (!mbox)
        return std::unexpected(mbox.error());
    mbox_ = std::move(*mbox);
    const bool is_inbox = folder.name == "INBOX";
    for (auto& letter : mbox_.letters) {
        if (!is_inbox || options_.uidls == UidlForm::none)
            letter.uidl.clear();
        else if (options_.uidls == UidlForm::formatted && letter.uid != 0)
            letter.uidl =
                formatted_uidl(options_.uidl_format, {letter.uid, mbox_.uid_validity, {}});
    }
    Contents contents;
    contents.uid_validity = mbox_.uid_validity;
    contents.uid_next = mbox_.uid_next;
    contents.letters = mbox_.letters.size();
    contents.bytes = (*file)->bytes();
    contents.remarks = mbox_.remarks;
    return contents;
}

LetterText::Form MboxSource::form_of(const Letter& letter) const
{
    if (!letter.quoted)
        return LetterText::Form::mbox;
    return options_.quoting == SourceOptions::Quoting::mboxo ? LetterText::Form::mbox_quoted_once
                                                             : LetterText::Form::mbox_quoted;
}

Result<Source::Begun> MboxSource::begin(std::size_t number)
{
    letter_.reset();
    if (number >= mbox_.letters.size())
        return std::unexpected(std::string("there is no such letter"));
    const auto& letter = mbox_.letters[number];
    auto file = files_->open(folders_[open_].place);
    if (!file)
        return std::unexpected(file.error());
    if (letter.first + letter.bytes > (*file)->bytes())
        return std::unexpected(std::string("the file became shorter"));
    letter_.emplace(std::move(*file), letter.first, letter.bytes, form_of(letter));
    return Begun{letter.bytes, letter.internal_date};
}

} // namespace

Result<std::unique_ptr<Source>> mbox_source(std::unique_ptr<Files> files,
                                            const SourceOptions& options)
{
    return std::make_unique<MboxSource>(std::move(files), options);
}

} // namespace posthouse::moving
