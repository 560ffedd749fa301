// SPDX-License-Identifier: Apache-2.0
#include "imap/session/read_ahead.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::imap {

namespace {

// Values only: these go on by themselves.
Task<Result<std::string>> entries(std::shared_ptr<Backend> backend, Handle handle,
                                  mail::UidSet uids, std::uint8_t fields)
{
    co_return co_await backend->entries(handle, std::move(uids), fields);
}

Task<Result<Summaries>> summaries(std::shared_ptr<Backend> backend, Handle handle,
                                  mail::UidSet uids, std::uint16_t fields)
{
    co_return co_await backend->summaries(handle, std::move(uids), fields);
}

Task<Result<std::string>> piece(std::shared_ptr<Backend> backend, Handle handle,
                                ReadAhead::Place place)
{
    co_return co_await backend->read(handle, place.uid, place.offset, place.length);
}

} // namespace

Task<Ahead<Result<std::string>>> begin_entries(std::shared_ptr<Backend> backend, Handle handle,
                                               mail::UidSet uids, std::uint8_t fields)
{
    return Ahead<Result<std::string>>::begin(
        entries(std::move(backend), handle, std::move(uids), fields));
}

Task<Ahead<Result<Summaries>>> begin_summaries(std::shared_ptr<Backend> backend, Handle handle,
                                               mail::UidSet uids, std::uint16_t fields)
{
    return Ahead<Result<Summaries>>::begin(
        summaries(std::move(backend), handle, std::move(uids), fields));
}

Task<void> ReadAhead::begin(Place place)
{
    auto begun = co_await Ahead<Result<std::string>>::begin(piece(backend_, handle_, place));
    const auto behind =
        std::ranges::find_if(begun_, [&](const Begun& other) { return place < other.place; });
    begun_.insert(behind, {place, std::move(begun)});
}

Task<Result<std::string>> ReadAhead::read(Place place)
{
    while (!begun_.empty() && begun_.front().place < place)
        begun_.pop_front();
    if (begun_.empty() || begun_.front().place.uid != place.uid ||
        begun_.front().place.offset != place.offset)
        co_return co_await backend_->read(handle_, place.uid, place.offset, place.length);
    auto begun = std::move(begun_.front().piece);
    begun_.pop_front();
    auto piece = co_await begun.result();
    if (piece && piece->size() > place.length)
        piece->resize(place.length);
    co_return piece;
}

} // namespace posthouse::imap
