// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "moving/limits.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// The lists that other servers keep beside letters. What makes no sense in them is counted and
/// passed over.
namespace posthouse::moving {

/// UIDs by the names of files without their flags.
struct UidList {
    struct Entry {
        std::uint32_t uid = 0;
        std::string uidl; ///< Dovecot's P
    };
    std::uint32_t uid_validity = 0, uid_next = 0;
    std::unordered_map<std::string, Entry> entries;
    std::size_t wrong_lines = 0;
};
/// dovecot-uidlist, versions 1 and 3.
UidList read_dovecot_uidlist(std::string_view);
/// courierimapuiddb
UidList read_courier_uiddb(std::string_view);

/// UIDLs by the names of files: courierpop3dsizelist. With the UIDs, where one UIDVALIDITY has
/// given them all: Dovecot's way to keep both.
std::unordered_map<std::string, std::string> read_courier_sizes(std::string_view,
                                                                std::size_t& wrong_lines);
/// What Courier's POP3 server says of a letter that its list does not have.
std::string courier_file_uidl(std::string_view file);

/// dovecot-keywords: letters a to z in names of files.
std::map<int, std::string> read_dovecot_keywords(std::string_view);

/// courierimapkeywords/:list, keywords by the names of files.
using FileKeywords = std::unordered_map<std::string, std::vector<std::string>>;
FileKeywords read_courier_keywords(std::string_view, std::size_t& wrong_lines);
/// A file beside it: all keywords of one letter.
std::vector<std::string> read_courier_keyword_file(std::string_view);

/// Names as UTF-8 with "/". Dovecot's file (both versions; `separator` of the first), and
/// Courier's, whose names begin with "INBOX.".
std::set<std::string> read_dovecot_subscriptions(std::string_view, char separator);
std::set<std::string> read_courier_subscriptions(std::string_view);

/// A UIDL by Dovecot's pop3_uidl_format. Nothing of %f without a file, unknown variables: as they
/// stand.
struct UidlParts {
    std::uint32_t uid = 0, uid_validity = 0;
    std::string file;
};
std::string formatted_uidl(std::string_view format, const UidlParts&);

} // namespace posthouse::moving
