// SPDX-License-Identifier: Apache-2.0
#include "gate/caller.hpp"

#include "gate/connection.hpp"
#include "gate/outside.hpp"
#include "net/channel.hpp"
#include "net/ident.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace posthouse::gate {
namespace {

bool is_loopback(const std::string& address)
{
    boost::system::error_code error;
    const auto parsed = asio::ip::make_address(address, error);
    return !error && parsed.is_loopback();
}

} // namespace

/// A question that is under way while the session goes on.
struct Caller::Inquiry {
    Inquiry(asio::io_context& context, Duration patience)
        : timer(context, patience),
          until(timer.expiry())
    {
    }
    void settle(std::string text)
    {
        answer = std::move(text);
        over = true;
        timer.cancel();
    }

    asio::steady_timer timer;
    Instant until;
    bool over = false;
    std::string answer;
};

struct Caller::IdentInquiry : Inquiry, std::enable_shared_from_this<IdentInquiry> {
    using Inquiry::Inquiry;

    /// It may still be connecting: then the first write waits.
    static Task<void> converse(std::shared_ptr<IdentInquiry> self)
    {
        const auto question = net::ident_question(self->ports);
        const auto sent = co_await self->channel->write(question, self->until);
        std::string said;
        auto end = said.npos;
        while (sent && end == said.npos && said.size() <= net::IdentLimits::answer_bytes) {
            const auto got = co_await self->channel->read(self->until);
            if (!got)
                break;
            said += *got;
            end = said.find_first_of("\r\n");
        }
        self->channel->close();
        auto user =
            end == said.npos ? std::nullopt : net::ident_user(said.substr(0, end), self->ports);
        self->settle(user.value_or(std::string()));
        self->channel.reset();
    }

    void take(UniqueFd descriptor, net::Deadlines& deadlines)
    {
        asked = 0;
        tcp::socket socket(deadlines.context());
        boost::system::error_code error;
        if (descriptor)
            socket.assign(tcp::v4(), descriptor.get(), error);
        if (!descriptor || error || over)
            return settle({});
        [[maybe_unused]] const int handed_over = descriptor.release();
        channel = std::make_unique<net::Channel>(std::move(socket), deadlines);
        asio::co_spawn(deadlines.context(), converse(shared_from_this()), asio::detached);
    }

    net::IdentPorts ports;
    std::uint64_t asked = 0; // Of the supervisor; 0: no longer.
    std::unique_ptr<net::Channel> channel;
};

Caller::Caller(Desk& desk, const Terms& terms, Party party)
    : desk_(desk),
      terms_(terms),
      party_(std::move(party))
{
}

Caller::~Caller()
{
    if (!ident_)
        return;
    if (ident_->asked != 0)
        desk_.outside->forget(ident_->asked);
    if (ident_->channel)
        ident_->channel->cancel();
}

void Caller::begin()
{
    if (party_.address.empty() || is_loopback(party_.address))
        return;
    const auto& config = terms_.settings->config.smtp;
    if (config.client_names)
        ask_for_name();
    if (config.ident)
        ask_for_ident();
}

void Caller::ask_for_name()
{
    if (!desk_.resolver || !desk_.resolver->is_open())
        return;
    name_ = std::make_shared<Inquiry>(desk_.deadlines.context(), Limits::name);
    constexpr auto ask = [](std::shared_ptr<wire::Link> resolver, std::string address,
                            std::shared_ptr<Inquiry> inquiry) -> Task<void> {
        wire::ClientName question;
        question.set_address(address);
        auto named =
            co_await resolver->call<wire::ClientNamed>(wire::Method::client_name, question);
        inquiry->settle(named ? std::move(*named->message.mutable_name()) : std::string());
    };
    asio::co_spawn(desk_.deadlines.context(), ask(desk_.resolver, party_.address, name_),
                   asio::detached);
}

void Caller::ask_for_ident()
{
    if (desk_.outside == nullptr || party_.port == 0)
        return;
    ident_ = std::make_shared<IdentInquiry>(desk_.deadlines.context(),
                                            Duration(terms_.settings->config.smtp.ident_timeout));
    ident_->ports = {.theirs = party_.port, .ours = party_.our_port};
    wire::Control::Connect request;
    request.set_ident_peer(party_.address);
    request.set_ident_local(party_.our_address);
    ident_->asked = desk_.outside->ask(
        std::move(request),
        [weak = std::weak_ptr(ident_), &deadlines = desk_.deadlines](UniqueFd socket, std::string) {
            if (const auto inquiry = weak.lock())
                inquiry->take(std::move(socket), deadlines);
        });
}

Task<void> Caller::known()
{
    co_await wait_for(name_);
    co_await wait_for(ident_);
}

Task<void> Caller::wait_for(std::shared_ptr<Inquiry> inquiry)
{
    if (!inquiry || inquiry->over)
        co_return;
    co_await inquiry->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    inquiry->over = true;
}

std::string Caller::name() const
{
    return name_ ? name_->answer : std::string();
}

std::string Caller::ident() const
{
    return ident_ ? ident_->answer : std::string();
}

} // namespace posthouse::gate
