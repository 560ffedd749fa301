// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "config/config.hpp"
#include "process/table_files.hpp"

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The files of [tls]. Private keys are opened here and read elsewhere.
namespace posthouse::process {

/// A certificate with its key, and whom it is for.
struct TlsPair {
    config::TlsSite site;      // without names: for everybody else
    std::string certificate;   // PEM
    std::string ocsp_response; // DER
    UniqueFd key;
    std::string key_name = {}; // once the signer has said it
};

/// All that are configured; none where there is no [tls].
std::vector<config::TlsSite> sites_of(const config::Tls&);

/// The error is a sentence that names the file. Of an OCSP response it is none: it is left out.
std::expected<TlsPair, std::string> open_pair(const config::TlsSite&);

/// Of all files that [tls] names.
std::map<std::string, std::optional<FileMark>> marks_of(const config::Tls&);

/// What the signer and the gates would find wrong, as a sentence each; for commands. Reads the
/// keys, with the rights of whoever asks.
std::vector<std::string> trouble_with_tls_files(const config::Tls&);

/// A certificate file, whole. The error is a sentence.
std::expected<std::string, std::string> read_certificates(const std::string& path);

} // namespace posthouse::process
