// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sodium.h>

#include <string>
#include <string_view>

namespace posthouse::moving {

/// Names a letter by what it says, so that it is known again when others before it have gone or
/// its flags were written anew.
class Digest {
public:
    Digest() { ::crypto_generichash_init(&state_, nullptr, 0, 16); }
    void take(std::string_view bytes)
    {
        ::crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                                    bytes.size());
    }
    std::string finish()
    {
        std::string digest(16, '\0');
        ::crypto_generichash_final(&state_, reinterpret_cast<unsigned char*>(digest.data()), 16);
        return digest;
    }

private:
    crypto_generichash_state state_{};
};

} // namespace posthouse::moving
