// SPDX-License-Identifier: Apache-2.0
// posthouse backup …, posthouse restore.
#include "cli/grammar.hpp"

#include <CLI/CLI.hpp>

namespace posthouse::cli {

void Grammar::add_backup_commands()
{
    auto* backup = add(app_.get(), "backup", "Backups of all that the server keeps",
                       "  posthouse backup take /var/backups/posthouse\n"
                       "  posthouse backup verify /var/backups/posthouse\n"
                       "  posthouse restore /var/backups/posthouse --account ann@example.org "
                       "--replace");
    backup->require_subcommand(1);
    auto directory = std::make_shared<std::string>();
    const auto takes_directory = [&](CLI::App* command) {
        command->add_option("DIRECTORY", *directory, "The repository of backups")->required();
        return command;
    };

    auto wish = std::make_shared<BackupWish>();
    auto* take = takes_directory(
        add(backup, "take", "Take one, of the running server or of the stopped one's store",
            "  posthouse backup take /var/backups/posthouse\n"
            "  posthouse backup take /mnt/backup --limit 20    # MB a second"));
    auto limit = std::make_shared<double>(0);
    take->add_option("--limit", *limit, "Read no faster than so many megabytes a second")
        ->check(CLI::PositiveNumber);
    take->add_flag("--reread", wish->all_bodies,
                   "Read all letters anew, also those that the last backup has");
    on(take, [this, directory, wish, limit] {
        wish->repository = *directory;
        wish->bytes_a_second = static_cast<std::uint64_t>(*limit * 1'000'000);
        return backup_take(context_, *wish);
    });

    auto verify = std::make_shared<VerifyWish>();
    auto* verify_it =
        takes_directory(add(backup, "verify", "Read backups and report all that is wrong with them",
                            "  posthouse backup verify /var/backups/posthouse\n"
                            "  posthouse backup verify /var/backups/posthouse latest --quick"));
    verify_it->add_option("BACKUP", verify->backup, "One of them, or latest; none: all");
    verify_it->add_flag("--quick", verify->quick,
                        "Only that everything is there, without reading letters");
    verify_it->add_flag("--set-aside", verify->set_aside,
                        "Take damaged packs out of use: the next backup stores their content "
                        "again, where the server has it");
    on(verify_it, [this, directory, verify] {
        verify->repository = *directory;
        return backup_verify(context_, *verify);
    });

    on(takes_directory(
           add(backup, "list", "List them", "  posthouse backup list /var/backups/posthouse")),
       [this, directory] { return backup_list(context_, *directory); });

    auto keep = std::make_shared<std::uint64_t>(0);
    auto* forget = takes_directory(
        add(backup, "forget", "Remove all but the latest ones, and what only they needed",
            "  posthouse backup forget /var/backups/posthouse --keep 30"));
    forget->add_option("--keep", *keep, "How many stay")->required()->check(CLI::PositiveNumber);
    on(forget, [this, directory, keep] { return backup_forget(context_, *directory, *keep); });

    auto what = std::make_shared<RestoreWish>();
    auto* restore_it = add(
        app_.get(), "restore", "Bring a backup back: all of it, or one account",
        "  posthouse restore /var/backups/posthouse    # the server is stopped, its store empty\n"
        "  posthouse restore /var/backups/posthouse --account ann@example.org --replace\n"
        "  posthouse restore /mnt/backup 20261122T0300 --account ann@example.org --as "
        "ann-then@example.org");
    restore_it->add_option("DIRECTORY", what->repository, "The repository of backups")->required();
    restore_it->add_option("BACKUP", what->backup, "Which one; the beginning of its name will do")
        ->capture_default_str();
    restore_it->add_option("--account", what->account, "This account only; the server may run");
    restore_it->add_option("--as", what->as, "As a new account of this address");
    restore_it->add_flag("--replace", what->replace,
                         "In place of what the account has now, which is lost");
    restore_it->add_flag("--without-queue", what->without_queue,
                         "Leave out the letters that waited to be delivered");
    restore_it->add_flag("--exact", what->exact,
                         "Keep all numbers: nothing was done with the old store since the backup");
    on(restore_it, [this, what] { return restore(context_, *what); });
}

} // namespace posthouse::cli
