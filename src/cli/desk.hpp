// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "process/premises.hpp"
#include "wire/messages.pb.h"

#include <expected>
#include <memory>

namespace posthouse::cli {

/// The administrator's desk, wherever it stands.
class Desk {
public:
    virtual ~Desk() = default;
    /// What went wrong, on the way too, is in the answer.
    virtual wire::AdminAnswer ask(const wire::Admin&) = 0;
};

using OpenDesk = std::expected<std::unique_ptr<Desk>, process::Obstacle>;

/// The running server's, over its control socket; else one on the locked store itself. For that,
/// root becomes the data directory's owner for good: no file in there shall be root's.
OpenDesk open_desk(const config::Config&);

} // namespace posthouse::cli
