// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sorter/handbook.hpp"
#include "wire/link.hpp"

#include <memory>

namespace posthouse::sorter {

/// Answers the keeper: Method::route, file, notify, index_letter, cut_words and search_letters.
Task<wire::Result<wire::Answer>> serve(std::shared_ptr<const Handbook>,
                                       std::shared_ptr<wire::Link> keeper, wire::Frame);

} // namespace posthouse::sorter
