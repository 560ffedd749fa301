// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/ids.hpp"
#include "mailbox/records.pb.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

/// Who may do what with a mailbox: RFC 4314.
namespace posthouse::mailbox {

/// RFC 4314 §2.1, in the order of their letters in right_letters.
enum class Right : std::uint8_t {
    lookup,     // l: it is listed
    read,       // r: opened, and read
    seen,       // s: \Seen, which every reader has of his own
    write,      // w: the other flags and keywords, but for \Deleted
    insert,     // i: messages are put in
    post,       // p: (letters are never delivered by it)
    create,     // k: mailboxes below
    remove,     // x: the mailbox itself goes, or is renamed
    deleted,    // t: \Deleted
    expunge,    // e
    administer, // a: who may do what
};
inline constexpr std::string_view right_letters = "lrswipkxtea";

/// A set of rights.
class Rights {
public:
    constexpr Rights() = default;
    constexpr Rights(std::initializer_list<Right> some)
    {
        for (const auto right : some)
            bits_ |= bit(right);
    }
    static constexpr Rights all() { return from_bits(~0U); }
    static constexpr Rights from_bits(std::uint32_t bits)
    {
        Rights rights;
        rights.bits_ = bits & ((1U << right_letters.size()) - 1);
        return rights;
    }
    /// `c` and `d` are the sets of RFC 4314 §2.1.1: `kx` and `te`. Nothing: a letter is no right.
    static std::optional<Rights> parse(std::string_view letters);

    std::string text() const; ///< "lrs", in the order of right_letters
    constexpr std::uint32_t bits() const { return bits_; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool has(Right right) const { return (bits_ & bit(right)) != 0; }
    constexpr bool has_all(Rights some) const { return (bits_ & some.bits_) == some.bits_; }
    constexpr bool has_any(Rights some) const { return (bits_ & some.bits_) != 0; }

    constexpr Rights operator|(Rights other) const { return from_bits(bits_ | other.bits_); }
    constexpr Rights operator&(Rights other) const { return from_bits(bits_ & other.bits_); }
    constexpr Rights without(Rights other) const { return from_bits(bits_ & ~other.bits_); }
    constexpr bool operator==(const Rights&) const = default;

private:
    static constexpr std::uint32_t bit(Right right) { return 1U << static_cast<unsigned>(right); }
    std::uint32_t bits_ = 0;
};

/// Whom an entry of an access list is about: an account, or anyone who has logged in.
struct Identifier {
    AccountId account{};   ///< AccountId{0}: anyone
    bool negative = false; ///< "-name": takes away. RFC 4314 §2
    bool operator==(const Identifier&) const = default;
};

/// A change of one entry. RFC 4314 §3.1
struct AccessChange {
    Identifier whom;
    enum class How : std::uint8_t { replace, add, remove } how = How::replace;
    Rights rights;
    std::string name = {}; ///< The account's address, for people
};

/// What an account may do with another's mailbox: the union of what names it, less the union of
/// what takes away from it (RFC 4314 §2).
Rights rights_of(AccountId, const Mailbox&);
/// An entry without rights is none. Error::limit: there are too many.
Result<void> change_access(Mailbox&, const AccessChange&);
/// Is anything granted to this one (AccountId{0}: to anyone)?
bool grants_to(const Mailbox&, AccountId);

} // namespace posthouse::mailbox
