// SPDX-License-Identifier: Apache-2.0
#include "process/supervision.hpp"

#include "base/contract.hpp"
#include "base/log.hpp"
#include "process/doors.hpp"
#include "process/listeners.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>

namespace posthouse::process {
namespace {

constexpr int failures_before_giving_up = 5; // while the house opens
constexpr auto steady_after = std::chrono::seconds(30);
constexpr auto longest_back_off = std::chrono::seconds(30);

bool is_gate(Role role)
{
    return role == Role::gate;
}
bool is_keeper(Role role)
{
    return role == Role::keeper;
}
bool reads_tables(Role role)
{
    return role == Role::keeper || role == Role::sorter;
}
bool is_asked_in_packets(Role role)
{
    return role == Role::runner || role == Role::envoy || role == Role::pam;
}
bool is_any(Role)
{
    return true;
}

std::string describe_status(int status)
{
    if (WIFSIGNALED(status))
        return fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
    return fmt::format("exit code {}", WEXITSTATUS(status));
}

} // namespace

Supervision::Supervision(std::string config_path, Premises premises, Salvage salvage)
    : config_path_(std::move(config_path)),
      premises_(std::move(premises)),
      salvage_(salvage),
      house_(plan_house(premises_.documents.config, std::thread::hardware_concurrency())),
      tables_(context_,
              {.to_compiler = [this](const auto& message,
                                     auto files) { return tell_compiler(message, files); },
               .changed = [this] { hand_tables(); }}),
      tls_(context_, {.to_signer = [this](const auto& message,
                                          auto files) { return tell_signer(message, files); },
                      .changed = [this] { show_certificates(); }}),
      drop_(context_,
            [this](const auto& message, auto files) {
                const auto* gate = find(mail_gate);
                return gate != nullptr && gate->ready && gate->control->send(message, files);
            }),
      source_watch_(context_, [this] { look_at_source_files(); })
{
    for (const auto& member : house_.members) {
        children_.push_back(std::make_unique<Child>());
        children_.back()->member = member;
    }
}

Exit Supervision::run()
{
    log::set_process("supervisor");
    log::set_level(premises_.documents.config.log_level);
    const auto protections = protections_of_kernel();
    if (!protections.calls)
        return report({Exit::os_error, {"this kernel has no seccomp: nothing is started"}});
    if (!protections.complete())
        log::warning("confinement.incomplete", {{"in_force", describe(protections)}});
    log::info("house.opening", {{"hostname", premises_.documents.config.hostname.text()},
                                {"confinement", describe(protections)}});
    wait_for_signals();
    tables_.configure(premises_.documents.config.tables);
    watch_source_files();
    tls_.configure(premises_.documents.config.tls, [this](std::vector<std::string> problems) {
        if (problems.empty())
            return start_waiting_members();
        give_up(Exit::config, fmt::format("{}", fmt::join(problems, "; ")));
    });
    if (phase_ == Phase::opening)
        start_waiting_members();
    context_.run();
    return result_;
}

Supervision::Child* Supervision::find(std::string_view name)
{
    const auto found = std::ranges::find_if(
        children_, [&](const auto& child) { return child->member.name == name; });
    return found == children_.end() ? nullptr : found->get();
}

// ---- starting -------------------------------------------------------------------------------

/// Keeper and sorters wait for the tables: no letter is routed without them. Gates wait for the
/// keeper and the signer: the first client shall not be told to come back later.
bool Supervision::may_start(const Child& child)
{
    const auto role = child.member.role;
    if (is_gate(role))
        return tls_.is_complete() && (phase_ == Phase::open || find("keeper")->ready);
    return !reads_tables(role) || tables_.is_complete();
}

void Supervision::start_waiting_members()
{
    for (auto& child : children_)
        if (child->pid < 0 && !child->restart && may_start(*child))
            start(*child);
}

void Supervision::start(Child& child)
{
    child.restart.reset();
    auto spawned = spawn_role(child.member.name);
    if (!spawned) {
        log::error("process.not_started",
                   {{"member", child.member.name}, {"reason", spawned.error()}});
        return restart_later(child);
    }
    child.pid = spawned->pid;
    child.control = std::move(spawned->control);
    child.started = Instant::clock::now();
    child.ready = false;
    child.watched_process = std::make_unique<Descriptor>(context_, spawned->process.release());
    child.watched_control = std::make_unique<Descriptor>(context_, ::dup(child.control->fd()));
    watch(child);
    introduce(child);
}

void Supervision::introduce(Child& child)
{
    configure(child);
    hand_listeners(child);
    if (reads_tables(child.member.role))
        tables_.hand_to(*child.control);
    for (const auto& link : house_.joins) {
        if (link.one != child.member.name && link.other != child.member.name)
            continue;
        auto* one = find(link.one);
        auto* other = find(link.other);
        if (one->control && other->control)
            join(*one, *other, link);
    }
    wire::Control message;
    auto* start = message.mutable_start();
    if (const auto found = premises_.identities.find(child.member.role);
        found != premises_.identities.end()) {
        start->mutable_identity()->set_user(found->second.user);
        start->mutable_identity()->set_group(found->second.group);
    }
    child.control->send(message);
}

void Supervision::join(Child& one, Child& other, const Join& link)
{
    // What these are asked comes in whole messages, the runner's with descriptors.
    const int kind = is_asked_in_packets(other.member.role) ? SOCK_SEQPACKET : SOCK_STREAM;
    for (std::uint32_t i = 0; i < link.count; ++i) {
        std::array<int, 2> ends{};
        expects(::socketpair(AF_UNIX, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
        const UniqueFd first(ends[0]), second(ends[1]);
        wire::Control message;
        message.mutable_link()->set_index(i);
        message.mutable_link()->set_peer(other.member.name);
        one.control->send(message, std::array{first.get()});
        message.mutable_link()->set_peer(one.member.name);
        other.control->send(message, std::array{second.get()});
    }
}

void Supervision::configure(const Child& child) const
{
    const auto& documents = premises_.documents;
    const auto text = text_file(documents.text);
    const auto certificates =
        text_file(is_gate(child.member.role) ? tls_.certificates() : std::string());
    wire::Control message;
    message.mutable_configure()->set_generation(generation_);
    message.mutable_configure()->set_salvage(salvage_ == Salvage::yes);
    for (const auto& server : documents.dns_servers)
        message.mutable_configure()->add_dns_servers(server);
    std::vector<int> files{text.get(), certificates.get()};
    const auto recipients = text_file(documents.backup_recipients);
    const auto words = text_file(documents.notification_template);
    if (is_keeper(child.member.role)) {
        message.mutable_configure()->add_files("backup_recipients");
        message.mutable_configure()->add_files("notification_template");
        files.insert(files.end(), {recipients.get(), words.get()});
    }
    const auto token_keys = text_file(documents.token_keys);
    if (child.member.role == Role::clerk) {
        message.mutable_configure()->add_files("token_keys");
        files.push_back(token_keys.get());
    }
    if (child.member.role == Role::courier)
        for (const auto& [file, password] : documents.secrets)
            (*message.mutable_configure()->mutable_secrets())[file] = password.reveal();
    const auto share = documents.sources.share_of(child.member, documents.config);
    const auto passwd_file = text_file(share.passwd_file);
    const auto keytab = text_file(std::string(share.keytab.reveal()));
    if (child.member.role == Role::envoy) {
        message.mutable_configure()->add_files("passwd_file");
        message.mutable_configure()->add_files("keytab");
        files.insert(files.end(), {passwd_file.get(), keytab.get()});
        for (const auto& [file, password] : share.secrets)
            (*message.mutable_configure()->mutable_secrets())[file] = password.reveal();
    }
    child.control->send(message, files);
}

void Supervision::hand_listeners(const Child& child) const
{
    wire::Control message;
    auto* listen = message.mutable_listen();
    std::vector<int> sockets;
    if (is_keeper(child.member.role)) {
        listen->add_listeners()->set_protocol("control");
        sockets.push_back(premises_.control_socket.get());
    }
    for (const auto& listener : premises_.documents.config.listen) {
        if (child.member.name != gate_for(listener.protocol))
            continue;
        const auto socket = premises_.sockets.find(listener.text());
        if (socket == premises_.sockets.end())
            continue; // The house is closing.
        *listen->add_listeners() = describe(listener);
        sockets.push_back(socket->second.get());
    }
    if (const auto& path = premises_.documents.config.submission.socket;
        child.member.name == mail_gate && premises_.sockets.contains("unix:" + path)) {
        *listen->add_listeners() = describe_submission(path);
        sockets.push_back(premises_.sockets.at("unix:" + path).get());
    }
    if (!sockets.empty())
        child.control->send(message, sockets);
}

bool Supervision::tell_compiler(const wire::Control& message, std::span<const int> descriptors)
{
    const auto* compiler = find(tables_compiler);
    return compiler->control && compiler->control->send(message, descriptors);
}

bool Supervision::tell_signer(const wire::Control& message, std::span<const int> descriptors)
{
    const auto* child = find(signer);
    return child->control && child->control->send(message, descriptors);
}

void Supervision::show_certificates()
{
    for (const auto& child : children_)
        if (child->control && is_gate(child->member.role))
            configure(*child);
}

void Supervision::hand_tables()
{
    if (phase_ != Phase::opening && phase_ != Phase::open)
        return;
    for (const auto& child : children_)
        if (child->control && reads_tables(child->member.role))
            tables_.hand_to(*child->control);
    start_waiting_members();
}

// ---- watching -------------------------------------------------------------------------------

void Supervision::watch(Child& child)
{
    child.watched_process->async_wait(Descriptor::wait_read,
                                      [this, &child](boost::system::error_code error) {
                                          if (!error)
                                              ended(child);
                                      });
    hear(child);
}

void Supervision::hear(Child& child)
{
    child.watched_control->async_wait(
        Descriptor::wait_read, [this, &child](boost::system::error_code error) {
            if (error || !child.control)
                return;
            auto received = child.control->poll();
            if (!received && received.error() == ControlChannel::End::closed)
                return; // Its end is reported by the other descriptor.
            if (received && received->message.has_ready())
                ready(child);
            if (received && received->message.has_fatal()) {
                const auto& fatal = received->message.fatal();
                log::error("process.failed",
                           {{"member", child.member.name}, {"reason", fatal.reason()}});
                if (phase_ == Phase::opening)
                    return give_up(static_cast<Exit>(fatal.exit_code()), fatal.reason());
            }
            if (received)
                take_request(child, std::move(*received));
            hear(child);
        });
}

void Supervision::take_request(Child& child, ControlMessage received)
{
    if (child.member.role == Role::tables)
        return tables_.take(std::move(received));
    if (child.member.role == Role::signer && received.message.what_case() == wire::Control::kKeys)
        return tls_.take(received.message.keys());
    const auto& message = received.message;
    if (message.has_collected() && child.member.name == mail_gate)
        drop_.take(message.collected());
    if (message.has_connect() && child.member.name == mail_gate) {
        const auto door = open_door(premises_.documents.config, message.connect());
        wire::Control answer;
        answer.mutable_connected()->set_id(message.connect().id());
        if (door)
            child.control->send(answer, std::array{door->get()});
        else {
            answer.mutable_connected()->set_error(door.error());
            child.control->send(answer);
        }
    }
}

void Supervision::ready(Child& child)
{
    if (phase_ != Phase::opening && phase_ != Phase::open)
        return;
    child.ready = true;
    log::info("process.ready", {{"member", child.member.name}, {"pid", child.pid}});
    start_waiting_members();
    if (child.member.role == Role::tables)
        tables_.compiler_ready();
    if (child.member.role == Role::signer)
        tls_.signer_ready();
    if (phase_ == Phase::opening &&
        std::ranges::all_of(children_, [](const auto& c) { return c->ready; })) {
        phase_ = Phase::open;
        announce_ready();
    }
}

void Supervision::announce_ready()
{
    log::info("house.open", {{"generation", generation_}});
    drop_.open(premises_.documents.config.submission.drop);
    drop_.look();
    const char* path = std::getenv("NOTIFY_SOCKET"); // systemd's Type=notify
    if (path == nullptr || std::strlen(path) >= sizeof(sockaddr_un::sun_path))
        return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path); // NOLINT: measured above
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
    if (address.sun_path[0] == '@')
        address.sun_path[0] = '\0';
    const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    static constexpr std::string_view word = "READY=1";
    ::sendto(socket.get(), word.data(), word.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), length);
}

void Supervision::ended(Child& child)
{
    int status = 0;
    ::waitpid(child.pid, &status, 0);
    // One that was told to go and broke down on its way is worth a line all the same.
    // An envoy ends itself when its terms have changed.
    const bool is_done = child.member.role == Role::envoy && WIFEXITED(status) &&
                         WEXITSTATUS(status) == static_cast<int>(Exit::ok);
    const bool expected =
        is_done || (child.leaving && (!WIFSIGNALED(status) || WTERMSIG(status) == SIGKILL));
    if (!expected)
        log::warning(
            "process.ended",
            {{"member", child.member.name}, {"pid", child.pid}, {"how", describe_status(status)}});
    if (!expected && phase_ == Phase::opening && child.control) {
        // It may have said why in its last breath.
        if (auto last = child.control->poll(); last && last->message.has_fatal())
            give_up(static_cast<Exit>(last->message.fatal().exit_code()),
                    last->message.fatal().reason());
    }
    if (auto* keeper = find("keeper"); keeper != &child && keeper->control) {
        wire::Control message;
        message.mutable_ended()->set_member(child.member.name);
        // SIGKILL comes from outside; what a process does to itself comes as another signal.
        message.mutable_ended()->set_crashed(WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL &&
                                                                       WTERMSIG(status) != SIGTERM
                                                                 : WEXITSTATUS(status) != 0);
        keeper->control->send(message);
    }
    child.pid = -1;
    child.control.reset();
    child.watched_process.reset();
    child.watched_control.reset();
    child.ready = false;
    if (child.member.role == Role::tables)
        tables_.compiler_ended();
    if (child.member.role == Role::signer)
        tls_.signer_ended();
    if (child.member.name == mail_gate)
        drop_.gate_ended();
    if (phase_ == Phase::opening || phase_ == Phase::open)
        return restart_later(child);
    advance_closing();
}

void Supervision::restart_later(Child& child)
{
    const auto lived = Instant::clock::now() - child.started;
    child.failures = lived > steady_after ? 1 : child.failures + 1;
    if (phase_ == Phase::opening && child.failures >= failures_before_giving_up)
        return give_up(Exit::software, child.member.name + " ends as soon as it is started");
    auto wait =
        std::chrono::milliseconds(child.failures == 1 ? 0 : 50 << std::min(child.failures, 10));
    wait = std::min<std::chrono::milliseconds>(wait, longest_back_off);
    child.restart = std::make_unique<boost::asio::steady_timer>(context_, wait);
    child.restart->async_wait([this, &child](boost::system::error_code error) {
        if (error)
            return;
        child.restart.reset();
        if (phase_ != Phase::opening && phase_ != Phase::open)
            return;
        if (may_start(child))
            start(child);
    });
}

void Supervision::give_up(Exit code, const std::string& reason)
{
    report({code, {reason}});
    result_ = code;
    phase_ = Phase::closing_rest;
    kill_all(is_any);
    advance_closing();
}

} // namespace posthouse::process
