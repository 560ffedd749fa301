// SPDX-License-Identifier: Apache-2.0
#include "sources/ldap/session.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <lber.h>
#include <ldap.h>
#include <openldap.h>

namespace posthouse::sources {
namespace {

using Kind = LdapTrouble::Kind;

struct FreeMessage {
    void operator()(LDAPMessage* message) const { ::ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

timeval interval(Duration duration)
{
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(
        std::max(duration, Duration(std::chrono::milliseconds(1))));
    return {us.count() / 1'000'000, us.count() % 1'000'000};
}

Kind kind_of(int code)
{
    switch (code) {
    case LDAP_SERVER_DOWN:
    case LDAP_TIMEOUT:
    case LDAP_CONNECT_ERROR:
    case LDAP_DECODING_ERROR:
    case LDAP_ENCODING_ERROR:
    case LDAP_LOCAL_ERROR:
    case LDAP_PROTOCOL_ERROR:
    case LDAP_UNAVAILABLE:
        return Kind::lost;
    case LDAP_BUSY:
    case LDAP_TIMELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
    case LDAP_NO_MEMORY:
        return Kind::busy;
    default:
        return Kind::refused;
    }
}

std::unexpected<LdapTrouble> trouble(std::string_view what, int code)
{
    return std::unexpected(
        LdapTrouble{kind_of(code), fmt::format("{}: {}", what, ::ldap_err2string(code))});
}

/// What the session itself says about its last failure.
std::unexpected<LdapTrouble> trouble_of(LDAP* ldap, std::string_view what)
{
    int code = LDAP_SERVER_DOWN;
    ::ldap_get_option(ldap, LDAP_OPT_RESULT_CODE, &code);
    return trouble(what, code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code);
}

/// The socket must not block: half a message would otherwise hold a thread for ever.
void set_non_blocking(LDAP* ldap)
{
    int socket = -1;
    if (::ldap_get_option(ldap, LDAP_OPT_DESC, &socket) == LDAP_OPT_SUCCESS && socket >= 0)
        ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
}

void set_terms(LDAP* ldap)
{
    const int version = LDAP_VERSION3;
    ::ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version);
    ::ldap_set_option(ldap, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    ::ldap_set_option(ldap, LDAP_OPT_RESTART, LDAP_OPT_ON);
    const int never = LDAP_DEREF_NEVER;
    ::ldap_set_option(ldap, LDAP_OPT_DEREF, &never);
    const auto answer = interval(LdapLimits::answer), connect = interval(LdapLimits::connect);
    ::ldap_set_option(ldap, LDAP_OPT_TIMEOUT, &answer);
    ::ldap_set_option(ldap, LDAP_OPT_NETWORK_TIMEOUT, &connect);
    Sockbuf* buffer = nullptr;
    ber_len_t most = LdapLimits::message_bytes;
    if (::ldap_get_option(ldap, LDAP_OPT_SOCKBUF, &buffer) == LDAP_OPT_SUCCESS)
        ::ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &most);
    set_non_blocking(ldap);
}

/// The next message of an operation. Null: none came in time, or the connection is lost.
Message next_message(LDAP* ldap, int id, Instant deadline)
{
    auto left = interval(deadline - Instant::clock::now());
    LDAPMessage* message = nullptr;
    const int type = ::ldap_result(ldap, id, LDAP_MSG_ONE, &left, &message);
    Message owned(message);
    if (type > 0)
        return owned;
    if (type == 0) { // What comes for it later is of no interest.
        const int code = LDAP_TIMEOUT;
        ::ldap_set_option(ldap, LDAP_OPT_RESULT_CODE, &code);
    }
    return nullptr;
}

/// The code with which an operation ended. Consumes nothing.
std::expected<int, LdapTrouble> code_of(LDAP* ldap, LDAPMessage* message)
{
    int code = LDAP_OTHER;
    if (const int parsed =
            ::ldap_parse_result(ldap, message, &code, nullptr, nullptr, nullptr, nullptr, 0);
        parsed != LDAP_SUCCESS)
        return trouble("its answer", parsed);
    return code;
}

} // namespace

void LdapSession::Unbind::operator()(ldap* handle) const
{
    ::ldap_unbind_ext(handle, nullptr, nullptr);
}

std::expected<LdapSession, LdapTrouble> LdapSession::over(UniqueFd socket, const std::string& url)
{
    LDAP* handle = nullptr;
    const int code = ::ldap_init_fd(socket.get(), 1 /* LDAP_PROTO_TCP */, url.c_str(), &handle);
    if (code != LDAP_SUCCESS)
        return trouble("libldap", code);
    (void)socket.release(); // It is libldap's now.
    LdapSession session{std::unique_ptr<ldap, Unbind>(handle)};
    set_terms(handle);
    return session;
}

std::expected<LdapSession, LdapTrouble> LdapSession::open(const LdapServer& server,
                                                          const LdapTls& tls)
{
    auto socket = connect_to(server.host, server.port, Instant::clock::now() + LdapLimits::connect);
    if (!socket)
        return std::unexpected(LdapTrouble{Kind::lost, socket.error()});
    auto session = over(std::move(*socket), server.text());
    if (!session || (!server.tls_at_once && !tls.start_tls))
        return session;
    if (auto begun = session->begin_tls(server, tls); !begun)
        return std::unexpected(begun.error());
    return session;
}

std::expected<void, LdapTrouble> LdapSession::begin_tls(const LdapServer& server,
                                                        const LdapTls& tls)
{
    auto* handle = ldap_.get();
    const int demand = LDAP_OPT_X_TLS_DEMAND, client = 0;
    const int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
    if (::ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, tls.ca_file.c_str()) != 0 ||
        ::ldap_set_option(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) != 0 ||
        ::ldap_set_option(handle, LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest) != 0 ||
        ::ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &client) != 0)
        return std::unexpected(
            LdapTrouble{Kind::refused, fmt::format("TLS: {} cannot be used", tls.ca_file)});
    const int code = server.tls_at_once ? ::ldap_install_tls(handle)
                                        : ::ldap_start_tls_s(handle, nullptr, nullptr);
    set_non_blocking(handle);
    if (code == LDAP_SUCCESS)
        return {};
    char* detail = nullptr;
    ::ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &detail);
    auto text = fmt::format("TLS: {}{}{}", ::ldap_err2string(code), detail != nullptr ? ": " : "",
                            detail != nullptr ? detail : "");
    ::ldap_memfree(detail);
    return std::unexpected(LdapTrouble{Kind::lost, std::move(text)});
}

std::expected<bool, LdapTrouble> LdapSession::bind(const std::string& dn, const Secret& password)
{
    expects(dn.empty() == password.empty());
    auto* handle = ldap_.get();
    berval credentials{password.reveal().size(), const_cast<char*>(password.reveal().data())};
    int id = 0;
    const int sent =
        ::ldap_sasl_bind(handle, dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, &id);
    if (sent != LDAP_SUCCESS)
        return trouble("bind", sent);
    const auto message = next_message(handle, id, Instant::clock::now() + LdapLimits::answer);
    if (!message)
        return trouble_of(handle, "bind");
    if (::ldap_msgtype(message.get()) != LDAP_RES_BIND) // The end of something else is no yes.
        return std::unexpected(LdapTrouble{Kind::lost, "bind: it answers something else"});
    const auto code = code_of(handle, message.get());
    if (!code)
        return std::unexpected(code.error());
    switch (*code) {
    case LDAP_SUCCESS:
        return true;
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_INAPPROPRIATE_AUTH:   // It has no password.
    case LDAP_CONSTRAINT_VIOLATION: // A policy: locked.
    case LDAP_UNWILLING_TO_PERFORM: // Likewise: disabled.
    case LDAP_INSUFFICIENT_ACCESS:
        return false;
    default:
        return trouble("bind", *code);
    }
}

std::expected<std::vector<LdapEntry>, LdapTrouble>
LdapSession::search(const std::string& base, const std::string& filter,
                    const std::vector<std::string>& attributes)
{
    auto* handle = ldap_.get();
    std::vector<char*> names;
    for (const auto& attribute : attributes)
        names.push_back(const_cast<char*>(attribute.c_str()));
    if (names.empty())
        names.push_back(const_cast<char*>(LDAP_NO_ATTRS));
    names.push_back(nullptr);
    auto patience = interval(LdapLimits::answer);
    int id = 0;
    const int sent =
        ::ldap_search_ext(handle, base.c_str(), LDAP_SCOPE_SUBTREE, filter.c_str(), names.data(), 0,
                          nullptr, nullptr, &patience, LdapLimits::entries, &id);
    if (sent != LDAP_SUCCESS)
        return trouble("search", sent);
    const auto deadline = Instant::clock::now() + LdapLimits::answer;
    std::vector<LdapEntry> entries;
    for (int messages = 0; messages < LdapLimits::messages; ++messages) {
        const auto message = next_message(handle, id, deadline);
        if (!message)
            return trouble_of(handle, "search");
        switch (::ldap_msgtype(message.get())) {
        case LDAP_RES_SEARCH_ENTRY:
            if (entries.size() < static_cast<std::size_t>(LdapLimits::entries))
                entries.push_back(read_entry(message.get()));
            break;
        case LDAP_RES_SEARCH_RESULT: {
            const auto code = code_of(handle, message.get());
            if (!code)
                return std::unexpected(code.error());
            if (*code == LDAP_SUCCESS || *code == LDAP_SIZELIMIT_EXCEEDED ||
                *code == LDAP_NO_SUCH_OBJECT || *code == LDAP_REFERRAL)
                return entries;
            return trouble("search", *code);
        }
        default: // A referral: not followed.
            break;
        }
    }
    return std::unexpected(LdapTrouble{Kind::lost, "search: it answers without end"});
}

LdapEntry LdapSession::read_entry(void* opaque) const
{
    auto* handle = ldap_.get();
    auto* message = static_cast<LDAPMessage*>(opaque);
    LdapEntry entry;
    if (char* dn = ::ldap_get_dn(handle, message); dn != nullptr) {
        entry.dn = dn;
        ::ldap_memfree(dn);
    }
    BerElement* position = nullptr;
    for (char* name = ::ldap_first_attribute(handle, message, &position); name != nullptr;
         name = ::ldap_next_attribute(handle, message, position)) {
        // Options stand behind it: "userCertificate;binary".
        auto& values = entry.values[lowercase(
            std::string_view(name).substr(0, std::string_view(name).find(';')))];
        berval** found = ::ldap_get_values_len(handle, message, name);
        for (int i = 0; found != nullptr && found[i] != nullptr && i < LdapLimits::values; ++i)
            if (found[i]->bv_len <= LdapLimits::value_bytes && found[i]->bv_val != nullptr)
                values.emplace_back(found[i]->bv_val, found[i]->bv_len);
        ::ldap_value_free_len(found);
        ::ldap_memfree(name);
    }
    ::ber_free(position, 0);
    return entry;
}

} // namespace posthouse::sources
