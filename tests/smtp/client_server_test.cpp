// SPDX-License-Identifier: Apache-2.0
// Our client against our server, in memory: every byte of every letter arrives.
#include "smtp/server_session.hpp"
#include "tests/smtp/client_rehearsal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::smtp {
namespace {

/// A ServerSession, driven as far as it goes whenever something is said to it.
class ServedHost final : public RehearsedHost {
public:
    struct Letter {
        ServerEnvelope envelope;
        std::string bytes;
    };
    std::vector<Letter> letters;

    explicit ServedHost(ServerConfig config)
        : session_(std::make_shared<const ServerConfig>(std::move(config)))
    {
        run();
    }
    void hear(std::string_view bytes) override
    {
        session_.receive(bytes);
        run();
    }
    std::string say(std::size_t most) override
    {
        auto piece = saying_.substr(0, most);
        saying_.erase(0, piece.size());
        return piece;
    }
    bool has_closed() const override { return closed_; }
    bool start_tls() override
    {
        session_.tls_established();
        run();
        return true;
    }

private:
    void run()
    {
        while (!closed_) {
            auto step = session_.next({});
            if (std::holds_alternative<server_step::Read>(step) ||
                std::holds_alternative<server_step::StartTls>(step)) {
                return;
            } else if (auto* send = std::get_if<server_step::Send>(&step)) {
                saying_ += send->bytes;
            } else if (auto* check = std::get_if<server_step::CheckRecipients>(&step)) {
                std::vector<Verdict> verdicts;
                for (const auto& recipient : check->recipients)
                    verdicts.push_back(recipient.text().starts_with("no")
                                           ? Verdict(std::unexpected(Reply(550, "5.1.1 No")))
                                           : Verdict());
                session_.answer_recipients(std::move(verdicts));
            } else if (auto* open = std::get_if<server_step::OpenMessage>(&step)) {
                open_ = {std::move(open->envelope), {}};
                session_.answer_open({});
            } else if (auto* append = std::get_if<server_step::AppendToMessage>(&step)) {
                open_.bytes += append->bytes;
            } else if (std::holds_alternative<server_step::CommitMessage>(step)) {
                letters.push_back(std::move(open_));
                session_.answer_commit(Queued{"7"});
            } else if (std::holds_alternative<server_step::Close>(step)) {
                closed_ = true;
            }
        }
    }

    ServerSession session_;
    Letter open_;
    std::string saying_;
    bool closed_ = false;
};

rc::Gen<std::string> letter_bytes()
{
    const auto line = rc::gen::map(
        rc::gen::pair(rc::gen::container<std::string>(rc::gen::elementOf(std::string("..a b"))),
                      rc::gen::weightedElement<std::size_t>({{20, 0}, {1, 5'000}})),
        [](std::pair<std::string, std::size_t> drawn) {
            return drawn.first + std::string(drawn.second, 'x') + "\r\n";
        });
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(line),
                        [](const std::vector<std::string>& lines) {
                            std::string all = "Subject: x\r\n\r\n";
                            for (const auto& each : lines)
                                all += each;
                            return all;
                        });
}

RC_GTEST_PROP(ClientAndServer, CarryEveryByteOfEveryLetter, ())
{
    ServerConfig server{.hostname = "mx.example"};
    server.extensions.pipelining = *rc::gen::arbitrary<bool>();
    server.extensions.chunking = *rc::gen::arbitrary<bool>();
    server.extensions.limits = *rc::gen::arbitrary<bool>();
    server.limits.recipients = *rc::gen::inRange<std::size_t>(1, 4);
    server.tls = *rc::gen::element(TlsPolicy::none, TlsPolicy::offered, TlsPolicy::required);
    ServedHost host(server);

    ClientScript script;
    script.config.limits.one_flight_bytes = 3'000;
    script.host_piece = *rc::gen::inRange<std::size_t>(1, 200);
    script.body_piece = *rc::gen::inRange<std::size_t>(20, 4'000);
    const auto bodies = *rc::gen::container<std::vector<std::string>>(letter_bytes());
    for (const auto& bytes : bodies) {
        std::vector<std::string> recipients{"a@mx.example"};
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
            recipients.push_back(*rc::gen::element<std::string>("no@mx.example", "b@mx.example"));
        script.letters.push_back(letter_to(recipients, bytes));
    }
    const auto play = rehearse(script, host);

    RC_ASSERT(play.close.why == client_step::Close::Why::finished);
    RC_ASSERT(play.results.size() == bodies.size());
    RC_ASSERT(host.letters.size() == bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        RC_ASSERT(host.letters[i].bytes == bodies[i]);
        RC_ASSERT(host.letters[i].envelope.recipients.size() ==
                  play.results[i].count(Disposition::delivered));
        const auto& recipients = script.letters[i].outgoing.recipients;
        for (std::size_t r = 0; r < recipients.size(); ++r) {
            const auto disposition = play.results[i].outcomes[r].disposition;
            RC_ASSERT(disposition != Disposition::deferred);
            RC_ASSERT(disposition != Disposition::failed ||
                      recipients[r].path.text() == "no@mx.example");
        }
    }
}

} // namespace
} // namespace posthouse::smtp
