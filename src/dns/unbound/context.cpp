// SPDX-License-Identifier: Apache-2.0
#include "dns/unbound/context.hpp"

#include "base/text.hpp"
#include "dns/rdata.hpp"

#include <array>
#include <utility>

namespace posthouse::dns {
namespace {

using Done = std::expected<void, std::string>;

/// The root's key signing keys of 2017 and 2024.
constexpr std::array root_anchors{
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

/// Names of private use, which the root's signatures deny: whoever serves them cannot sign them.
/// RFC 6761 §6.2, RFC 6762 §3, RFC 8375 §4.
constexpr std::array special_use{"test.", "local.", "home.arpa.", "internal."};

/// libunbound answers for this one itself, with NXDOMAIN, unless told not to; here the servers are
/// asked, so that a laboratory may use it (RFC 6761 §6.2). "invalid." and "onion." keep their
/// built-in NXDOMAIN, "localhost." its loopback addresses.
constexpr auto asked_nevertheless = "test.";

constexpr int class_in = 1;

Done check(int error, std::string_view what)
{
    if (error != 0)
        return std::unexpected("DNS resolver, " + std::string(what) + ": " + ub_strerror(error));
    return {};
}

/// Calls in a row, of which the first that fails counts.
class Setup {
public:
    explicit Setup(ub_ctx* context) : context_(context) {}

    void option(const std::string& name, const std::string& value)
    {
        // The library takes its arguments as non-const in some versions, and copies them.
        attempt(name + ": " + value,
                [&] { return ub_ctx_set_option(context_, (name + ":").c_str(), value.c_str()); });
    }
    template <class Call>
    void attempt(std::string_view what, Call call)
    {
        if (done_)
            done_ = check(call(), what);
    }
    Done result() const { return done_; }

private:
    ub_ctx* context_;
    Done done_;
};

void set_options(Setup& setup, const UnboundOptions& options)
{
    setup.option("use-syslog", "no");
    setup.option("chroot", "");
    setup.option("do-not-query-localhost", "no"); // A server on 127.0.0.1 is usual.
    setup.option("unblock-lan-zones", "yes");     // PTR of private addresses: the servers may know.
    setup.option("insecure-lan-zones", "yes");
    // A server that was away is asked again soon, not in a quarter of an hour.
    setup.option("infra-keep-probing", "yes");
    setup.option("infra-host-ttl", "60");
    // Half of the memory for records, the rest for messages, keys and denials.
    setup.option("rrset-cache-size", std::to_string(options.cache_bytes / 2));
    setup.option("msg-cache-size", std::to_string(options.cache_bytes / 4));
    setup.option("key-cache-size", std::to_string(options.cache_bytes / 8));
    setup.option("neg-cache-size", std::to_string(options.cache_bytes / 8));
    if (options.dnssec == Dnssec::off)
        setup.option("module-config", "iterator");
    else
        setup.option("harden-dnssec-stripped", options.dnssec == Dnssec::required ? "yes" : "no");
}

void set_trust(Setup& setup, ub_ctx* context, const UnboundOptions& options)
{
    if (options.dnssec == Dnssec::off)
        return;
    auto anchors = options.trust_anchors;
    if (anchors.empty())
        anchors.assign(root_anchors.begin(), root_anchors.end());
    for (const auto& anchor : anchors)
        setup.attempt("trust anchor", [&] { return ub_ctx_add_ta(context, anchor.c_str()); });
    for (const auto* domain : special_use)
        setup.option("domain-insecure", domain);
    for (const auto& domain : options.unsigned_domains)
        setup.option("domain-insecure", domain);
}

Done set_servers(Setup& setup, ub_ctx* context, const UnboundOptions& options)
{
    if (options.servers.empty())
        return std::unexpected("DNS: no server is given");
    if (options.servers.size() > UnboundLookup::Limits::servers)
        return std::unexpected("DNS: more than " + std::to_string(UnboundLookup::Limits::servers) +
                               " servers are given");
    for (const auto& text : options.servers) {
        const auto server = Endpoint::parse(text, 53);
        if (!server)
            return std::unexpected("DNS: '" + printable(text) +
                                   "' is no server; write 192.0.2.53, 192.0.2.53:5353 or "
                                   "[2001:db8::53]:5353");
        const auto form = server->address.text() + "@" + std::to_string(server->port);
        setup.attempt("server " + text, [&] { return ub_ctx_set_fwd(context, form.c_str()); });
    }
    return {};
}

/// A question that needs no server, so that the thread is started and has opened what it needs.
void warm_up(Setup& setup, ub_ctx* context)
{
    setup.attempt("its thread", [=] {
        return ub_resolve_async(
            context, "localhost.", static_cast<int>(RecordType::a), class_in, nullptr,
            [](void*, int, ub_result* result) { ub_resolve_free(result); }, nullptr);
    });
    setup.attempt("its thread", [=] { return ub_wait(context); });
}

Status to_status(const ub_result& result)
{
    constexpr int no_error = 0, name_error = 3;
    if (result.bogus)
        return Status::bogus;
    if (result.rcode == name_error)
        return Status::nx_domain;
    if (result.rcode != no_error)
        return Status::servfail;
    return result.havedata ? Status::ok : Status::no_data;
}

} // namespace

std::expected<Context, std::string> make_context(const UnboundOptions& options)
{
    Context context(ub_ctx_create());
    if (!context)
        return std::unexpected("DNS resolver: out of memory or descriptors");
    ub_ctx_debugout(context.get(),
                    nullptr); // It would write to standard error in a form of its own.
    Setup setup(context.get());
    set_options(setup, options);
    if (const auto done = set_servers(setup, context.get(), options); !done)
        return std::unexpected(done.error());
    set_trust(setup, context.get(), options);
    // A thread, not a process: one that is forked would escape what this process confines itself
    // by.
    setup.attempt("its thread", [&] { return ub_ctx_async(context.get(), 1); });
    // Removing a zone ends the settings: it comes last.
    setup.attempt("settings and trust anchors",
                  [&] { return ub_ctx_zone_remove(context.get(), asked_nevertheless); });
    warm_up(setup, context.get());
    if (const auto done = setup.result(); !done)
        return std::unexpected(done.error());
    return context;
}

Answer to_answer(int error, const ub_result* result, RecordType type)
{
    Answer answer;
    if (error != 0 || result == nullptr)
        return answer;
    answer.status = to_status(*result);
    answer.secure = result->secure != 0;
    answer.ttl = std::chrono::seconds(result->ttl);
    if (const auto name = parse_name(result->canonname ? result->canonname : result->qname))
        answer.canonical_name = name->text;
    if (answer.status != Status::ok)
        return answer;
    for (int i = 0; result->data[i] != nullptr; ++i)
        add_rdata(answer, type, {result->data[i], static_cast<std::size_t>(result->len[i])});
    return answer;
}

} // namespace posthouse::dns
