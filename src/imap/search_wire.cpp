// SPDX-License-Identifier: Apache-2.0
#include "imap/search_wire.hpp"

#include "mail/message_entry.hpp"

#include <type_traits>
#include <utility>

namespace posthouse::imap {

namespace {

using mail::append_bytes;
using mail::append_varint;

template <std::size_t I = 0, class F>
SearchKey::Is made(std::size_t index, const F& make)
{
    if constexpr (I < std::variant_size_v<SearchKey::Is>) {
        if (index == I)
            return make.template operator()<std::variant_alternative_t<I, SearchKey::Is>>();
        return made<I + 1>(index, make);
    } else {
        return search::All{};
    }
}

class Packer {
public:
    explicit Packer(std::string& to) : to_(to) {}

    void pack(const SearchKey& key)
    {
        append_varint(to_, key.is.index());
        std::visit([this](const auto& is) { pack(is); }, key.is);
    }

private:
    void pack(const search::All&) {}
    void pack(const search::Recent&) {}
    void pack(const search::SaveDateSupported&) {}
    void pack(const search::Flag& is) { number(is.flag); }
    void pack(const search::Keyword& is) { append_bytes(to_, is.keyword); }
    void pack(const search::Messages& is) { pack(is.set); }
    void pack(const search::Uids& is) { pack(is.set); }
    void pack(const SequenceSet& set)
    {
        append_varint(to_, set.ranges.size());
        std::uint32_t last = 0;
        for (const auto& range : set.ranges) { // Ascending, so the differences are small.
            append_varint(to_, range.first - last);
            append_varint(to_, range.last - range.first);
            last = range.last;
        }
    }
    void pack(const search::Date& is)
    {
        number(is.day);
        number(is.order);
        append_varint(to_, static_cast<std::uint64_t>(static_cast<int>(is.date.year())) & 0xffff);
        append_varint(to_, static_cast<unsigned>(is.date.month()));
        append_varint(to_, static_cast<unsigned>(is.date.day()));
    }
    void pack(const search::Size& is)
    {
        number(is.comparison);
        append_varint(to_, is.bytes);
    }
    void pack(const search::Within& is)
    {
        number(is.age);
        append_varint(to_, static_cast<std::uint64_t>(is.interval.count()));
    }
    void pack(const search::Header& is)
    {
        append_bytes(to_, is.field);
        append_bytes(to_, is.text);
    }
    void pack(const search::Text& is)
    {
        number(is.where);
        append_bytes(to_, is.text);
    }
    void pack(const search::ModSeq& is) { append_varint(to_, is.value); }
    void pack(const search::EmailId& is) { append_bytes(to_, is.id); }
    void pack(const search::ThreadId& is) { append_bytes(to_, is.id); }
    void pack(const search::And& is) { pack(is.keys); }
    void pack(const search::Or& is) { pack(is.keys); }
    void pack(const search::Not& is) { pack(is.keys); }
    void pack(const search::Fuzzy& is) { pack(is.keys); }
    void pack(const std::vector<SearchKey>& keys)
    {
        append_varint(to_, keys.size());
        for (const auto& key : keys)
            pack(key);
    }
    template <class E>
    void number(E value)
    {
        append_varint(to_, static_cast<std::uint64_t>(value));
    }

    std::string& to_;
};

class Unpacker {
public:
    Unpacker(std::string_view packed, const ProgramLimits& limits)
        : packed_(packed),
          limits_(limits)
    {
    }

    std::string charset() { return std::string(bytes()); }
    SearchKey key(std::size_t depth = 0)
    {
        const auto index = number();
        if (depth > limits_.depth || ++keys_ > limits_.keys ||
            index >= std::variant_size_v<SearchKey::Is>)
            good_ = false;
        if (!good_)
            return {};
        SearchKey key{
            made(static_cast<std::size_t>(index), []<class K>() -> SearchKey::Is { return K{}; })};
        std::visit([&](auto& is) { unpack(is, depth); }, key.is);
        return key;
    }
    bool done() const { return good_ && packed_.empty(); }

private:
    void unpack(search::All&, std::size_t) {}
    void unpack(search::Recent&, std::size_t) { good_ = false; }
    void unpack(search::Messages&, std::size_t) { good_ = false; }
    void unpack(search::SaveDateSupported&, std::size_t) {}
    void unpack(search::Flag& is, std::size_t)
    {
        const auto bits = number();
        if (bits == 0 || bits > 0x10 || (bits & (bits - 1)) != 0)
            good_ = false;
        else
            is.flag = static_cast<mail::SystemFlag>(bits);
    }
    void unpack(search::Keyword& is, std::size_t) { is.keyword = bytes(); }
    void unpack(search::Uids& is, std::size_t)
    {
        const auto count = number();
        std::uint64_t last = 0;
        for (std::uint64_t i = 0; i < count && good_; ++i) {
            const auto step = number(); // Ascending, so that nothing goes round.
            const auto length = number();
            if (step == 0 || step > 0xffffffff - last || length > 0xffffffff - last - step ||
                ++ranges_ > limits_.ranges) {
                good_ = false;
                return;
            }
            const auto first = last + step;
            last = first + length;
            if (good_)
                is.set.ranges.push_back(
                    {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)});
        }
    }
    void unpack(search::Date& is, std::size_t)
    {
        is.day = one_of<search::Day>(3);
        is.order = one_of<search::Order>(3);
        const auto year = number(), month = number(), day = number();
        is.date = std::chrono::year(static_cast<int>(year & 0x7fff)) /
                  std::chrono::month(static_cast<unsigned>(month & 0xff)) /
                  std::chrono::day(static_cast<unsigned>(day & 0xff));
        good_ &= is.date.ok();
    }
    void unpack(search::Size& is, std::size_t)
    {
        is.comparison = one_of<search::Comparison>(2);
        is.bytes = number();
    }
    void unpack(search::Within& is, std::size_t)
    {
        is.age = one_of<search::Age>(2);
        is.interval = std::chrono::seconds(number() & 0xffffffff);
    }
    void unpack(search::Header& is, std::size_t)
    {
        is.field = bytes();
        is.text = bytes();
    }
    void unpack(search::Text& is, std::size_t)
    {
        is.where = one_of<search::Where>(2);
        is.text = bytes();
    }
    void unpack(search::ModSeq& is, std::size_t) { is.value = number(); }
    void unpack(search::EmailId& is, std::size_t) { is.id = bytes(); }
    void unpack(search::ThreadId& is, std::size_t) { is.id = bytes(); }
    void unpack(search::And& is, std::size_t depth) { unpack(is.keys, depth, 1, limits_.keys); }
    void unpack(search::Or& is, std::size_t depth) { unpack(is.keys, depth, 2, limits_.keys); }
    void unpack(search::Not& is, std::size_t depth) { unpack(is.keys, depth, 1, 1); }
    void unpack(search::Fuzzy& is, std::size_t depth) { unpack(is.keys, depth, 1, 1); }
    void unpack(std::vector<SearchKey>& keys, std::size_t depth, std::size_t least,
                std::size_t most)
    {
        const auto count = number();
        if (count < least || count > most)
            good_ = false;
        for (std::uint64_t i = 0; i < count && good_; ++i)
            keys.push_back(key(depth + 1));
    }

    std::uint64_t number()
    {
        const auto taken = mail::take_varint(packed_);
        good_ &= taken.has_value();
        return taken.value_or(0);
    }
    std::string_view bytes()
    {
        const auto taken = mail::take_bytes(packed_);
        good_ &= taken.has_value();
        return taken.value_or(std::string_view());
    }
    template <class E>
    E one_of(std::uint64_t how_many)
    {
        const auto value = number();
        good_ &= value < how_many;
        return good_ ? static_cast<E>(value) : E{};
    }

    std::string_view packed_;
    const ProgramLimits& limits_;
    std::size_t keys_ = 0, ranges_ = 0;
    bool good_ = true;
};

} // namespace

std::string pack_program(const SearchProgram& program)
{
    std::string packed;
    append_bytes(packed, program.charset);
    Packer(packed).pack(program.key);
    return packed;
}

std::optional<SearchProgram> unpack_program(std::string_view packed, const ProgramLimits& limits)
{
    Unpacker unpacker(packed, limits);
    SearchProgram program;
    program.charset = unpacker.charset();
    program.key = unpacker.key();
    if (!unpacker.done())
        return std::nullopt;
    return program;
}

} // namespace posthouse::imap
