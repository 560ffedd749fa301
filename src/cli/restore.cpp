// SPDX-License-Identifier: Apache-2.0
// posthouse restore.
#include "archive/restore.hpp"
#include "base/random.hpp"
#include "cli/backup.hpp"
#include "cli/told.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using archive::AccountRows;
using archive::Repository;
using archive::Restore;
using process::Exit;

Task<void> restore_all(Restore& restore, store::Engine& engine,
                       std::optional<archive::Result<Restore::Progress>>& to)
{
    SystemRandom random;
    to = co_await restore.run(engine, random);
}

Exit restore_whole(Context& context, Desk& desk, BackupToRestore from, const RestoreWish& wish)
{
    auto* engine = desk.engine();
    if (engine == nullptr)
        return refuse(context, Exit::failure,
                      "the server is running: a whole backup is restored while it is stopped (one "
                      "account: --account ADDRESS)");
    Restore::Options options;
    options.queue = wish.without_queue ? Restore::Queue::without : Restore::Queue::with;
    options.numbers = wish.exact ? AccountRows::Numbers::exact : AccountRows::Numbers::ahead;
    ProgressLine line(context);
    const auto total = from.manifest.bodies + from.manifest.rows();
    Restore restore(
        from.repository, from.manifest, options, [&](const Restore::Progress& progress) {
            line.show(progress.bodies + progress.rows, total,
                      fmt::format("{} bodies, {} rows, {}", progress.bodies, progress.rows,
                                  short_size(static_cast<std::int64_t>(progress.bytes))));
        });
    std::optional<archive::Result<Restore::Progress>> done;
    desk.run_task([&] { return restore_all(restore, *engine, done); });
    if (!done)
        return refuse(context, Exit::software, "the store did not answer");
    if (!*done)
        return refuse(context, done->error());
    auto& out = context.console.out;
    if (context.output == Output::json)
        out << json::serialize(json::object{
                   {"bodies", (*done)->bodies}, {"rows", (*done)->rows}, {"bytes", (*done)->bytes}})
            << '\n';
    else
        out << fmt::format("Restored {} bodies and {} rows, {}. The server may be started.\n",
                           (*done)->bodies, (*done)->rows,
                           short_size(static_cast<std::int64_t>((*done)->bytes)));
    return Exit::ok;
}

} // namespace

Exit restore(Context& context, const RestoreWish& wish)
{
    if (wish.account.empty() && (wish.replace || !wish.as.empty()))
        return refuse(context, Exit::usage, "--replace and --as are for one --account");
    if (wish.replace && !wish.as.empty())
        return refuse(context, Exit::usage, "--replace and --as exclude each other");
    if (!wish.account.empty() && (wish.without_queue || wish.exact))
        return refuse(context, Exit::usage,
                      "--without-queue and --exact are for a whole backup, not for one account");
    auto place = find_place(context, wish.repository, Missing::refuse);
    if (!place)
        return place.error();
    auto desk = desk_for(context);
    if (!desk)
        return desk.error();
    auto opened = open_repository(context, std::move(*place), Repository::Purpose::read);
    if (!opened)
        return opened.error();
    auto& repository = *opened->repository;
    const auto name = repository.find(wish.backup);
    if (!name)
        return refuse(context, name.error());
    const auto manifest = repository.manifest(*name);
    if (!manifest)
        return refuse(context, manifest.error());
    return wish.account.empty() ? restore_whole(context, **desk, {repository, *manifest}, wish)
                                : restore_account(context, **desk, {repository, *manifest}, wish);
}

} // namespace posthouse::cli
