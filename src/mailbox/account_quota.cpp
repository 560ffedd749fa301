// SPDX-License-Identifier: Apache-2.0
// How much an account may hold.
#include "mailbox/account.hpp"

namespace posthouse::mailbox {

QuotaLimits Account::quota() const
{
    const auto& record = state_.record;
    return {.bytes = record.has_quota_bytes() ? record.quota_bytes() : configured_quota_.bytes,
            .messages =
                record.has_quota_messages() ? record.quota_messages() : configured_quota_.messages};
}

void Account::share_room(std::shared_ptr<CommonRoom> room)
{
    room_ = std::move(room);
    tell_room();
}

void Account::tell_room()
{
    if (room_)
        room_->count(id_, {state_.record.bytes(), state_.record.messages()});
}

bool Account::has_room(const AccountRecord& record, std::uint64_t bytes,
                       std::uint64_t messages) const
{
    const auto limits = quota();
    const auto more = [](std::uint64_t now, std::uint64_t before, std::uint64_t by) {
        return static_cast<std::int64_t>(now) - static_cast<std::int64_t>(before) +
               static_cast<std::int64_t>(by);
    };
    // The common room knows of the state, not of this commit.
    return (limits.bytes == 0 || record.bytes() + bytes <= limits.bytes) &&
           (limits.messages == 0 || record.messages() + messages <= limits.messages) &&
           (!room_ || room_->has_room(more(record.bytes(), state_.record.bytes(), bytes),
                                      more(record.messages(), state_.record.messages(), messages)));
}

bool Account::is_full() const
{
    const auto limits = quota();
    return (limits.bytes != 0 && state_.record.bytes() >= limits.bytes) ||
           (limits.messages != 0 && state_.record.messages() >= limits.messages) ||
           (room_ && room_->is_full());
}

Task<Result<void>> Account::set_own_quota(OwnQuota own)
{
    const auto self = shared_from_this();
    co_return co_await commit(
        [own](Delta& delta) -> Result<void> {
            auto& record = delta.account();
            record.clear_quota_bytes();
            record.clear_quota_messages();
            if (own.bytes)
                record.set_quota_bytes(*own.bytes);
            if (own.messages)
                record.set_quota_messages(*own.messages);
            (void)delta.box(inbox); // Something is to be written.
            return {};
        },
        2);
}

Account::OwnQuota Account::own_quota() const
{
    OwnQuota own;
    if (state_.record.has_quota_bytes())
        own.bytes = state_.record.quota_bytes();
    if (state_.record.has_quota_messages())
        own.messages = state_.record.quota_messages();
    return own;
}

} // namespace posthouse::mailbox
