// SPDX-License-Identifier: Apache-2.0
#include "tests/gate/fake_keeper.hpp"

#include "mail/message_entry.hpp"
#include "wire/mailboxes.pb.h"
#include "wire/parse.hpp"

#include <sys/socket.h>

namespace posthouse::gate {

using wire::Answer;
using wire::Failure;
using wire::Method;
using wire::parse;

UniqueFd FakeKeeper::connect(boost::asio::io_context& context)
{
    hang_up();
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return {};
    link_ = wire::Link::open(
        context.get_executor(), UniqueFd(ends[0]),
        {.handler = [this](std::shared_ptr<wire::Link> link,
                           wire::Frame frame) { return answer(std::move(link), std::move(frame)); },
         .closed = nullptr});
    return UniqueFd(ends[1]);
}

void FakeKeeper::hang_up()
{
    if (link_)
        link_->close();
}

Task<wire::Result<Answer>> FakeKeeper::answer(std::shared_ptr<wire::Link> link, wire::Frame frame)
{
    const auto method = frame.head.method;
    heard.push_back(method);
    if (dies_at == method)
        link->close();
    if (const auto found = failing.find(method); found != failing.end())
        co_return std::unexpected(found->second);
    if (method == Method::sasl_start || method == Method::sasl_continue ||
        method == Method::sasl_abort)
        co_return answer_login(frame);
    co_return method < Method::authenticate ? answer_mail(frame) : answer_reader(frame);
}

/// PLAIN as it is; what is called SCRAM-SHA-256 here asks for the password in its second message,
/// and has the last word.
wire::Result<Answer> FakeKeeper::answer_login(const wire::Frame& frame)
{
    wire::SaslAnswer answer;
    std::string said;
    if (frame.head.method == Method::sasl_abort) {
        ++given_up;
        return wire::answer_with(wire::Done());
    }
    if (frame.head.method == Method::sasl_start) {
        logins.push_back(*parse<wire::SaslStart>(frame.message));
        if (!logins.back().has_initial() || logins.back().mechanism() == "SCRAM-SHA-256") {
            answer.set_what(wire::SaslAnswer::CHALLENGE);
            answer.set_dialogue(logins.size());
            answer.set_data(logins.back().has_initial() ? "nonce" : "");
            return wire::answer_with(answer);
        }
        said = logins.back().initial();
    } else {
        const auto request = *parse<wire::SaslContinue>(frame.message);
        if (request.dialogue() != logins.size())
            return std::unexpected(Failure::refused);
        said = request.response();
    }
    const bool plain = logins.back().mechanism() == "PLAIN";
    const std::string zero(1, '\0');
    if (said != (plain ? zero + reader.user + zero + reader.password : reader.password)) {
        answer.set_what(wire::SaslAnswer::REFUSED);
        answer.set_reason(wire::SaslAnswer::WRONG);
        return wire::answer_with(answer);
    }
    answer.set_what(wire::SaslAnswer::ACCEPTED);
    answer.set_ticket("ticket");
    answer.set_user(reader.user);
    answer.set_data(plain ? "" : "proof");
    return wire::answer_with(answer);
}

wire::Result<Answer> FakeKeeper::answer_mail(const wire::Frame& frame)
{
    switch (frame.head.method) {
    case Method::check_recipients: {
        questions.push_back(*parse<wire::CheckRecipients>(frame.message));
        wire::Verdicts verdicts;
        for (const auto& recipient : questions.back().recipients()) {
            const auto found = refused.find(recipient);
            auto& verdict = *verdicts.add_verdicts();
            verdict.set_code(found == refused.end() ? 250 : found->second.first);
            verdict.set_text(found == refused.end() ? "2.1.5 Ok" : found->second.second);
            if (const auto fate = fates.find(recipient); fate != fates.end())
                verdict.set_what(fate->second);
        }
        return wire::answer_with(verdicts);
    }
    case Method::accept:
        return accept(frame);
    case Method::etrn: {
        etrns.push_back(*parse<wire::Etrn>(frame.message));
        wire::EtrnAnswer said;
        said.set_code(etrn.first);
        said.set_text(etrn.second);
        return wire::answer_with(said);
    }
    case Method::client_name: {
        wire::ClientNamed named;
        if (const auto found = names.find(parse<wire::ClientName>(frame.message)->address());
            found != names.end())
            named.set_name(found->second);
        return wire::answer_with(named);
    }
    case Method::open_body: {
        wire::Upload upload;
        upload.set_upload(++last_upload_);
        uploads[last_upload_];
        return wire::answer_with(upload);
    }
    case Method::append_body:
        largest_piece = std::max(largest_piece, frame.raw.size());
        uploads.at(parse<wire::Upload>(frame.message)->upload()) += frame.raw;
        return wire::answer_with(wire::Done());
    case Method::abandon_body:
        uploads.erase(parse<wire::Upload>(frame.message)->upload());
        return wire::answer_with(wire::Done());
    default:
        return std::unexpected(Failure::refused);
    }
}

wire::Result<Answer> FakeKeeper::accept(const wire::Frame& frame)
{
    if (letter_refusal) {
        wire::Accepted refused_letter;
        *refused_letter.mutable_refusal() = *letter_refusal;
        return wire::answer_with(refused_letter);
    }
    Letter letter{*parse<wire::Accept>(frame.message), frame.raw};
    if (letter.envelope.upload() != 0)
        letter.body = uploads.extract(letter.envelope.upload()).mapped();
    letters.push_back(std::move(letter));
    wire::Accepted accepted;
    accepted.set_letter("letter" + std::to_string(letters.size()));
    return wire::answer_with(accepted);
}

wire::Result<Answer> FakeKeeper::answer_reader(const wire::Frame& frame)
{
    switch (frame.head.method) {
    case Method::open_session: {
        tickets.push_back(parse<wire::OpenSession>(frame.message)->ticket());
        if (parse<wire::OpenSession>(frame.message)->ticket() != "ticket")
            return std::unexpected(Failure::refused);
        wire::Session session;
        session.set_session(open_session = 7);
        return wire::answer_with(session);
    }
    case Method::maildrop_list: {
        const auto after = parse<wire::AskMaildrop>(frame.message)->after();
        wire::MaildropPage page;
        page.set_uid_validity(reader.uid_validity);
        mail::EntryPacker packer(static_cast<std::uint8_t>(mail::EntryField::size));
        std::string raw;
        auto message = reader.messages.upper_bound(after);
        if (message != reader.messages.end()) { // One a page
            mail::MessageEntry entry;
            entry.uid = message->first;
            entry.size = message->second.size();
            packer.append(entry, raw);
            page.set_last(message->first);
            if (const auto uidl = reader.uidls.find(message->first); uidl != reader.uidls.end())
                (*page.mutable_uidls())[message->first] = uidl->second;
            page.set_more(++message != reader.messages.end());
        }
        return wire::answer_with(page, std::move(raw));
    }
    case Method::read_message:
        return read(frame);
    case Method::expunge:
        for (const auto uid : parse<wire::Expunge>(frame.message)->uids())
            expunged.push_back(uid);
        return wire::answer_with(wire::Done());
    case Method::close_session:
        open_session = 0;
        return wire::answer_with(wire::Done());
    default:
        return std::unexpected(Failure::refused);
    }
}

wire::Result<Answer> FakeKeeper::read(const wire::Frame& frame)
{
    const auto request = *parse<wire::ReadMessage>(frame.message);
    const auto found = reader.messages.find(request.uid());
    if (request.session() != open_session || found == reader.messages.end())
        return std::unexpected(Failure::refused);
    wire::Piece piece;
    auto raw = found->second.substr(request.offset(), request.length());
    auto room = request.room();
    for (const auto uid : request.behind()) {
        const auto next = reader.messages.find(uid);
        if (next == reader.messages.end() || next->second.size() > room)
            break;
        room -= static_cast<std::uint32_t>(next->second.size());
        piece.add_behind(static_cast<std::uint32_t>(next->second.size()));
        raw += next->second;
    }
    return wire::answer_with(piece, std::move(raw));
}

} // namespace posthouse::gate
