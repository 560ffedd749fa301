// SPDX-License-Identifier: Apache-2.0
#include "compiler/compiler.hpp"

#include "base/contract.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "process/table_files.hpp"
#include "tables/kinds.hpp"

#include <fmt/format.h>

#include <array>
#include <deque>
#include <utility>

namespace posthouse::compiler {
namespace {

using process::ControlMessage;

/// Of the problems in one answer; the message on the control channel is bounded.
constexpr std::size_t told_bytes = 32 << 10;

/// Compiles one table after the other. It asks and waits: there is nothing else it would do.
class Compiler {
public:
    explicit Compiler(process::ControlChannel supervisor) : supervisor_(std::move(supervisor)) {}

    /// Until it is told to leave, or the supervisor is gone.
    void run()
    {
        while (const auto received = next())
            if (received->message.has_compile())
                compile(*received);
            else if (received->message.has_drain())
                return;
    }

private:
    std::optional<ControlMessage> next()
    {
        if (!later_.empty()) {
            auto message = std::move(later_.front());
            later_.pop_front();
            return message;
        }
        auto received = supervisor_.receive();
        return received ? std::optional(*std::move(received)) : std::nullopt;
    }

    std::optional<std::string> include(const std::string& path)
    {
        wire::Control question;
        question.mutable_include()->set_path(path);
        supervisor_.send(question);
        for (;;) {
            auto received = supervisor_.receive();
            if (!received)
                process::leave(process::Exit::ok);
            if (!received->message.has_included()) {
                later_.push_back(*std::move(received));
                continue;
            }
            if (received->descriptors.size() != 1)
                return std::nullopt;
            auto text = process::read_table_file(received->descriptors.front().get());
            return text ? std::optional(*std::move(text)) : std::nullopt;
        }
    }

    void compile(const ControlMessage& asked)
    {
        const auto& request = asked.message.compile();
        expects(tables::is_table(request.table()) &&
                std::cmp_equal(request.names_size(), asked.descriptors.size()));
        const auto table = static_cast<tables::Table>(request.table());
        std::vector<tables::Source> sources;
        std::vector<tables::Problem> unread;
        for (std::size_t i = 0; i < asked.descriptors.size(); ++i) {
            const auto& name = request.names(static_cast<int>(i));
            auto text = process::read_table_file(asked.descriptors[i].get());
            if (text)
                sources.push_back({name, *std::move(text)});
            else
                unread.push_back({name, 0, "the file cannot be read: " + text.error()});
        }
        auto compiled = tables::compile(table, sources,
                                        [this](const std::string& path) { return include(path); });
        compiled.problems.insert(compiled.problems.begin(), unread.begin(), unread.end());
        answer(request.table(), compiled);
    }

    void answer(std::uint32_t table, const tables::Compiled& compiled)
    {
        wire::Control message;
        auto* answer = message.mutable_compiled();
        answer->set_table(table);
        answer->set_entries(compiled.entries);
        std::size_t bytes = 0;
        std::uint64_t untold = compiled.untold;
        for (const auto& problem : compiled.problems) {
            auto text =
                printable(fmt::format("{}:{}: {}", problem.file, problem.line, problem.what), 1024);
            bytes += text.size();
            if (bytes > told_bytes)
                ++untold;
            else
                answer->add_problems(std::move(text));
        }
        answer->set_untold(untold);
        const auto image = process::text_file(compiled.image);
        supervisor_.send(message, std::array{image.get()});
    }

    process::ControlChannel supervisor_;
    std::deque<ControlMessage> later_; // what came while it waited for a list
};

} // namespace

process::Exit run_compiler(process::StartUp start)
{
    log::set_process(start.name);
    const process::Confinement confinement{.role = process::Role::tables,
                                           .identity = start.identity};
    for (const auto confine : {process::confine_process, process::confine_calls})
        if (auto done = confine(confinement); !done)
            process::fail_start_up(start.control, process::Exit::os_error, done.error().text);
    wire::Control ready;
    ready.mutable_ready();
    start.control.send(ready);
    Compiler(std::move(start.control)).run();
    process::leave(process::Exit::ok);
}

} // namespace posthouse::compiler
