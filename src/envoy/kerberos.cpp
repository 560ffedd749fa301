// SPDX-License-Identifier: Apache-2.0
#include "envoy/kerberos.hpp"

#include "base/contract.hpp"
#include "base/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/format.h>
#include <gsasl.h>
#include <krb5.h>
#include <sys/mman.h>
#include <unistd.h>

namespace posthouse::envoy {
namespace {

using sources::Step;

constexpr const char* own_keytab = "MEMORY:posthouse";

/// What Kerberos has proved.
struct Proved {
    std::string principal, as;
    bool done = false;
};

int on_question(Gsasl*, Gsasl_session* session, Gsasl_property what)
{
    if (what != GSASL_VALIDATE_GSSAPI)
        return GSASL_NO_CALLBACK;
    auto* proved = static_cast<Proved*>(gsasl_session_hook_get(session));
    const char* principal = gsasl_property_fast(session, GSASL_GSSAPI_DISPLAY_NAME);
    const char* as = gsasl_property_fast(session, GSASL_AUTHZID);
    if (proved == nullptr || principal == nullptr)
        return GSASL_AUTHENTICATION_ERROR;
    proved->principal = principal;
    proved->as = as == nullptr ? "" : as;
    proved->done = true;
    return GSASL_OK;
}

Gsasl* library()
{
    static Gsasl* const handle = [] {
        Gsasl* made = nullptr;
        expects(gsasl_init(&made) == GSASL_OK);
        gsasl_callback_set(made, on_question);
        return made;
    }();
    return handle;
}

/// A file that is nowhere, so that a library that takes names of files alone can read it.
UniqueFd file_in_memory(const std::string& bytes)
{
    UniqueFd file(::memfd_create("keytab", MFD_CLOEXEC));
    if (!file ||
        ::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        return {};
    return file;
}

/// Copies entries; how many.
std::expected<int, krb5_error_code> copy_keys(krb5_context context, const char* from,
                                              krb5_keytab into)
{
    krb5_keytab keytab = nullptr;
    if (const auto failed = krb5_kt_resolve(context, from, &keytab); failed != 0)
        return std::unexpected(failed);
    int copied = 0;
    krb5_kt_cursor cursor = nullptr;
    auto failed = krb5_kt_start_seq_get(context, keytab, &cursor);
    if (failed == 0) {
        krb5_keytab_entry entry;
        while ((failed = krb5_kt_next_entry(context, keytab, &entry, &cursor)) == 0) {
            const auto refused = krb5_kt_add_entry(context, into, &entry);
            krb5_free_keytab_entry_contents(context, &entry);
            if (refused != 0) {
                failed = refused;
                break;
            }
            ++copied;
        }
        krb5_kt_end_seq_get(context, keytab, &cursor);
    }
    krb5_kt_close(context, keytab);
    if (failed != KRB5_KT_END)
        return std::unexpected(failed);
    return copied;
}

} // namespace

/// One client's dialogue.
class KerberosWorker::Acceptor {
public:
    /// Null: it cannot.
    static std::unique_ptr<Acceptor> make(const std::string& service, const std::string& hostname)
    {
        Gsasl_session* session = nullptr;
        if (gsasl_server_start(library(), "GSSAPI", &session) != GSASL_OK)
            return nullptr;
        return std::unique_ptr<Acceptor>(new Acceptor(session, service, hostname));
    }
    ~Acceptor() { gsasl_finish(session_); }
    Acceptor(const Acceptor&) = delete;

    Step receive(const std::string& response)
    {
        char* output = nullptr;
        std::size_t bytes = 0;
        const int result = gsasl_step(session_, response.data(), response.size(), &output, &bytes);
        Step step;
        if (output != nullptr)
            step.set_data(std::string(output, bytes));
        gsasl_free(output);
        if (result == GSASL_NEEDS_MORE) {
            step.set_what(Step::CHALLENGE);
        } else if (result == GSASL_OK && proved_.done) {
            step.set_what(Step::PROVED);
            step.set_principal(proved_.principal);
            step.set_as(proved_.as);
        }
        return step;
    }

private:
    Acceptor(Gsasl_session* session, const std::string& service, const std::string& hostname)
        : session_(session)
    {
        gsasl_session_hook_set(session_, &proved_);
        gsasl_property_set(session_, GSASL_SERVICE, service.c_str());
        gsasl_property_set(session_, GSASL_HOSTNAME, hostname.c_str());
    }

    Gsasl_session* session_;
    Proved proved_;
};

std::expected<void, std::string> take_keytab(const std::string& file)
{
    ::setenv("KRB5_KTNAME", own_keytab, 1);
    // A replayed ticket is of no use: whoever replays it cannot wrap what RFC 4752 §3.1 asks for
    // with the key that this exchange makes.
    ::setenv("KRB5RCACHENAME", "none:", 1);
    if (gsasl_server_support_p(library(), "GSSAPI") != 1)
        return std::unexpected("login.keytab: the GNU SASL of this host has no Kerberos");
    const auto text = file_in_memory(file);
    if (!text)
        return std::unexpected("login.keytab: there is no memory for it");
    krb5_context made = nullptr;
    if (const auto failed = krb5_init_context(&made); failed != 0)
        return std::unexpected(fmt::format("Kerberos does not start: error {}", failed));
    const std::unique_ptr<_krb5_context, decltype(&krb5_free_context)> context(made,
                                                                               krb5_free_context);
    static krb5_keytab own = nullptr; // It goes with its last user, so this one stays.
    if (const auto failed = krb5_kt_resolve(made, own_keytab, &own); failed != 0)
        return std::unexpected(fmt::format("Kerberos has no keytab in memory: error {}", failed));
    const auto path = fmt::format("FILE:/proc/self/fd/{}", text.get());
    const auto copied = copy_keys(made, path.c_str(), own);
    if (!copied || *copied == 0) {
        krb5_kt_close(made, own);
        const char* reason = copied ? nullptr : krb5_get_error_message(made, copied.error());
        auto sentence = fmt::format("login.keytab has no keys that can be read{}{}",
                                    reason == nullptr ? "" : ": ", reason == nullptr ? "" : reason);
        krb5_free_error_message(made, reason);
        return std::unexpected(std::move(sentence));
    }
    // A first dialogue, so that the libraries have opened whatever they look for.
    sources::Question question;
    question.mutable_exchange()->set_service("imap");
    question.mutable_exchange()->set_response("nothing that Kerberos knows");
    (void)KerberosWorker("localhost").answer(question);
    return {};
}

KerberosWorker::KerberosWorker(std::string hostname, const Limits& limits)
    : hostname_(std::move(hostname)),
      limits_(limits)
{
}

KerberosWorker::~KerberosWorker() = default;

KerberosWorker::Acceptor* KerberosWorker::acceptor_for(const sources::Exchange& exchange,
                                                       Instant now)
{
    constexpr std::array<std::string_view, 3> services = {"imap", "pop", "smtp"};
    if (const auto found = open_.find(exchange.dialogue()); found != open_.end())
        return found->second.acceptor.get();
    if (open_.size() >= limits_.dialogues)
        std::erase_if(open_, [&](const auto& entry) { return entry.second.until <= now; });
    if (open_.size() >= limits_.dialogues ||
        std::ranges::find(services, exchange.service()) == services.end())
        return nullptr;
    auto acceptor = Acceptor::make(exchange.service(), hostname_);
    auto* made = acceptor.get();
    if (made != nullptr)
        open_[exchange.dialogue()] = {std::move(acceptor), now + limits_.lasts};
    return made;
}

sources::Reply KerberosWorker::answer(const sources::Question& question)
{
    using sources::Reply;
    const auto& exchange = question.exchange();
    auto* acceptor =
        question.has_exchange() ? acceptor_for(exchange, Instant::clock::now()) : nullptr;
    if (acceptor == nullptr)
        return sources::trouble(sources::SourceError::unavailable);
    Reply reply;
    reply.set_what(Reply::STEP);
    *reply.mutable_exchange() = acceptor->receive(exchange.response());
    if (reply.exchange().what() != Step::CHALLENGE)
        open_.erase(exchange.dialogue());
    return reply;
}

} // namespace posthouse::envoy
