// SPDX-License-Identifier: Apache-2.0
// fuzzes: sources
// Stored passwords: none that was not made of this password is taken for it.
#include "base/contract.hpp"
#include "sources/hashes.hpp"
#include "sources/scram.hpp"

using namespace posthouse;
using namespace posthouse::sources;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const auto bare = (data[0] & 1) != 0 ? Bare::plain : Bare::crypt;
    const std::string_view stored(reinterpret_cast<const char*>(data + 1), size - 1);
    // Sixty-four bytes that the input cannot name by chance.
    static const Secret password("\xf3"
                                 "nobody has ever made a hash of these words and of this: \x9e");
    if (!stored.contains(password.reveal().substr(0, 8)))
        expects(verify_hash(password, stored, bare) != HashAnswer::right);
    for (const auto& keys : scram_keys_of(stored, bare, "0123456789abcdef"))
        expects(sasl::is_sound(keys));
    return 0;
}
