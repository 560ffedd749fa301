// SPDX-License-Identifier: Apache-2.0
#include "signer/keys.hpp"

#include <utility>

namespace posthouse::signer {

bool Keys::add(net::PrivateKey key)
{
    auto name = key.name();
    if (keys_.size() >= Limits::keys && !keys_.contains(name))
        return false;
    keys_.insert_or_assign(std::move(name),
                           std::make_shared<const net::PrivateKey>(std::move(key)));
    return true;
}

void Keys::settle(const std::vector<std::string>& names)
{
    const auto before =
        std::exchange(settled_, std::set<std::string, std::less<>>(names.begin(), names.end()));
    std::erase_if(keys_, [&](const auto& each) {
        return !settled_.contains(each.first) && !before.contains(each.first);
    });
}

std::shared_ptr<const net::PrivateKey> Keys::find(std::string_view name) const
{
    const auto found = keys_.find(name);
    return found == keys_.end() ? nullptr : found->second;
}

} // namespace posthouse::signer
