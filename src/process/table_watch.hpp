// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <set>
#include <string>

namespace posthouse::process {

/// Says when something happened in the directories of some files; what it was is the listener's to
/// find out. Directories, because editors put a new file in the place of the old one.
class TableWatch {
public:
    /// `stirred` is called once for all that happens within a second.
    TableWatch(boost::asio::io_context&, std::function<void()> stirred);

    /// From now on this file's directory too, and the one that its symbolic links lead to.
    void add(const std::string& path);

private:
    void wait();
    void settle();

    boost::asio::posix::stream_descriptor events_;
    boost::asio::steady_timer quiet_;
    std::function<void()> stirred_;
    bool settling_ = false;
};

} // namespace posthouse::process
