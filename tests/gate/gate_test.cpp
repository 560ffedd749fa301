// SPDX-License-Identifier: Apache-2.0
#include "gate/gate.hpp"

#include "tests/gate/rig.hpp"
#include "wire/signing.pb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::gate {
namespace {

using process::ControlChannel;
using testing::HasSubstr;
using testing::StartsWith;

/// A gate in a process of its own, confined as it is in service. The test is its supervisor and,
/// at the other end of its threads' links, the keeper.
class GateProcess : public testing::Test {
protected:
    static constexpr std::uint32_t threads = 2;

    GateProcess() : listener_(loopback_listener(port_))
    {
        auto [ours, theirs] = ControlChannel::make_pair();
        control_.emplace(std::move(ours));
        std::signal(SIGPIPE, SIG_IGN);
        std::vector<process::LinkEnd> links;
        for (std::uint32_t i = 0; i < threads; ++i)
            links.push_back({"keeper", i, keepers_[i].connect(context_)});
        for (std::uint32_t i = 0; i < threads; ++i)
            links.push_back({"signer", i, signers_[i].connect(context_)});
        child_ = ::fork();
        if (child_ == 0)
            become_gate(std::move(theirs), std::move(links));
    }

    ~GateProcess() override
    {
        for (auto& keeper : keepers_)
            keeper.hang_up();
        for (auto& signer : signers_)
            signer.hang_up();
        context_.restart();
        context_.poll();
        if (child_ > 0) {
            ::kill(child_, SIGKILL);
            ::waitpid(child_, nullptr, 0);
        }
    }

    [[noreturn]] void become_gate(ControlChannel control, std::vector<process::LinkEnd> links)
    {
        control_.reset();
        process::StartUp start{.name = "gate.mail",
                               .settings = settings_with({.sessions_per_client = 8}, threads),
                               .listeners = {},
                               .links = std::move(links),
                               .identity = {},
                               .control = std::move(control)};
        start.listeners.push_back({description(), UniqueFd(::dup(listener_.get()))});
        process::leave(run_gate(std::move(start)));
    }

    static wire::Listener description()
    {
        wire::Listener what;
        what.set_protocol("smtp");
        what.set_address("127.0.0.1:0");
        what.set_tls("starttls");
        return what;
    }

    Client client() { return Client::connect(Loop(context_), port_); }

    wire::Control next_word()
    {
        wire::Control word;
        EXPECT_TRUE(Loop(context_).run_until([&] {
            auto received = control_->poll();
            if (received)
                word = std::move(received->message);
            return received.has_value() || received.error() == ControlChannel::End::closed;
        }));
        return word;
    }

    /// What waitpid() says, once it has ended.
    int ending()
    {
        int status = -1;
        EXPECT_TRUE(Loop(context_).run_until(
            [&] { return ::waitpid(child_, &status, WNOHANG) == child_; }));
        if (status != -1)
            child_ = -1;
        return status;
    }

    void send(const wire::Control& word, std::vector<int> descriptors = {})
    {
        EXPECT_TRUE(control_->send(word, descriptors));
    }

    std::size_t letters() const { return keepers_[0].letters.size() + keepers_[1].letters.size(); }

    std::uint16_t port_ = 0;
    UniqueFd listener_;
    boost::asio::io_context context_{1};
    std::array<FakeKeeper, threads> keepers_;
    std::array<FakeSigner, threads> signers_;
    std::optional<ControlChannel> control_;
    pid_t child_ = -1;
};

TEST_F(GateProcess, ServesConfinedFromItsReadyToItsDrain)
{
    ASSERT_TRUE(next_word().has_ready());
    for (int i = 0; i < 8; ++i) {
        auto one = client();
        greet(one);
        EXPECT_THAT(one.ask("STARTTLS"), StartsWith("220"));
        ASSERT_TRUE(one.start_tls());
        one.ask("EHLO client.example");
        EXPECT_THAT(send_letter(one, "Hello\r\n"), StartsWith("250"));
        EXPECT_THAT(one.ask("QUIT"), StartsWith("221"));
    }
    EXPECT_EQ(letters(), 8);
    EXPECT_EQ(signers_[0].signatures + signers_[1].signatures, 8); // Not one by itself.

    auto last = client();
    greet(last);
    wire::Control word;
    word.mutable_drain();
    send(word);
    // Not until it is heard: then there is nobody any more who would accept.
    EXPECT_TRUE(
        Loop(context_).run_until([&] { return last.ask("NOOP").starts_with("421 4.3.2 "); }));
    last.hang_up();
    const int status = ending();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(GateProcess, TakesNewSettingsListenersAndLinksWhileItServes)
{
    ASSERT_TRUE(next_word().has_ready());
    auto before = client();
    greet(before);

    for (std::uint32_t i = 0; i < threads; ++i) {
        wire::Control word;
        word.mutable_link()->set_peer("keeper");
        word.mutable_link()->set_index(i);
        const auto end = keepers_[i].connect(context_); // Hangs up on the old link.
        send(word, {end.get()});
    }
    wire::Control configure;
    configure.mutable_configure()->set_generation(2);
    const auto text = process::text_file("hostname = \"mx.example.org\"\n"
                                         "data_dir = \"/var/lib/posthouse\"\n"
                                         "[limits]\nmessage_bytes = 1234567\n");
    wire::Certificates certificates;
    certificates.add_sites()->set_certificate(self_signed().certificate);
    const auto shown = process::text_file(certificates.SerializeAsString());
    send(configure, {text.get(), shown.get()});
    const auto second = loopback_listener(port_);
    wire::Control listen;
    *listen.mutable_listen()->add_listeners() = description();
    send(listen, {second.get()});

    auto after = client(); // Waits in the new socket's backlog until the gate has it.
    after.reply();
    EXPECT_THAT(after.ask("EHLO client.example"), HasSubstr("SIZE 1234567\r\n"));
    EXPECT_THAT(send_letter(after, "Hello\r\n"), StartsWith("250"));
    EXPECT_THAT(send_letter(before, "Hello\r\n"), StartsWith("250"));
    EXPECT_EQ(letters(), 2);
}

TEST_F(GateProcess, EndsWithItsSupervisor)
{
    ASSERT_TRUE(next_word().has_ready());
    control_.reset();
    const int status = ending();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

} // namespace
} // namespace posthouse::gate
