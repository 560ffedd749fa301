// SPDX-License-Identifier: Apache-2.0
#include "config/key_parts.hpp"

#include <array>

namespace posthouse::config {

namespace {

constexpr std::array table{
    Key{"login.default_domain", Type::domain, "",
        "What completes user names without a domain. By default they are nobody's."},
    Key{"login.mechanisms", Type::texts,
        "[\"SCRAM-SHA-256-PLUS\", \"SCRAM-SHA-1-PLUS\", \"SCRAM-SHA-256\", \"SCRAM-SHA-1\", "
        "\"PLAIN\", \"LOGIN\", \"EXTERNAL\", \"OAUTHBEARER\", \"XOAUTH2\", \"GSSAPI\"]",
        "Ways to log in that are offered, where they can be: passwords in clear only over TLS, "
        "`EXTERNAL` to clients with a certificate, tokens where `[login.oauth]` is there, `GSSAPI` "
        "where `keytab` is."},
    Key{"login.remember", Type::duration, "\"5m\"",
        "How long a password that was right is known again without argon2id. Kept in memory only, "
        "as a keyed hash. 0: not at all.",
        0, hour},
    Key{"login.failures_per_client", Type::integer, "10",
        "Failures of one client (an IPv4 address, an IPv6 /64) within `failure_window`; then it is "
        "turned away until that is over.",
        1, 1'000'000},
    Key{"login.failures_per_account", Type::integer, "30",
        "The same for one account, whoever tries; who has logged in from the same place of late is "
        "let in.",
        1, 1'000'000},
    Key{"login.failure_window", Type::duration, "\"1m\"", "See there.", second, day},
    Key{"login.failure_delay", Type::duration, "\"500ms\"",
        "How late the first failure is answered; each further one twice as late.", 0, minute},
    Key{"login.failure_delay_maximum", Type::duration, "\"8s\"", "But never later than this.", 0,
        minute},
    Key{"login.keytab", Type::path, "",
        "Kerberos keys of `imap/`, `pop/` and `smtp/` with this host's name; their holders may log "
        "in by GSSAPI."},
    Key{"login.realm", Type::text, "",
        "Required with `keytab`: whose principals are users, such as `\"EXAMPLE.ORG\"`. "
        "`alice@EXAMPLE.ORG` is alice of `default_domain`, or else of `example.org`."},

    Key{"login.oauth.issuer", Type::text, "",
        "Required with `keys_file`: whose tokens are taken: what their `iss` says, such as "
        "`\"https://id.example.org\"`."},
    Key{"login.oauth.audiences", Type::texts, "",
        "Required: for whom a token has to be: its `aud` has one of these."},
    Key{"login.oauth.user_claim", Type::text, "\"email\"",
        "The claim whose value is the account's address."},
    Key{"login.oauth.scopes", Type::texts, "[]", "What a token has to be good for: all of these."},
    Key{"login.oauth.keys_file", Type::path, "",
        "Required without `introspection_url`: the issuer's public keys: a JWKS, or PEM. RS256, "
        "PS256, ES256 and EdDSA are "
        "known."},
    Key{"login.oauth.introspection_url", Type::text, "",
        "Where to ask the issuer about each token (RFC 7662), instead of looking at its signature: "
        "`https://…`; `http://` to this host alone."},
    Key{"login.oauth.introspection_client", Type::text, "", "As whom to ask."},
    Key{"login.oauth.introspection_secret_file", Type::path, "",
        "A file whose first line is the password for that."},
    Key{"login.oauth.ca_file", Type::path, "",
        "Certificates of the authorities that the issuer's may be from; by default the system's."},
    Key{"login.oauth.discovery_url", Type::text, "",
        "Told to clients whose token is not taken: the issuer's `openid-configuration`."},
    Key{"login.oauth.leeway", Type::duration, "\"30s\"",
        "How far the issuer's clock and ours may be apart.", 0, hour},

    Key{"login.source[].name", Type::name, "",
        "Required in each `[[login.source]]`: what the log and accounts call it. Sources are asked "
        "in the order of this file; the first that knows a user decides."},
    Key{"login.source[].kind", Type::choice, "\"accounts\"",
        "Who knows users and passwords: `accounts`: this server, by `posthouse user`; or an "
        "outside "
        "source, whose users get an account with their first letter or login.",
        0, 0, "accounts passwd_file pam ldap postgresql mariadb"},
    Key{"login.source[].domains", Type::domains, "[]",
        "Whose users it is asked for. By default all of ours."},
    Key{"login.source[].path", Type::path, "",
        "The file of `passwd_file`: `user:hash` a line, as Dovecot has them."},
    Key{"login.source[].pam_service", Type::name, "\"posthouse\"", "The service of `pam`."},
    Key{"login.source[].url", Type::text, "",
        "The servers of `ldap`, separated by spaces: `ldap://host[:port]` or `ldaps://…`."},
    Key{"login.source[].start_tls", Type::boolean, "true", "Encrypt connections to `ldap://…`."},
    Key{"login.source[].ca_file", Type::path, "",
        "Authorities for the server's certificate. By default the system's."},
    Key{"login.source[].bind_dn", Type::text, "",
        "As whom to search in `ldap`. By default nobody."},
    Key{"login.source[].bind_password_file", Type::path, "",
        "File whose first line is the password for `bind_dn`."},
    Key{"login.source[].base_dn", Type::text, "", "Below which entry to search in `ldap`."},
    Key{"login.source[].filter", Type::text, "\"(mail=%u)\"",
        "Finds a user in `ldap`: `%u` is the address, `%n` its local part, `%d` its domain."},
    Key{"login.source[].password_attribute", Type::text, "",
        "Where the password's hash is. By default we bind as the user."},
    Key{"login.source[].address_attribute", Type::text, "\"mail\"",
        "Where the account's address is."},
    Key{"login.source[].alias_attribute", Type::text, "", "Where further addresses are."},
    Key{"login.source[].group_filter", Type::text, "",
        "Has to find something for a user to count: `%D` is the user's entry."},
    Key{"login.source[].login_query", Type::text, "",
        "Required for databases. Finds one row: the password's hash, perhaps the account's "
        "address, "
        "perhaps whether it is disabled. `%u`, `%n` and `%d` are given as values, never as text."},
    Key{"login.source[].address_query", Type::text, "",
        "Finds a user's addresses, his own first. By default `login_query` says who exists."},
    Key{"login.source[].cache", Type::duration, "\"2m\"",
        "How long it is remembered what a source said. 0: not at all.", 0, day},
    Key{"login.source[].connection.host", Type::text, "\"localhost\"",
        "Where the database is: a host, or the absolute path of a Unix socket (PostgreSQL: of its "
        "directory)."},
    Key{"login.source[].connection.port", Type::integer, "",
        "Its port. By default the database's usual one.", 1, 65535},
    Key{"login.source[].connection.dbname", Type::text, "", "Required: the database's name."},
    Key{"login.source[].connection.user", Type::text, "", "As whom."},
    Key{"login.source[].connection.password_file", Type::path, "",
        "File whose first line is the password."},
};

} // namespace

std::span<const Key> login_keys()
{
    return table;
}

} // namespace posthouse::config
