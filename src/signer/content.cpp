// SPDX-License-Identifier: Apache-2.0
#include "signer/content.hpp"

#include <algorithm>
#include <array>

namespace posthouse::signer {
namespace {

using namespace std::string_view_literals;

constexpr auto context = "TLS 1.3, server CertificateVerify\0"sv;
constexpr std::size_t padding = 64, random = 32;
constexpr auto downgraded = "DOWNGRD\x01"sv;

/// SHA-256's or SHA-384's: the hashes of the cipher suites of RFC 8446 §B.4.
constexpr bool is_transcript_hash(std::size_t bytes)
{
    return bytes == 32 || bytes == 48;
}

bool is_certificate_verify(std::uint16_t scheme, std::string_view content)
{
    constexpr std::array schemes = {0x0403, 0x0503, 0x0804, 0x0805, 0x0806, 0x0807};
    return std::ranges::find(schemes, scheme) != schemes.end() &&
           content.size() > padding + context.size() &&
           std::ranges::all_of(content.substr(0, padding), [](char c) { return c == ' '; }) &&
           content.substr(padding).starts_with(context) &&
           is_transcript_hash(content.size() - padding - context.size());
}

struct Curve {
    std::string_view number;
    std::size_t point_bytes;
    bool uncompressed;
};

constexpr std::array curves = {Curve{"\x00\x1d"sv, 32, false}, Curve{"\x00\x17"sv, 65, true},
                               Curve{"\x00\x18"sv, 97, true}};

bool is_key_exchange(std::uint16_t scheme, std::string_view content)
{
    constexpr std::array schemes = {0x0401, 0x0501, 0x0601, 0x0403, 0x0503,
                                    0x0804, 0x0805, 0x0806, 0x0807};
    constexpr std::size_t head = 2 * random + 4;
    if (std::ranges::find(schemes, scheme) == schemes.end() || content.size() <= head ||
        content.substr(2 * random - downgraded.size(), downgraded.size()) != downgraded)
        return false;
    constexpr char named_curve = 3;
    const auto curve = std::ranges::find(curves, content.substr(2 * random + 1, 2), &Curve::number);
    if (content[2 * random] != named_curve || curve == curves.end())
        return false;
    const auto point = content.substr(head);
    return static_cast<unsigned char>(content[head - 1]) == curve->point_bytes &&
           point.size() == curve->point_bytes && (!curve->uncompressed || point[0] == 4);
}

} // namespace

bool is_handshake(std::uint16_t scheme, std::string_view content)
{
    return is_certificate_verify(scheme, content) || is_key_exchange(scheme, content);
}

} // namespace posthouse::signer
