// SPDX-License-Identifier: Apache-2.0
// posthouse backup verify.
#include "archive/verify.hpp"
#include "cli/backup.hpp"
#include "cli/told.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using archive::Repository;
using archive::Verify;
using process::Exit;

json::object shown(const Verify::Report& report)
{
    json::array faults;
    for (const auto& fault : report.faults)
        faults.push_back(
            json::object{{"backup", fault.backup}, {"where", fault.where}, {"what", fault.what}});
    return {{"faults", std::move(faults)},     {"fault_count", report.fault_count},
            {"backups", report.backups},       {"packs", report.packs},
            {"partitions", report.partitions}, {"messages", report.messages},
            {"bodies", report.bodies}};
}

void tell(Context& context, const Verify::Report& report)
{
    auto& out = context.console.out;
    for (const auto& fault : report.faults)
        out << styled(context.console, Style::bad,
                      fmt::format("{}{}{}: {}", fault.backup, fault.backup.empty() ? "" : ": ",
                                  fault.where, fault.what))
            << '\n';
    if (report.fault_count > report.faults.size())
        out << fmt::format("… and {} more.\n", report.fault_count - report.faults.size());
    out << fmt::format("{} backups, {} packs, {} partitions, {} messages, {} bodies: {}.\n",
                       report.backups, report.packs, report.partitions, report.messages,
                       report.bodies,
                       report.fault_count == 0 ? std::string("all is well")
                                               : fmt::format("{} faults", report.fault_count));
}

} // namespace

Exit backup_verify(Context& context, const VerifyWish& wish)
{
    auto opened =
        open_repository(context, wish.repository,
                        wish.set_aside ? Repository::Purpose::write : Repository::Purpose::read);
    if (!opened)
        return opened.error();
    auto& repository = *opened->repository;
    std::vector<std::string> names;
    if (wish.backup.empty()) {
        auto all = repository.backups();
        if (!all)
            return refuse(context, all.error());
        names = std::move(*all);
    } else {
        auto one = repository.find(wish.backup);
        if (!one)
            return refuse(context, one.error());
        names.push_back(std::move(*one));
    }
    std::optional<archive::Result<Verify::Report>> report;
    {
        ProgressLine line(context);
        Verify verify(repository, wish.quick ? Verify::Depth::quick : Verify::Depth::full,
                      [&](const Verify::Progress& progress) {
                          line.show(progress.done, progress.of, progress.what);
                      });
        report = verify.run(names);
    }
    if (!*report)
        return refuse(context, report->error());
    if (wish.set_aside)
        for (const auto& pack : (*report)->damaged_packs)
            if (auto done = repository.set_aside(pack); !done)
                return refuse(context, done.error());
    if (context.output == Output::json)
        context.console.out << json::serialize(shown(**report)) << '\n';
    else
        tell(context, **report);
    return (*report)->fault_count == 0 ? Exit::ok : Exit::io_error;
}

} // namespace posthouse::cli
