// SPDX-License-Identifier: Apache-2.0
#include "mail/message_entry.hpp"

#include <array>

namespace posthouse::mail {
namespace {

constexpr std::uint64_t zigzag(std::uint64_t difference)
{
    const auto value = static_cast<std::int64_t>(difference);
    return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}

constexpr std::uint64_t unzigzag(std::uint64_t value)
{
    return value >> 1 ^ (0 - (value & 1));
}

bool has(std::uint8_t fields, EntryField field)
{
    return (fields & static_cast<std::uint8_t>(field)) != 0;
}

std::uint64_t bits(std::int64_t value)
{
    return static_cast<std::uint64_t>(value);
}

/// An entry's bytes while they are put together, to be appended at once.
class Bytes {
public:
    void add(std::uint8_t byte) { bytes_[size_++] = static_cast<char>(byte); }
    void add_number(std::uint64_t value)
    {
        for (; value >= 0x80; value >>= 7)
            add(static_cast<std::uint8_t>(value | 0x80));
        add(static_cast<std::uint8_t>(value));
    }
    std::string_view text() const { return {bytes_.data(), size_}; }

private:
    std::array<char, 1 + 8 * 10> bytes_; // the flags and eight numbers
    std::size_t size_ = 0;
};

} // namespace

void append_varint(std::string& to, std::uint64_t value)
{
    while (value >= 0x80) {
        to += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    to += static_cast<char>(value);
}

std::optional<std::uint64_t> take_varint(std::string_view& from)
{
    if (!from.empty() && static_cast<unsigned char>(from.front()) < 0x80) { // Most are small.
        const auto value = static_cast<std::uint64_t>(from.front());
        from.remove_prefix(1);
        return value;
    }
    std::uint64_t value = 0;
    for (unsigned at = 0; at < from.size() && at < 10; ++at) {
        const auto byte = static_cast<unsigned char>(from[at]);
        if (at == 9 && byte > 1)
            return std::nullopt;
        value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * at);
        if (byte < 0x80) {
            from.remove_prefix(at + 1);
            return value;
        }
    }
    return std::nullopt;
}

void append_bytes(std::string& to, std::string_view bytes)
{
    append_varint(to, bytes.size());
    to += bytes;
}

std::optional<std::string_view> take_bytes(std::string_view& from)
{
    auto rest = from;
    const auto length = take_varint(rest);
    if (!length || *length > rest.size())
        return std::nullopt;
    const auto bytes = rest.substr(0, *length);
    from = rest.substr(*length);
    return bytes;
}

void EntryPacker::append(const MessageEntry& entry, std::string& to)
{
    Bytes bytes;
    bytes.add_number(entry.uid - last_.uid);
    if (has(fields_, EntryField::flags)) {
        // Most messages have no keywords: one byte says so together with the flags.
        const bool keywords = entry.keywords != 0;
        bytes.add(static_cast<std::uint8_t>(entry.flags.bits() | (keywords ? 0x80 : 0)));
        if (keywords)
            bytes.add_number(entry.keywords);
    }
    if (has(fields_, EntryField::modseq))
        bytes.add_number(zigzag(entry.modseq - last_.modseq));
    if (has(fields_, EntryField::size))
        bytes.add_number(entry.size);
    if (has(fields_, EntryField::dates)) {
        bytes.add_number(zigzag(bits(entry.internal_date) - bits(last_.internal_date)));
        bytes.add_number(zigzag(bits(entry.save_date) - bits(entry.internal_date)));
    }
    if (has(fields_, EntryField::ids)) {
        bytes.add_number(zigzag(entry.email - last_.email));
        bytes.add_number(zigzag(entry.thread - last_.thread));
    }
    to += bytes.text();
    last_ = entry;
}

std::string packed_entries(std::span<const MessageEntry> entries)
{
    std::string bytes;
    EntryPacker packer(all_entry_fields);
    for (const auto& entry : entries)
        packer.append(entry, bytes);
    return bytes;
}

std::optional<MessageEntry> EntryUnpacker::next()
{
    if (damaged_ || packed_.empty())
        return std::nullopt;
    damaged_ = true; // Until the entry is whole.
    // Out of the one before: fields that are not packed stay as nothing.
    auto& entry = last_;
    const auto step = take_varint(packed_);
    if (!step || *step == 0 || *step > 0xffffffff - entry.uid)
        return std::nullopt;
    entry.uid += static_cast<std::uint32_t>(*step);
    const auto take = [this](std::uint64_t& to) {
        const auto value = take_varint(packed_);
        to = value.value_or(0);
        return value.has_value();
    };
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    if (has(fields_, EntryField::flags)) {
        if (packed_.empty())
            return std::nullopt;
        const auto byte = static_cast<unsigned char>(packed_.front());
        packed_.remove_prefix(1);
        entry.flags = SystemFlags::from_bits(byte & 0x1f);
        entry.keywords = 0;
        if ((byte & 0x80) != 0 && !take(entry.keywords))
            return std::nullopt;
    }
    if (has(fields_, EntryField::modseq)) {
        if (!take(a))
            return std::nullopt;
        entry.modseq += unzigzag(a);
    }
    if (has(fields_, EntryField::size) && !take(entry.size))
        return std::nullopt;
    if (has(fields_, EntryField::dates)) {
        if (!take(a) || !take(b))
            return std::nullopt;
        entry.internal_date = static_cast<std::int64_t>(bits(entry.internal_date) + unzigzag(a));
        entry.save_date = static_cast<std::int64_t>(bits(entry.internal_date) + unzigzag(b));
    }
    if (has(fields_, EntryField::ids)) {
        if (!take(a) || !take(b))
            return std::nullopt;
        entry.email += unzigzag(a);
        entry.thread += unzigzag(b);
    }
    damaged_ = false;
    return entry;
}

} // namespace posthouse::mail
