// SPDX-License-Identifier: Apache-2.0
// One who opens mailboxes to others, and what those can do then: each request with each right.
#include "tests/keeper/shared_house.hpp"

namespace posthouse::keeper::tests {
namespace {

constexpr std::uint32_t seen_flag = static_cast<std::uint32_t>(mail::SystemFlag::seen);
constexpr std::uint32_t deleted_flag = static_cast<std::uint32_t>(mail::SystemFlag::deleted);
constexpr std::uint32_t flagged_flag = static_cast<std::uint32_t>(mail::SystemFlag::flagged);

// ---- what is seen -------------------------------------------------------------------------------

TEST(SharedMailboxes, AreListedForWhomTheyAreOpenedAndNobodyElse)
{
    House house;
    EXPECT_FALSE(house.list(bob).contains(foreign + "INBOX"));
    ASSERT_FALSE(house.grant("INBOX", bob, "lr"));
    const auto listed = house.list(bob);
    ASSERT_TRUE(listed.contains(foreign + "INBOX"));
    EXPECT_EQ(listed.at(foreign + "INBOX").rights(), "lr");
    EXPECT_EQ(listed.at(foreign + "INBOX").owner(), alice);
    EXPECT_NE(listed.at(foreign + "INBOX").id(), house.list(alice).at("INBOX").id())
        << "ids of other accounts are others";
    EXPECT_FALSE(listed.contains(foreign + "Sent"));
    EXPECT_FALSE(house.list(eve).contains(foreign + "INBOX"));
    ASSERT_FALSE(house.grant("INBOX", bob, ""));
    EXPECT_FALSE(house.list(bob).contains(foreign + "INBOX"));
    ASSERT_FALSE(house.grant("INBOX", bob, "lr"));
    EXPECT_TRUE(house.list(bob).contains(foreign + "INBOX")) << "opened again";
    ASSERT_FALSE(house.grant("INBOX", "anyone", "l"));
    EXPECT_TRUE(house.list(eve).contains(foreign + "INBOX"));
    EXPECT_FALSE(house.list(eve).at(foreign + "INBOX").has_status()) << "it is not to be read";
}

TEST(SharedMailboxes, AreOpenedByAnyAddressOfWhomTheyAreMeantFor)
{
    House house;
    ASSERT_TRUE(posthouse::tests::run(
        house.io, house.rig.office.accounts.add_alias(*mail::Mailbox::parse(bob),
                                                      *mail::Mailbox::parse("bo@example.org"))));
    ASSERT_FALSE(house.grant("INBOX", "BO@example.org", "lr"));
    EXPECT_TRUE(house.open(bob, foreign + "INBOX"));
    ASSERT_FALSE(house.grant("INBOX", "eve", "lr")) << "a neighbour by her local part";
    EXPECT_TRUE(house.open(eve, foreign + "inbox")) << "INBOX in any case";
    EXPECT_EQ(house.grant("INBOX", "nobody@example.org", "lr"), Failure::cannot);
    EXPECT_EQ(house.grant("INBOX", alice, "lr"), Failure::cannot) << "the owner has all";
    EXPECT_EQ(house.grant("INBOX", bob, "z"), Failure::invalid);
}

TEST(SharedMailboxes, AreNotFoundByThoseWhoMayNotSeeThem)
{
    House house;
    const auto none = house.open(bob, "Other Users/nobody@example.org/INBOX");
    const auto closed = house.open(bob, foreign + "INBOX");
    EXPECT_EQ(none.error(), Failure::nonexistent);
    EXPECT_EQ(closed.error(), Failure::nonexistent);
    EXPECT_EQ(house.open(bob, foreign + "Nowhere").error(), Failure::nonexistent);
    ASSERT_FALSE(house.grant("INBOX", bob, "l"));
    EXPECT_EQ(house.open(bob, foreign + "INBOX").error(), Failure::no_permission);
    EXPECT_EQ(house.create(bob, foreign + "New"), Failure::no_permission);
    EXPECT_EQ(house.create(bob, "Other Users/nobody@example.org/New"), Failure::no_permission);
    EXPECT_EQ(house.create(bob, "Other Users/New"), Failure::cannot) << "no name for one's own";
}

TEST(SharedMailboxes, AreShutForAllWhereSharingIsTurnedOff)
{
    House house("[mailboxes]\nsharing = false\n");
    EXPECT_EQ(house.grant("INBOX", bob, "lr"), Failure::cannot);
    EXPECT_EQ(house.open(bob, foreign + "INBOX").error(), Failure::nonexistent);
    EXPECT_FALSE(house.create(bob, "Other Users/New")) << "then it is a name as any other";
}

TEST(SharedMailboxes, AreFoundByHintsThatAreNeverTooFew)
{
    House house;
    const store::PartitionId shares{"shares"};
    const auto hints = [&] {
        const auto page =
            posthouse::tests::run(house.io, house.engine.partitions().scan(shares, {}, {}, 100));
        return page ? page->rows.size() : 0;
    };
    ASSERT_FALSE(house.create(alice, "Box"));
    ASSERT_FALSE(house.grant("INBOX", bob, "lr"));
    ASSERT_FALSE(house.grant("Box", bob, "lr"));
    EXPECT_EQ(hints(), 1U) << "one for both";
    ASSERT_FALSE(house.grant("INBOX", bob, ""));
    EXPECT_TRUE(house.list(bob).contains(foreign + "Box"));
    ASSERT_FALSE(house.grant("Box", bob, ""));
    EXPECT_FALSE(house.list(bob).contains(foreign + "Box"));
    EXPECT_EQ(hints(), 0U) << "what does not hold is taken back when it is met";
    // An account that came from elsewhere brings its lists and no hints.
    ASSERT_FALSE(house.grant("Box", bob, "lr"));
    const auto version = posthouse::tests::run(house.io, house.engine.partitions().version(shares));
    ASSERT_TRUE(version &&
                posthouse::tests::run(house.io, house.engine.partitions().drop(shares, *version)));
    EXPECT_FALSE(house.list(bob).contains(foreign + "Box"));
    house.rig.office.open_accounts.forget(mailbox::AccountId{house.id_of(alice)});
    (void)house.list(alice);
    (void)house.told(alice);
    EXPECT_EQ(hints(), 1U);
    EXPECT_TRUE(house.list(bob).contains(foreign + "Box"));
}

// ---- each right ---------------------------------------------------------------------------------

/// What bob can do with these rights on alice's "Box": the names of what was done.
std::set<std::string> done_with(const std::string& rights)
{
    House house;
    EXPECT_FALSE(house.create(alice, "Box"));
    EXPECT_FALSE(house.create(alice, "Target"));
    EXPECT_FALSE(house.append(alice, "Box", "Subject: a\r\n\r\ntext\r\n"));
    EXPECT_FALSE(house.append(alice, "Box", "Subject: b\r\n\r\ntext\r\n", deleted_flag));
    EXPECT_FALSE(house.append(bob, "INBOX", "Subject: c\r\n\r\ntext\r\n"));
    EXPECT_FALSE(house.grant("Box", bob, rights));
    EXPECT_FALSE(house.grant("Target", bob, "lrik"));
    const auto box = foreign + "Box";
    std::set<std::string> done;
    const auto note = [&](const char* what, bool was) {
        if (was)
            done.insert(what);
    };
    const auto listed = house.list(bob);
    note("list", listed.contains(box));
    const auto alone = house.list(bob, box);
    note("myrights", alone.contains(box));
    note("status", alone.contains(box) && alone.at(box).has_status());
    const auto opened = house.open(bob, box);
    note("open", opened.has_value());
    if (opened) {
        EXPECT_EQ(opened->rights(), rights);
        const auto handle = opened->handle();
        note("seen", house.store(bob, handle, "1", seen_flag).has_value());
        note("flag", house.store(bob, handle, "1", flagged_flag).has_value());
        note("delete", house.store(bob, handle, "1", deleted_flag).has_value());
        const auto entries = house.entries(bob, handle);
        note("is seen", entries[0].flags.has(mail::SystemFlag::seen));
        note("is flagged", entries[0].flags.has(mail::SystemFlag::flagged));
        note("is deleted", entries[0].flags.has(mail::SystemFlag::deleted));
        (void)house.store(bob, handle, "1", 0, wire::StoreFlags::REPLACE);
        wire::CopyMessages copy;
        copy.set_handle(handle);
        copy.set_uids("1");
        copy.set_to("INBOX");
        note("copy out",
             house.ask<wire::MessagesCopied>(bob, Method::mailbox_copy, copy).has_value());
        copy.set_to(foreign + "Target");
        copy.set_move(true);
        note("move out",
             house.ask<wire::MessagesCopied>(bob, Method::mailbox_copy, copy).has_value());
        wire::ExpungeMessages expunge;
        expunge.set_handle(handle);
        expunge.set_all(true);
        note("expunge",
             house.ask<wire::MessagesExpunged>(bob, Method::mailbox_expunge, expunge).has_value());
        wire::ReadPart read;
        read.set_handle(handle);
        read.set_uid(1);
        read.set_length(10);
        note("read", !done.contains("move out") &&
                         house.ask<wire::Piece>(bob, Method::mailbox_read, read).has_value());
    }
    wire::MailboxQuota quota;
    quota.set_name(box);
    note("quota", house.ask<wire::QuotaRoots>(bob, Method::quota, quota).has_value());
    wire::MailboxMetadata metadata;
    metadata.set_name(box);
    note("metadata", house.ask<wire::MetadataValues>(bob, Method::metadata, metadata).has_value());
    auto* change = metadata.add_changes();
    change->set_entry("/shared/comment");
    change->set_value("x");
    note("comment", house.ask<wire::MetadataValues>(bob, Method::metadata, metadata).has_value());
    note("append", !house.append(bob, box, "Subject: d\r\n\r\ntext\r\n"));
    const auto own = house.open(bob, "INBOX");
    wire::CopyMessages in;
    in.set_handle(own->handle());
    in.set_uids("1");
    in.set_to(box);
    note("copy in", house.ask<wire::MessagesCopied>(bob, Method::mailbox_copy, in).has_value());
    note("grant", !house.grant(box, eve, "l", bob));
    wire::MailboxAccess access;
    access.set_name(box);
    note("see grants",
         house.ask<wire::AccessRights>(bob, Method::access_rights, access).has_value());
    note("create below", !house.create(bob, box + "/Below"));
    note("rename", !house.tree(bob, wire::ChangeTree::RENAME, box, foreign + "Target/Box"));
    if (!done.contains("rename"))
        note("remove", !house.tree(bob, wire::ChangeTree::REMOVE, box));
    return done;
}

TEST(SharedMailboxes, AllowWhatEachRightIsForAndNothingElse)
{
    using Done = std::set<std::string>;
    EXPECT_EQ(done_with(""), Done{});
    EXPECT_EQ(done_with("l"), (Done{"list", "myrights"}));
    const Done reading{"myrights", "status", "open", "copy out", "read", "quota"};
    const auto with = [](Done done, const Done& more) {
        done.insert(more.begin(), more.end());
        return done;
    };
    EXPECT_EQ(done_with("r"), reading);
    EXPECT_EQ(done_with("lr"), with(reading, {"list", "metadata"}));
    EXPECT_EQ(done_with("rs"), with(reading, {"seen", "is seen"}));
    EXPECT_EQ(done_with("rw"), with(reading, {"flag", "is flagged"}));
    EXPECT_EQ(done_with("lrw"),
              with(reading, {"list", "metadata", "comment", "flag", "is flagged"}));
    EXPECT_EQ(done_with("ri"), with(reading, {"append", "copy in"}));
    EXPECT_EQ(done_with("i"), (Done{"myrights", "append", "copy in"}));
    EXPECT_EQ(done_with("rp"), reading);
    EXPECT_EQ(done_with("k"), (Done{"myrights", "create below"}));
    EXPECT_EQ(done_with("x"), (Done{"myrights", "rename"}));
    EXPECT_EQ(done_with("rt"), with(reading, {"delete", "is deleted"}));
    EXPECT_EQ(done_with("re"), with(reading, {"expunge"}));
    auto moving = with(reading, {"delete", "is deleted", "expunge", "move out"});
    moving.erase("read");
    EXPECT_EQ(done_with("rte"), moving);
    EXPECT_EQ(done_with("a"), (Done{"myrights", "grant", "see grants"}));
}

TEST(SharedMailboxes, LeaveOutWhatTheirRightsDoNotReachOfWhatIsPutIn)
{
    House house;
    ASSERT_FALSE(house.grant("INBOX", bob, "lri"));
    ASSERT_FALSE(house.append(bob, foreign + "INBOX", "Subject: a\r\n\r\nx\r\n",
                              seen_flag | deleted_flag | flagged_flag, {"Junk"}));
    ASSERT_FALSE(house.grant("INBOX", bob, "lrisw"));
    ASSERT_FALSE(house.append(bob, foreign + "INBOX", "Subject: a\r\n\r\nx\r\n",
                              seen_flag | deleted_flag | flagged_flag, {"Junk"}));
    const auto hers = house.open(alice, "INBOX");
    const auto his = house.open(bob, foreign + "INBOX");
    ASSERT_TRUE(hers && his);
    const auto of_alice = house.entries(alice, hers->handle());
    const auto of_bob = house.entries(bob, his->handle());
    EXPECT_TRUE(of_alice[0].flags.none());
    EXPECT_EQ(of_alice[0].keywords, 0U);
    EXPECT_EQ(of_alice[1].flags, mail::SystemFlags(mail::SystemFlag::flagged))
        << "the owner has not seen it";
    EXPECT_EQ(of_alice[1].keywords, 1U);
    EXPECT_FALSE(of_bob[0].flags.has(mail::SystemFlag::seen));
    EXPECT_TRUE(of_bob[1].flags.has(mail::SystemFlag::seen));
    EXPECT_NE(of_bob[0].email, of_alice[0].email) << "numbers of other accounts are others";
}

// ---- \Seen --------------------------------------------------------------------------------------

TEST(SharedMailboxes, TellEachReaderOfHisOwnSeenAndTheOthersOfNone)
{
    House house;
    for (int i = 0; i < 3; ++i)
        ASSERT_FALSE(house.append(alice, "INBOX", "Subject: a\r\n\r\nx\r\n"));
    ASSERT_FALSE(house.grant("INBOX", bob, "lrs"));
    ASSERT_FALSE(house.grant("INBOX", eve, "lrs"));
    const auto hers = house.open(alice, "INBOX");
    const auto his = house.open(bob, foreign + "INBOX");
    const auto eves = house.open(eve, foreign + "INBOX");
    ASSERT_TRUE(hers && his && eves);
    EXPECT_EQ(his->first_unseen(), 1U);
    for (const auto& who : {alice, bob, eve})
        (void)house.told(who);
    const auto stored = house.store(bob, his->handle(), "1:2", seen_flag);
    ASSERT_TRUE(stored);
    EXPECT_EQ(house.told(bob).size(), 1U);
    EXPECT_EQ(house.told(alice).size() + house.told(eve).size(), 0U);
    const auto changed = house.changes(bob, his->handle(), his->highest_modseq());
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->highest_modseq(), stored->modseq());
    mail::EntryUnpacker unpacker(0x03, house.raw_answer);
    for (const std::uint32_t uid : {1U, 2U}) {
        const auto entry = unpacker.next();
        ASSERT_TRUE(entry);
        EXPECT_EQ(entry->uid, uid);
        EXPECT_EQ(entry->modseq, stored->modseq());
        EXPECT_TRUE(entry->flags.has(mail::SystemFlag::seen));
    }
    EXPECT_FALSE(unpacker.next());
    const auto nothing = house.changes(eve, eves->handle(), eves->highest_modseq());
    ASSERT_TRUE(nothing);
    EXPECT_EQ(house.raw_answer, "");
    EXPECT_EQ(nothing->highest_modseq(), eves->highest_modseq());
    EXPECT_EQ(house.list(bob).at(foreign + "INBOX").status().unseen(), 1U);
    EXPECT_EQ(house.list(eve).at(foreign + "INBOX").status().unseen(), 3U);
    EXPECT_EQ(house.list(alice).at("INBOX").status().unseen(), 3U);
    EXPECT_EQ(house.open(bob, foreign + "INBOX")->first_unseen(), 3U);
    ASSERT_FALSE(house.append(alice, "INBOX", "Subject: new\r\n\r\nx\r\n"));
    EXPECT_FALSE(house.told(bob).empty()) << "what is new concerns all";
}

// ---- what is taken back -------------------------------------------------------------------------

TEST(SharedMailboxes, AreGoneAtOnceForWhomTheyWereTakenBack)
{
    House house;
    ASSERT_FALSE(house.append(alice, "INBOX", "Subject: a\r\n\r\nx\r\n"));
    ASSERT_FALSE(house.grant("INBOX", bob, "lrsw"));
    const auto his = house.open(bob, foreign + "INBOX");
    ASSERT_TRUE(his);
    wire::ReadPart read;
    read.set_handle(his->handle());
    read.set_uid(1);
    read.set_length(10);
    ASSERT_TRUE(house.ask<wire::Piece>(bob, Method::mailbox_read, read));
    (void)house.told(bob);
    ASSERT_FALSE(house.grant("INBOX", bob, "lrs"));
    EXPECT_FALSE(house.told(bob).empty());
    EXPECT_EQ(house.changes(bob, his->handle(), 0)->rights(), "lrs");
    EXPECT_EQ(house.store(bob, his->handle(), "1", flagged_flag).error(), Failure::no_permission);
    ASSERT_FALSE(house.grant("INBOX", bob, ""));
    EXPECT_FALSE(house.told(bob).empty());
    EXPECT_EQ(house.changes(bob, his->handle(), 0).error(), Failure::gone);
    EXPECT_EQ(house.ask<wire::Piece>(bob, Method::mailbox_read, read).error(), Failure::gone)
        << "also what was read just before";
    EXPECT_EQ(house.store(bob, his->handle(), "1", seen_flag).error(), Failure::gone);
}

TEST(SharedMailboxes, AreGoneWithTheirOwner)
{
    House house;
    ASSERT_FALSE(house.grant("INBOX", bob, "lr"));
    const auto his = house.open(bob, foreign + "INBOX");
    ASSERT_TRUE(his);
    ASSERT_TRUE(posthouse::tests::run(
        house.io, house.rig.office.accounts.remove(*mail::Mailbox::parse(alice))));
    EXPECT_EQ(house.changes(bob, his->handle(), 0).error(), Failure::gone);
    EXPECT_EQ(house.open(bob, foreign + "INBOX").error(), Failure::nonexistent);
    EXPECT_FALSE(house.list(bob).contains(foreign + "INBOX"));
}

TEST(SharedMailboxes, TellThoseWhoWatchOfMailboxesThatAreOpenedToThem)
{
    House house;
    wire::WatchMailboxes watch;
    watch.set_tree(true);
    watch.add_names(foreign + "Box");
    ASSERT_TRUE(house.ask(bob, Method::watch, watch));
    (void)house.told(bob);
    ASSERT_FALSE(house.create(alice, "Box"));
    EXPECT_TRUE(house.told(bob).empty()) << "it is none of his business yet";
    ASSERT_FALSE(house.grant("Box", bob, "lr"));
    const auto told = house.told(bob);
    ASSERT_FALSE(told.empty());
    EXPECT_TRUE(told.back().tree());
    ASSERT_FALSE(house.append(alice, "Box", "Subject: a\r\n\r\nx\r\n"));
    const auto news = house.told(bob);
    ASSERT_FALSE(news.empty());
    ASSERT_EQ(news.back().names_size(), 1);
    EXPECT_EQ(news.back().names(0), foreign + "Box");
    ASSERT_FALSE(house.grant("Box", bob, "l"));
    (void)house.told(bob);
    ASSERT_FALSE(house.append(alice, "Box", "Subject: a\r\n\r\nx\r\n"));
    EXPECT_TRUE(house.told(bob).empty()) << "he may not read it";
}

TEST(SharedMailboxes, TellThoseWhoWatchOfAnnotationsThatTheyMaySee)
{
    House house;
    ASSERT_FALSE(house.create(alice, "Box"));
    ASSERT_FALSE(house.grant("Box", bob, "lr"));
    wire::WatchMailboxes watch;
    watch.set_metadata(true);
    ASSERT_TRUE(house.ask(bob, Method::watch, watch));
    ASSERT_TRUE(house.ask(alice, Method::watch, watch));
    const auto set = [&](const std::string& who, const std::string& mailbox) {
        (void)house.told(alice);
        (void)house.told(bob);
        wire::MailboxMetadata request;
        request.set_name(mailbox);
        for (const auto* entry : {"/shared/comment", "/private/comment"}) {
            auto* change = request.add_changes();
            change->set_entry(entry);
            change->set_value("x");
        }
        return house.ask(who, Method::metadata, request).has_value();
    };
    const auto before = house.open(alice, "Box");
    ASSERT_TRUE(set(alice, "Box"));
    EXPECT_GT(house.open(alice, "Box")->highest_modseq(), before->highest_modseq());
    for (const auto& event : house.told(alice))
        EXPECT_EQ(event.metadata_size(), 0) << "she has done it herself";
    const auto told = house.told(bob);
    ASSERT_EQ(told.size(), 1);
    ASSERT_EQ(told[0].metadata_size(), 1);
    EXPECT_EQ(told[0].metadata(0).name(), foreign + "Box");
    ASSERT_EQ(told[0].metadata(0).entries_size(), 1) << "her private entry is none of his business";
    EXPECT_EQ(told[0].metadata(0).entries(0), "/shared/comment");
    ASSERT_TRUE(set(alice, ""));
    EXPECT_TRUE(house.told(bob).empty()) << "the server's annotations are each account's own";
    ASSERT_TRUE(set(alice, "INBOX"));
    EXPECT_TRUE(house.told(bob).empty()) << "he may not see it";
}

// ---- from one account into another --------------------------------------------------------------

TEST(SharedMailboxes, TellNoUidsToWhoMayPutLettersThereButNotReadThem)
{
    House house;
    ASSERT_FALSE(house.append(bob, "INBOX", "Subject: a\r\n\r\nx\r\n"));
    ASSERT_FALSE(house.create(alice, "Box"));
    const auto his = house.open(bob, "INBOX");
    ASSERT_TRUE(his);
    for (const std::string rights : {"li", "lri"}) {
        ASSERT_FALSE(house.grant("Box", bob, rights));
        wire::CopyMessages copy;
        copy.set_handle(his->handle());
        copy.set_uids("1");
        copy.set_to(foreign + "Box");
        const auto copied = house.ask<wire::MessagesCopied>(bob, Method::mailbox_copy, copy);
        ASSERT_TRUE(copied);
        EXPECT_EQ(copied->from(), "1");
        EXPECT_EQ(copied->to().empty(), rights == "li");
    }
}

TEST(SharedMailboxes, AreCopiedFromWithBodiesOfTheirOwn)
{
    House house;
    const std::string small = "Subject: small\r\n\r\ntext\r\n";
    const std::string large = "Subject: large\r\n\r\n" + std::string(3 << 20, 'x') + "\r\n";
    ASSERT_FALSE(house.append(alice, "INBOX", small, flagged_flag, {"Junk"}));
    {
        wire::OpenUpload open;
        const auto upload = house.ask<wire::Upload>(alice, Method::open_upload, open);
        ASSERT_TRUE(upload);
        for (std::size_t at = 0; at < large.size(); at += 1 << 20) {
            wire::Frame frame;
            frame.head.method = Method::append_upload;
            frame.message = upload->SerializeAsString();
            frame.raw = large.substr(at, 1 << 20);
            ASSERT_TRUE(posthouse::tests::run(house.io, house.mailboxes.answer(house.gate, frame)));
        }
        wire::AppendMessages append;
        append.set_to("INBOX");
        append.add_messages()->set_upload(upload->upload());
        ASSERT_TRUE(house.ask<wire::MessagesAppended>(alice, Method::mailbox_append, append));
    }
    ASSERT_FALSE(house.grant("INBOX", bob, "lrste"));
    const auto from = house.open(bob, foreign + "INBOX");
    ASSERT_TRUE(from && house.store(bob, from->handle(), "2", seen_flag));
    wire::CopyMessages copy;
    copy.set_handle(from->handle());
    copy.set_uids("1:2");
    copy.set_to("INBOX");
    copy.set_move(true);
    const auto copied = house.ask<wire::MessagesCopied>(bob, Method::mailbox_copy, copy);
    ASSERT_TRUE(copied);
    EXPECT_EQ(copied->from(), "1:2");
    EXPECT_EQ(copied->to(), "1:2");
    const auto hers = house.open(alice, "INBOX");
    EXPECT_TRUE(house.entries(alice, hers->handle()).empty());
    const auto own = house.open(bob, "INBOX");
    ASSERT_TRUE(own);
    const auto entries = house.entries(bob, own->handle());
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].flags, mail::SystemFlags(mail::SystemFlag::flagged));
    EXPECT_EQ(own->keywords_size(), 1);
    EXPECT_TRUE(entries[1].flags.has(mail::SystemFlag::seen)) << "as he had seen it";
    EXPECT_EQ(posthouse::tests::run(house.io, house.rig.inbox(bob)), (std::vector{small, large}));
}

TEST(SharedMailboxes, CountForTheQuotaOfTheirOwner)
{
    House house("[mailboxes]\nquota = \"1KiB\"\n");
    ASSERT_FALSE(house.grant("INBOX", bob, "lri"));
    ASSERT_FALSE(house.append(bob, "INBOX", std::string(900, 'x')));
    ASSERT_FALSE(house.append(alice, "INBOX", std::string(500, 'x')));
    const auto own = house.open(bob, "INBOX");
    wire::CopyMessages copy;
    copy.set_handle(own->handle());
    copy.set_uids("1");
    copy.set_to(foreign + "INBOX");
    EXPECT_EQ(house.ask<wire::MessagesCopied>(bob, Method::mailbox_copy, copy).error(),
              Failure::over_quota);
    EXPECT_EQ(house.append(bob, foreign + "INBOX", std::string(600, 'x')), Failure::over_quota);
    EXPECT_FALSE(house.append(bob, foreign + "INBOX", std::string(400, 'x')));
    wire::MailboxQuota quota;
    quota.set_name(foreign + "INBOX");
    const auto roots = house.ask<wire::QuotaRoots>(bob, Method::quota, quota);
    ASSERT_TRUE(roots);
    EXPECT_EQ(roots->roots(0).name(), "User quota of " + alice);
}

TEST(SharedMailboxes, GiveTheirLettersAnnotationsForEachReaderAlone)
{
    House house;
    ASSERT_FALSE(house.grant("INBOX", bob, "lrw"));
    ASSERT_FALSE(house.grant("INBOX", eve, "lr"));
    const auto write = [&](const std::string& who, const std::string& name, const char* entry,
                           const char* value) {
        wire::MailboxMetadata request;
        request.set_name(name);
        auto* change = request.add_changes();
        change->set_entry(entry);
        change->set_value(value);
        return house.ask<wire::MetadataValues>(who, Method::metadata, request).has_value();
    };
    const auto read = [&](const std::string& who, const std::string& name) {
        wire::MailboxMetadata request;
        request.set_name(name);
        std::map<std::string, std::string> values;
        const auto answer = house.ask<wire::MetadataValues>(who, Method::metadata, request);
        if (answer)
            for (const auto& value : answer->values())
                values[value.entry()] = value.value();
        return values;
    };
    using Values = std::map<std::string, std::string>;
    EXPECT_TRUE(write(alice, "INBOX", "/private/comment", "hers"));
    EXPECT_TRUE(write(bob, foreign + "INBOX", "/private/comment", "his"));
    EXPECT_TRUE(write(bob, foreign + "INBOX", "/shared/comment", "all"));
    EXPECT_FALSE(write(eve, foreign + "INBOX", "/shared/comment", "no"));
    EXPECT_EQ(read(alice, "INBOX"),
              (Values{{"/private/comment", "hers"}, {"/shared/comment", "all"}}));
    EXPECT_EQ(read(bob, foreign + "INBOX"),
              (Values{{"/private/comment", "his"}, {"/shared/comment", "all"}}));
    EXPECT_EQ(read(eve, foreign + "INBOX"), (Values{{"/shared/comment", "all"}}));
}

} // namespace
} // namespace posthouse::keeper::tests
