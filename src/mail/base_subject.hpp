// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace posthouse::mail {

/// What remains of a subject without its prefixes: RFC 5256 §2.1.
struct BaseSubject {
    std::string text;                 ///< Case and letters as they are; not folded.
    bool is_reply_or_forward = false; ///< A prefix or trailer said so.
};

/// `subject`: decoded, on one line (header_text()).
BaseSubject base_subject(std::string_view subject);

} // namespace posthouse::mail
