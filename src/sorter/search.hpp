// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/frame.hpp"
#include "wire/link.hpp"

#include <memory>

namespace posthouse::sorter {

/// Method::search_letters: goes through letters that the keeper names and hands over one by one,
/// and answers with those that meet the program.
Task<wire::Result<wire::Answer>> search(std::shared_ptr<wire::Link> keeper, wire::Frame);

} // namespace posthouse::sorter
