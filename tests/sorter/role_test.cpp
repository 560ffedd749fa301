// SPDX-License-Identifier: Apache-2.0
#include "sorter/sorter.hpp"

#include "tests/sorter/requests.hpp"
#include "tests/sorter/role_child.hpp"
#include "tests/store/coroutine.hpp"
#include "wire/indexing.pb.h"

#include <gtest/gtest.h>

namespace posthouse::sorter {
namespace {

TEST(SorterRole, WorksInItsConfinement)
{
    tests::RoleChild child(run_sorter, "sorter/0", {"keeper"});
    ASSERT_TRUE(child.becomes_ready());
    boost::asio::io_context io(1);
    const auto link = wire::Link::open(io.get_executor(), std::move(child.ends[0]), {});

    auto route = route_request({"alice@example.net"});
    const auto routed =
        tests::run(io, link->call<wire::Routed>(wire::Method::route, route, "Subject: x\r\n\r\n"));
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->message.deliveries(0).destination(), "smtp:example.net");

    const std::string letter = "Subject: x\r\n\r\nbody\r\n";
    EXPECT_TRUE(tests::run(
        io, link->call<wire::Filed>(wire::Method::file, file_request(letter.size()), letter)));

    auto notify = notify_request();
    add_told(notify, "bob@example.com", "no such user");
    const auto made =
        tests::run(io, link->call<wire::Notification>(wire::Method::notify, notify, letter));
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->raw.contains("no such user"));

    wire::CutWords cut;
    cut.add_letters()->set_email(1);
    cut.mutable_letters(0)->set_bytes(letter.size());
    const auto words =
        tests::run(io, link->call<wire::WordsCut>(wire::Method::cut_words, cut, letter));
    ASSERT_TRUE(words);
    EXPECT_EQ(words->message.letters(), 1U);
    EXPECT_EQ(child.end(), 0);
}

} // namespace
} // namespace posthouse::sorter
