// SPDX-License-Identifier: Apache-2.0
#include "net/tls_certificates.hpp"

#include "base/text.hpp"
#include "net/private_key.hpp"
#include "net/remote_key.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <utility>

namespace posthouse::net {
namespace {

using Bio = std::unique_ptr<BIO, FreeTls>;
using Certificate = std::unique_ptr<X509, FreeTls>;
using Site = TlsCertificates::Site;

constexpr int most_chain_certificates = 16;

std::string last_error()
{
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

Bio reader(std::string_view text)
{
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate next_certificate(BIO* from)
{
    auto* made = X509_new_ex(serving_library(), serving_properties);
    if (made != nullptr && PEM_read_bio_X509(from, &made, nullptr, nullptr) == nullptr) {
        X509_free(made);
        return nullptr;
    }
    return Certificate(made);
}

std::expected<Site, std::string> parse_site(const TlsSite& from)
{
    const auto bio = reader(from.certificate);
    Site site{next_certificate(bio.get()), {}, {}};
    if (!site.leaf)
        return std::unexpected("the certificate cannot be read: " + last_error());
    const auto* shown = X509_get0_pubkey(site.leaf.get());
    if (shown == nullptr)
        return std::unexpected("the certificate's public key cannot be read: " + last_error());
    if (auto right = check_kind_of_key(shown); !right)
        return std::unexpected("the certificate cannot be used: " + right.error());
    site.chain.reset(sk_X509_new_null());
    while (auto next = next_certificate(bio.get())) {
        if (sk_X509_num(site.chain.get()) >= most_chain_certificates)
            return std::unexpected("the certificate's chain is too long");
        sk_X509_push(site.chain.get(), next.release());
    }
    ERR_clear_error(); // The end of the text is reported as an error.
    auto key = remote_key(site.leaf.get());
    if (!key)
        return std::unexpected(key.error());
    site.key.reset(*key);
    return site;
}

void take_authorities(std::string_view pem, TlsCertificates::Impl& into)
{
    const auto bio = reader(pem);
    into.authorities.reset(X509_STORE_new());
    while (auto one = next_certificate(bio.get())) {
        X509_STORE_add_cert(into.authorities.get(), one.get());
        into.authority_certificates.push_back(std::move(one));
    }
    ERR_clear_error();
}

void add_to_mark(std::string& mark, const X509* certificate)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned bytes = 0;
    X509_digest(certificate, EVP_sha256(), digest.data(), &bytes);
    mark.append(reinterpret_cast<const char*>(digest.data()), bytes);
}

} // namespace

TlsCertificates::TlsCertificates(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsCertificates::~TlsCertificates() = default;

std::expected<std::shared_ptr<const TlsCertificates>, std::string>
TlsCertificates::parse(const TlsMaterial& material)
{
    auto impl = std::make_unique<Impl>();
    bool any_default = false;
    for (const auto& each : material.sites) {
        auto site = parse_site(each);
        if (!site)
            return std::unexpected(each.names.empty() ? site.error()
                                                      : each.names.front() + ": " + site.error());
        if (!each.ocsp_response.empty()) {
            auto staple = parse_staple(each.ocsp_response, site->leaf.get());
            if (staple)
                site->staple = std::move(*staple);
            else
                impl->complaints.push_back(
                    (each.names.empty() ? std::string() : each.names.front() + ": ") +
                    "the OCSP response is of no use: " + staple.error());
        }
        add_to_mark(impl->mark, site->leaf.get());
        for (const auto& name : each.names)
            impl->by_name.emplace(lowercase(name), impl->sites.size());
        if (each.names.empty() && !std::exchange(any_default, true))
            impl->by_default = impl->sites.size();
        impl->sites.push_back(std::move(*site));
    }
    if (!any_default)
        return std::unexpected("there is no certificate for clients that ask for no name");
    if (!material.client_authorities.empty()) {
        take_authorities(material.client_authorities, *impl);
        if (impl->authority_certificates.empty())
            return std::unexpected("there are no certificates among the clients' authorities");
        for (const auto& one : impl->authority_certificates)
            add_to_mark(impl->mark, one.get());
    }
    return std::make_shared<const TlsCertificates>(std::move(impl));
}

const TlsCertificates::Site& TlsCertificates::site_for(std::string_view server_name) const
{
    auto name = lowercase(server_name);
    if (name.ends_with('.'))
        name.pop_back();
    auto found = impl_->by_name.find(name);
    if (const auto dot = name.find('.'); found == impl_->by_name.end() && dot != name.npos)
        found = impl_->by_name.find("*" + name.substr(dot));
    return impl_->sites[found == impl_->by_name.end() ? impl_->by_default : found->second];
}

const std::vector<std::string>& TlsCertificates::complaints() const
{
    return impl_->complaints;
}

} // namespace posthouse::net
