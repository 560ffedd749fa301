// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/frame.hpp"
#include "wire/link.hpp"

#include <memory>

namespace posthouse::sorter {

/// Method::cut_words: what the index of an account's texts is to keep of these letters.
Task<wire::Result<wire::Answer>> cut_words(std::shared_ptr<wire::Link> keeper, wire::Frame);

} // namespace posthouse::sorter
