// SPDX-License-Identifier: Apache-2.0
// One account comes from a backup, while the house runs and while it ends at any commit.
#include "keeper/account_restore.hpp"

#include "archive/account_parts.hpp"
#include "base/text.hpp"
#include "directory/records.pb.h"
#include "mailbox/keys.hpp"
#include "tests/archive/rig.hpp"
#include "tests/keeper/rig.hpp"

#include <algorithm>
#include <gmock/gmock.h>

namespace posthouse::keeper {
namespace {

using archive::tests::at;
using archive::tests::EngineSource;
using mailbox::inbox;

/// A store, its office, and a repository.
struct House {
    archive::tests::Rig archive;
    std::unique_ptr<Office> office;
    std::unique_ptr<AccountRestore> restores;
    AccountRestore::House around = {};

    House() { open(); }
    store::MemoryEngine& engine() { return *archive.engine; }
    template <class T>
    T run(Task<T> task)
    {
        return archive.run(std::move(task));
    }
    /// What a start does.
    void open()
    {
        restores.reset();
        office.reset();
        archive.engine =
            std::make_unique<store::MemoryEngine>(archive.io.get_executor(), archive.disk);
        office = std::make_unique<Office>(archive.io.get_executor(), engine(), tests::settings());
        restores = std::make_unique<AccountRestore>(*office, around);
        ASSERT_TRUE(run(office->open()));
        ASSERT_TRUE(run(restores->settle()));
    }
    mailbox::AccountId add(const std::string& address)
    {
        const auto added = run(office->accounts.add(*mail::Mailbox::parse(address), "", at(0)));
        EXPECT_TRUE(added);
        return mailbox::AccountId{static_cast<std::uint64_t>(added->id)};
    }
    std::optional<directory::Account> find(const std::string& address)
    {
        return run(office->accounts.find(*mail::Mailbox::parse(address))).value();
    }
    std::shared_ptr<mailbox::Account> account(mailbox::AccountId id)
    {
        return run(office->open_accounts.open(id)).value();
    }
    std::string texts(mailbox::AccountId id, const std::string& box = "INBOX")
    {
        const auto opened = account(id);
        const auto found = opened->find(box);
        if (!found)
            return "none";
        EXPECT_TRUE(run(opened->load(*found)));
        const auto span = opened->entries(*found);
        const std::vector<mailbox::Entry> entries(span.begin(), span.end());
        std::string all;
        for (const auto& entry : entries) {
            const auto message = run(opened->message(entry.email));
            EXPECT_TRUE(message);
            const auto body = message ? store::BlobId::from_bytes(message->body()) : std::nullopt;
            const auto text = run(engine().blobs().read(body.value_or(store::BlobId()), 0, 100));
            all += std::to_string(entry.uid) + "=" + text.value_or("?") + " ";
        }
        return all;
    }

    wire::Result<wire::RestoreAnswer> ask(const wire::RestoreWrite& request, std::string raw = {})
    {
        wire::Frame frame;
        frame.head.method = wire::Method::restore_write;
        frame.message = request.SerializeAsString();
        frame.raw = std::move(raw);
        const auto answer = run(restores->answer(this, std::move(frame)));
        if (!answer)
            return std::unexpected(answer.error());
        wire::RestoreAnswer message;
        EXPECT_TRUE(message.ParseFromString(answer->message));
        return message;
    }
    /// All of it, as the command does; false: the house ended meanwhile, or refused.
    bool restore(const std::string& address, const std::string& from, bool replace,
                 std::string* error = nullptr)
    {
        const auto repository = archive.open(archive::Repository::Purpose::read);
        const auto manifest = repository->manifest(repository->find("latest").value());
        const auto account = archive::AccountInBackup::find(*repository, *manifest, from);
        EXPECT_TRUE(account);
        wire::RestoreWrite begin;
        begin.set_what(wire::RestoreWrite::BEGIN);
        begin.set_address(address);
        begin.set_replace(replace);
        begin.set_copy(address != from);
        begin.set_record(account->record());
        const auto begun = ask(begin);
        if (!begun || !begun->error().empty()) {
            if (error != nullptr && begun)
                *error = begun->error();
            return false;
        }
        archive::PartitionRows rows(*repository, account->partition()->chunks);
        wire::RestoreWrite write;
        write.set_restore(begun->restore());
        std::string raw;
        const auto flush = [&] {
            write.set_what(wire::RestoreWrite::ROWS);
            return raw.empty() || ask(write, std::exchange(raw, {})).has_value();
        };
        while (auto row = rows.next().value()) {
            archive::AccountPart part{std::move(*row), {}, 0};
            if (archive::is_message(part.row)) {
                const auto* body = account->body(part.row);
                part.body = archive::whole_body(*repository, *body).value();
                if (part.body.size() > 2000) { // as if it were large
                    write.set_what(wire::RestoreWrite::PIECE);
                    write.set_upload(0);
                    const auto sent = ask(write, part.body.substr(0, 1000));
                    if (!sent)
                        return false;
                    write.set_upload(sent->upload());
                    if (!ask(write, part.body.substr(1000)))
                        return false;
                    part.upload = sent->upload();
                    part.body.clear();
                }
            }
            const bool message = archive::is_message(part.row);
            archive::append_part(raw, part);
            if ((message || raw.size() > 500'000) && !flush())
                return false;
        }
        if (!flush())
            return false;
        write.set_what(wire::RestoreWrite::FINISH);
        const auto finished = ask(write);
        if (error != nullptr && finished)
            *error = finished->error();
        return finished && finished->error().empty();
    }
    /// Each body is named by one message, and each message's is there.
    void expect_no_orphans()
    {
        std::multiset<store::BlobId> named;
        for (const auto& [name, partition] : archive.disk->partitions)
            for (const auto& [key, value] : partition.rows)
                if (name.starts_with("a/") && key.starts_with('e')) {
                    mailbox::Message message;
                    ASSERT_TRUE(message.ParseFromString(value));
                    named.insert(*store::BlobId::from_bytes(message.body()));
                }
        std::multiset<store::BlobId> there;
        for (const auto& [id, blob] : archive.disk->blobs)
            there.insert(id);
        EXPECT_EQ(there, named);
    }
    bool backed_up() { return archive.back_up().has_value(); }
};

TEST(AccountRestore, PutsLettersInThePlaceOfThoseOfNow)
{
    House house;
    const auto ann = house.add("ann@example.org"), ben = house.add("ben@example.org");
    house.archive.append(*house.account(ann), "first");
    house.archive.append(*house.account(ann), std::string(3000, 'x'));
    house.archive.append(*house.account(ben), "of ben");
    ASSERT_TRUE(house.backed_up());
    const auto before = house.account(ann)->mailbox(inbox)->uid_validity();
    mail::UidSet gone;
    gone.add(1);
    ASSERT_TRUE(house.run(house.account(ann)->expunge(inbox, gone)));
    house.archive.append(*house.account(ann), "later");
    ASSERT_TRUE(house.run(house.account(ann)->create("New", {}, at(5))));
    const auto modseq = house.account(ann)->state().record.modseq();

    ASSERT_TRUE(house.restore("ann@example.org", "ann@example.org", true));
    EXPECT_EQ(house.texts(ann), "1=first 2=" + std::string(100, 'x') + " ");
    EXPECT_EQ(house.texts(ann, "New"), "none");
    EXPECT_EQ(house.texts(ben), "1=of ben ");
    house.expect_no_orphans();
    const auto account = house.account(ann);
    EXPECT_EQ(account->mailbox(inbox)->uid_validity(), before);
    EXPECT_GT(account->mailbox(inbox)->highest_modseq(), modseq);
    // Clients hear of every change, and nothing that they remember is given to another letter.
    const auto changes = house.run(account->changes(inbox, modseq));
    ASSERT_TRUE(changes);
    EXPECT_TRUE(changes->changed.contains(1));
    EXPECT_TRUE(changes->changed.contains(2));
    EXPECT_TRUE(changes->vanished.contains(3));
    EXPECT_GT(house.archive.append(*account, "newest"), 1'000'000u);
    EXPECT_EQ(
        house.archive.disk->partitions.count("r/" + base32_encode(static_cast<std::uint64_t>(ann))),
        0u);
}

TEST(AccountRestore, TakesMoreRowsAtOnceThanACommitHolds)
{
    House house;
    const auto ann = house.add("ann@example.org");
    house.archive.append(*house.account(ann), "first");
    auto& rows = house.archive.disk->partitions.at(mailbox::partition_of(ann).name).rows;
    for (std::uint64_t thread = 0; thread < 10'000; ++thread)
        rows[mailbox::key::thread(thread)] = "12345678";
    ASSERT_TRUE(house.backed_up());
    ASSERT_TRUE(house.restore("ann@example.org", "ann@example.org", true));
    const auto& restored = house.archive.disk->partitions.at(mailbox::partition_of(ann).name).rows;
    EXPECT_EQ(
        std::ranges::count_if(restored, [](const auto& row) { return row.first.starts_with('t'); }),
        10'000);
    EXPECT_EQ(house.texts(ann), "1=first ");
}

TEST(AccountRestore, GivesAMailboxThatWasMadeAnewAnotherUidValidity)
{
    House house;
    const auto ann = house.add("ann@example.org");
    const auto box = house.run(house.account(ann)->create("Box", {}, at(1))).value();
    house.archive.append(*house.account(ann), "in the first Box", box);
    ASSERT_TRUE(house.backed_up());
    ASSERT_TRUE(house.run(house.account(ann)->remove(box)));
    const auto other = house.run(house.account(ann)->create("Box", {}, at(1))).value();
    const auto validity = house.account(ann)->mailbox(other)->uid_validity();
    ASSERT_TRUE(house.restore("ann@example.org", "ann@example.org", true));
    const auto account = house.account(ann);
    EXPECT_GT(account->mailbox(*account->find("Box"))->uid_validity(), validity);
}

TEST(AccountRestore, BringsARemovedAccountBackUnderItsId)
{
    House house;
    const auto ann = house.add("ann@example.org");
    const auto address = *mail::Mailbox::parse("ann@example.org");
    ASSERT_TRUE(house.run(
        house.office->accounts.add_alias(address, *mail::Mailbox::parse("sales@example.org"))));
    house.archive.append(*house.account(ann), "first");
    ASSERT_TRUE(house.backed_up());
    ASSERT_TRUE(house.run(house.office->accounts.remove(address)));
    ASSERT_TRUE(house.run(house.account(ann)->empty()));
    house.office->open_accounts.forget(ann);
    house.archive.disk->partitions.erase(mailbox::partition_of(ann).name);

    ASSERT_TRUE(house.restore("ann@example.org", "ann@example.org", false));
    const auto back = house.find("sales@example.org");
    ASSERT_TRUE(back);
    EXPECT_EQ(static_cast<std::uint64_t>(back->id), static_cast<std::uint64_t>(ann));
    EXPECT_EQ(house.texts(ann), "1=first ");
    house.expect_no_orphans();
}

TEST(AccountRestore, MakesAnotherAccountBesideTheFirst)
{
    House house;
    const auto ann = house.add("ann@example.org");
    house.archive.append(*house.account(ann), "first");
    ASSERT_TRUE(house.backed_up());
    ASSERT_TRUE(house.restore("then@example.org", "ann@example.org", false));
    const auto then = house.find("then@example.org");
    ASSERT_TRUE(then);
    EXPECT_NE(static_cast<std::uint64_t>(then->id), static_cast<std::uint64_t>(ann));
    EXPECT_EQ(house.texts(mailbox::AccountId{static_cast<std::uint64_t>(then->id)}), "1=first ");
    EXPECT_EQ(house.texts(ann), "1=first ");
    house.expect_no_orphans();
}

TEST(AccountRestore, RefusesToOverwriteUnasked)
{
    House house;
    house.archive.append(*house.account(house.add("ann@example.org")), "first");
    ASSERT_TRUE(house.backed_up());
    std::string error;
    EXPECT_FALSE(house.restore("ann@example.org", "ann@example.org", false, &error));
    EXPECT_THAT(error, testing::HasSubstr("--replace"));
    EXPECT_FALSE(house.restore("ann@elsewhere.net", "ann@example.org", false, &error));
    EXPECT_THAT(error, testing::HasSubstr("domain"));
    EXPECT_FALSE(house.restore("nobody@example.org", "ann@example.org", true, &error));
    EXPECT_THAT(error, testing::HasSubstr("no account"));
}

TEST(AccountRestore, OpensNothingWhileAnAccountIsBeingReplaced)
{
    House house;
    const auto ann = house.add("ann@example.org");
    house.archive.append(*house.account(ann), "first");
    house.office->open_accounts.shut(ann);
    EXPECT_EQ(house.run(house.office->open_accounts.open(ann)).error(),
              mailbox::Error::unavailable);
    house.office->open_accounts.reopen(ann);
    EXPECT_TRUE(house.run(house.office->open_accounts.open(ann)));
}

TEST(AccountRestore, TakesNoRequestOfAnotherLink)
{
    House house;
    house.archive.append(*house.account(house.add("ann@example.org")), "first");
    wire::RestoreWrite write;
    write.set_what(wire::RestoreWrite::FINISH);
    write.set_restore(1);
    EXPECT_EQ(house.ask(write).error(), wire::Failure::refused);
}

TEST(AccountRestore, GoesOnWithTheOthersWhereOneAccountCannotTakeItsPlace)
{
    House house;
    const auto ann = house.add("ann@example.org"), ben = house.add("ben@example.org");
    const auto aside = [](mailbox::AccountId id) {
        return "r/" + base32_encode(static_cast<std::uint64_t>(id));
    };
    const bool in_order = aside(ann) < aside(ben);
    const auto first = in_order ? ann : ben, second = in_order ? ben : ann;
    house.archive.append(*house.account(first), "its own");
    auto& disk = *house.archive.disk;
    archive::RestoringRecord record;
    record.set_account(static_cast<std::uint64_t>(first));
    record.set_address("first@example.org");
    record.set_stage(archive::RestoringRecord::WHOLE);
    disk.partitions[aside(first)] = {store::Version{1}, {{"!", record.SerializeAsString()}}};
    record.set_stage(archive::RestoringRecord::WRITING);
    disk.partitions[aside(second)] = {store::Version{1}, {{"!", record.SerializeAsString()}}};
    disk.partitions[mailbox::partition_of(first).name].rows[mailbox::key::account] = "\xff";

    house.open();
    EXPECT_TRUE(disk.partitions.contains(aside(first))) << "for the next start";
    EXPECT_FALSE(disk.partitions.contains(aside(second)));
    EXPECT_FALSE(house.run(house.office->open_accounts.open(first)));
    EXPECT_TRUE(house.run(house.office->open_accounts.open(second)));
    wire::RestoreWrite begin;
    begin.set_what(wire::RestoreWrite::BEGIN);
    begin.set_address(second == ben ? "ben@example.org" : "ann@example.org");
    begin.set_replace(true);
    directory::AccountRecord stored;
    stored.set_id(1);
    begin.set_record(stored.SerializeAsString());
    const auto begun = house.ask(begin);
    ASSERT_TRUE(begun) << "others can be restored";
    EXPECT_EQ(begun->error(), "");
}

TEST(AccountRestore, WaitsForTheNextStartWhereTheIndexOfTextsCannotBeErased)
{
    House house;
    const auto ann = house.add("ann@example.org");
    house.archive.append(*house.account(ann), "first");
    ASSERT_TRUE(house.backed_up());
    house.archive.append(*house.account(ann), "later");
    house.around.erase_index = [](mailbox::AccountId) -> Task<store::Result<void>> {
        co_return std::unexpected(store::Error::unavailable);
    };
    house.open();
    EXPECT_FALSE(house.restore("ann@example.org", "ann@example.org", true));
    EXPECT_FALSE(house.run(house.office->open_accounts.open(ann)));
    house.around = {};
    house.open();
    EXPECT_EQ(house.texts(ann), "1=first ");
    house.expect_no_orphans();
}

/// The power goes before or after every commit of a restoring: the account is what it was, or what
/// it is to be, all of it; and once more does it.
class PowerCut : public testing::TestWithParam<store::Fault> {};

TEST_P(PowerCut, LeavesTheOldAccountOrTheNewOne)
{
    const std::string old_texts = "2=second 3=later ", new_texts = "1=first 2=second ";
    int olds = 0, news = 0;
    for (std::uint64_t cut = 0;; ++cut) {
        ASSERT_LT(cut, 200u);
        House house;
        const auto ann = house.add("ann@example.org");
        house.archive.append(*house.account(ann), "first");
        house.archive.append(*house.account(ann), "second");
        ASSERT_TRUE(house.backed_up());
        mail::UidSet gone;
        gone.add(1);
        ASSERT_TRUE(house.run(house.account(ann)->expunge(inbox, gone)));
        house.archive.append(*house.account(ann), "later");
        ASSERT_EQ(house.texts(ann), old_texts);

        house.engine().fail_commit(cut, GetParam());
        const bool done = house.restore("ann@example.org", "ann@example.org", true);
        house.open();
        const auto texts = house.texts(ann);
        EXPECT_TRUE(texts == old_texts || texts == new_texts) << "cut " << cut << ": " << texts;
        (texts == old_texts ? olds : news) += 1;
        house.expect_no_orphans();
        if (done) {
            EXPECT_EQ(texts, new_texts);
            break;
        }
        ASSERT_TRUE(house.restore("ann@example.org", "ann@example.org", true)) << "cut " << cut;
        EXPECT_EQ(house.texts(ann), new_texts);
        house.expect_no_orphans();
    }
    EXPECT_GT(olds, 3);
    EXPECT_GT(news, 3);
}
INSTANTIATE_TEST_SUITE_P(AccountRestore, PowerCut,
                         testing::Values(store::Fault::power_cut_before,
                                         store::Fault::power_cut_after));

} // namespace
} // namespace posthouse::keeper
