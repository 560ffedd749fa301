// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "process/control.hpp"
#include "process/table_files.hpp"
#include "process/table_watch.hpp"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace posthouse::process {

/// The supervisor's part in the tables: it opens their files, has the confined compiler make
/// images of them, keeps these and says when there are new ones. It never reads a table itself,
/// but for seeing whether a list that the compiler asks for is named in one.
class TableDesk {
public:
    struct Ways {
        /// False: there is no compiler.
        std::function<bool(const wire::Control&, std::span<const int>)> to_compiler;
        /// Keeper and sorters are to be given all images again.
        std::function<void()> changed;
    };
    TableDesk(boost::asio::io_context&, Ways);

    /// Compiles what is configured now, also what was compiled before: for the start and reloads.
    void configure(const config::Tables&);
    void compiler_ready();
    /// It is asked again for what it had in hand, unless that seems to be its end.
    void compiler_ended();
    /// Include and Compiled, from the compiler.
    void take(ControlMessage);

    /// Has every table of the start been compiled, or been given up?
    bool is_complete() const { return complete_; }
    /// All images that there are.
    void hand_to(const ControlChannel&) const;

private:
    struct Case {
        std::vector<std::string> paths;
        /// Of these and of the lists they include, as they were compiled.
        std::map<std::string, std::optional<FileMark>> marks = {};
        UniqueFd image = {};
        bool waiting = true; // to be compiled
        int ends = 0;        // of the compiler over it, in a row
    };

    void compile_next();
    bool send(tables::Table, Case&);
    void keep(tables::Table, Case&, const std::string& reason);
    void answer(const wire::Control::Include&);
    std::expected<OpenedFile, std::string> open_include(const std::string& path);
    void receive(const wire::Control::Compiled&, std::vector<UniqueFd>);
    void look_for_changes();

    Ways ways_;
    TableWatch watch_;
    std::map<tables::Table, Case> cases_;
    std::optional<tables::Table> in_hand_; // of the compiler
    std::vector<UniqueFd> sources_in_hand_;
    bool compiler_ready_ = false;
    bool complete_ = false;
    bool untold_ = false; // changes
    std::uint64_t generation_ = 0;
};

} // namespace posthouse::process
