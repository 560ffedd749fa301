// SPDX-License-Identifier: Apache-2.0
#include "process/start_up.hpp"

#include "base/log.hpp"
#include "config/load.hpp"
#include "wire/signing.pb.h"

#include <cstdlib>
#include <unistd.h>

namespace posthouse::process {
namespace {

std::vector<Listening> listening_from(ControlMessage& received)
{
    std::vector<Listening> listeners;
    const auto& listen = received.message.listen();
    const auto count =
        std::min(static_cast<std::size_t>(listen.listeners_size()), received.descriptors.size());
    for (std::size_t i = 0; i < count; ++i)
        listeners.push_back(
            {listen.listeners(static_cast<int>(i)), std::move(received.descriptors[i])});
    return listeners;
}

std::vector<TableImage> tables_from(ControlMessage& received)
{
    std::vector<TableImage> images;
    const auto& numbers = received.message.tables().tables();
    const auto count =
        std::min(static_cast<std::size_t>(numbers.size()), received.descriptors.size());
    for (std::size_t i = 0; i < count; ++i)
        images.push_back({static_cast<tables::Table>(numbers[static_cast<int>(i)]),
                          std::move(received.descriptors[i])});
    return images;
}

bool take_certificates(const std::string& bytes, net::TlsMaterial& into)
{
    wire::Certificates certificates;
    if (!certificates.ParseFromString(bytes))
        return false;
    for (auto& site : *certificates.mutable_sites())
        into.sites.push_back({.names = {site.names().begin(), site.names().end()},
                              .certificate = std::move(*site.mutable_certificate()),
                              .ocsp_response = std::move(*site.mutable_ocsp_response())});
    into.client_authorities = std::move(*certificates.mutable_client_authorities());
    return true;
}

UniqueFd first_of(std::vector<UniqueFd>& descriptors)
{
    return descriptors.empty() ? UniqueFd() : std::move(descriptors.front());
}

LinkEnd link_from(ControlMessage& received)
{
    LinkEnd end{received.message.link().peer(), received.message.link().index(), {}};
    if (!received.descriptors.empty())
        end.socket = std::move(received.descriptors.front());
    return end;
}

} // namespace

std::expected<Settings, std::string> settings_from(const ControlMessage& received)
{
    const auto& configure = received.message.configure();
    if (received.descriptors.size() != 2u + static_cast<std::size_t>(configure.files_size()))
        return std::unexpected("configuration without its files");
    const auto text = read_text_file(received.descriptors[0]);
    const auto certificates = read_text_file(received.descriptors[1]);
    if (!text || !certificates)
        return std::unexpected("the configuration handed over cannot be read");
    auto loaded = config::load_text(*text, "configuration");
    if (!loaded)
        return std::unexpected(loaded.error().front().text());
    Settings settings{
        .generation = configure.generation(),
        .config = std::move(*loaded),
        .dns_servers = {configure.dns_servers().begin(), configure.dns_servers().end()},
        .salvage = configure.salvage()};
    for (int i = 0; i < configure.files_size(); ++i) {
        auto file = read_text_file(received.descriptors[2 + static_cast<std::size_t>(i)]);
        if (!file)
            return std::unexpected("a file handed over cannot be read");
        if (configure.files(i) == "passwd_file") {
            settings.passwd_file = std::move(*file);
            continue;
        }
        if (configure.files(i) == "keytab") {
            settings.keytab = Secret(std::move(*file));
            continue;
        }
        auto& to = configure.files(i) == "backup_recipients" ? settings.backup_recipients
                   : configure.files(i) == "token_keys"      ? settings.token_keys
                                                             : settings.notification_template;
        to = std::move(*file);
    }
    if (!take_certificates(*certificates, settings.tls))
        return std::unexpected("the certificates handed over cannot be read");
    for (const auto& [file, password] : configure.secrets())
        settings.secrets.emplace(file, Secret(password));
    return settings;
}

std::optional<StartUp> receive_start_up(ControlChannel channel, std::string name)
{
    StartUp start{.name = std::move(name),
                  .settings = nullptr,
                  .listeners = {},
                  .links = {},
                  .identity = {},
                  .control = std::move(channel)};
    for (;;) {
        auto received = start.control.receive();
        if (!received)
            return std::nullopt;
        switch (received->message.what_case()) {
        case wire::Control::kConfigure: {
            auto settings = settings_from(*received);
            if (!settings)
                fail_start_up(start.control, Exit::config, settings.error());
            start.settings = std::make_shared<const Settings>(std::move(*settings));
            log::set_level(start.settings->config.log_level);
            break;
        }
        case wire::Control::kListen:
            start.listeners = listening_from(*received);
            break;
        case wire::Control::kTables:
            start.tables = tables_from(*received);
            break;
        case wire::Control::kLink:
            start.links.push_back(link_from(*received));
            break;
        case wire::Control::kStart:
            if (received->message.start().has_identity())
                start.identity = Identity{received->message.start().identity().user(),
                                          received->message.start().identity().group()};
            return start;
        default:
            break;
        }
    }
}

RoleControl::RoleControl(boost::asio::io_context& context, ControlChannel channel, Events events)
    : channel_(UniqueFd(::dup(channel.fd()))),
      descriptor_(context, channel.release()),
      events_(std::move(events))
{
    wait();
}

void RoleControl::wait()
{
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this](boost::system::error_code error) {
                               if (error)
                                   return;
                               for (;;) {
                                   auto received = channel_.poll();
                                   if (received) {
                                       take(std::move(*received));
                                       continue;
                                   }
                                   if (received.error() == ControlChannel::End::closed) {
                                       if (events_.orphaned)
                                           return events_.orphaned();
                                       leave(Exit::ok);
                                   }
                                   return wait();
                               }
                           });
}

void RoleControl::take(ControlMessage received)
{
    switch (received.message.what_case()) {
    case wire::Control::kConfigure: {
        auto settings = settings_from(received);
        if (!settings) {
            log::error("configuration.refused", {{"reason", settings.error()}});
            break;
        }
        log::set_level(settings->config.log_level);
        if (events_.configured)
            events_.configured(std::make_shared<const Settings>(std::move(*settings)));
        break;
    }
    case wire::Control::kLink:
        if (events_.linked)
            events_.linked(link_from(received));
        break;
    case wire::Control::kListen:
        if (events_.listening)
            events_.listening(listening_from(received));
        break;
    case wire::Control::kEnded:
        if (events_.ended)
            events_.ended(received.message.ended().member(), received.message.ended().crashed());
        break;
    case wire::Control::kTables:
        if (events_.tables)
            events_.tables(tables_from(received));
        break;
    case wire::Control::kConnected:
        if (events_.connected)
            events_.connected(received.message.connected().id(), first_of(received.descriptors),
                              received.message.connected().error());
        break;
    case wire::Control::kCollect:
        if (events_.collect)
            events_.collect(received.message.collect().id(), received.message.collect().user(),
                            first_of(received.descriptors));
        break;
    case wire::Control::kKeys:
        if (events_.keys)
            events_.keys(received.message.keys(), std::move(received.descriptors));
        break;
    case wire::Control::kDrain:
        if (events_.drain)
            events_.drain();
        else
            leave(Exit::ok);
        break;
    default:
        break;
    }
}

void RoleControl::ready()
{
    wire::Control message;
    message.mutable_ready();
    channel_.send(message);
}

void RoleControl::fail(Exit code, std::string reason)
{
    fail_start_up(channel_, code, std::move(reason));
}

void fail_start_up(const ControlChannel& channel, Exit code, std::string reason)
{
    wire::Control message;
    message.mutable_fatal()->set_reason(std::move(reason));
    message.mutable_fatal()->set_exit_code(static_cast<int>(code));
    channel.send(message);
    leave(code);
}

void leave(Exit code)
{
    ::_exit(static_cast<int>(code));
}

} // namespace posthouse::process
