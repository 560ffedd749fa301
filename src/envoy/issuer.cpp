// SPDX-License-Identifier: Apache-2.0
#include "envoy/issuer.hpp"

#include "base/log.hpp"
#include "envoy/http_connection.hpp"
#include "sasl/json_reading.hpp"
#include "sources/token_rules.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>

#include <fmt/format.h>

namespace posthouse::envoy {
namespace {

using sources::Reply;
using sources::SourceError;

/// As application/x-www-form-urlencoded has it; RFC 6749 §2.3.1.
std::string form_text(std::string_view text)
{
    return boost::urls::encode(text, boost::urls::unreserved_chars);
}

sources::Token::Finding finding_of(sasl::TokenVerdict::Finding finding)
{
    using Finding = sasl::TokenVerdict::Finding;
    switch (finding) {
    case Finding::right:
        return sources::Token::RIGHT;
    case Finding::expired:
        return sources::Token::EXPIRED;
    case Finding::lacks_scope:
        return sources::Token::LACKS_SCOPE;
    case Finding::wrong:
        break;
    }
    return sources::Token::WRONG;
}

Reply judged(const sasl::TokenVerdict& verdict)
{
    Reply reply;
    reply.set_what(Reply::JUDGED);
    reply.mutable_token()->set_finding(finding_of(verdict.finding));
    reply.mutable_token()->set_user(verdict.user);
    return reply;
}

} // namespace

std::expected<IssuerTerms, std::string> IssuerTerms::make(const config::OAuth& oauth, Secret secret,
                                                          const std::string& system_ca_file)
{
    const auto url = boost::urls::parse_uri(oauth.introspection_url);
    if (!url || url->host().empty() || url->has_userinfo() || url->has_fragment() ||
        (url->scheme() != "https" && url->scheme() != "http"))
        return std::unexpected("login.oauth.introspection_url will not do: https://host/path");
    const bool tls = url->scheme() == "https";
    // RFC 7662 §4: never without TLS, but to a proxy of this very host.
    if (!tls && url->host_address() != "127.0.0.1" && url->host_address() != "::1")
        return std::unexpected(
            "login.oauth.introspection_url: without TLS only to 127.0.0.1 or [::1]");
    const auto port = url->has_port() ? url->port_number() : std::uint16_t(tls ? 443 : 80);
    auto target = std::string(url->encoded_target());
    return IssuerTerms{.tls = tls,
                       .host = std::string(url->host_address()),
                       .port = port,
                       .target = target.empty() ? "/" : std::move(target),
                       .client = oauth.introspection_client,
                       .secret = std::move(secret),
                       .ca_file = oauth.ca_file.empty() ? system_ca_file : oauth.ca_file,
                       .rules = sources::rules_of(oauth)};
}

IssuerWorker::IssuerWorker(std::shared_ptr<const IssuerTerms> terms)
    : terms_(std::move(terms)),
      connection_(std::make_unique<HttpConnection>(
          HttpConnection::Peer{.host = terms_->host,
                               .port = terms_->port,
                               .tls = terms_->tls,
                               .ca_file = terms_->ca_file},
          HttpConnection::Limits{.header_bytes = IssuerTerms::Limits::header_bytes,
                                 .body_bytes = IssuerTerms::Limits::body_bytes,
                                 .patience = terms_->patience}))
{
}

IssuerWorker::~IssuerWorker() = default;

Reply IssuerWorker::answer(const sources::Question& question)
{
    if (question.token().empty() || question.token().size() > sasl::Limits::token_bytes)
        return sources::trouble(SourceError::broken);
    const HttpConnection::Form form{.target = terms_->target,
                                    .user = form_text(terms_->client),
                                    .password = form_text(terms_->secret.reveal()),
                                    .text = "token=" + form_text(question.token()) +
                                            "&token_type_hint=access_token"};
    const auto answer = connection_->post(form);
    if (!answer) {
        log::error("source.unreachable", {{"source", "introspection"}, {"reason", answer.error()}});
        return sources::trouble(SourceError::unavailable);
    }
    const auto claims = answer->status == 200
                            ? sasl::parse_json_object(answer->body, IssuerTerms::Limits::body_bytes)
                            : std::nullopt;
    if (!claims) {
        // 401: it does not know us; RFC 7662 §2.3. That says nothing about the token.
        log::error("source.broken",
                   {{"source", "introspection"},
                    {"reason", answer->status == 200 ? std::string("no JSON object")
                                                     : fmt::format("status {}", answer->status)}});
        return sources::trouble(answer->status / 100 == 5 ? SourceError::unavailable
                                                          : SourceError::broken);
    }
    return judged(sasl::judge_introspection(*claims, terms_->rules, wall_clock()));
}

} // namespace posthouse::envoy
