// SPDX-License-Identifier: Apache-2.0
#include "milter/macros.hpp"

#include <algorithm>

namespace posthouse::milter {

const MacroLists& usual_macros()
{
    static const MacroLists lists = {
        /* connect */ std::vector<std::string>{
            "j", "_", "v", "{daemon_name}", "{daemon_addr}", "{daemon_port}", "{if_addr}",
            "{if_name}", "{client_addr}", "{client_name}", "{client_port}", "{client_ptr}"},
        /* helo */
        {"{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}", "{cert_issuer}"},
        /* mail */
        {"i", "{auth_type}", "{auth_authen}", "{auth_ssf}", "{auth_author}", "{mail_mailer}",
         "{mail_host}", "{mail_addr}", "{client_addr}", "{client_name}", "{client_port}",
         "{client_ptr}"},
        /* recipient */ {"{rcpt_mailer}", "{rcpt_host}", "{rcpt_addr}"},
        /* data */ {"i"},
        /* end_of_message */ {"i", "{msg_id}"},
        /* end_of_header */ {"i"},
    };
    return lists;
}

std::string macro_name(std::string_view name)
{
    if (name.size() > 2 && name.front() == '{' && name.back() == '}')
        name = name.substr(1, name.size() - 2);
    return name.size() == 1 ? std::string(name) : "{" + std::string(name) + "}";
}

std::vector<std::string> macro_names(std::string_view list, std::size_t most)
{
    constexpr std::string_view separators = " ,\t\r\n";
    std::vector<std::string> names;
    while (names.size() < most) {
        list.remove_prefix(std::min(list.find_first_not_of(separators), list.size()));
        if (list.empty())
            break;
        const auto name = list.substr(0, list.find_first_of(separators));
        names.push_back(macro_name(name));
        list.remove_prefix(name.size());
    }
    return names;
}

} // namespace posthouse::milter
