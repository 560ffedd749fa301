// SPDX-License-Identifier: Apache-2.0
// What an opened mailbox holds: entries, flags, summaries, letters.
#include "keeper/mailboxes_parts.hpp"
#include "keeper/summary_fields.hpp"

#include <algorithm>

namespace posthouse::keeper {

using wire::Failure;

namespace {

constexpr std::uint8_t change_fields = static_cast<std::uint8_t>(mail::EntryField::flags) |
                                       static_cast<std::uint8_t>(mail::EntryField::modseq);

/// Entries of these UIDs, as their viewer sees them, as many as a page holds. The last UID that was
/// looked at; 0: all were.
template <class Place>
std::uint32_t pack_entries(const Place& place, const mail::UidSet& uids, std::uint8_t fields,
                           std::string& to)
{
    mail::EntryPacker packer(fields);
    const auto& box = place.account->state().boxes.at(place.id);
    for (const auto& range : uids.ranges())
        for (const auto& entry : box.range(range.first, range.last)) {
            if (place.foreign())
                packer.append(place.shown(entry), to);
            else
                packer.append(entry, to);
            if (to.size() >= Mailboxes::Limits::page_bytes)
                return entry.uid;
        }
    return 0;
}

/// Entries of what changed; those that do not fit are named as the answer's rest.
template <class Place, class Answer>
std::string pack_changed(const Place& place, mail::UidSet changed, Answer& answer)
{
    std::string packed;
    const auto last = pack_entries(place, changed, change_fields, packed);
    if (last != 0 && last < changed.largest()) {
        changed.remove(1, last);
        answer.set_rest(changed.text());
    }
    return packed;
}

bool is_own(const ReaderSession& session, std::uint32_t handle)
{
    const auto found = session.opened.find(handle);
    return found == session.opened.end() || found->second.owner == session.account;
}

template <class Answer>
void put_keywords(const mailbox::Mailbox& box, Answer& answer)
{
    answer.mutable_keywords()->CopyFrom(box.keywords());
}

} // namespace

Task<Mailboxes::Answer> Mailboxes::open(ReaderSession& session, wire::OpenMailbox request,
                                        std::string)
{
    if (session.opened.size() >= ReaderSessions::Limits::opened)
        co_return std::unexpected(Failure::limit);
    const Viewer viewer(session);
    auto spot = co_await spot_of(viewer, request.name(), {mailbox::Right::read});
    if (!spot)
        co_return std::unexpected(spot.error());
    const auto& account = spot->tree.account;
    const auto id = spot->id;
    const bool foreign = spot->tree.foreign();
    if (auto loaded = co_await account->load(id); !loaded)
        co_return std::unexpected(failure_of(loaded.error()));
    if (foreign)
        if (auto loaded = co_await account->load_seen(id, viewer.who.id); !loaded)
            co_return std::unexpected(failure_of(loaded.error()));
    auto* again = sessions_.find(viewer.gate, viewer.session);
    const auto* box = account->mailbox(id);
    if (again == nullptr)
        co_return std::unexpected(Failure::refused);
    if (box == nullptr)
        co_return std::unexpected(Failure::nonexistent);
    if (foreign && !sessions_.follow(*again, spot->tree.owner))
        co_return std::unexpected(Failure::limit);
    Place place{account, spot->tree.owner, viewer.who.id, id, request.read_only(), spot->rights};
    if (foreign && !(place.seen = account->seen_by(id, viewer.who.id)))
        co_return std::unexpected(Failure::unavailable);
    again->opened[++again->last_opened] = {id, request.read_only(), box->uid_validity(),
                                           account->undeletions(id), spot->tree.owner.id};
    wire::OpenedMailbox answer;
    answer.set_handle(again->last_opened);
    answer.set_id(object_id(*box, foreign ? std::optional(spot->tree.owner.id) : std::nullopt));
    answer.set_uid_validity(box->uid_validity());
    answer.set_uid_next(box->uid_next());
    answer.set_highest_modseq(place.highest_modseq(*box));
    // \Recent is for the owner.
    answer.set_first_recent(foreign ? box->uid_next() : std::max(box->first_recent(), 1U));
    answer.set_rights(spot->rights.text());
    answer.set_read_only(request.read_only());
    answer.set_more_keywords(box->keywords_size() < mailbox::Limits::keywords &&
                             spot->rights.has(mailbox::Right::write));
    put_keywords(*box, answer);
    mail::UidSet uids;
    for (const auto& entry : account->entries(id)) {
        uids.add(entry.uid);
        if (answer.first_unseen() == 0 && !place.has_seen(entry))
            answer.set_first_unseen(entry.uid);
    }
    if (!request.read_only() && !foreign)
        account->take_recent(id);
    auto text = uids.text();
    if (text.size() > wire::FrameLimits::raw_bytes)
        co_return std::unexpected(Failure::limit);
    co_return wire::answer_with(answer, std::move(text));
}

Task<Mailboxes::Answer> Mailboxes::close(ReaderSession& session, wire::MailboxHandle request,
                                         std::string)
{
    session.opened.erase(request.handle());
    session.changed_handles.erase(request.handle());
    session.read_message = nullptr;
    co_return wire::answer_with(wire::Done());
}

Task<Mailboxes::Answer> Mailboxes::changes(ReaderSession& session, wire::AskChanges request,
                                           std::string)
{
    const bool own = is_own(session, request.handle());
    auto place = co_await place_of(session, request.handle());
    wire::MailboxChanges answer;
    if (!place && place.error() == Failure::gone && own) {
        answer.set_deleted(true);
        co_return wire::answer_with(answer);
    }
    if (!place)
        co_return std::unexpected(place.error());
    auto changed = co_await place->account->changes(place->id, request.since());
    if (!changed)
        co_return std::unexpected(failure_of(changed.error()));
    const auto* box = place->mailbox();
    if (box == nullptr) {
        answer.set_deleted(true);
        co_return wire::answer_with(answer);
    }
    answer.set_highest_modseq(std::max<std::uint64_t>(changed->modseq, 1));
    answer.set_rights(place->rights.text());
    if (place->foreign()) {
        // What he has seen, as it was when the question was asked: of the same moment as the rest.
        answer.set_highest_modseq(
            std::max<std::uint64_t>(answer.highest_modseq(), place->seen->highest_modseq()));
        const auto& entries = place->account->state().boxes.at(place->id);
        mail::UidSet marked;
        for (const auto& run : place->seen->runs())
            if (run.modseq > request.since())
                for (const auto& entry : entries.range(run.first, run.last))
                    marked.add(entry.uid);
        changed->changed = changed->changed.united(marked);
    }
    answer.set_uid_next(box->uid_next());
    answer.set_vanished(changed->vanished.text());
    put_keywords(*box, answer);
    auto raw = pack_changed(*place, changed->changed, answer);
    if (answer.ByteSizeLong() > wire::FrameLimits::message_bytes)
        co_return std::unexpected(Failure::limit);
    co_return wire::answer_with(answer, std::move(raw));
}

Task<Mailboxes::Answer> Mailboxes::entries(ReaderSession& session, wire::AskEntries request,
                                           std::string)
{
    auto place = co_await place_of(session, request.handle());
    if (!place)
        co_return std::unexpected(place.error());
    const auto uids = uids_in(request.uids());
    if (!uids || request.fields() > mail::all_entry_fields)
        co_return std::unexpected(Failure::invalid);
    wire::EntriesPage answer;
    std::string raw;
    answer.set_last(pack_entries(*place, *uids, static_cast<std::uint8_t>(request.fields()), raw));
    answer.set_more(answer.last() != 0);
    co_return wire::answer_with(answer, std::move(raw));
}

Task<Mailboxes::Answer> Mailboxes::store(ReaderSession& session, wire::StoreFlags request,
                                         std::string)
{
    auto place = co_await place_of(session, request.handle());
    if (!place)
        co_return std::unexpected(place.error());
    if (place->read_only)
        co_return std::unexpected(Failure::no_permission);
    auto uids = uids_in(request.uids());
    if (!uids)
        co_return std::unexpected(Failure::invalid);
    mailbox::Account::StoreOrder order;
    order.uids = std::move(*uids);
    using Change = mailbox::Account::FlagChange;
    order.change = request.change() == wire::StoreFlags::ADD      ? Change::add
                   : request.change() == wire::StoreFlags::REMOVE ? Change::remove
                                                                  : Change::replace;
    order.flags.system =
        mail::SystemFlags::from_bits(static_cast<std::uint8_t>(request.flags() & 0x1f));
    if (request.keywords_size() > mailbox::Limits::keywords)
        co_return std::unexpected(Failure::limit);
    for (const auto& keyword : request.keywords()) {
        if (!mail::is_keyword(keyword))
            co_return std::unexpected(Failure::invalid);
        order.flags.add_keyword(keyword);
    }
    if (request.conditional())
        order.unchanged_since = request.unchanged_since();
    order.known_modseq = request.known_modseq();
    // RFC 4314 §4: what he may change of it is changed.
    if (const auto needed = mailbox::rights_for(order);
        !needed.empty() && !place->rights.has_any(needed))
        co_return std::unexpected(Failure::no_permission);
    auto stored = place->foreign() ? co_await place->account->store_as(place->reader(), place->id,
                                                                       std::move(order))
                                   : co_await place->account->store(place->id, std::move(order));
    if (!stored)
        co_return std::unexpected(failure_of(stored.error()));
    const auto* box = place->mailbox();
    if (box == nullptr)
        co_return std::unexpected(Failure::gone);
    if (!place->look_again())
        co_return std::unexpected(Failure::unavailable);
    wire::FlagsStored answer;
    answer.set_refused(stored->refused.text());
    answer.set_stale(stored->stale.text());
    answer.set_modseq(stored->modseq);
    answer.mutable_earlier_modseqs()->Assign(stored->earlier.begin(), stored->earlier.end());
    answer.set_highest_modseq(place->highest_modseq(*box));
    answer.set_uid_next(box->uid_next());
    put_keywords(*box, answer);
    auto raw = pack_changed(*place, request.tell_stale() ? stored->stale : stored->changed, answer);
    co_return wire::answer_with(answer, std::move(raw));
}

Task<Mailboxes::Answer> Mailboxes::expunge(ReaderSession& session, wire::ExpungeMessages request,
                                           std::string)
{
    auto place = co_await place_of(session, request.handle());
    if (!place)
        co_return std::unexpected(place.error());
    if (place->read_only || !place->rights.has(mailbox::Right::expunge))
        co_return std::unexpected(Failure::no_permission);
    std::optional<mail::UidSet> among;
    if (!request.all()) {
        among = uids_in(request.uids());
        if (!among)
            co_return std::unexpected(Failure::invalid);
    }
    auto gone = co_await place->account->expunge_deleted(place->id, std::move(among));
    if (!gone)
        co_return std::unexpected(failure_of(gone.error()));
    wire::MessagesExpunged answer;
    answer.set_uids(gone->text());
    co_return wire::answer_with(answer);
}

Task<Mailboxes::Answer> Mailboxes::copy(ReaderSession& session, wire::CopyMessages request,
                                        std::string)
{
    const Viewer viewer(session);
    auto place = co_await place_of(session, request.handle());
    if (!place)
        co_return std::unexpected(place.error());
    if (request.move() && (place->read_only || !place->rights.has_all({mailbox::Right::deleted,
                                                                       mailbox::Right::expunge})))
        co_return std::unexpected(Failure::no_permission);
    auto uids = uids_in(request.uids());
    if (!uids)
        co_return std::unexpected(Failure::invalid);
    auto to = co_await spot_of(viewer, request.to(), {mailbox::Right::insert});
    if (!to)
        co_return std::unexpected(to.error());
    if (to->tree.account != place->account)
        co_return co_await copy_across(std::move(*place), std::move(*uids), std::move(*to),
                                       request.move() ? CopyHow::move : CopyHow::copy);
    auto& account = *place->account;
    auto order = copy_order(*place, *to);
    order.uids = std::move(*uids);
    auto copied = request.move() ? co_await account.move(std::move(order), wall_clock())
                                 : co_await account.copy(std::move(order), wall_clock());
    if (!copied)
        co_return std::unexpected(failure_of(copied.error()));
    if (place->foreign())
        co_await mark_seen_copies(*place, *to, *copied);
    wire::MessagesCopied answer;
    answer.set_uid_validity(static_cast<std::uint32_t>(copied->validity));
    answer.set_from(copied->from.text());
    if (to->rights.has(mailbox::Right::read)) // RFC 4315 §3
        answer.set_to(copied->to.text());
    answer.set_modseq(copied->modseq);
    co_return wire::answer_with(answer);
}

Task<Mailboxes::Answer> Mailboxes::summaries(ReaderSession& session, wire::AskSummaries request,
                                             std::string)
{
    auto place = co_await place_of(session, request.handle());
    if (!place)
        co_return std::unexpected(place.error());
    const auto uids = uids_in(request.uids());
    if (!uids)
        co_return std::unexpected(Failure::invalid);
    // Emails first: entries may change while their summaries are read.
    std::vector<std::uint32_t> numbers;
    std::vector<std::uint64_t> emails;
    bool more = false;
    const auto& box = place->account->state().boxes.at(place->id);
    for (const auto& range : uids->ranges()) {
        for (const auto& entry : box.range(range.first, range.last)) {
            if (emails.size() == Limits::summaries_a_page) {
                more = true;
                break;
            }
            numbers.push_back(entry.uid);
            emails.push_back(entry.email);
        }
        if (more)
            break;
    }
    auto found = co_await place->account->summaries(emails);
    if (!found)
        co_return std::unexpected(failure_of(found.error()));
    wire::EntriesPage answer;
    std::string raw;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        auto& summary = (*found)[i];
        // Damaged, or of before there were any: it is made anew.
        if (!is_summary(summary)) {
            auto made = co_await summary_again(place->account, emails[i]);
            summary = made ? std::move(*made) : std::string();
        }
        if (raw.size() + summary.size() > Limits::page_bytes) {
            more = true;
            break;
        }
        answer.set_last(numbers[i]);
        append_summary(raw, numbers[i], summary, static_cast<std::uint16_t>(request.fields()));
    }
    answer.set_more(more);
    co_return wire::answer_with(answer, std::move(raw));
}

Task<Mailboxes::Answer> Mailboxes::read(ReaderSession& session, wire::ReadPart request, std::string)
{
    const auto handle = session.handle;
    const auto* gate = session.gate.get();
    const auto opened = session.opened.find(request.handle());
    if (opened == session.opened.end())
        co_return std::unexpected(Failure::refused);
    const auto id = opened->second.mailbox;
    const auto owner = opened->second.owner;
    auto message = session.read_owner == owner && session.read_mailbox == id &&
                           session.read_uid == request.uid()
                       ? session.read_message
                       : nullptr;
    if (message && owner != session.account) // Rights may have been taken back since.
        if (auto place = co_await place_of(session, request.handle()); !place)
            co_return std::unexpected(place.error());
    if (!message) {
        auto place = co_await place_of(session, request.handle());
        if (!place)
            co_return std::unexpected(place.error());
        auto found = co_await place->account->message(id, mailbox::Uid{request.uid()});
        if (!found)
            co_return std::unexpected(found.error() == mailbox::Error::nonexistent
                                          ? Failure::gone
                                          : failure_of(found.error()));
        message = std::make_shared<const mailbox::Message>(std::move(*found));
        auto* again = sessions_.find(gate, handle);
        if (again == nullptr)
            co_return std::unexpected(Failure::refused);
        again->read_owner = owner;
        again->read_mailbox = id;
        again->read_uid = request.uid();
        again->read_message = message;
    }
    const LetterText text(*message);
    auto bytes = co_await text.read(office_.engine, request.offset(),
                                    std::min(request.length(), Limits::piece));
    if (!bytes)
        co_return std::unexpected(bytes.error() == store::Error::not_found ? Failure::gone
                                  : bytes.error() == store::Error::corrupt
                                      ? Failure::damaged
                                      : failure_of(bytes.error()));
    wire::Piece answer;
    answer.set_last(request.offset() + bytes->size() >= text.bytes());
    co_return wire::answer_with(answer, std::move(*bytes));
}

} // namespace posthouse::keeper
