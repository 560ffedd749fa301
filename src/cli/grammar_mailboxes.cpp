// SPDX-License-Identifier: Apache-2.0
// posthouse mailbox …
#include "cli/grammar.hpp"

#include <CLI/CLI.hpp>

namespace posthouse::cli {

void Grammar::add_mailbox_commands()
{
    auto* mailbox = add(app_.get(), "mailbox", "What accounts' mailboxes hold",
                        "  posthouse mailbox index --status alice@example.org");
    mailbox->require_subcommand(1);
    add_index_command(mailbox);
    add_undelete_command(mailbox);
    add_acl_command(mailbox);
    add_import_command(mailbox);
    add_export_command(mailbox);
}

void Grammar::add_index_command(CLI::App* mailbox)
{
    auto* index =
        add(mailbox, "index", "Make the index of an account's texts, or bring it up to date",
            "  posthouse mailbox index alice@example.org\n"
            "  posthouse mailbox index --status alice@example.org\n"
            "  posthouse mailbox index --rebuild alice@example.org");
    auto address = std::make_shared<std::string>();
    auto rebuild = std::make_shared<bool>(false);
    auto status = std::make_shared<bool>(false);
    index->add_option("ADDRESS", *address, "The account's address")->required();
    auto* anew = index->add_flag("--rebuild", *rebuild, "Drop what there is and make it anew");
    index->add_flag("--status", *status, "Change nothing, say how far it is")->excludes(anew);
    on(index, [this, address, rebuild, status] {
        return mailbox_index(context_, *address,
                             *rebuild  ? "rebuild"
                             : *status ? "status"
                                       : "update");
    });
}

} // namespace posthouse::cli
