// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/mime.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// What a reader sees of a letter at a glance.
namespace posthouse::mail {

struct PreviewLimits {
    std::size_t characters = 200;
    std::size_t bytes = 256;
    std::size_t read_bytes = 64 << 10; ///< Of the part's content; what is behind is not looked at.
};

/// RFC 8970 §3: the beginning of the first text part that says something, on one line, of HTML what
/// is shown, quoted lines passed over where there are others. Empty if there is nothing to show.
std::string preview(const MimeTree&, std::string_view letter, const PreviewLimits& = {});

/// Is there something to save: a part that is called an attachment, has a file's name, or is a
/// letter? Signatures and images that HTML shows are none.
bool has_attachment(const MimeTree&);

} // namespace posthouse::mail
