// SPDX-License-Identifier: Apache-2.0
#include "moving/maildir.hpp"

#include "base/text.hpp"
#include "moving/folder_names.hpp"
#include "moving/letter_text.hpp"
#include "moving/lists.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <utility>

namespace posthouse::moving {
namespace {

bool is_maildir(Files& files, const std::string& path)
{
    return files.kind(joined(path, "cur")) == FileKind::directory;
}

class MaildirSource final : public Source {
public:
    MaildirSource(std::unique_ptr<Files> files, const SourceOptions& options)
        : files_(std::move(files)),
          options_(options)
    {
    }

    Result<std::vector<Folder>> folders() override;
    Result<Contents> open(std::size_t folder) override;
    Result<std::vector<Letter>> letters(std::size_t from) override
    {
        return page_of(letters_, from);
    }
    Result<Begun> begin(std::size_t letter) override;
    Result<std::string> read() override
    {
        return letter_ ? letter_->read() : std::unexpected(std::string("no letter is open"));
    }

private:
    void find_dotted();
    void find_nested(const std::string& path, std::size_t depth);
    void add(std::string place, std::optional<std::string> name);
    std::set<std::string> subscriptions();
    void read_names(const Folder&, const char* directory);
    void give_uids(const Folder&, Contents&);
    void give_keywords(const Folder&, Contents&);
    void read_courier_keywords_of(const std::string& place, Contents&);
    std::string text_of(const std::string& path, Contents&);

    std::unique_ptr<Files> files_;
    SourceOptions options_;
    std::vector<Folder> folders_;
    std::vector<Letter> letters_;
    std::map<std::string, std::string> keyword_letters_; // of the open folder: by identity
    std::optional<OpenLetter> letter_;
};

void MaildirSource::add(std::string place, std::optional<std::string> name)
{
    if (folders_.size() >= Limits::folders)
        return;
    Folder folder;
    folder.place = std::move(place);
    if (name)
        folder.name = std::move(*name);
    else
        folder.trouble = "no mailbox can be called that";
    folders_.push_back(std::move(folder));
}

void MaildirSource::find_dotted()
{
    const auto entries = files_->list("");
    for (const auto& entry : entries.value_or(std::vector<Files::Entry>()))
        if (entry.kind == FileKind::directory && entry.name.starts_with('.') &&
            is_maildir(*files_, entry.name))
            add(entry.name, dotted_name(std::string_view(entry.name).substr(1)));
}

void MaildirSource::find_nested(const std::string& path, std::size_t depth)
{
    static const std::set<std::string_view> of_maildirs{"cur", "new", "tmp", "courierimapkeywords"};
    const auto entries = files_->list(path);
    for (const auto& entry : entries.value_or(std::vector<Files::Entry>())) {
        if (entry.kind != FileKind::directory || entry.name.starts_with('.') ||
            of_maildirs.contains(entry.name) || depth == 0)
            continue;
        const auto place = joined(path, entry.name);
        if (is_maildir(*files_, place))
            add(place, slashed_name(place));
        find_nested(place, depth - 1);
    }
}

std::set<std::string> MaildirSource::subscriptions()
{
    std::set<std::string> names;
    const bool nested = std::ranges::any_of(
        folders_, [](const auto& folder) { return folder.place.contains('/'); });
    for (const auto* path : {"subscriptions", "control/subscriptions"})
        if (const auto text = read_whole(*files_, path))
            names.merge(read_dovecot_subscriptions(*text, nested ? '/' : '.'));
    if (const auto text = read_whole(*files_, "courierimapsubscribed"))
        names.merge(read_courier_subscriptions(*text));
    return names;
}

Result<std::vector<Folder>> MaildirSource::folders()
{
    folders_.clear();
    if (auto entries = files_->list(""); !entries)
        return std::unexpected(entries.error());
    if (is_maildir(*files_, ""))
        add("", "INBOX");
    find_dotted();
    find_nested("", Limits::depth);
    const auto names = subscriptions();
    for (auto& folder : folders_)
        folder.subscribed = names.contains(folder.name);
    return folders_;
}

/// Names alone, so that a large folder is listed without looking at each file.
void MaildirSource::read_names(const Folder& folder, const char* directory)
{
    const auto path = joined(folder.place, directory);
    const auto entries = files_->list(path);
    for (const auto& entry : entries.value_or(std::vector<Files::Entry>())) {
        if (entry.kind == FileKind::directory || entry.name.starts_with('.') ||
            letters_.size() >= Limits::letters)
            continue;
        auto name = parse_maildir_name(entry.name);
        Letter letter;
        letter.file = joined(path, entry.name);
        letter.place = joined(directory, entry.name);
        letter.identity = std::move(name.base); // For now.
        for (const char flag : name.letters)
            switch (flag) {
            case 'R':
                letter.flags.system.set(mail::SystemFlag::answered);
                break;
            case 'S':
                letter.flags.system.set(mail::SystemFlag::seen);
                break;
            case 'T':
                letter.flags.system.set(mail::SystemFlag::deleted);
                break;
            case 'D':
                letter.flags.system.set(mail::SystemFlag::draft);
                break;
            case 'F':
                letter.flags.system.set(mail::SystemFlag::flagged);
                break;
            case 'P':
                letter.flags.add_keyword("$Forwarded");
                break;
            default:
                if (flag >= 'a' && flag <= 'z')
                    keyword_letters_[letter.identity] += flag;
            }
        if (entry.kind == FileKind::other)
            letter.trouble = "it is no file";
        letters_.push_back(std::move(letter));
    }
}

std::string MaildirSource::text_of(const std::string& path, Contents& contents)
{
    auto text = read_whole(*files_, path);
    if (!text)
        contents.remarks.push_back(fmt::format("{}: {}", path, text.error()));
    return text.value_or("");
}

void MaildirSource::give_uids(const Folder& folder, Contents& contents)
{
    const auto remark = [&](const std::string& path, std::size_t wrong_lines) {
        if (wrong_lines > 0)
            contents.remarks.push_back(
                fmt::format("{}: {} lines make no sense", path, wrong_lines));
    };
    auto path = joined(folder.place, "dovecot-uidlist");
    auto list = read_dovecot_uidlist(text_of(path, contents));
    const bool dovecots = list.uid_validity != 0;
    if (!dovecots) {
        remark(path, list.wrong_lines);
        path = joined(folder.place, "courierimapuiddb");
        list = read_courier_uiddb(text_of(path, contents));
    }
    remark(path, list.wrong_lines);
    std::unordered_map<std::string, std::string> sizes;
    const bool is_inbox = folder.name == "INBOX";
    const auto sizes_path = joined(folder.place, "courierpop3dsizelist");
    const auto sizes_text = is_inbox ? text_of(sizes_path, contents) : std::string();
    std::size_t wrong_lines = 0;
    sizes = read_courier_sizes(sizes_text, wrong_lines);
    remark(sizes_path, wrong_lines);
    contents.uid_validity = list.uid_validity;
    contents.uid_next = list.uid_validity == 0 ? 0 : list.uid_next;
    for (auto& letter : letters_) {
        const auto known = list.entries.find(letter.identity);
        if (list.uid_validity != 0 && known != list.entries.end()) {
            letter.uid = known->second.uid;
            letter.uidl = std::move(known->second.uidl);
            known->second.uid = 0; // Should the name be there twice.
        }
        if (!is_inbox || options_.uidls == UidlForm::none) {
            letter.uidl.clear();
        } else if (const auto size = sizes.find(letter.identity); size != sizes.end()) {
            letter.uidl = size->second;
        } else if (options_.uidls == UidlForm::formatted ||
                   (letter.uidl.empty() && dovecots && letter.uid != 0)) {
            const bool by_file = options_.uidl_format.contains("%f");
            if (letter.uid != 0 || by_file)
                letter.uidl = formatted_uidl(options_.uidl_format,
                                             {letter.uid, list.uid_validity, letter.identity});
        }
    }
}

void MaildirSource::read_courier_keywords_of(const std::string& place, Contents& contents)
{
    const auto directory = joined(place, "courierimapkeywords");
    if (files_->kind(directory) != FileKind::directory)
        return;
    std::size_t wrong_lines = 0;
    auto keywords =
        read_courier_keywords(text_of(joined(directory, ":list"), contents), wrong_lines);
    if (wrong_lines > 0)
        contents.remarks.push_back(
            fmt::format("{}/:list: {} lines make no sense", directory, wrong_lines));
    // What changed since: ".N.file", the largest N counts, and "file" before all of them.
    std::map<std::string, std::pair<std::uint64_t, std::string>> latest;
    const auto entries = files_->list(directory);
    for (const auto& entry : entries.value_or(std::vector<Files::Entry>())) {
        if (entry.name == ":list")
            continue;
        std::string_view file = entry.name;
        std::uint64_t number = ~0ULL;
        if (file.starts_with('.')) {
            const auto dot = file.find('.', 1);
            const auto found =
                dot == file.npos ? std::nullopt : parse_number(file.substr(1, dot - 1));
            if (!found)
                continue;
            number = *found;
            file.remove_prefix(dot + 1);
        }
        auto& known = latest[std::string(file)];
        if (known.second.empty() || number >= known.first)
            known = {number, entry.name};
    }
    for (const auto& [file, update] : latest)
        keywords[file] =
            read_courier_keyword_file(text_of(joined(directory, update.second), contents));
    for (auto& letter : letters_)
        if (const auto found = keywords.find(letter.identity); found != keywords.end())
            for (const auto& keyword : found->second)
                letter.flags.add_keyword(keyword);
}

void MaildirSource::give_keywords(const Folder& folder, Contents& contents)
{
    const auto names =
        read_dovecot_keywords(text_of(joined(folder.place, "dovecot-keywords"), contents));
    std::size_t unnamed = 0;
    for (auto& letter : letters_) {
        const auto found = keyword_letters_.find(letter.identity);
        if (found == keyword_letters_.end())
            continue;
        for (const char c : found->second) {
            const auto name = names.find(c - 'a');
            if (name != names.end())
                letter.flags.add_keyword(name->second);
            else
                ++unnamed;
        }
    }
    if (unnamed > 0)
        contents.remarks.push_back(
            fmt::format("{} keywords are letters that dovecot-keywords does not explain", unnamed));
    read_courier_keywords_of(folder.place, contents);
    std::size_t wrong = 0;
    for (auto& letter : letters_)
        wrong += std::erase_if(letter.flags.keywords,
                               [](const auto& keyword) { return !mail::is_keyword(keyword); });
    if (wrong > 0)
        contents.remarks.push_back(fmt::format("{} keywords cannot be kept here", wrong));
}

Result<Contents> MaildirSource::open(std::size_t number)
{
    letters_.clear();
    keyword_letters_.clear();
    letter_.reset();
    if (number >= folders_.size())
        return std::unexpected(std::string("there is no such folder"));
    const auto& folder = folders_[number];
    if (auto entries = files_->list(joined(folder.place, "cur")); !entries)
        return std::unexpected(entries.error());
    Contents contents;
    read_names(folder, "cur");
    read_names(folder, "new");
    give_uids(folder, contents);
    give_keywords(folder, contents);
    // As the server would have given UIDs to those that have none.
    std::ranges::sort(letters_, [](const Letter& a, const Letter& b) {
        const auto order = [](const Letter& letter) {
            return letter.uid == 0 ? 0xffffffffU : letter.uid;
        };
        const auto seconds = [](const Letter& letter) {
            const auto digits = letter.identity.substr(0, letter.identity.find('.'));
            return parse_number(digits).value_or(0);
        };
        if (order(a) != order(b))
            return order(a) < order(b);
        if (a.uid == 0 && seconds(a) != seconds(b))
            return seconds(a) < seconds(b);
        return a.identity != b.identity ? a.identity < b.identity : a.file < b.file;
    });
    std::string before;
    for (auto& letter : letters_) {
        const auto name = std::exchange(letter.identity, identity_of(letter.identity));
        if (name == before)
            letter.identity = identity_of(letter.file);
        before = name;
    }
    contents.letters = letters_.size();
    return contents;
}

Result<Source::Begun> MaildirSource::begin(std::size_t number)
{
    letter_.reset();
    if (number >= letters_.size())
        return std::unexpected(std::string("there is no such letter"));
    auto file = files_->open(letters_[number].file);
    if (!file)
        return std::unexpected(file.error());
    const Begun begun{(*file)->bytes(), (*file)->changed()};
    letter_.emplace(std::move(*file), 0, begun.bytes, LetterText::Form::maildir);
    return begun;
}

} // namespace

MaildirName parse_maildir_name(std::string_view name)
{
    for (std::size_t at = 0; at + 2 < name.size(); ++at)
        if ((name[at] == ':' || name[at] == ';' || name[at] == '!') &&
            name.substr(at + 1, 2) == "2,") {
            const auto letters = name.substr(at + 3);
            return {std::string(name.substr(0, at)),
                    std::string(letters.substr(0, std::min(letters.find(','), letters.size())))};
        }
    return {std::string(name.substr(0, std::min(name.find(':'), name.size()))), {}};
}

bool has_maildir(Files& files)
{
    if (is_maildir(files, ""))
        return true;
    const auto entries = files.list("");
    for (const auto& entry : entries.value_or(std::vector<Files::Entry>()))
        if (entry.kind == FileKind::directory && is_maildir(files, entry.name))
            return true;
    return false;
}

Result<std::unique_ptr<Source>> maildir_source(std::unique_ptr<Files> files,
                                               const SourceOptions& options)
{
    return std::make_unique<MaildirSource>(std::move(files), options);
}

} // namespace posthouse::moving
