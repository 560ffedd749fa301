// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command_line.hpp"

#include <deque>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdlib.h> // mkdtemp is POSIX's
#include <string>
#include <vector>

namespace posthouse::cli::tests {

/// A temporary directory with a configuration, strings for streams, and a desk that answers from
/// a script.
class Stage {
public:
    Stage()
    {
        std::string pattern = "/tmp/posthouse-cli-XXXXXX";
        if (::mkdtemp(pattern.data()) != nullptr)
            directory = pattern;
        write("posthouse.toml", good());
    }
    ~Stage()
    {
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }
    Stage(const Stage&) = delete;

    std::string good() const
    {
        return fmt::format("hostname = \"mx.example.org\"\ndata_dir = \"{}/data\"\n"
                           "[domains.\"example.org\"]\n",
                           directory) +
               users();
    }
    /// Somebody who is there everywhere.
    static std::string users()
    {
        std::string table = "[process.users]\n";
        for (const auto* role :
             {"gate", "keeper", "sorter", "courier", "resolver", "clerk", "tables"})
            table += fmt::format("{} = \"nobody\"\n", role);
        return table;
    }
    std::string write(const std::string& name, const std::string& text) const
    {
        const auto path = directory + '/' + name;
        std::ofstream(path) << text;
        return path;
    }

    void answer(std::string json, std::string next = {})
    {
        wire::AdminAnswer answer;
        answer.set_ok(true);
        answer.set_json(std::move(json));
        answer.set_next(std::move(next));
        answers.push_back(std::move(answer));
    }
    void refuse(process::Exit code, std::string why)
    {
        wire::AdminAnswer answer;
        answer.set_exit_code(static_cast<int>(code));
        answer.set_error(std::move(why));
        answers.push_back(std::move(answer));
    }

    process::Exit run(std::vector<std::string> arguments, Look look = Look::plain)
    {
        out.str({});
        err.str({});
        arguments.insert(arguments.begin(), {"--config", directory + "/posthouse.toml"});
        Console console{in, out, err, look, {}};
        World world;
        world.open_desk = [this](const config::Config&) -> OpenDesk {
            if (obstacle)
                return std::unexpected(*obstacle);
            return std::make_unique<Scripted>(*this);
        };
        world.serve = [this](const std::string& path, process::Salvage salvage) {
            served = path + (salvage == process::Salvage::yes ? " salvage" : "");
            return process::Exit::unavailable;
        };
        return cli::run(std::move(arguments), console, world);
    }

    std::string directory;
    std::istringstream in;
    std::ostringstream out, err;
    std::deque<wire::AdminAnswer> answers;
    std::vector<wire::Admin> asked;
    std::optional<process::Obstacle> obstacle;
    std::string served;

private:
    struct Scripted final : Desk {
        explicit Scripted(Stage& of) : stage(of) {}
        wire::AdminAnswer ask(const wire::Admin& request) override
        {
            stage.asked.push_back(request);
            if (stage.answers.empty())
                return {};
            auto answer = std::move(stage.answers.front());
            stage.answers.pop_front();
            return answer;
        }
        Stage& stage;
    };
};

} // namespace posthouse::cli::tests
