// SPDX-License-Identifier: Apache-2.0
#include "keeper/keeper.hpp"

#include "archive/store_id.hpp"
#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "keeper/account_restore.hpp"
#include "keeper/admin.hpp"
#include "keeper/admin_server.hpp"
#include "keeper/backup_desk.hpp"
#include "keeper/body_sweep.hpp"
#include "keeper/dispatch.hpp"
#include "keeper/housekeeping.hpp"
#include "keeper/intake.hpp"
#include "keeper/logins.hpp"
#include "keeper/mailboxes.hpp"
#include "keeper/moving.hpp"
#include "keeper/primary.hpp"
#include "keeper/reading.hpp"
#include "keeper/submission.hpp"
#include "process/house.hpp"
#include "process/premises.hpp"
#include "process/table_images.hpp"
#include "routing/table_set.hpp"
#include "store/rocksdb/engine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace posthouse::keeper {
namespace {

using process::Exit;

Exit exit_for(store::rocksdb::OpenFailure::Kind kind)
{
    using Kind = store::rocksdb::OpenFailure::Kind;
    switch (kind) {
    case Kind::locked:
        return Exit::temporary;
    case Kind::unwritable:
        return Exit::cannot_create;
    case Kind::no_space:
    case Kind::corrupt:
        return Exit::io_error;
    case Kind::newer_version:
        return Exit::config;
    case Kind::other:
        break;
    }
    return Exit::software;
}

/// The desks of the keeper and the links to everyone else.
class Keeper {
public:
    Keeper(asio::io_context& context, store::Engine& engine,
           std::shared_ptr<const process::Settings> settings)
        : context_(context),
          office_(context.get_executor(), engine, std::move(settings)),
          letters_(office_),
          dispatch_(office_, letters_),
          intake_(office_, [this](auto letter) { dispatch_.accepted(std::move(letter)); }),
          logins_(office_),
          sessions_(office_.random),
          reading_(office_, logins_, sessions_),
          mailboxes_(office_, sessions_, dispatch_.sorters()),
          admin_(office_, letters_,
                 Admin::House{&dispatch_, &reading_, Admin::Doors::open, &logins_,
                              &mailboxes_.texts(), &mailboxes_.sharing(), &mailboxes_.quotas()}),
          admin_server_(context, admin_)
    {
        office_.set_find_logins(
            [this](std::vector<std::string> names) { return find_logins(std::move(names)); });
        office_.set_find_outside(
            [this](mail::Mailbox address) { return logins_.find_outside(std::move(address)); });
        intake_.set_route_ahead(
            [this](auto letter) { return dispatch_.route_ahead(std::move(letter)); });
        intake_.set_run_queue(
            [this](mail::Domain domain) { return dispatch_.run_queue(std::move(domain)); });
        intake_.set_ask_primary(
            [this](mail::Mailbox mailbox) { return primary_.ask(std::move(mailbox)); });
        serve_backups();
    }

    Task<void> open(process::RoleControl& control)
    {
        office_.spool.on_fenced([] {
            // The supervisor starts a keeper that opens the store anew.
            log::error("store.fenced");
            process::leave(Exit::io_error);
        });
        const auto restoring = co_await office_.engine.partitions().version(
            {std::string(archive::restoring_partition)});
        if (restoring && *restoring != store::Version::none)
            control.fail(Exit::config, "a restore of the whole store was broken off: run posthouse "
                                       "restore again before the server is started");
        auto opened = co_await office_.open();
        if (!opened)
            control.fail(Exit::io_error, std::string("the store cannot be used: ") +
                                             std::string(store::describe(opened.error())));
        if (auto settled = co_await restores_.settle(); !settled)
            log::error("restore.unfinished",
                       {{"address", ""}, {"why", store::describe(settled.error())}});
        control.ready();
        asio::co_spawn(context_, admin_.finish_removals(), asio::detached);
        mailboxes_.quotas().configure();
        asio::co_spawn(context_, housekeeping_.run(), asio::detached);
        if (may_sweep())
            asio::co_spawn(context_, sweep_.run(), asio::detached);
        asio::co_spawn(context_, mailboxes_.texts().run(), asio::detached);
        co_await dispatch_.start();
    }

    /// What names a body may be what could not be read: after a salvage nothing is removed until
    /// somebody has looked, and says so by removing this file. docs/store.md
    bool may_sweep() const
    {
        constexpr auto mark = "salvaged";
        if (office_.settings().salvage) {
            const UniqueFd made(::open(mark, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
            return false;
        }
        struct stat there{};
        return ::fstatat(AT_FDCWD, mark, &there, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
    }

    void link(process::LinkEnd end);
    void serve_backups();
    void listen(std::vector<process::Listening> listeners)
    {
        for (auto& listener : listeners)
            if (listener.what.protocol() == "control")
                admin_server_.listen(std::move(listener.socket));
    }
    void configure(std::shared_ptr<const process::Settings> settings)
    {
        office_.configure(std::move(settings));
        mailboxes_.quotas().configure();
        dispatch_.configure();
    }
    void take(const std::vector<process::TableImage>& images)
    {
        mapped_ = process::map_tables(images, *mapped_);
        office_.set_tables(routing::tables_in(*mapped_), mapped_);
    }
    void ended(const std::string& member, bool crashed)
    {
        workers_of(member).ended(member, crashed);
    }
    void drain()
    {
        intake_.close();
        dispatch_.drain([this] { context_.stop(); });
    }

private:
    Workers& workers_of(const std::string& member)
    {
        switch (process::role_of_member(member)) {
        case process::Role::sorter:
            return dispatch_.sorters();
        case process::Role::agent:
            return dispatch_.agents();
        default:
            return dispatch_.couriers();
        }
    }
    Submission::House submission_house();
    AccountRestore::House restore_house();
    Task<store::Result<void>> erase_index(mailbox::AccountId);
    Task<Office::Answer<std::vector<bool>>> find_logins(std::vector<std::string> names);
    Task<wire::Result<wire::Answer>> serve(std::string peer, std::shared_ptr<wire::Link>,
                                           wire::Frame);

    asio::io_context& context_;
    std::shared_ptr<const tables::MappedTables> mapped_ =
        std::make_shared<const tables::MappedTables>();
    Office office_;
    Letters letters_;
    Dispatch dispatch_;
    Intake intake_;
    Logins logins_;
    ReaderSessions sessions_;
    Reading reading_;
    Submission submission_{submission_house()};
    Mailboxes mailboxes_;
    Housekeeping housekeeping_{office_};
    BodySweep sweep_{office_.engine, context_.get_executor()};
    Primary primary_{office_, dispatch_};
    Admin admin_;
    AdminServer admin_server_;
    BackupDesk backups_{office_.engine, office_.random};
    AccountRestore restores_{office_, restore_house()};
    Moving moving_{office_, mailboxes_};
    std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<wire::Link>> links_;
};

AccountRestore::House Keeper::restore_house()
{
    return {&sessions_, [this](mailbox::AccountId id) { return erase_index(id); }};
}

Task<store::Result<void>> Keeper::erase_index(mailbox::AccountId id)
{
    const auto erased = co_await mailboxes_.texts().erase(id);
    mailboxes_.texts().forget(id);
    if (!erased)
        co_return std::unexpected(erased.error() == mailbox::Error::no_space
                                      ? store::Error::no_space
                                      : store::Error::unavailable);
    co_return store::Result<void>{};
}

void Keeper::serve_backups()
{
    using wire::Method;
    admin_server_.also(
        {.takes = [](Method m) { return m == Method::backup_read || m == Method::backup_end; },
         .answer =
             [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
                 return backups_.answer(link.get(), std::move(frame));
             },
         .gone = [this](const wire::Link* link) { backups_.gone(link); }});
    admin_server_.also({.takes = [](Method m) { return m == Method::restore_write; },
                        .answer =
                            [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
                                return restores_.answer(link.get(), std::move(frame));
                            },
                        .gone = [this](const wire::Link* link) { restores_.gone(link); }});
    admin_server_.also({.takes = is_of_moving,
                        .answer =
                            [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
                                return moving_.answer(std::move(link), std::move(frame));
                            },
                        .gone = [this](const wire::Link* link) { moving_.gone(link); }});
}

Submission::House Keeper::submission_house()
{
    Submission::House house;
    house.config = [this]() -> const config::Submit& { return office_.config().submit; };
    house.sender = [this](const wire::Link* gate,
                          std::uint64_t handle) -> std::optional<Submission::Sender> {
        const auto* session = sessions_.find(gate, handle);
        if (session == nullptr)
            return std::nullopt;
        return Submission::Sender{
            directory::AccountId{static_cast<std::uint64_t>(session->account)}, session->address};
    };
    house.may_send_as = [this](directory::AccountId account, mail::Mailbox address) {
        return logins_.may_send_as(mailbox::AccountId{static_cast<std::uint64_t>(account)},
                                   std::move(address));
    };
    house.sessions = [this](std::shared_ptr<wire::Link> gate, wire::Frame frame) {
        return reading_.answer_gate(std::move(gate), std::move(frame));
    };
    house.intake = [this](std::shared_ptr<wire::Link> gate, wire::Frame frame) {
        return intake_.answer(std::move(gate), std::move(frame));
    };
    return house;
}

void Keeper::link(process::LinkEnd end)
{
    const auto peer = end.peer;
    const auto key = std::pair(peer, end.index);
    const auto role = process::role_of_member(peer);
    const bool worker = role == process::Role::sorter || role == process::Role::courier ||
                        role == process::Role::agent;
    const auto raw = std::make_shared<const wire::Link*>(nullptr);
    wire::Link::Options options;
    options.handler = [this, peer](std::shared_ptr<wire::Link> link, wire::Frame frame) {
        return serve(peer, std::move(link), std::move(frame));
    };
    options.closed = [this, peer, worker, raw] {
        intake_.gone(*raw);
        sessions_.gone(*raw);
        mailboxes_.gone(*raw);
        if (worker) {
            workers_of(peer).unlinked(peer, *raw);
            dispatch_.capacities_changed();
        }
    };
    auto link =
        wire::Link::open(context_.get_executor(), std::move(end.socket), std::move(options));
    *raw = link.get();
    links_[key] = link; // What was there before is closed by its own end.
    if (peer == "clerk")
        logins_.linked(link);
    if (worker) {
        workers_of(peer).linked(peer, std::move(link));
        dispatch_.capacities_changed();
    }
}

Task<wire::Result<wire::Answer>> Keeper::serve(std::string peer, std::shared_ptr<wire::Link> link,
                                               wire::Frame frame)
{
    if (peer == process::mail_gate)
        co_return co_await intake_.answer(std::move(link), std::move(frame));
    if (peer == "gate.submission")
        co_return co_await submission_.answer(std::move(link), std::move(frame));
    if (peer == process::reader_gate)
        co_return is_of_mailboxes(frame.head.method)
            ? co_await mailboxes_.answer(std::move(link), std::move(frame))
            : co_await reading_.answer_gate(std::move(link), std::move(frame));
    if (peer == "clerk")
        co_return co_await logins_.answer_clerk(std::move(frame));
    switch (frame.head.method) {
    case wire::Method::read_letter:
        co_return co_await dispatch_.read_letter(link.get(), std::move(frame));
    case wire::Method::read_indexed:
    case wire::Method::next_candidates:
        co_return co_await mailboxes_.answer_sorter(link.get(), std::move(frame));
    case wire::Method::look_up:
        co_return co_await dispatch_.look_up(link.get(), std::move(frame));
    case wire::Method::routes:
        co_return co_await dispatch_.take_routes(link.get(), std::move(frame));
    default:
        co_return std::unexpected(wire::Failure::refused);
    }
}

/// Asks the agent, which may look into the host's user database.
Task<Office::Answer<std::vector<bool>>> Keeper::find_logins(std::vector<std::string> names)
{
    const auto link = dispatch_.agents().any_link();
    if (!link)
        co_return std::unexpected(wire::Failure::unavailable);
    wire::FindUsers question;
    for (auto& name : names)
        question.add_names(std::move(name));
    auto found = co_await link->call<wire::FoundUsers>(wire::Method::find_users, question);
    if (!found)
        co_return std::unexpected(found.error());
    std::vector<bool> answers;
    for (const auto answer : found->message.answers()) {
        if (answer == wire::FoundUsers::UNAVAILABLE)
            co_return std::unexpected(wire::Failure::unavailable);
        answers.push_back(answer == wire::FoundUsers::FOUND);
    }
    co_return answers;
}

} // namespace

Exit run_keeper(process::StartUp start)
{
    log::set_process(start.name);
    if (::sodium_init() < 0)
        process::fail_start_up(start.control, Exit::os_error, "libsodium cannot be initialised");
    // The directory is entered while this process may still pass whatever leads there.
    const auto& data_dir = start.settings->config.data_dir;
    if (::chdir(data_dir.c_str()) != 0)
        process::fail_start_up(start.control, Exit::cannot_create,
                               "the data directory " + data_dir + " cannot be entered");
    process::Confinement confinement{
        .role = process::Role::keeper, .identity = start.identity, .data_dir = "."};
    if (auto confined = process::confine_process(confinement); !confined)
        process::fail_start_up(start.control, Exit::os_error, confined.error().text);

    asio::io_context context(1);
    store::rocksdb::OpenOptions options;
    options.executor = context.get_executor();
    options.data_dir = ".";
    // Room enough that a letter delivered within a second or so never reaches a table, and small
    // enough that a parked queue costs disk, not memory.
    options.body_memtable_bytes = 24u << 20;
    options.row_memtable_bytes = 12u << 20;
    options.max_wal_bytes = 64u << 20; // what a restart has to read
    options.cache_bytes = 24u << 20;
    options.salvage =
        start.settings->salvage ? store::rocksdb::Salvage::yes : store::rocksdb::Salvage::no;
    auto engine = store::rocksdb::open(std::move(options));
    if (!engine)
        process::fail_start_up(start.control, exit_for(engine.error().kind), engine.error().text);
    if (auto confined = process::confine_calls(confinement); !confined)
        process::fail_start_up(start.control, Exit::os_error, confined.error().text);
    {
        Keeper keeper(context, **engine, start.settings);
        keeper.take(start.tables);
        process::RoleControl control(
            context, std::move(start.control),
            {.configured = [&](auto settings) { keeper.configure(std::move(settings)); },
             .linked = [&](process::LinkEnd end) { keeper.link(std::move(end)); },
             .listening = [&](auto listeners) { keeper.listen(std::move(listeners)); },
             .drain = [&] { keeper.drain(); },
             .ended = [&](std::string member, bool crashed) { keeper.ended(member, crashed); },
             .orphaned = [&] { context.stop(); },
             .tables = [&](auto images) { keeper.take(images); }});
        keeper.listen(std::move(start.listeners));
        for (auto& end : start.links)
            keeper.link(std::move(end));
        asio::co_spawn(context, keeper.open(control), asio::detached);
        context.run();
        engine->reset(); // Closed in order; commits were durable before.
        log::info("keeper.closed");
        process::leave(Exit::ok);
    }
}

} // namespace posthouse::keeper
