// SPDX-License-Identifier: Apache-2.0
// fuzzes: sources
// Queries, filters and passwd-files of the configuration: whatever they are, a name stays a value.
#include "base/contract.hpp"
#include "sources/passwd_file.hpp"
#include "sources/query.hpp"

#include <algorithm>

using namespace posthouse;
using namespace posthouse::sources;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const auto mailbox = *mail::Mailbox::parse("\"Zq*)(\\'; --\"@xw.example");
    static const Names names(mailbox);
    for (const auto dialect : {Dialect::postgresql, Dialect::mariadb})
        if (const auto query = Query::compile(text, dialect)) {
            expects(query->values(names).size() == query->parameters.size());
            expects(text.contains("zq*") || !query->text.contains("zq*"));
        }
    const auto filter = expand_filter(text, names, "cn=a*");
    expects(std::ranges::count(filter, '(') == std::ranges::count(text, '('));
    expects(std::ranges::count(filter, '*') == std::ranges::count(text, '*'));
    const auto file = PasswdFile::parse(text);
    (void)file.find(mailbox);
    (void)address_from(text);
    return 0;
}
