// SPDX-License-Identifier: Apache-2.0
// fuzzes: sources_ldap sources
// What a hostile directory may say to a search and a bind: everything ends, and within its limits.
#include "base/contract.hpp"
#include "sources/ldap/session.hpp"
#include "tests/sources/ldap/directory_answers.hpp"

#include <cstdlib>

using namespace posthouse;
using namespace posthouse::sources;

/// libldap keeps a notice of disconnection (RFC 4511 §4.4.1) for ever: some hundred bytes for each
/// connection that a directory ends in this way.
extern "C" const char* __lsan_default_suppressions() // NOLINT: the sanitizer's name
{
    return "leak:ber_memcalloc_x\n";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    ::setenv("LDAPNOINIT", "1", 1);
    auto session = LdapSession::over(
        testing::socket_with({reinterpret_cast<const char*>(data), size}), "ldap://localhost");
    if (!session)
        return 0;
    if (const auto entries = session->search("dc=example", "(mail=a)", {"mail"})) {
        expects(entries->size() <= static_cast<std::size_t>(LdapLimits::entries));
        for (const auto& entry : *entries)
            for (const auto& [name, values] : entry.values)
                for (const auto& value : values)
                    expects(value.size() <= LdapLimits::value_bytes);
    }
    (void)session->bind("cn=a,dc=example", Secret("password"));
    return 0;
}
