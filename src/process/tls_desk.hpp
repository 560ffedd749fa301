// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "process/control.hpp"
#include "process/table_watch.hpp"
#include "process/tls_files.hpp"
#include "wire/signing.pb.h"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::process {

/// The supervisor's part in TLS: it opens the files, hands certificates and keys to the signer,
/// and what the signer takes is then shown by the gates, which are given the certificates alone.
/// It never reads a key. What changes on disk is tried by itself; a certificate that will not do
/// leaves the one in force that there was.
class TlsDesk {
public:
    struct Ways {
        /// False: there is no signer.
        std::function<bool(const wire::Control&, std::span<const int>)> to_signer;
        /// Gates are to be given certificates() again.
        std::function<void()> changed;
    };
    /// Sentences: what cannot be used and has nothing to stand in for it; nothing has changed then.
    using Settled = std::function<void(std::vector<std::string> problems)>;

    TlsDesk(boost::asio::io_context&, Ways);

    /// Calls `settled` once, perhaps at once, unless this is called again before.
    void configure(const config::Tls&, Settled settled);
    void signer_ready();
    void signer_ended();
    /// A KeyWord from the signer.
    void take(const std::string& word);

    /// Has what was configured first been taken?
    bool is_complete() const { return complete_; }
    /// wire::Certificates, serialised; empty: there are none.
    std::string certificates() const;

private:
    enum class Cause : std::uint8_t { configuration, change, new_signer };

    void begin(Cause);
    void offer(const std::vector<const TlsPair*>&);
    void conclude(const wire::KeyWord::Judged&);
    void settle(std::vector<TlsPair>, std::string authorities);
    std::optional<TlsPair> former(const config::TlsSite&) const;
    void tell_signer() const;
    void finish(std::vector<std::string> problems);
    void look_for_changes();

    Ways ways_;
    TableWatch watch_;
    config::Tls wanted_ = {};
    Settled settled_ = nullptr;
    std::map<std::string, std::optional<FileMark>> marks_ = {}; // of wanted_, as they were tried
    std::vector<TlsPair> in_force_ = {};
    std::string authorities_ = {};
    /// The round under way: what there is of each of sites_of(wanted_).
    std::vector<std::expected<TlsPair, std::string>> tried_ = {};
    std::optional<Cause> cause_ = {};
    std::uint64_t round_ = 0;
    bool signer_ready_ = false;
    bool complete_ = false;
};

} // namespace posthouse::process
