// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/dialogue.hpp"

#include <string>
#include <string_view>

namespace posthouse::imap {

/// What is announced as things are now: "IMAP4rev2 IMAP4rev1 SASL-IR …".
std::string capabilities(const Dialogue&);
/// Is this one, in upper case, offered at all?
bool offers(const Dialogue&, std::string_view capability);

} // namespace posthouse::imap
