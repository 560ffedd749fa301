// SPDX-License-Identifier: Apache-2.0
#include "dns/idna.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <array>
#include <unicode/uidna.h>

namespace posthouse::dns {
namespace {

constexpr std::size_t longest_input = 1024; // bytes; 255 characters of UTF-8 are at most 1020.

/// Made once and kept: it may be used by all threads.
const UIDNA* converter()
{
    static const UIDNA* const made = [] {
        UErrorCode error = U_ZERO_ERROR;
        const UIDNA* opened = uidna_openUTS46(
            UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, &error);
        expects(U_SUCCESS(error));
        return opened;
    }();
    return made;
}

} // namespace

std::expected<std::string, std::string> to_ascii(std::string_view name)
{
    if (is_ascii(name))
        return lowercase(name);
    if (name.size() > longest_input)
        return std::unexpected("the name is too long");
    if (!is_utf8(name))
        return std::unexpected("the name is not UTF-8");

    std::array<char, 512> ascii{};
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode error = U_ZERO_ERROR;
    const auto length = uidna_nameToASCII_UTF8(
        converter(), name.data(), static_cast<std::int32_t>(name.size()), ascii.data(),
        static_cast<std::int32_t>(ascii.size()), &info, &error);
    if (U_FAILURE(error) || info.errors != 0)
        return std::unexpected("the name is no internationalized domain name");
    return lowercase({ascii.data(), static_cast<std::size_t>(length)});
}

} // namespace posthouse::dns
