// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"

#include <expected>
#include <string>

namespace posthouse::moving {

/// Opens what is below one path, or that itself, and nothing else, whoever moves names and
/// symbolic links about meanwhile: what openat2's RESOLVE_BENEATH does, by openat alone, whose
/// flags a system call filter can see. A link that stays below is followed.
class Beneath {
public:
    static constexpr int links = 40; ///< in one name

    /// A canonical path: of it no link is followed at all.
    explicit Beneath(const std::string& root);
    using Opened = std::expected<UniqueFd, int>;
    /// `path` is below the root; "": the root. The error is errno's; EXDEV: a link leads out of it.
    Opened open(const std::string& path, int flags) const;

private:
    static Opened open_exactly(int directory, const std::string& name, int flags);

    std::string path_, name_; ///< its last part
    UniqueFd above_;          ///< where that is
    UniqueFd root_;           ///< if it is a directory
    int error_ = 0;
};

} // namespace posthouse::moving
