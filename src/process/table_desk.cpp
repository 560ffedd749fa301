// SPDX-License-Identifier: Apache-2.0
#include "process/table_desk.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <fcntl.h>
#include <utility>

namespace posthouse::process {
namespace {

constexpr int most_ends = 3;

/// What nobody can change any more, and can be an image by its size.
bool is_sealed(const UniqueFd& file)
{
    constexpr int needed = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    const int seals = ::fcntl(file.get(), F_GET_SEALS);
    struct stat status{};
    return seals >= 0 && (seals & needed) == needed && ::fstat(file.get(), &status) == 0 &&
           std::cmp_less_equal(status.st_size, tables::Limits::image_bytes);
}

bool names_include(int file, const std::string& path)
{
    const auto text = read_table_file(file);
    return text && text->contains(":include:" + path);
}

} // namespace

TableDesk::TableDesk(boost::asio::io_context& context, Ways ways)
    : ways_(std::move(ways)),
      watch_(context, [this] { look_for_changes(); })
{
}

void TableDesk::configure(const config::Tables& config)
{
    auto files = files_of(config);
    const auto gone =
        std::erase_if(cases_, [&](const auto& one) { return !files.contains(one.first); });
    untold_ = untold_ || gone > 0;
    for (auto& [table, paths] : files) {
        auto& one = cases_[table];
        one.paths = std::move(paths);
        one.waiting = true;
        one.ends = 0;
        for (const auto& path : one.paths)
            watch_.add(path);
    }
    compile_next();
}

void TableDesk::compiler_ready()
{
    compiler_ready_ = true;
    compile_next();
}

void TableDesk::compiler_ended()
{
    compiler_ready_ = false;
    const auto table = std::exchange(in_hand_, std::nullopt);
    sources_in_hand_.clear();
    if (!table || !cases_.contains(*table))
        return;
    auto& one = cases_.at(*table);
    one.waiting = true;
    if (++one.ends >= most_ends)
        keep(*table, one, "the compiler ends over it");
}

void TableDesk::keep(tables::Table table, Case& one, const std::string& reason)
{
    one.waiting = false;
    log::warning("table.kept", {{"table", name_of(table)},
                                {"reason", reason},
                                {"in_force", one.image ? "as it was" : "none"}});
}

/// False: its files cannot be read, and it stays as it is.
bool TableDesk::send(tables::Table table, Case& one)
{
    wire::Control message;
    message.mutable_compile()->set_table(std::to_underlying(table));
    std::vector<UniqueFd> files;
    std::vector<int> descriptors;
    one.marks.clear();
    for (const auto& path : one.paths)
        one.marks[path] = mark_of(path);
    for (const auto& path : one.paths) {
        auto opened = open_table_file(path);
        if (!opened) {
            keep(table, one, opened.error());
            return false;
        }
        one.marks[path] = opened->mark;
        message.mutable_compile()->add_names(path);
        descriptors.push_back(opened->file.get());
        files.push_back(std::move(opened->file));
    }
    one.waiting = false;
    if (!ways_.to_compiler(message, descriptors)) {
        one.waiting = true; // It is asked again when there is a compiler.
        compiler_ready_ = false;
        return true;
    }
    in_hand_ = table;
    sources_in_hand_ = std::move(files);
    return true;
}

void TableDesk::compile_next()
{
    while (compiler_ready_ && !in_hand_) {
        const auto next =
            std::ranges::find_if(cases_, [](const auto& one) { return one.second.waiting; });
        if (next == cases_.end())
            break;
        send(next->first, next->second);
    }
    const bool waiting =
        in_hand_ || std::ranges::any_of(cases_, [](const auto& one) { return one.second.waiting; });
    if (waiting)
        return;
    const bool first = !std::exchange(complete_, true);
    if (std::exchange(untold_, false) || first) {
        ++generation_;
        ways_.changed();
    }
}

void TableDesk::take(ControlMessage received)
{
    if (received.message.has_include())
        answer(received.message.include());
    else if (received.message.has_compiled())
        receive(received.message.compiled(), std::move(received.descriptors));
}

/// The compiler reads lists that users may write, and is believed accordingly: a file that not
/// everybody may read is opened only where a table's own file names it.
std::expected<OpenedFile, std::string> TableDesk::open_include(const std::string& path)
{
    if (!path.starts_with('/') || path.contains('\0'))
        return std::unexpected("it is no absolute path");
    auto opened = open_table_file(path);
    if (!opened || (opened->mode & S_IROTH) != 0)
        return opened;
    if (std::ranges::any_of(sources_in_hand_,
                            [&](const auto& file) { return names_include(file.get(), path); }))
        return opened;
    return std::unexpected(path + " is not for everybody to read, and no table names it");
}

void TableDesk::answer(const wire::Control::Include& include)
{
    wire::Control message;
    message.mutable_included();
    if (!in_hand_ || !cases_.contains(*in_hand_)) {
        ways_.to_compiler(message, {});
        return;
    }
    const auto& path = include.path();
    watch_.add(path);
    auto& marks = cases_.at(*in_hand_).marks;
    constexpr std::size_t most_files = 10'000;
    if (marks.size() < most_files)
        marks[path] = mark_of(path);
    const auto opened = open_include(path);
    if (!opened) {
        log::warning("table.problem", {{"table", name_of(*in_hand_)}, {"problem", opened.error()}});
        ways_.to_compiler(message, {});
        return;
    }
    message.mutable_included()->set_found(true);
    const int descriptor = opened->file.get();
    ways_.to_compiler(message, {&descriptor, 1});
}

void TableDesk::receive(const wire::Control::Compiled& compiled, std::vector<UniqueFd> descriptors)
{
    if (!in_hand_ || compiled.table() != std::to_underlying(*in_hand_))
        return;
    const auto table = *std::exchange(in_hand_, std::nullopt);
    sources_in_hand_.clear();
    // A table that is no longer configured comes to nothing.
    if (const auto found = cases_.find(table); found != cases_.end()) {
        auto& one = found->second;
        one.ends = 0;
        for (const auto& problem : compiled.problems())
            log::warning("table.problem", {{"table", name_of(table)}, {"problem", problem}});
        if (descriptors.size() != 1 || !is_sealed(descriptors.front())) {
            keep(table, one, "the compiler made no image of it");
        } else {
            one.image = std::move(descriptors.front());
            untold_ = true;
            log::info("table.compiled",
                      {{"table", name_of(table)},
                       {"entries", compiled.entries()},
                       {"problems",
                        static_cast<std::uint64_t>(compiled.problems_size()) + compiled.untold()}});
        }
    }
    compile_next();
}

void TableDesk::look_for_changes()
{
    for (auto& [table, one] : cases_) {
        for (const auto& [path, mark] : one.marks) {
            watch_.add(path); // Its directory may be another one.
            if (mark_of(path) != mark) {
                one.waiting = true;
                one.ends = 0;
            }
        }
    }
    compile_next();
}

void TableDesk::hand_to(const ControlChannel& channel) const
{
    wire::Control message;
    message.mutable_tables()->set_generation(generation_);
    std::vector<int> images;
    for (const auto& [table, one] : cases_)
        if (one.image) {
            message.mutable_tables()->add_tables(std::to_underlying(table));
            images.push_back(one.image.get());
        }
    channel.send(message, images);
}

} // namespace posthouse::process
