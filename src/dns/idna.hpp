// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace posthouse::dns {

/// The name as DNS knows it: U-labels become A-labels (RFC 5891 §4, by UTS #46, non-transitional),
/// letters lower-case. An ASCII name is only made lower-case. The error says what is wrong with it.
std::expected<std::string, std::string> to_ascii(std::string_view name);

} // namespace posthouse::dns
