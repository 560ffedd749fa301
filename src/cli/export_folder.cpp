// SPDX-License-Identifier: Apache-2.0
#include "cli/export_folder.hpp"

#include "base/descriptor_io.hpp"
#include "moving/folder_names.hpp"
#include "moving/maildir.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::cli {
namespace {

namespace fs = std::filesystem;
using moving::FileText;

std::unexpected<std::string> failed(const std::string& path)
{
    return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
}

ExportFolder::Result<> write_all(int file, std::string_view bytes, const std::string& path)
{
    if (const auto done = posthouse::write_all(file, bytes); !done)
        return std::unexpected(fmt::format("{}: {}", path, std::strerror(done.error())));
    return {};
}

ExportFolder::Result<> make_directories(const std::string& path)
{
    std::error_code error;
    fs::create_directories(path, error);
    if (error)
        return std::unexpected(fmt::format("{}: {}", path, error.message()));
    return {};
}

ExportFolder::Result<> sync_directory(const std::string& path)
{
    const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0)
        return failed(path);
    return {};
}

class MaildirFolder final : public ExportFolder {
public:
    MaildirFolder(std::string path, moving::NotedMailbox mailbox)
        : path_(std::move(path)),
          mailbox_(std::move(mailbox))
    {
    }

    Result<> open()
    {
        for (const auto* part : {"cur", "new", "tmp"})
            if (auto made = make_directories(path_ + "/" + part); !made)
                return made;
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(path_ + "/cur", error)) {
            const auto name = entry.path().filename().string();
            there_[name.substr(0, name.find(','))] = name;
        }
        return {};
    }

    Result<bool> begin(const moving::Noted& letter) override
    {
        letter_ = letter;
        front_ = moving::maildir_front(letter);
        if (const auto found = there_.find(front_); found != there_.end()) {
            const auto base = moving::parse_maildir_name(found->second).base;
            const auto name = base + moving::maildir_flags(letter, mailbox_.keywords);
            if (name != found->second && ::rename((path_ + "/cur/" + found->second).c_str(),
                                                  (path_ + "/cur/" + name).c_str()) != 0)
                return failed(found->second);
            lines_.push_back({letter.uid, letter.uidl, base});
            return true;
        }
        temporary_ = path_ + "/tmp/" + front_;
        file_.reset(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!file_)
            return failed(temporary_);
        text_ = FileText(FileText::Form::maildir);
        bytes_ = size_ = 0;
        return false;
    }
    Result<> piece(std::string_view bytes) override
    {
        bytes_ += bytes.size();
        const auto text = text_.take(bytes);
        size_ += text.size();
        return write_all(file_.get(), text, temporary_);
    }
    Result<> end() override
    {
        const auto rest = text_.finish();
        size_ += rest.size();
        if (auto written = write_all(file_.get(), rest, temporary_); !written)
            return written;
        // A server takes the time from here.
        const timespec at{letter_.internal_date / 1'000'000,
                          letter_.internal_date % 1'000'000 * 1000};
        const timespec times[2] = {at, at};
        ::futimens(file_.get(), times);
        const auto base = fmt::format("{},S={},W={}", front_, size_, bytes_);
        const auto name =
            path_ + "/cur/" + base + moving::maildir_flags(letter_, mailbox_.keywords);
        if (::rename(temporary_.c_str(), name.c_str()) != 0)
            return failed(name);
        file_.reset();
        lines_.push_back({letter_.uid, letter_.uidl, base});
        return {};
    }
    void abandon() override
    {
        file_.reset();
        ::unlink(temporary_.c_str());
    }
    Result<> finish() override
    {
        // All letters at once; one by one would take a disk's turn each.
        const UniqueFd directory(
            ::open((path_ + "/cur").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!directory || ::syncfs(directory.get()) != 0)
            return failed(path_);
        if (!mailbox_.keywords.empty())
            if (auto done = write_file(path_ + "/dovecot-keywords",
                                       moving::dovecot_keywords(mailbox_.keywords));
                !done)
                return done;
        return write_file(path_ + "/dovecot-uidlist", moving::dovecot_uidlist(mailbox_, lines_));
    }

private:
    std::string path_;
    moving::NotedMailbox mailbox_;
    std::map<std::string, std::string> there_; // names by what stands before the first comma
    std::vector<moving::UidListLine> lines_;
    moving::Noted letter_;
    std::string front_, temporary_;
    UniqueFd file_;
    FileText text_{FileText::Form::maildir};
    std::uint64_t bytes_ = 0, size_ = 0;
};

class MboxFolder final : public ExportFolder {
public:
    MboxFolder(std::string path, moving::NotedMailbox mailbox)
        : path_(std::move(path)),
          temporary_(path_ + ".part"),
          mailbox_(std::move(mailbox))
    {
    }
    ~MboxFolder() override
    {
        if (file_)
            ::unlink(temporary_.c_str());
    }
    Result<> open()
    {
        if (auto made = make_directories(fs::path(path_).parent_path()); !made)
            return made;
        file_.reset(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!file_)
            return failed(temporary_);
        return {};
    }
    Result<bool> begin(const moving::Noted& letter) override
    {
        at_ = ::lseek(file_.get(), 0, SEEK_CUR);
        text_ = FileText(FileText::Form::mboxrd);
        if (auto put = write_all(file_.get(), mbox_head(letter, any_ ? nullptr : &mailbox_), path_);
            !put)
            return std::unexpected(put.error());
        return false;
    }
    Result<> piece(std::string_view bytes) override
    {
        return write_all(file_.get(), text_.take(bytes), path_);
    }
    Result<> end() override
    {
        any_ = true;
        return write_all(file_.get(), text_.finish(), path_);
    }
    void abandon() override
    {
        (void)!::ftruncate(file_.get(), at_);
        ::lseek(file_.get(), at_, SEEK_SET);
    }
    Result<> finish() override
    {
        if (!any_)
            if (auto put = write_all(file_.get(), moving::mbox_placeholder(mailbox_), path_); !put)
                return put;
        if (::fsync(file_.get()) != 0)
            return failed(path_);
        if (::rename(temporary_.c_str(), path_.c_str()) != 0)
            return failed(path_);
        file_.reset();
        return sync_directory(fs::path(path_).parent_path());
    }

private:
    std::string path_, temporary_;
    moving::NotedMailbox mailbox_;
    UniqueFd file_;
    FileText text_{FileText::Form::mboxrd};
    off_t at_ = 0;
    bool any_ = false;
};

} // namespace

ExportFolder::Result<> write_file(const std::string& path, const std::string& text)
{
    const auto temporary = path + ".part";
    UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file)
        return failed(temporary);
    if (auto written = write_all(file.get(), text, temporary); !written)
        return written;
    if (::fsync(file.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0)
        return failed(path);
    return sync_directory(fs::path(path).parent_path());
}

ExportFolder::Result<std::unique_ptr<ExportFolder>>
export_to_maildir(const std::string& root, const std::string& mailbox, moving::NotedMailbox noted)
{
    const auto name = moving::maildir_name(mailbox);
    const auto path = name.empty() ? root : root + "/" + name;
    auto folder = std::make_unique<MaildirFolder>(path, std::move(noted));
    if (auto opened = folder->open(); !opened)
        return std::unexpected(opened.error());
    if (!name.empty()) // Which tells delivery programs that it is one of many.
        if (auto put = write_file(path + "/maildirfolder", {}); !put)
            return std::unexpected(put.error());
    return folder;
}

ExportFolder::Result<std::unique_ptr<ExportFolder>>
export_to_mbox(const std::string& root, const std::string& mailbox, moving::NotedMailbox noted)
{
    const auto path = root + "/" + moving::file_name(mailbox) + ".mbox";
    if (::access(path.c_str(), F_OK) == 0)
        return std::unique_ptr<ExportFolder>();
    auto folder = std::make_unique<MboxFolder>(path, std::move(noted));
    if (auto opened = folder->open(); !opened)
        return std::unexpected(opened.error());
    return folder;
}

} // namespace posthouse::cli
