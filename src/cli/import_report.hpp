// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "cli/import_target.hpp"
#include "cli/progress_line.hpp"
#include "moving/source.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What an import tells while it is under way, and in the end.
namespace posthouse::cli {

/// What came of a folder.
struct ImportedFolder {
    std::string name;
    std::uint64_t letters = 0, brought = 0, before = 0, skipped = 0, bytes = 0;
    std::uint64_t other_uids = 0; ///< letters whose UID is another now
    bool had_uids = false, kept_uids = false;
};

class ImportReport {
public:
    ImportReport(Context& context, const ImportWish& wish) : context_(context), wish_(wish) {}

    std::vector<ImportedFolder> folders;
    std::uint64_t skips = 0;

    void skip(const moving::Folder&, std::string_view place, const std::string& why);
    void remark(const std::string& sentence);
    void show(const ImportedFolder&, std::uint64_t done);
    /// One folder is done.
    void say(const ImportedFolder&);
    void say_of_dry_run(const ImportedFolder&);
    /// `stopped`: why it ended early; "": it did not. Null: nothing was to be changed.
    process::Exit close(process::Exit, const std::string& stopped, const ImportTarget*);

private:
    Context& context_;
    const ImportWish& wish_;
    std::optional<ProgressLine> line_;
    boost::json::array skipped_, remarks_;
};

} // namespace posthouse::cli
