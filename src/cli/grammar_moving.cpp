// SPDX-License-Identifier: Apache-2.0
// posthouse mailbox import|export
#include "cli/grammar.hpp"

#include <CLI/CLI.hpp>

namespace posthouse::cli {

void Grammar::add_import_command(CLI::App* mailbox)
{
    auto* import =
        add(mailbox, "import", "Bring letters from the files of another server into an account",
            "  posthouse mailbox import alice@example.org /home/alice/Maildir\n"
            "  posthouse mailbox import bob@example.org /var/mail/bob --dry-run\n"
            "  posthouse mailbox import bob@example.org ~bob/mail --into Old --folder Work\n"
            "Ended in the middle, the same command goes on where it was.");
    auto wish = std::make_shared<ImportWish>();
    import->add_option("ADDRESS", wish->address, "The account's address")->required();
    import->add_option("PATH", wish->path, "A Maildir, an mbox, or a directory of either")
        ->required();
    import
        ->add_option("--format", wish->format,
                     "auto, maildir, mbox, or how an mbox is quoted: mboxrd, mboxo, mboxcl2")
        ->capture_default_str();
    import
        ->add_option("--folder", wish->folders,
                     "This folder alone, with those below it; may be given again")
        ->allow_extra_args(false);
    import->add_option("--into", wish->into, "Put all below this mailbox; its INBOX becomes it");
    import->add_option("--uidl-format", wish->uidl_format,
                       "UIDLs of POP3 as Dovecot's pop3_uidl_format made them, like %08Xu%08Xv; "
                       "none: forget those that there were");
    import->add_flag("--over-quota", wish->over_quota, "Also beyond the account's quota");
    import->add_flag("--again", wish->again,
                     "Keep in mind what came, so that a later import brings only what is new");
    import->add_flag("--dry-run", wish->dry_run, "Change nothing, say what would come");
    on(import, [this, wish] { return mailbox_import(context_, *wish); });
}

void Grammar::add_export_command(CLI::App* mailbox)
{
    auto* command =
        add(mailbox, "export", "Write an account's letters into files that other servers read",
            "  posthouse mailbox export alice@example.org /srv/alice/Maildir\n"
            "  posthouse mailbox export alice@example.org /srv/alice --format mbox\n"
            "Ended in the middle, the same command goes on where it was.");
    auto wish = std::make_shared<ExportWish>();
    command->add_option("ADDRESS", wish->address, "The account's address")->required();
    command->add_option("PATH", wish->path, "A directory; it is made where it is missing")
        ->required();
    command
        ->add_option("--format", wish->format,
                     "maildir, with the files in which Dovecot keeps UIDs; or mbox (mboxrd)")
        ->capture_default_str();
    command
        ->add_option("--folder", wish->folders,
                     "This mailbox alone, with those below it; may be given again")
        ->allow_extra_args(false);
    on(command, [this, wish] { return mailbox_export(context_, *wish); });
}

} // namespace posthouse::cli
