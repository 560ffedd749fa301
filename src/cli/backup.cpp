// SPDX-License-Identifier: Apache-2.0
// posthouse backup, backup list, backup forget.
#include "cli/backup.hpp"

#include "archive/backup.hpp"
#include "cli/backup_source.hpp"
#include "cli/told.hpp"

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <thread>
#include <unistd.h>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using archive::Backup;
using archive::Repository;
using process::Exit;
using Clock = std::chrono::steady_clock;

std::string time_of(Timestamp at)
{
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::time_point_cast<std::chrono::seconds>(at)));
}

std::uint64_t accounts_in(const archive::Manifest& manifest)
{
    return static_cast<std::uint64_t>(
        std::ranges::count_if(manifest.partitions, [](const auto& partition) {
            return partition.name.starts_with("a/");
        }));
}

/// Never faster, over the whole run, than so many bytes a second.
class Pace {
public:
    explicit Pace(std::uint64_t bytes_a_second) : rate_(bytes_a_second) {}
    void keep(std::uint64_t bytes) const
    {
        if (rate_ == 0)
            return;
        const auto due =
            std::chrono::duration<double>(static_cast<double>(bytes) / static_cast<double>(rate_));
        std::this_thread::sleep_until(begun_ + std::chrono::duration_cast<Clock::duration>(due));
    }

private:
    std::uint64_t rate_;
    Clock::time_point begun_ = Clock::now();
};

json::object shown(const std::string& name, const archive::Manifest& manifest)
{
    return {{"backup", name},
            {"taken_at", time_of(manifest.taken_at)},
            {"server", manifest.server},
            {"version", manifest.version},
            {"accounts", accounts_in(manifest)},
            {"bodies", manifest.bodies},
            {"body_bytes", manifest.body_bytes},
            {"rows", manifest.rows()},
            {"row_bytes", manifest.row_bytes()}};
}

std::int64_t whole(std::uint64_t number)
{
    return static_cast<std::int64_t>(number);
}

} // namespace

Exit backup_take(Context& context, const BackupWish& wish)
{
    auto place = find_place(context, wish.repository, Missing::make);
    if (!place)
        return place.error();
    auto desk = desk_for(context);
    if (!desk)
        return desk.error();
    auto opened = open_repository(context, std::move(*place), Repository::Purpose::write);
    if (!opened)
        return opened.error();
    const auto begun = Clock::now();
    auto source = DeskSource::begin(**desk);
    if (!source)
        return refuse(context, source.error());
    std::string host(256, '\0');
    ::gethostname(host.data(), host.size() - 1);
    Backup::Options options{.server = host.c_str(),
                            .version = POSTHOUSE_VERSION,
                            .taken_at = (*source)->taken_at(),
                            .bodies = wish.all_bodies ? Backup::Options::Bodies::all
                                                      : Backup::Options::Bodies::only_new};
    ProgressLine line(context);
    const Pace pace(wish.bytes_a_second);
    Backup backup(
        **source, *opened->repository, std::move(options), [&](const Backup::Progress& progress) {
            line.show(0, 0,
                      fmt::format("{} bodies, {} partitions, {} read, {} written", progress.bodies,
                                  progress.partitions, short_size(whole(progress.bytes_read)),
                                  short_size(whole(progress.bytes_written))));
            pace.keep(progress.bytes_read);
            return true;
        });
    const auto taken = backup.run([] { return wall_clock(); });
    source->reset();
    if (!taken)
        return refuse(context, taken.error());
    const auto seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    auto& out = context.console.out;
    if (context.output == Output::json) {
        auto result = shown(taken->name, taken->manifest);
        result["new_bodies"] = taken->new_bodies;
        result["changed_partitions"] = taken->new_partitions;
        result["bytes_read"] = taken->progress.bytes_read;
        result["bytes_written"] = taken->progress.bytes_written;
        result["seconds"] = seconds;
        out << json::serialize(result) << '\n';
        return Exit::ok;
    }
    out << fmt::format("{}: {} accounts, {} bodies of {}, {} rows.\n", taken->name,
                       accounts_in(taken->manifest), taken->manifest.bodies,
                       short_size(whole(taken->manifest.body_bytes)), taken->manifest.rows())
        << fmt::format("New since the last one: {} bodies, {} partitions; {} read, {} written in "
                       "{:.1f} s.\n",
                       taken->new_bodies, taken->new_partitions,
                       short_size(whole(taken->progress.bytes_read)),
                       short_size(whole(taken->progress.bytes_written)), seconds);
    return Exit::ok;
}

Exit backup_list(Context& context, const std::string& directory)
{
    auto opened = open_repository(context, directory, Repository::Purpose::read);
    if (!opened)
        return opened.error();
    auto& repository = *opened->repository;
    const auto names = repository.backups();
    if (!names)
        return refuse(context, names.error());
    json::array all;
    std::vector<std::vector<Cell>> rows;
    Exit code = Exit::ok;
    for (const auto& name : *names) {
        const auto manifest = repository.manifest(name);
        if (!manifest) {
            code = exit_for(manifest.error().kind);
            all.push_back(json::object{{"backup", name}, {"error", manifest.error().text}});
            rows.push_back({{name, Style::bold}, {}, {}, {}, {manifest.error().text, Style::bad}});
            continue;
        }
        all.push_back(shown(name, *manifest));
        rows.push_back({{name, Style::bold},
                        {fmt::format("{}", accounts_in(*manifest))},
                        {fmt::format("{}", manifest->bodies)},
                        {short_size(whole(manifest->body_bytes))},
                        {manifest->server}});
    }
    auto& out = context.console.out;
    if (context.output == Output::json) {
        out << json::serialize(json::object{{"backups", std::move(all)},
                                            {"bytes", repository.bytes_stored()},
                                            {"packs", repository.packs().size()}})
            << '\n';
        return code;
    }
    if (rows.empty()) {
        out << "No backups.\n";
        return code;
    }
    print_table(context.console, {"BACKUP (UTC)", "ACCOUNTS", "BODIES", "BYTES", "SERVER"}, rows);
    out << fmt::format("{} in {} packs.\n", short_size(whole(repository.bytes_stored())),
                       repository.packs().size());
    return code;
}

Exit backup_forget(Context& context, const std::string& directory, std::uint64_t keep)
{
    auto opened = open_repository(context, directory, Repository::Purpose::write);
    if (!opened)
        return opened.error();
    auto& repository = *opened->repository;
    const auto names = repository.backups();
    if (!names)
        return refuse(context, names.error());
    json::array forgotten;
    const auto gone = names->size() > keep ? names->size() - keep : 0;
    for (std::size_t i = 0; i < gone; ++i) {
        if (auto done = repository.forget((*names)[i]); !done)
            return refuse(context, done.error());
        forgotten.emplace_back((*names)[i]);
    }
    const auto pruned = repository.prune();
    if (!pruned)
        return refuse(context, pruned.error());
    auto& out = context.console.out;
    if (context.output == Output::json)
        out << json::serialize(json::object{{"forgotten", std::move(forgotten)},
                                            {"packs_removed", pruned->packs_removed},
                                            {"packs_rewritten", pruned->packs_rewritten},
                                            {"bytes_freed", pruned->bytes_freed}})
            << '\n';
    else
        out << fmt::format("Forgot {} backups; {} packs removed and {} written anew, {} freed.\n",
                           gone, pruned->packs_removed, pruned->packs_rewritten,
                           short_size(whole(pruned->bytes_freed)));
    return Exit::ok;
}

} // namespace posthouse::cli
