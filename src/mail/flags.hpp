// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is noted on a message: RFC 9051 §2.3.2.
namespace posthouse::mail {

enum class SystemFlag : std::uint8_t {
    seen = 1 << 0,
    answered = 1 << 1,
    flagged = 1 << 2,
    deleted = 1 << 3,
    draft = 1 << 4,
};

/// Any of the five, as bits.
class SystemFlags {
public:
    constexpr SystemFlags() = default;
    constexpr SystemFlags(SystemFlag flag) : bits_(static_cast<std::uint8_t>(flag)) {}
    static constexpr SystemFlags from_bits(std::uint8_t bits)
    {
        SystemFlags flags;
        flags.bits_ = bits & 0x1f;
        return flags;
    }

    constexpr std::uint8_t bits() const { return bits_; }
    constexpr bool none() const { return bits_ == 0; }
    constexpr bool has(SystemFlag flag) const { return bits_ & static_cast<std::uint8_t>(flag); }
    constexpr void set(SystemFlags flags) { bits_ |= flags.bits_; }
    constexpr void clear(SystemFlags flags) { bits_ &= static_cast<std::uint8_t>(~flags.bits_); }
    constexpr bool operator==(const SystemFlags&) const = default;

private:
    std::uint8_t bits_ = 0;
};

constexpr SystemFlags operator|(SystemFlags a, SystemFlags b)
{
    a.set(b);
    return a;
}

/// "\Seen" and the like in any case; nothing for other text.
std::optional<SystemFlag> system_flag(std::string_view name);
/// "\Seen"
std::string_view name_of(SystemFlag);

inline constexpr std::size_t keyword_bytes = 64; ///< The most that a keyword may have.

/// An atom of RFC 9051 §9 (so no backslash before it), ASCII, at most keyword_bytes long.
bool is_keyword(std::string_view);

struct Flags {
    SystemFlags system;
    std::vector<std::string> keywords; ///< As they were written; no two equal but for case.

    bool has_keyword(std::string_view) const;
    void add_keyword(std::string_view);
    void remove_keyword(std::string_view);

    void add(const Flags&);
    void remove(const Flags&);
    bool none() const { return system.none() && keywords.empty(); }
    /// The same flags: neither case nor order matters.
    bool operator==(const Flags&) const;
};

/// "\Seen \Flagged $Junk", without parentheses.
std::string text_of(const Flags&);

} // namespace posthouse::mail
