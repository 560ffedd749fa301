// SPDX-License-Identifier: Apache-2.0
#include "tests/imap/session/support/rehearsal.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <list>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>

// Several sessions on one mailbox, whose commands take turns at every question to the backend, in
// any order. Each client keeps the list of messages that RFC 9051 lets it keep, and complains of
// what it must not be told; in the end all agree with the mailbox.
namespace posthouse::imap::rehearsal {
namespace {

/// Holds everyone up until the test lets one of them on.
class Turnstile {
public:
    explicit Turnstile(boost::asio::io_context& context) : context_(context) {}

    Task<void> pass()
    {
        auto& timer = waiting_.emplace_back(context_);
        timer.expires_at(Instant::max());
        const auto place = std::prev(waiting_.end());
        boost::system::error_code cancelled;
        co_await timer.async_wait(
            boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
        waiting_.erase(place);
    }
    std::size_t waiting() const { return waiting_.size(); }
    void let_on(std::size_t which)
    {
        auto place = waiting_.begin();
        std::advance(place, static_cast<std::ptrdiff_t>(which % waiting_.size()));
        place->cancel();
    }

private:
    boost::asio::io_context& context_;
    std::list<boost::asio::steady_timer> waiting_;
};

using Flags = std::set<std::string>;

class Client {
public:
    struct Message {
        std::optional<std::uint32_t> uid;
        std::optional<Flags> flags;
    };

    Client(boost::asio::io_context& context, FakeAccount& account, bool qresync)
        : rehearsal(context, account),
          qresync_(qresync)
    {
        rehearsal.say("a LOGIN user secret\r\n");
        if (qresync)
            rehearsal.say("a ENABLE QRESYNC\r\n");
        order("SELECT INBOX");
    }

    bool busy() const { return !command_.empty(); }
    std::size_t exists() const { return messages.size(); }

    void order(const std::string& command)
    {
        command_ = command;
        rehearsal.channel.say(fmt::format("t{} {}\r\n", ++tag_, command));
    }
    /// A silent change is the client's own to make.
    void store(const std::string& set, std::vector<Message*> which, const std::string& how,
               const std::string& flag)
    {
        for (auto* message : which) {
            if (!message->flags || !how.ends_with(".SILENT"))
                continue;
            if (how.starts_with("+"))
                message->flags->insert(flag);
            else if (how.starts_with("-"))
                message->flags->erase(flag);
            else
                message->flags = Flags{flag};
        }
        order(fmt::format("{} {} ({})", set, how, flag));
    }

    void listen()
    {
        rehearsal.proceed();
        input_ += rehearsal.channel.take();
        for (auto end = input_.find("\r\n"); end != input_.npos; end = input_.find("\r\n")) {
            hear(input_.substr(0, end));
            input_.erase(0, end + 2);
        }
    }

    std::vector<Message> messages;
    std::vector<std::string> complaints;
    Rehearsal rehearsal;

private:
    void complain(const std::string& line)
    {
        complaints.push_back(fmt::format("during \"{}\": {}", command_, line));
    }

    void hear(const std::string& line)
    {
        std::istringstream words(line);
        std::string star, first, second;
        words >> star >> first >> second;
        if (star == "+") {
            if (command_ == "IDLE")
                rehearsal.channel.say("DONE\r\n");
            return;
        }
        if (star != "*") {
            if (star != fmt::format("t{}", tag_) || first == "BAD")
                complain(line);
            command_.clear();
        } else if (second == "EXISTS") {
            hear_exists(std::stoul(first), line);
        } else if (second == "EXPUNGE") {
            hear_expunge(std::stoul(first), line);
        } else if (first == "VANISHED") {
            hear_vanished(second, line);
        } else if (second == "FETCH") {
            hear_fetch(std::stoul(first), line);
        } else if (first == "BYE") {
            complain(line);
        }
    }

    void hear_exists(std::size_t count, const std::string& line)
    {
        if (count < messages.size())
            complain(line);
        messages.resize(std::max(count, messages.size()));
    }
    bool may_be_told_of_expunges() const
    {
        for (const auto* numbered : {"FETCH", "STORE", "SEARCH"})
            if (command_.starts_with(numbered))
                return false;
        return busy(); // RFC 9051 §7.5.1
    }
    void hear_expunge(std::size_t number, const std::string& line)
    {
        if (qresync_ || !may_be_told_of_expunges() || number == 0 || number > messages.size())
            return complain(line);
        messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(number) - 1);
    }
    void hear_vanished(const std::string& set, const std::string& line)
    {
        if (!qresync_ || !may_be_told_of_expunges())
            return complain(line);
        const auto uids = mail::UidSet::parse(set);
        if (!uids)
            return complain(line);
        for (const auto uid : *uids) {
            // The message itself, or one whose UID was never asked for and can be this.
            auto place = messages.end();
            for (auto message = messages.begin(); message != messages.end(); ++message) {
                if (message->uid > uid)
                    break;
                if (message->uid == uid || (!message->uid && place == messages.end()))
                    place = message;
                else if (message->uid)
                    place = messages.end();
            }
            if (place != messages.end())
                messages.erase(place);
            else
                complain(line);
        }
    }
    void hear_fetch(std::size_t number, const std::string& line)
    {
        if (number == 0 || number > messages.size())
            return complain(line);
        auto& message = messages[number - 1];
        if (const auto at = line.find("UID "); at != line.npos) {
            const auto uid = static_cast<std::uint32_t>(std::stoul(line.substr(at + 4)));
            if (message.uid && *message.uid != uid)
                return complain(line);
            message.uid = uid;
        } else if (qresync_) {
            complain(line);
        }
        if (const auto at = line.find("FLAGS ("); at != line.npos) {
            Flags flags;
            std::istringstream names(line.substr(at + 7, line.find(')', at) - at - 7));
            for (std::string name; names >> name;)
                if (name != "\\Recent")
                    flags.insert(name);
            message.flags = flags;
        }
    }

    bool qresync_;
    std::string command_, input_;
    int tag_ = 0;
};

class Town {
public:
    explicit Town(unsigned seed) : random(seed), turnstile(context)
    {
        account.make("Other");
        for (int i = 0; i < 5; ++i)
            account.deliver("INBOX", fmt::format("Subject: {}\r\n\r\n", i));
        for (int i = 0; i < 3; ++i)
            clients.push_back(std::make_unique<Client>(context, account, i == 2));
        for (auto& client : clients)
            client->listen();
        account.pause = [this] { return turnstile.pass(); };
    }

    std::size_t any(std::size_t below)
    {
        return below == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
    }

    void act(Client& client)
    {
        const auto number = any(client.exists()) + 1;
        const bool some = client.exists() != 0;
        const char* const changes[] = {"+FLAGS",        "-FLAGS",        "FLAGS",
                                       "+FLAGS.SILENT", "-FLAGS.SILENT", "FLAGS.SILENT"};
        const char* const flags[] = {"\\Seen", "\\Deleted", "\\Flagged", "$Junk"};
        switch (any(13)) {
        case 0:
            client.order("NOOP");
            break;
        case 1:
        case 2:
        case 3:
            if (some)
                client.store(fmt::format("STORE {}", number), {&client.messages[number - 1]},
                             changes[any(6)], flags[any(4)]);
            break;
        case 4:
            if (some && client.messages[number - 1].uid)
                client.store(fmt::format("UID STORE {}", *client.messages[number - 1].uid),
                             {&client.messages[number - 1]}, changes[any(6)], flags[any(4)]);
            break;
        case 5:
            if (some)
                client.order(fmt::format("FETCH {}:* (UID FLAGS)", number));
            break;
        case 6:
            client.order("UID FETCH 1:* (UID FLAGS)");
            break;
        case 7:
            client.order("EXPUNGE");
            break;
        case 8:
            client.order("SEARCH SEEN");
            break;
        case 9:
            client.order("APPEND INBOX (\\Draft) {14+}\r\nSubject: a\r\n\r\n");
            break;
        case 10:
            if (some)
                client.order(fmt::format("COPY {} INBOX", number));
            break;
        case 11:
            if (some && client.messages[number - 1].uid)
                client.order(fmt::format("UID MOVE {} Other", *client.messages[number - 1].uid));
            break;
        default:
            client.order("IDLE");
            break;
        }
    }

    void run(int steps)
    {
        for (int step = 0; step < steps; ++step) {
            auto& client = *clients[any(clients.size())];
            if (!client.busy() && any(2) == 0)
                act(client);
            settle_one();
        }
        finish();
    }
    void settle_one()
    {
        for (auto& client : clients)
            client->listen();
        if (turnstile.waiting() != 0)
            turnstile.let_on(any(turnstile.waiting()));
        for (auto& client : clients)
            client->listen();
    }
    void finish()
    {
        const auto busy = [](const auto& client) { return client->busy(); };
        for (int i = 0;
             i < 1000 && (turnstile.waiting() != 0 || std::ranges::any_of(clients, busy)); ++i)
            settle_one();
        for (const auto* last : {"NOOP", "UID FETCH 1:* (UID)"})
            for (auto& client : clients) {
                client->order(last);
                for (int i = 0; i < 1000 && client->busy(); ++i)
                    settle_one();
            }
    }

    boost::asio::io_context context;
    std::mt19937 random;
    FakeAccount account;
    Turnstile turnstile;
    std::vector<std::unique_ptr<Client>> clients;
};

void agree(const Client& client, const FakeMailbox& mailbox)
{
    RC_ASSERT(client.complaints == std::vector<std::string>());
    RC_ASSERT(client.messages.size() == mailbox.messages.size());
    auto message = client.messages.begin();
    for (const auto& [uid, there] : mailbox.messages) {
        RC_ASSERT(message->uid == uid);
        if (message->flags) {
            Flags flags;
            std::istringstream names(mail::text_of(flags_of(there.entry, mailbox.keywords)));
            for (std::string name; names >> name;)
                flags.insert(name);
            RC_ASSERT(*message->flags == flags);
        }
        ++message;
    }
}

RC_GTEST_PROP(ImapInterleaving, TellsEachSessionTheTruthInTime, (unsigned seed))
{
    Town town(seed);
    town.run(150);
    for (const auto& client : town.clients)
        agree(*client, town.account.mailboxes.at("INBOX"));
    town.account.pause = nullptr;
}

} // namespace
} // namespace posthouse::imap::rehearsal
