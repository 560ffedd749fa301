// SPDX-License-Identifier: Apache-2.0
#include "cli/desk.hpp"

#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "keeper/account_restore.hpp"
#include "keeper/admin.hpp"
#include "keeper/backup_desk.hpp"
#include "keeper/dispatch.hpp"
#include "process/users.hpp"
#include "store/rocksdb/engine.hpp"
#include "wire/link.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace posthouse::cli {
namespace {

using process::Exit;
using process::Obstacle;

constexpr auto patience = std::chrono::seconds(60);   // DNS may be asked.
constexpr auto long_patience = std::chrono::hours(2); // A large account takes another's place.

wire::AdminAnswer failed(Exit code, std::string why)
{
    wire::AdminAnswer answer;
    answer.set_error(std::move(why));
    answer.set_exit_code(static_cast<int>(code));
    return answer;
}

// ---- the running server ---------------------------------------------------------------------

/// No descriptor and no error: nobody serves the socket.
std::expected<UniqueFd, Obstacle> connect_to(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return std::unexpected(
            Obstacle{Exit::config, {fmt::format("{} is too long for a socket's name", path)}});
    std::memcpy(address.sun_path, path.data(), path.size());
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket &&
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return socket;
    const int error = errno;
    if (error == ENOENT || error == ECONNREFUSED)
        return UniqueFd();
    if (error == EACCES || error == EPERM)
        return std::unexpected(
            Obstacle{Exit::no_permission,
                     {fmt::format("{} is for root and the service user only; try sudo", path)}});
    return std::unexpected(Obstacle{
        Exit::os_error,
        {fmt::format("the server cannot be reached at {}: {}", path, std::strerror(error))}});
}

class ServerDesk final : public Desk {
public:
    explicit ServerDesk(UniqueFd socket)
    {
        const int flags = ::fcntl(socket.get(), F_GETFL);
        ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK);
        link_ = wire::Link::open(context_.get_executor(), std::move(socket), {});
    }

    wire::AdminAnswer ask(const wire::Admin& request) override
    {
        auto answer = failed(Exit::temporary, "the server takes longer than a minute to answer");
        context_.restart();
        asio::co_spawn(context_, ask_server(request, answer), asio::detached);
        context_.run_for(patience);
        return answer;
    }

    wire::Result<wire::Answer> call(wire::Method method, std::string message,
                                    std::string raw) override
    {
        std::optional<wire::Result<wire::Answer>> answer;
        context_.restart();
        asio::co_spawn(context_, link_->call(method, std::move(message), std::move(raw)),
                       [&](std::exception_ptr, wire::Result<wire::Answer> got) {
                           answer = std::move(got);
                           context_.stop();
                       });
        context_.run_for(method == wire::Method::restore_write ? long_patience : patience);
        if (!answer) {
            link_->close(); // What it answers yet would be taken for something else's answer.
            answer = std::unexpected(wire::Failure::unavailable);
        }
        return std::move(*answer);
    }

private:
    Task<void> ask_server(const wire::Admin& request, wire::AdminAnswer& to)
    {
        auto answer = co_await link_->call<wire::AdminAnswer>(wire::Method::admin, request);
        if (answer)
            to = std::move(answer->message);
        else if (answer.error() == wire::Failure::closed)
            to = failed(Exit::no_permission,
                        "the server hung up: only root and the service user may administer it");
        else
            to = failed(Exit::temporary, fmt::format("the server did not answer: {}",
                                                     wire::describe(answer.error())));
        context_.stop();
    }

    asio::io_context context_{1};
    std::shared_ptr<wire::Link> link_;
};

// ---- the locked store -----------------------------------------------------------------------

std::expected<void, Obstacle> become(process::Identity identity)
{
    if (::setgroups(0, nullptr) != 0 ||
        ::setresgid(identity.group, identity.group, identity.group) != 0 ||
        ::setresuid(identity.user, identity.user, identity.user) != 0)
        return std::unexpected(
            Obstacle{Exit::os_error,
                     {fmt::format("the service user's rights cannot be taken on: {}",
                                  std::strerror(errno))}});
    return {};
}

/// Whom the data directory belongs to, or will.
std::expected<process::Identity, Obstacle> owner_of(const config::Config& config)
{
    struct stat found{};
    if (::stat(config.data_dir.c_str(), &found) == 0 && found.st_uid != 0)
        return process::Identity{found.st_uid, found.st_gid};
    auto service = process::look_up_user(config.process.users.keeper);
    if (!service)
        return std::unexpected(Obstacle{Exit::config, {service.error()}});
    return *service;
}

/// The data directory is there and this process is who may write it.
std::expected<void, Obstacle> enter_data_dir(const config::Config& config)
{
    const auto& path = config.data_dir;
    std::error_code error;
    std::filesystem::create_directories(path, error);
    struct stat found{};
    if (error || ::stat(path.c_str(), &found) != 0)
        return std::unexpected(
            Obstacle{Exit::cannot_create,
                     {fmt::format("the data directory {} cannot be made: {}", path,
                                  error ? error.message() : std::strerror(errno))}});
    if (::geteuid() != 0)
        return {};
    process::Identity owner{found.st_uid, found.st_gid};
    if (found.st_uid == 0) { // New, then: given to the service user, as the server would.
        const auto service = owner_of(config);
        if (!service)
            return std::unexpected(service.error());
        owner = *service;
        if (::chown(path.c_str(), owner.user, owner.group) != 0 || ::chmod(path.c_str(), 0700) != 0)
            return std::unexpected(
                Obstacle{Exit::cannot_create,
                         {fmt::format("the data directory {} cannot be given to {}: {}", path,
                                      config.process.users.keeper, std::strerror(errno))}});
    }
    return become(owner);
}

Obstacle cannot_open(const store::rocksdb::OpenFailure& failure, const std::string& data_dir)
{
    using Kind = store::rocksdb::OpenFailure::Kind;
    switch (failure.kind) {
    case Kind::locked:
        return {Exit::temporary,
                {fmt::format("the store in {} is in use, but no server answers on its control "
                             "socket: it is starting or stopping, or another command is at work; "
                             "try again in a moment",
                             data_dir)}};
    case Kind::unwritable:
        return {Exit::cannot_create, {failure.text}};
    case Kind::no_space:
    case Kind::corrupt:
        return {Exit::io_error, {failure.text}};
    case Kind::newer_version:
        return {Exit::config, {failure.text}};
    case Kind::other:
        break;
    }
    return {Exit::software, {failure.text}};
}

class StoreDesk final : public Desk {
public:
    static OpenDesk open(const config::Config& config)
    {
        auto desk = std::unique_ptr<StoreDesk>(new StoreDesk);
        store::rocksdb::OpenOptions options;
        options.executor = desk->context_.get_executor();
        options.data_dir = config.data_dir;
        options.body_memtable_bytes = 16u << 20;
        options.row_memtable_bytes = 16u << 20;
        auto engine = store::rocksdb::open(std::move(options));
        if (!engine)
            return std::unexpected(cannot_open(engine.error(), config.data_dir));
        desk->engine_ = std::move(*engine);
        auto settings = std::make_shared<const process::Settings>(process::Settings{
            .generation = 1, .config = config, .dns_servers = {}, .salvage = false});
        desk->office_ = std::make_unique<keeper::Office>(desk->context_.get_executor(),
                                                         *desk->engine_, std::move(settings));
        desk->letters_ = std::make_unique<keeper::Letters>(*desk->office_);
        desk->dispatch_ = std::make_unique<keeper::Dispatch>(*desk->office_, *desk->letters_);
        desk->admin_ = std::make_unique<keeper::Admin>(
            *desk->office_, *desk->letters_,
            keeper::Admin::House{desk->dispatch_.get(), nullptr, keeper::Admin::Doors::closed});
        desk->backups_ =
            std::make_unique<keeper::BackupDesk>(*desk->engine_, desk->office_->random);
        desk->restores_ = std::make_unique<keeper::AccountRestore>(*desk->office_,
                                                                   keeper::AccountRestore::House());
        std::optional<Obstacle> obstacle;
        desk->run(desk->prepare(obstacle));
        if (obstacle)
            return std::unexpected(std::move(*obstacle));
        return desk;
    }

    wire::AdminAnswer ask(const wire::Admin& request) override
    {
        auto answer = failed(Exit::software, "the store did not answer");
        run(answer_into(request, answer));
        return answer;
    }

    wire::Result<wire::Answer> call(wire::Method method, std::string message,
                                    std::string raw) override
    {
        wire::Frame frame;
        frame.head.method = method;
        frame.message = std::move(message);
        frame.raw = std::move(raw);
        wire::Result<wire::Answer> answer = std::unexpected(wire::Failure::refused);
        run(answer_frame(std::move(frame), answer));
        return answer;
    }
    store::Engine* engine() override { return engine_.get(); }
    void run_task(std::function<Task<void>()> task) override { run(task()); }

private:
    StoreDesk() = default;

    Task<void> prepare(std::optional<Obstacle>& obstacle)
    {
        auto opened = co_await office_->open();
        if (!opened)
            obstacle = Obstacle{
                Exit::io_error,
                {fmt::format("the store cannot be used: {}", store::describe(opened.error()))}};
        // What a restore that was broken off has left.
        if (auto settled = co_await restores_->settle(); !settled && !obstacle)
            obstacle = Obstacle{
                Exit::io_error,
                {fmt::format("the store cannot be used: {}", store::describe(settled.error()))}};
    }
    Task<void> answer_into(const wire::Admin& request, wire::AdminAnswer& answer)
    {
        answer = co_await admin_->answer(request);
    }
    Task<void> answer_frame(wire::Frame frame, wire::Result<wire::Answer>& answer)
    {
        switch (frame.head.method) {
        case wire::Method::backup_read:
        case wire::Method::backup_end:
            answer = co_await backups_->answer(this, std::move(frame));
            break;
        case wire::Method::restore_write:
            answer = co_await restores_->answer(this, std::move(frame));
            break;
        default:
            break;
        }
    }
    void run(Task<void> task)
    {
        bool done = false;
        asio::co_spawn(context_, std::move(task), [&](std::exception_ptr) { done = true; });
        const auto busy = asio::make_work_guard(context_); // Answers come from other threads.
        context_.restart();
        while (!done)
            context_.run_one();
    }

    asio::io_context context_{1};
    std::unique_ptr<store::Engine> engine_;
    std::unique_ptr<keeper::Office> office_;
    std::unique_ptr<keeper::Letters> letters_;
    std::unique_ptr<keeper::Dispatch> dispatch_; // It is never started: it ends letters, no more.
    std::unique_ptr<keeper::Admin> admin_;
    std::unique_ptr<keeper::BackupDesk> backups_;
    std::unique_ptr<keeper::AccountRestore> restores_;
};

} // namespace

std::expected<process::Identity, Obstacle> store_owner(const config::Config& config)
{
    return owner_of(config);
}

std::expected<void, Obstacle> act_as(process::Identity identity)
{
    if (::geteuid() != 0 || identity.user == 0)
        return {};
    return become(identity);
}

OpenDesk open_desk(const config::Config& config)
{
    log::set_level(log::Level::error); // What it says is said in its answers.
    auto socket = connect_to(process::control_socket_path(config.data_dir));
    if (!socket)
        return std::unexpected(socket.error());
    if (*socket)
        return std::make_unique<ServerDesk>(std::move(*socket));
    if (auto entered = enter_data_dir(config); !entered)
        return std::unexpected(entered.error());
    return StoreDesk::open(config);
}

} // namespace posthouse::cli
