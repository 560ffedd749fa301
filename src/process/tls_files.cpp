// SPDX-License-Identifier: Apache-2.0
#include "process/tls_files.hpp"

#include "base/log.hpp"
#include "base/secret.hpp"
#include "net/private_key.hpp"
#include "net/tls_server.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>

namespace posthouse::process {
namespace {

constexpr std::size_t most_bytes = 1 << 20; // As the signer has it; a chain has some thousand.

std::expected<std::string, std::string> read_opened(const OpenedFile& opened,
                                                    const std::string& path)
{
    if (std::cmp_greater(opened.mark.size, most_bytes))
        return std::unexpected(fmt::format("{} is too large", path));
    std::string text(static_cast<std::size_t>(opened.mark.size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const auto got = ::pread(opened.file.get(), text.data() + have, text.size() - have,
                                 static_cast<off_t>(have));
        if (got < 0)
            return std::unexpected(
                fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
        if (got == 0)
            break;
        have += static_cast<std::size_t>(got);
    }
    text.resize(have);
    return text;
}

/// "tls.certificate" for the default, "tls.site mail.example.org: certificate" for others.
std::string key_of(const config::TlsSite& site, std::string_view name)
{
    return site.names.empty() ? fmt::format("tls.{}", name)
                              : fmt::format("tls.site {}: {}", site.names.front(), name);
}

std::optional<std::string> trouble_with(const TlsPair& pair)
{
    const OpenedFile key{UniqueFd(::dup(pair.key.get())),
                         mark_of(pair.site.key).value_or(FileMark{}), 0};
    auto text = read_opened(key, pair.site.key);
    if (!text)
        return fmt::format("{}: {}", key_of(pair.site, "key"), text.error());
    const Secret secret(std::move(*text));
    if (auto usable = net::PrivateKey::parse(secret.reveal(), pair.certificate); !usable)
        return fmt::format("{} {}: {}", key_of(pair.site, "certificate"), pair.site.certificate,
                           usable.error());
    return std::nullopt;
}

} // namespace

std::expected<std::string, std::string> read_certificates(const std::string& path)
{
    const auto opened = open_table_file(path);
    if (!opened)
        return std::unexpected(opened.error());
    return read_opened(*opened, path);
}

std::vector<config::TlsSite> sites_of(const config::Tls& tls)
{
    if (!tls.configured())
        return {};
    std::vector<config::TlsSite> sites{{.names = {},
                                        .certificate = tls.certificate,
                                        .key = tls.key,
                                        .ocsp_response = tls.ocsp_response}};
    sites.insert(sites.end(), tls.sites.begin(), tls.sites.end());
    return sites;
}

std::expected<TlsPair, std::string> open_pair(const config::TlsSite& site)
{
    auto certificate = read_certificates(site.certificate);
    if (!certificate)
        return std::unexpected(
            fmt::format("{}: {}", key_of(site, "certificate"), certificate.error()));
    auto key = open_table_file(site.key);
    if (!key)
        return std::unexpected(fmt::format("{}: {}", key_of(site, "key"), key.error()));
    TlsPair pair{site, std::move(*certificate), {}, std::move(key->file)};
    if (!site.ocsp_response.empty()) {
        auto response = read_certificates(site.ocsp_response);
        if (response)
            pair.ocsp_response = std::move(*response);
        else
            log::warning("tls.no_staple", {{"reason", response.error()}});
    }
    return pair;
}

std::map<std::string, std::optional<FileMark>> marks_of(const config::Tls& tls)
{
    std::map<std::string, std::optional<FileMark>> marks;
    for (const auto& site : sites_of(tls))
        for (const auto& path : {site.certificate, site.key, site.ocsp_response})
            if (!path.empty())
                marks.emplace(path, mark_of(path));
    if (!tls.client_authorities.empty())
        marks.emplace(tls.client_authorities, mark_of(tls.client_authorities));
    return marks;
}

std::vector<std::string> trouble_with_tls_files(const config::Tls& tls)
{
    std::vector<std::string> sentences;
    net::TlsMaterial material;
    for (const auto& site : sites_of(tls)) {
        auto pair = open_pair(site);
        if (!pair)
            sentences.push_back(pair.error());
        else if (auto trouble = trouble_with(*pair))
            sentences.push_back(std::move(*trouble));
        else
            material.sites.push_back({site.names, pair->certificate, pair->ocsp_response});
    }
    if (!tls.client_authorities.empty()) {
        auto authorities = read_certificates(tls.client_authorities);
        if (authorities)
            material.client_authorities = std::move(*authorities);
        else
            sentences.push_back("tls.client_authorities: " + authorities.error());
    }
    if (!sentences.empty() || material.sites.empty())
        return sentences;
    const auto parsed = net::TlsCertificates::parse(material);
    if (!parsed)
        sentences.push_back("tls: " + parsed.error());
    else
        for (const auto& complaint : (*parsed)->complaints())
            sentences.push_back("tls: " + complaint);
    return sentences;
}

} // namespace posthouse::process
