// SPDX-License-Identifier: Apache-2.0
// benches: imap/session imap mail
// What a session itself costs: FETCH of 10,000 messages whose answers the backend has ready.
#include "tests/imap/session/support/rehearsal.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace posthouse;
using namespace posthouse::imap;
using namespace posthouse::imap::rehearsal;

constexpr std::uint32_t messages = 10'000;

/// Answers at once, with the same letter for every message.
class ReadyBackend final : public Backend {
public:
    explicit ReadyBackend(std::size_t letter_bytes)
        : letter_("From: \"Alice Liddell\" <alice@example.net>\r\nTo: Bob <bob@example.org>\r\n"
                  "Subject: Re: the first letter\r\nMessage-ID: <20261122042617.1234@example.net>"
                  "\r\nDate: Sun, 22 Nov 2026 04:26:17 +0000\r\n\r\n" +
                  std::string(letter_bytes, 'x')),
          index_(index_message(letter_))
    {
    }

    Task<Result<std::vector<Mailbox>>> list(ListWanted) override { co_return no(); }
    Task<Result<Mailbox>> status(std::string) override { co_return no(); }
    Task<Result<std::string>> create(std::string, std::string) override { co_return no(); }
    Task<Result<void>> remove(std::string) override { co_return no(); }
    Task<Result<void>> rename(std::string, std::string) override { co_return no(); }
    Task<Result<void>> subscribe(std::string) override { co_return no(); }
    Task<Result<void>> unsubscribe(std::string) override { co_return no(); }
    Task<Result<Opened>> open(std::string, Access) override
    {
        Opened opened;
        opened.uids = mail::UidSet::range(1, messages);
        opened.uid_next = messages + 1;
        opened.rights = "lrswipkxtea";
        co_return opened;
    }
    void close(Handle) override {}
    Task<Result<Changes>> changes(Handle, std::uint64_t) override { co_return Changes(); }
    Task<Result<std::string>> entries(Handle, mail::UidSet uids, std::uint8_t fields) override
    {
        std::string packed;
        mail::EntryPacker packer(fields);
        mail::MessageEntry entry;
        entry.size = letter_.size();
        entry.internal_date = 1'000'000'000'000'000;
        for (const auto uid : uids) {
            entry.uid = uid;
            entry.modseq = uid;
            entry.flags = mail::SystemFlags::from_bits(static_cast<std::uint8_t>(uid & 7U));
            packer.append(entry, packed);
        }
        co_return packed;
    }
    Task<Result<Stored>> store(Handle, StoreOrder) override { co_return no(); }
    Task<Result<mail::UidSet>> expunge(Handle, std::optional<mail::UidSet>) override
    {
        co_return no();
    }
    Task<Result<Copied>> copy(Handle, mail::UidSet, std::string, CopyHow) override
    {
        co_return no();
    }
    Task<Result<Summaries>> summaries(Handle, mail::UidSet uids, std::uint16_t fields) override
    {
        Summaries page;
        for (const auto uid : uids) {
            if (page.packed.size() > 200'000) {
                page.more = true;
                break;
            }
            page.last = uid;
            mail::append_varint(page.packed, uid);
            if (fields & static_cast<unsigned>(Field::envelope))
                mail::append_bytes(page.packed, index_.envelope);
            if (fields & static_cast<unsigned>(Field::body_structure))
                mail::append_bytes(page.packed, index_.body_structure);
        }
        co_return page;
    }
    Task<Result<std::string>> read(Handle, std::uint32_t, std::uint64_t offset,
                                   std::uint32_t length) override
    {
        co_return letter_.substr(static_cast<std::size_t>(offset), length);
    }
    Task<Result<Found>> search(Handle, SearchOrder) override { co_return no(); }
    Task<Result<std::uint64_t>> open_upload() override { co_return no(); }
    Task<Result<void>> upload(std::uint64_t, std::string) override { co_return no(); }
    void abandon_upload(std::uint64_t) override {}
    Task<Result<Appended>> append(std::string, std::vector<NewMessage>,
                                  std::optional<Replaced>) override
    {
        co_return no();
    }
    Task<Result<std::vector<Quota>>> quota(std::string) override { co_return no(); }
    Task<Result<void>> set_quota(std::string, std::vector<Quota::Resource>) override
    {
        co_return no();
    }
    Task<Result<std::map<std::string, std::string>>> metadata(std::string) override
    {
        co_return no();
    }
    Task<Result<void>> set_metadata(std::string,
                                    std::map<std::string, std::optional<std::string>>) override
    {
        co_return no();
    }
    Task<Result<std::map<std::string, Rights>>> acl(std::string) override { co_return no(); }
    Task<Result<void>> set_acl(std::string, std::string, Rights) override { co_return no(); }
    Task<Result<void>> watch(Watched) override { co_return no(); }
    void on_event(std::function<void(Event)>) override {}

private:
    static std::unexpected<Trouble> no() { return std::unexpected(Trouble::unavailable); }

    std::string letter_;
    mail::MessageIndex index_;
};

class OpenDoor final : public Login {
public:
    explicit OpenDoor(std::size_t letter_bytes) : letter_bytes_(letter_bytes) {}
    std::vector<std::string> mechanisms() const override { return {}; }
    Task<LoginAnswer> start(std::string, std::optional<Secret>) override
    {
        LoginAnswer answer;
        answer.what = LoginAnswer::What::accepted;
        answer.backend = std::make_unique<ReadyBackend>(letter_bytes_);
        co_return answer;
    }
    Task<LoginAnswer> respond(Secret) override { co_return LoginAnswer(); }
    void cancel() override {}

private:
    std::size_t letter_bytes_;
};

void fetch(benchmark::State& state, const std::string& items, std::size_t letter_bytes)
{
    boost::asio::io_context context;
    const auto settings = usual_settings();
    FakeChannel channel(context);
    OpenDoor login(letter_bytes);
    Session session(settings, channel, login);
    boost::asio::co_spawn(context, session.run(), boost::asio::detached);
    channel.say("a LOGIN user secret\r\nb SELECT INBOX\r\n");
    context.poll();
    channel.take();
    std::size_t bytes = 0;
    for (auto _ : state) {
        channel.say("c FETCH 1:* (" + items + ")\r\n");
        channel.read_slowly(256 * 1024); // As a connection does.
        for (auto piece = std::string(" "); !piece.empty();) {
            context.restart();
            context.poll();
            piece = channel.take();
            bytes += piece.size();
        }
    }
    channel.hang_up();
    context.restart();
    context.poll();
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * messages));
}

BENCHMARK_CAPTURE(fetch, flags, "FLAGS UID", 100)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fetch, envelope, "ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE", 100)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fetch, bodies, "BODY.PEEK[]", 50'000)->Unit(benchmark::kMillisecond);

} // namespace
