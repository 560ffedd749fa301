// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/edited_text.hpp"
#include "routing/engine.hpp"

#include <string_view>
#include <vector>

namespace posthouse::routing {

/// How a letter from here is seen outside. The addresses of From, Sender, Reply-To, their Resent-
/// forms, Errors-To and Return-Receipt-To are those of the genericstable and of masquerading, as
/// are with Masquerade::recipients those of To, Cc and Bcc; names without a domain get one. A field
/// of which nothing changes, or that is not quite understood, stays byte for byte.
/// `head` is the letter's beginning. Edits are in the order of their offsets, and apart.
std::vector<mail::Edit> rewrite_header(std::string_view head, const Rules&, const Tables&);

} // namespace posthouse::routing
