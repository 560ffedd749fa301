// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "moving/writing.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace posthouse::cli {

/// A mailbox that is written to files. Errors are sentences.
class ExportFolder {
public:
    template <class T = void>
    using Result = std::expected<T, std::string>;

    virtual ~ExportFolder() = default;
    /// True: it is there already, from an earlier run, and needs nothing but this.
    virtual Result<bool> begin(const moving::Noted&) = 0;
    virtual Result<> piece(std::string_view) = 0;
    /// The letter is whole; or it is not to be, since it cannot be read.
    virtual Result<> end() = 0;
    virtual void abandon() = 0;
    /// All of it is on disk when this returns.
    virtual Result<> finish() = 0;
};

/// Makes the directories too. nullptr: there is one already, which is left alone (an mbox).
ExportFolder::Result<std::unique_ptr<ExportFolder>>
export_to_maildir(const std::string& root, const std::string& mailbox, moving::NotedMailbox);
ExportFolder::Result<std::unique_ptr<ExportFolder>>
export_to_mbox(const std::string& root, const std::string& mailbox, moving::NotedMailbox);

/// A small file, whole and on disk or as it was.
ExportFolder::Result<> write_file(const std::string& path, const std::string& text);

} // namespace posthouse::cli
