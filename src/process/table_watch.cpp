// SPDX-License-Identifier: Apache-2.0
#include "process/table_watch.hpp"

#include "base/log.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/inotify.h>
#include <unistd.h>

namespace posthouse::process {
namespace {

constexpr auto patience = std::chrono::seconds(1);

} // namespace

TableWatch::TableWatch(boost::asio::io_context& context, std::function<void()> stirred)
    : events_(context),
      quiet_(context),
      stirred_(std::move(stirred))
{
    const int descriptor = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (descriptor < 0) {
        // Changes then take effect with a reload.
        log::warning("table.unwatched", {{"reason", std::strerror(errno)}});
        return;
    }
    events_.assign(descriptor);
    wait();
}

void TableWatch::add(const std::string& path)
{
    if (!events_.is_open())
        return;
    constexpr std::uint32_t happenings = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                         IN_DELETE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
    std::error_code error;
    std::set<std::filesystem::path> directories = {std::filesystem::path(path).parent_path()};
    if (const auto real = std::filesystem::canonical(path, error); !error)
        directories.insert(real.parent_path());
    for (const auto& directory : directories)
        ::inotify_add_watch(events_.native_handle(), directory.c_str(), happenings);
}

void TableWatch::wait()
{
    events_.async_wait(
        boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
            if (error)
                return;
            std::array<char, 4096> ignored;
            while (::read(events_.native_handle(), ignored.data(), ignored.size()) > 0)
                ;
            settle();
            wait();
        });
}

void TableWatch::settle()
{
    if (settling_)
        return;
    settling_ = true;
    quiet_.expires_after(patience);
    quiet_.async_wait([this](boost::system::error_code error) {
        if (error)
            return;
        settling_ = false;
        stirred_();
    });
}

} // namespace posthouse::process
