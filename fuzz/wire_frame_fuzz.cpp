// SPDX-License-Identifier: Apache-2.0
// fuzzes: wire
// What another process may send: bytes are cut into frames within their limits, and each message
// is read as the request it says it is, written, and read as the same.
#include "base/contract.hpp"
#include "wire/frame.hpp"
#include "wire/indexing.pb.h"
#include "wire/login.pb.h"
#include "wire/mailboxes.pb.h"
#include "wire/messages.pb.h"
#include "wire/parse.hpp"

#include <cstdint>

namespace {

using namespace posthouse;
using wire::Method;

template <class Message>
void read(const std::string& bytes)
{
    const auto message = wire::parse<Message>(bytes);
    if (!message)
        return;
    const auto written = message->SerializeAsString();
    const auto again = wire::parse<Message>(written);
    expects(again.has_value());
    expects(again->SerializeAsString() == written);
}

/// What holds a map is written in any order.
template <class Message>
void read_only(const std::string& bytes)
{
    if (const auto message = wire::parse<Message>(bytes))
        expects(wire::parse<Message>(message->SerializeAsString()).has_value());
}

void read_of_mailboxes(Method method, const std::string& bytes)
{
    switch (method) {
    case Method::mailbox_list:
        read<wire::ListMailboxes>(bytes);
        return read_only<wire::MailboxList>(bytes);
    case Method::mailbox_tree:
        read<wire::ChangeTree>(bytes);
        return read<wire::TreeChanged>(bytes);
    case Method::mailbox_open:
        read<wire::OpenMailbox>(bytes);
        return read<wire::OpenedMailbox>(bytes);
    case Method::mailbox_close:
        return read<wire::MailboxHandle>(bytes);
    case Method::mailbox_changes:
        read<wire::AskChanges>(bytes);
        return read<wire::MailboxChanges>(bytes);
    case Method::mailbox_entries:
        read<wire::AskEntries>(bytes);
        return read<wire::EntriesPage>(bytes);
    case Method::mailbox_store:
        read<wire::StoreFlags>(bytes);
        return read<wire::FlagsStored>(bytes);
    case Method::mailbox_expunge:
        read<wire::ExpungeMessages>(bytes);
        return read<wire::MessagesExpunged>(bytes);
    case Method::mailbox_copy:
        read<wire::CopyMessages>(bytes);
        return read<wire::MessagesCopied>(bytes);
    case Method::mailbox_summaries:
        return read<wire::AskSummaries>(bytes);
    case Method::mailbox_read:
        return read<wire::ReadPart>(bytes);
    case Method::mailbox_search:
        read<wire::SearchMessages>(bytes);
        return read<wire::MessagesFound>(bytes);
    case Method::mailbox_append:
        read<wire::AppendMessages>(bytes);
        return read<wire::MessagesAppended>(bytes);
    case Method::open_upload:
        return read<wire::OpenUpload>(bytes);
    case Method::quota:
        read<wire::MailboxQuota>(bytes);
        return read<wire::QuotaRoots>(bytes);
    case Method::metadata:
        read<wire::MailboxMetadata>(bytes);
        return read<wire::MetadataValues>(bytes);
    case Method::access_rights:
        read<wire::MailboxAccess>(bytes);
        return read_only<wire::AccessRights>(bytes);
    case Method::watch:
        return read<wire::WatchMailboxes>(bytes);
    case Method::mailbox_event:
        return read<wire::MailboxEvent>(bytes);
    case Method::maildrop_list:
        read<wire::AskMaildrop>(bytes);
        return read_only<wire::MaildropPage>(bytes);
    default:
        return; // A method of no message of its own, or none at all
    }
}

/// The request, and what answers it: both come from processes that are not trusted.
void read_as(Method method, const std::string& bytes)
{
    switch (method) {
    case Method::check_recipients:
        read<wire::CheckRecipients>(bytes);
        return read<wire::Verdicts>(bytes);
    case Method::accept:
        read<wire::Accept>(bytes);
        return read<wire::Accepted>(bytes);
    case Method::open_body:
    case Method::append_body:
    case Method::abandon_body:
        return read<wire::Upload>(bytes);
    case Method::authenticate:
        read<wire::Authenticate>(bytes);
        return read<wire::Authenticated>(bytes);
    case Method::find_verifier:
        read<wire::FindVerifier>(bytes);
        return read<wire::Verifier>(bytes);
    case Method::vouch:
        read<wire::Vouch>(bytes);
        return read<wire::Ticket>(bytes);
    case Method::open_session:
        read<wire::OpenSession>(bytes);
        return read<wire::Session>(bytes);
    case Method::open_maildrop:
        read<wire::OpenMaildrop>(bytes);
        return read<wire::Maildrop>(bytes);
    case Method::read_message:
        read<wire::ReadMessage>(bytes);
        return read<wire::Piece>(bytes);
    case Method::expunge:
        return read<wire::Expunge>(bytes);
    case Method::close_session:
        return read<wire::Session>(bytes);
    case Method::route:
        read<wire::Route>(bytes);
        return read<wire::Routed>(bytes);
    case Method::look_up:
        read<wire::LookUp>(bytes);
        return read<wire::LookedUp>(bytes);
    case Method::routes:
        return read<wire::Routes>(bytes);
    case Method::deliver:
        read<wire::Deliver>(bytes);
        return read<wire::Delivered>(bytes);
    case Method::find_users:
        read<wire::FindUsers>(bytes);
        return read<wire::FoundUsers>(bytes);
    case Method::verify:
        read<wire::Verify>(bytes);
        return read<wire::Verified>(bytes);
    case Method::etrn:
        read<wire::Etrn>(bytes);
        return read<wire::EtrnAnswer>(bytes);
    case Method::client_name:
        read<wire::ClientName>(bytes);
        return read<wire::ClientNamed>(bytes);
    case Method::file:
        read<wire::File>(bytes);
        return read<wire::Filed>(bytes);
    case Method::notify:
        return read<wire::Notify>(bytes);
    case Method::read_letter:
        return read<wire::ReadLetter>(bytes);
    case Method::attempt:
        read<wire::Attempt>(bytes);
        return read<wire::Attempted>(bytes);
    case Method::find_targets:
        read<wire::FindTargets>(bytes);
        return read<wire::Targets>(bytes);
    case Method::admin:
        read<wire::Admin>(bytes);
        return read<wire::AdminAnswer>(bytes);
    case Method::sasl_start:
        read<wire::SaslStart>(bytes);
        return read<wire::SaslAnswer>(bytes);
    case Method::sasl_continue:
        return read<wire::SaslContinue>(bytes);
    case Method::sasl_abort:
        return read<wire::SaslAbort>(bytes);
    case Method::find_login:
        return read<wire::Login>(bytes);
    case Method::provide_account:
        return read<wire::ProvideAccount>(bytes);
    case Method::cut_words:
        read<wire::CutWords>(bytes);
        return read<wire::WordsCut>(bytes);
    case Method::index_letter:
        read<wire::IndexLetter>(bytes);
        return read<wire::LetterIndexed>(bytes);
    case Method::search_letters:
        read<wire::SearchLetters>(bytes);
        return read<wire::SearchedLetters>(bytes);
    case Method::next_candidates:
        read<wire::NextCandidates>(bytes);
        return read<wire::Candidates>(bytes);
    default:
        return read_of_mailboxes(method, bytes);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view stream(reinterpret_cast<const char*>(data), size);
    while (stream.size() >= wire::Head::size) {
        const auto head = wire::Head::parse(stream);
        if (!head)
            break;
        std::string written;
        head->append_to(written);
        expects(written == stream.substr(0, wire::Head::size));
        expects(head->message_bytes <= wire::FrameLimits::message_bytes);
        expects(head->raw_bytes <= wire::FrameLimits::raw_bytes);
        stream.remove_prefix(wire::Head::size);
        if (stream.size() < std::size_t{head->message_bytes} + head->raw_bytes)
            break;
        read_as(head->method, std::string(stream.substr(0, head->message_bytes)));
        stream.remove_prefix(std::size_t{head->message_bytes} + head->raw_bytes);
    }
    return 0;
}
