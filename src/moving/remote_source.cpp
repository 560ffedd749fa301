// SPDX-License-Identifier: Apache-2.0
#include "moving/remote_source.hpp"

#include "base/descriptor_io.hpp"
#include "base/text.hpp"
#include "moving/reader.pb.h"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace posthouse::moving {
namespace {

constexpr std::size_t longest_message = 64 << 20;

bool read_all(int socket, char* to, std::size_t length)
{
    while (length > 0) {
        const auto got = ::read(socket, to, length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        length -= static_cast<std::size_t>(got);
    }
    return true;
}

template <class Message>
bool send(int socket, const Message& message)
{
    const auto text = message.SerializeAsString();
    std::string frame;
    append_u32(frame, static_cast<std::uint32_t>(text.size()));
    frame += text;
    return write_all(socket, frame).has_value();
}

template <class Message>
bool receive(int socket, Message& message)
{
    std::array<char, 4> head{};
    if (!read_all(socket, head.data(), head.size()))
        return false;
    const std::size_t length = read_u32({head.data(), head.size()});
    if (length > longest_message)
        return false;
    std::string text(length, '\0');
    return read_all(socket, text.data(), length) && message.ParseFromString(text);
}

class RemoteSource final : public Source {
public:
    explicit RemoteSource(UniqueFd socket) : socket_(std::move(socket)) {}

    Result<std::vector<Folder>> folders() override
    {
        auto told = ask(ReaderAsk::FOLDERS, 0);
        if (!told)
            return std::unexpected(told.error());
        std::vector<Folder> folders;
        for (const auto& from : told->folders()) {
            Folder folder;
            folder.name = from.name();
            folder.place = from.place();
            folder.subscribed = from.subscribed();
            folder.trouble = from.trouble();
            folders.push_back(std::move(folder));
        }
        return folders;
    }
    Result<Contents> open(std::size_t folder) override
    {
        auto told = ask(ReaderAsk::OPEN, folder);
        if (!told)
            return std::unexpected(told.error());
        Contents contents;
        contents.uid_validity = told->uid_validity();
        contents.uid_next = told->uid_next();
        contents.letters = told->count();
        contents.bytes = told->bytes();
        contents.remarks = {told->remarks().begin(), told->remarks().end()};
        return contents;
    }
    Result<std::vector<Letter>> letters(std::size_t from) override
    {
        auto told = ask(ReaderAsk::LETTERS, from);
        if (!told)
            return std::unexpected(told.error());
        std::vector<Letter> letters;
        for (const auto& one : told->letters()) {
            Letter letter;
            letter.identity = one.identity();
            if (letter.identity.size() != 16)
                return std::unexpected(std::string("the reading process talks nonsense"));
            letter.place = one.place();
            letter.uid = one.uid();
            letter.flags.system =
                mail::SystemFlags::from_bits(static_cast<std::uint8_t>(one.flags() & 0x1f));
            for (const auto& keyword : one.keywords())
                if (mail::is_keyword(keyword))
                    letter.flags.add_keyword(keyword);
            letter.uidl = one.uidl().substr(0, Limits::uidl_bytes);
            letter.trouble = one.trouble();
            letters.push_back(std::move(letter));
        }
        return letters;
    }
    Result<Begun> begin(std::size_t letter) override
    {
        auto told = ask(ReaderAsk::BEGIN, letter);
        if (!told)
            return std::unexpected(told.error());
        Begun begun;
        begun.bytes = told->bytes();
        if (told->dated())
            begun.internal_date = told->internal_date();
        return begun;
    }
    Result<std::string> read() override
    {
        auto told = ask(ReaderAsk::READ, 0);
        if (!told)
            return std::unexpected(told.error());
        return std::move(*told->mutable_piece());
    }

private:
    Result<ReaderTell> ask(ReaderAsk::What what, std::uint64_t number)
    {
        ReaderAsk question;
        question.set_what(what);
        question.set_number(number);
        ReaderTell told;
        if (!send(socket_.get(), question) || !receive(socket_.get(), told))
            return std::unexpected(std::string("the process that reads the files ended"));
        if (!told.error().empty())
            return std::unexpected(told.error());
        return told;
    }
    UniqueFd socket_;
};

ReaderTell tell(Source& source, const ReaderAsk& question)
{
    ReaderTell told;
    const auto number = static_cast<std::size_t>(question.number());
    const auto fail = [&](const std::string& why) { told.set_error(why.empty() ? "?" : why); };
    switch (question.what()) {
    case ReaderAsk::FOLDERS: {
        auto folders = source.folders();
        if (!folders) {
            fail(folders.error());
            break;
        }
        for (auto& folder : *folders) {
            auto* to = told.add_folders();
            to->set_name(std::move(folder.name));
            to->set_place(std::move(folder.place));
            to->set_subscribed(folder.subscribed);
            to->set_trouble(std::move(folder.trouble));
        }
        break;
    }
    case ReaderAsk::OPEN: {
        auto contents = source.open(number);
        if (!contents) {
            fail(contents.error());
            break;
        }
        told.set_uid_validity(contents->uid_validity);
        told.set_uid_next(contents->uid_next);
        told.set_count(contents->letters);
        told.set_bytes(contents->bytes);
        for (auto& remark : contents->remarks)
            told.add_remarks(std::move(remark));
        break;
    }
    case ReaderAsk::LETTERS: {
        auto letters = source.letters(number);
        if (!letters) {
            fail(letters.error());
            break;
        }
        for (auto& letter : *letters) {
            auto* to = told.add_letters();
            to->set_identity(std::move(letter.identity));
            to->set_place(std::move(letter.place));
            to->set_uid(letter.uid);
            to->set_flags(letter.flags.system.bits());
            for (auto& keyword : letter.flags.keywords)
                to->add_keywords(std::move(keyword));
            to->set_uidl(std::move(letter.uidl));
            to->set_trouble(std::move(letter.trouble));
        }
        break;
    }
    case ReaderAsk::BEGIN: {
        auto begun = source.begin(number);
        if (!begun) {
            fail(begun.error());
            break;
        }
        told.set_bytes(begun->bytes);
        told.set_dated(begun->internal_date.has_value());
        told.set_internal_date(begun->internal_date.value_or(0));
        break;
    }
    default: {
        auto piece = source.read();
        if (piece)
            told.set_piece(std::move(*piece));
        else
            fail(piece.error());
    }
    }
    return told;
}

} // namespace

std::unique_ptr<Source> remote_source(UniqueFd socket)
{
    return std::make_unique<RemoteSource>(std::move(socket));
}

void serve_source(int socket, const std::string& path, const SourceOptions& options)
{
    auto source = source_in(files_at(path), options);
    ReaderAsk question;
    while (receive(socket, question)) {
        ReaderTell told;
        if (source)
            told = tell(**source, question);
        else
            told.set_error(source.error());
        if (!send(socket, told))
            return;
    }
}

} // namespace posthouse::moving
