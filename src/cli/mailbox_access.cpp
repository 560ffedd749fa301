// SPDX-License-Identifier: Apache-2.0
// posthouse mailbox acl: who may do what with a mailbox, besides its owner.
#include "cli/commands.hpp"
#include "cli/grammar.hpp"
#include "cli/told.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <ostream>

namespace json = boost::json;

namespace posthouse::cli {

using process::Exit;

void Grammar::add_acl_command(CLI::App* mailbox)
{
    auto* acl = add(mailbox, "acl", "Show or change who else may use a mailbox",
                    "  posthouse mailbox acl alice@example.org INBOX\n"
                    "  posthouse mailbox acl alice@example.org INBOX bob@example.org lrs\n"
                    "  posthouse mailbox acl alice@example.org INBOX bob@example.org +iwte\n"
                    "  posthouse mailbox acl alice@example.org INBOX bob@example.org ''");
    auto wish = std::make_shared<AccessWish>();
    acl->add_option("ADDRESS", wish->address, "The owner's address")->required();
    acl->add_option("MAILBOX", wish->mailbox, "The mailbox's name")->required();
    auto* who = acl->add_option("IDENTIFIER", wish->identifier,
                                "An account's address, or \"anyone\"; \"-\" before it takes away");
    auto* rights = acl->add_option("RIGHTS", wish->rights,
                                   "Letters of lrswipkxtea (RFC 4314); \"+\" or \"-\" before them "
                                   "adds or takes away, \"\" removes the entry");
    on(acl, [this, wish, who, rights] {
        wish->change = who->count() > 0;
        if (wish->change && rights->count() == 0) {
            context_.console.err << "posthouse: say which rights, or \"\" for none\n";
            return Exit::usage;
        }
        return mailbox_acl(context_, *wish);
    });
}

Exit mailbox_acl(Context& context, const AccessWish& wish)
{
    wire::Admin request;
    request.set_command("mailbox-acl");
    request.add_arguments(wish.address);
    request.add_arguments(wish.mailbox);
    if (wish.change) {
        request.add_arguments(wish.identifier);
        request.add_arguments(wish.rights);
    }
    const auto told = ask_for_result(context, request);
    if (!told)
        return told.error();
    if (context.output == Output::json) {
        context.console.out << json::serialize(told->result) << '\n';
        return Exit::ok;
    }
    std::vector<std::vector<Cell>> rows;
    for (const auto& entry : list_of(told->result, "entries"))
        if (entry.is_object())
            rows.push_back({{text_of(entry.get_object(), "identifier")},
                            {text_of(entry.get_object(), "rights")}});
    print_table(context.console, {"IDENTIFIER", "RIGHTS"}, rows);
    return Exit::ok;
}

} // namespace posthouse::cli
