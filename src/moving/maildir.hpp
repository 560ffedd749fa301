// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "moving/source.hpp"

namespace posthouse::moving {

/// Is there a Maildir, or are there some in it? Dovecot's and Courier's Maildir++ (".Work.2024"),
/// and Dovecot's LAYOUT=fs ("Work/2024").
bool has_maildir(Files&);
Result<std::unique_ptr<Source>> maildir_source(std::unique_ptr<Files>, const SourceOptions&);

/// A file's name, taken apart: "1698.M1P2.host,S=3:2,FSa".
struct MaildirName {
    std::string base; ///< "1698.M1P2.host,S=3"
    std::string letters;
};
MaildirName parse_maildir_name(std::string_view);

} // namespace posthouse::moving
