// SPDX-License-Identifier: Apache-2.0
#include "sorter/sorter.hpp"

#include "base/log.hpp"
#include "mail/charset.hpp"
#include "process/table_images.hpp"
#include "routing/rules.hpp"
#include "routing/table_set.hpp"
#include "sorter/serve.hpp"

#include <boost/asio/io_context.hpp>

#include <ctime>

namespace posthouse::sorter {
namespace {

/// The sorter's links, and what it routes by.
class Sorter {
public:
    Sorter(boost::asio::io_context& context, const process::Settings& settings) : context_(context)
    {
        configure(settings);
    }

    void configure(const process::Settings& settings)
    {
        auto handbook = std::make_shared<Handbook>(routing::rules_from(settings.config));
        if (handbook_) {
            handbook->tables = handbook_->tables;
            handbook->tables_owner = handbook_->tables_owner;
        }
        handbook_ = std::move(handbook);
    }

    void take(const std::vector<process::TableImage>& images)
    {
        mapped_ = process::map_tables(images, *mapped_);
        auto handbook = std::make_shared<Handbook>(*handbook_);
        handbook->tables = routing::tables_in(*mapped_);
        handbook->tables_owner = mapped_;
        handbook_ = std::move(handbook);
    }

    /// A link lives by itself until its other end goes.
    void open_link(process::LinkEnd end)
    {
        if (end.peer != "keeper" || !end.socket)
            return;
        wire::Link::open(context_.get_executor(), std::move(end.socket),
                         {.handler =
                              [this](std::shared_ptr<wire::Link> keeper, wire::Frame frame) {
                                  return serve(handbook_, std::move(keeper), std::move(frame));
                              },
                          .closed = {}});
    }

private:
    boost::asio::io_context& context_;
    std::shared_ptr<const Handbook> handbook_;
    std::shared_ptr<const tables::MappedTables> mapped_ =
        std::make_shared<const tables::MappedTables>();
};

} // namespace

process::Exit run_sorter(process::StartUp start)
{
    log::set_process(start.name);
    ::tzset();
    mail::prepare_charsets();
    const process::Confinement confinement{.role = process::Role::sorter,
                                           .identity = start.identity};
    if (auto done = process::confine_process(confinement); !done)
        process::fail_start_up(start.control, process::Exit::os_error, done.error().text);
    boost::asio::io_context context(1);
    Sorter sorter(context, *start.settings);
    sorter.take(start.tables);
    process::RoleControl control(
        context, std::move(start.control),
        {.configured = [&](auto settings) { sorter.configure(*settings); },
         .linked = [&](process::LinkEnd end) { sorter.open_link(std::move(end)); },
         .listening = {},
         .drain = [] { process::leave(process::Exit::ok); },
         .ended = {},
         .orphaned = {},
         .tables = [&](auto images) { sorter.take(images); }});
    if (auto done = process::confine_calls(confinement); !done)
        control.fail(process::Exit::os_error, done.error().text);
    for (auto& end : start.links)
        sorter.open_link(std::move(end));
    control.ready();
    context.run();
    return process::Exit::ok;
}

} // namespace posthouse::sorter
