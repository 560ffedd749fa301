// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address.hpp"
#include "milter/limits.hpp"
#include "milter/packet.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>

/// What a filter may do to a letter at its end. Only read_modification() makes these of what a
/// filter said, so that nothing in them can break out of its place.
namespace posthouse::milter {

/// A field as it will stand in a letter: a name, and a value that is folded with CRLF and does
/// not end with one. Between them stand the colon and what `value` begins with.
struct NewField {
    std::string name;
    std::string value;

    std::string text() const { return name + ':' + value + "\r\n"; }
    bool operator==(const NewField&) const = default;
};

namespace modification {

/// At the header's end.
struct AddHeader {
    NewField field;
    bool operator==(const AddHeader&) const = default;
};
/// Before the field at this place, counted from 0, which is our own Received:.
struct InsertHeader {
    std::uint32_t index;
    NewField field;
    bool operator==(const InsertHeader&) const = default;
};
/// The field with this name that comes `index`th, counted from 1, of those that the filter was
/// shown; behind the last, one more.
struct ChangeHeader {
    std::uint32_t index;
    NewField field;
    bool remove; // instead
    bool operator==(const ChangeHeader&) const = default;
};
/// The body's next piece: the first empties it.
struct ReplaceBody {
    std::string piece;
    bool operator==(const ReplaceBody&) const = default;
};
struct AddRecipient {
    mail::ForwardPath path;
    std::string arguments; // "NOTIFY=NEVER ORCPT=…"
    bool operator==(const AddRecipient&) const = default;
};
struct DeleteRecipient {
    mail::ForwardPath path;
    bool operator==(const DeleteRecipient&) const = default;
};
struct ChangeSender {
    mail::ReversePath path;
    std::string arguments;
    bool operator==(const ChangeSender&) const = default;
};
struct Quarantine {
    std::string reason; // Not empty.
    bool operator==(const Quarantine&) const = default;
};

} // namespace modification

using Modification = std::variant<modification::AddHeader, modification::InsertHeader,
                                  modification::ChangeHeader, modification::ReplaceBody,
                                  modification::AddRecipient, modification::DeleteRecipient,
                                  modification::ChangeSender, modification::Quarantine>;

/// Do values come with what stands behind the colon (protocol::leading_space)?
enum class Leading : std::uint8_t { stripped, kept };

/// nullopt: the packet is none of these, or it asks for nothing (a recipient to be deleted that
/// cannot be one).
std::expected<std::optional<Modification>, Fault> read_modification(Packet, Leading, const Limits&);

} // namespace posthouse::milter
