// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/secret.hpp"
#include "sasl/scram_keys.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The server's side of SASL (RFC 4422) without I/O: a Dialogue takes what the client said and
/// what was found out about it, and says what is to be done next. It never says Accepted unless
/// who drives it has found a password or a token right, TLS has found a certificate right, or the
/// client has proved by SCRAM or Kerberos that it knows a key.
namespace posthouse::sasl {

/// What one client can make us keep.
struct Limits {
    static constexpr std::size_t response_bytes = 16 << 10; // decoded; RFC 4422 sets none
    static constexpr std::size_t user_bytes = 320;
    static constexpr std::size_t password_bytes = 1024;
    static constexpr std::size_t token_bytes = 12 << 10;
    static constexpr std::size_t nonce_bytes = 256;
    static constexpr std::size_t keys = 64; // of one user, for one SCRAM exchange
    static constexpr int rounds = 8;        // of Kerberos; the others have two
};

/// The connection below.
struct Channel {
    bool tls = false;
    std::string exporter = {};             // tls-exporter (RFC 9266); empty: none
    std::string end_point = {};            // tls-server-end-point (RFC 5929 §4); empty: none
    std::string certificate_identity = {}; // e-mail address of the verified client certificate
    bool plus_offered = false; // Was any SCRAM-…-PLUS? RFC 5802 §6: the check of a downgrade.
};

enum class Refusal : std::uint8_t {
    wrong,     // the credential is not right
    malformed, // not what the mechanism has
    aborted,   // by the client, or given up
};

// ---- what is to be done next ----------------------------------------------------------------

/// Send it; then receive().
struct Challenge {
    std::string data;
};
/// Find the user's keys; then supply().
struct FindKeys {
    std::string user;
    ScramHash hash;
};
/// Then judge().
struct CheckPassword {
    std::string user;
    Secret password;
};
/// Then judge_token(). `user` is what the client says, and may be empty.
struct CheckToken {
    std::string user;
    Secret token;
};
/// Hand it to whoever holds the service's key (RFC 4752), and what that says to hear_acceptor().
struct AskAcceptor {
    std::string response;
};
/// The end. `as`: whom the client wants to be; empty: the same. `data`: to be sent with the
/// success, if not empty.
struct Accepted {
    std::string user, as, data;
    /// SCRAM: which of the keys that were supplied.
    std::size_t key = 0;
};
struct Refused {
    Refusal why = Refusal::wrong;
};
using Step =
    std::variant<Challenge, FindKeys, CheckPassword, CheckToken, AskAcceptor, Accepted, Refused>;

// ---- what was found out ---------------------------------------------------------------------

/// Keys that share hash, salt and iterations: the client may know any of these secrets. Decoys are
/// for a user who has none: the dialogue goes on as it would, and ends in a refusal.
struct SuppliedKeys {
    enum class Kind : std::uint8_t { genuine, decoy } kind = Kind::decoy;
    std::vector<ScramKeys> keys; // At least one, sound.
};

enum class Verdict : std::uint8_t { right, wrong };

struct TokenVerdict {
    enum class Finding : std::uint8_t { right, wrong, expired, lacks_scope };
    Finding finding = Finding::wrong;
    std::string user = {}; // whose it is, where it is right
    /// For the client, where it is not: RFC 7628 §3.2.3.
    std::string scope = {}, discovery_url = {};
};

/// What Kerberos says to a client's response.
struct AcceptorStep {
    enum class What : std::uint8_t { refused, challenge, proved } what = What::refused;
    std::string data = {};               ///< for the client
    std::string principal = {}, as = {}; ///< of one that has proved who it is
};

class Dialogue {
public:
    virtual ~Dialogue() = default;
    /// Once, first. Nothing: the client sent no initial response.
    virtual Step begin(std::optional<std::string> initial) = 0;
    /// After a Challenge.
    virtual Step receive(std::string response) = 0;
    /// After FindKeys.
    virtual Step supply(SuppliedKeys);
    /// After CheckPassword.
    virtual Step judge(Verdict);
    /// After CheckToken.
    virtual Step judge_token(TokenVerdict);
    /// After AskAcceptor.
    virtual Step hear_acceptor(AcceptorStep);
};

/// Keys to go on with for a user who has none. `salt` should always be the same for a user.
ScramKeys decoy_keys(ScramHash, std::string salt);

/// Nothing: there is no such mechanism here, or this channel cannot carry it. The name counts in
/// either case. `random` must outlive the dialogue.
std::unique_ptr<Dialogue> start_dialogue(std::string_view mechanism, Channel, Random& random);

std::unique_ptr<Dialogue> plain_dialogue();
std::unique_ptr<Dialogue> login_dialogue();
/// GSSAPI (RFC 4752), whose other half is AskAcceptor. Accepted::user is the principal, with its
/// realm.
std::unique_ptr<Dialogue> gssapi_dialogue();
std::unique_ptr<Dialogue> external_dialogue(std::string certificate_identity);
enum class Bearer : std::uint8_t { oauthbearer, xoauth2 };
std::unique_ptr<Dialogue> bearer_dialogue(Bearer);
enum class Binding : std::uint8_t { none, required }; // -PLUS
struct ScramVariant {
    ScramHash hash;
    Binding binding;
};
/// `nonce`: printable, without a comma; RFC 5802 §5.1.
std::unique_ptr<Dialogue> scram_dialogue(ScramVariant, Channel, std::string nonce);

} // namespace posthouse::sasl
