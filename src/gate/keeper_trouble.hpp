// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/backend.hpp"
#include "wire/frame.hpp"

namespace posthouse::gate {

/// What a client can be told about a question that the keeper did not answer.
imap::Trouble trouble_of(wire::Failure);

} // namespace posthouse::gate
