// SPDX-License-Identifier: Apache-2.0
#include "net/staple.hpp"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

namespace posthouse::net {
namespace {

struct Free {
    void operator()(OCSP_RESPONSE* response) const { OCSP_RESPONSE_free(response); }
    void operator()(OCSP_BASICRESP* response) const { OCSP_BASICRESP_free(response); }
};

/// Of the answers in a response, the one about this certificate.
OCSP_SINGLERESP* answer_about(OCSP_BASICRESP* response, X509* certificate)
{
    const auto* serial = X509_get0_serialNumber(certificate);
    for (int i = 0; i < OCSP_resp_count(response); ++i) {
        auto* single = OCSP_resp_get0(response, i);
        ASN1_INTEGER* about = nullptr;
        OCSP_id_get0_info(nullptr, nullptr, nullptr, &about,
                          const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single)));
        if (about != nullptr && ASN1_INTEGER_cmp(about, serial) == 0)
            return single;
    }
    return nullptr;
}

} // namespace

std::expected<Staple, std::string> parse_staple(std::string_view der, X509* certificate)
{
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const auto* end = bytes;
    const std::unique_ptr<OCSP_RESPONSE, Free> response(
        d2i_OCSP_RESPONSE(nullptr, &end, static_cast<long>(der.size())));
    ERR_clear_error();
    if (!response || end != bytes + der.size())
        return std::unexpected("it is no OCSP response");
    if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return std::unexpected("the authority did not answer");
    const std::unique_ptr<OCSP_BASICRESP, Free> basic(OCSP_response_get1_basic(response.get()));
    ERR_clear_error();
    auto* single = basic ? answer_about(basic.get(), certificate) : nullptr;
    if (single == nullptr)
        return std::unexpected("it is about another certificate");
    ASN1_GENERALIZEDTIME* next = nullptr;
    OCSP_single_get0_status(single, nullptr, nullptr, nullptr, &next);
    std::tm until{};
    if (next == nullptr || ASN1_TIME_to_tm(next, &until) != 1)
        return std::unexpected("it does not say until when it is valid");
    return Staple{std::string(der), std::chrono::time_point_cast<Timestamp::duration>(
                                        std::chrono::system_clock::from_time_t(::timegm(&until)))};
}

} // namespace posthouse::net
