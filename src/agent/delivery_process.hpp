// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/errand.hpp"
#include "base/task.hpp"

#include <memory>
#include <optional>

namespace posthouse::agent {

/// Runs an errand in a process of its own, which becomes the recipient and holds nothing but the
/// letter. One that ends in any other way than by saying how it went, or takes longer than
/// Limits::delivery, is a deferral. nullopt: as run_errand().
Task<std::optional<Outcome>> run_in_process(std::shared_ptr<const Errand>,
                                            std::shared_ptr<const config::LocalDelivery>);

} // namespace posthouse::agent
