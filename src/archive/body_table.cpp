// SPDX-License-Identifier: Apache-2.0
#include "archive/body_table.hpp"

#include "mail/message_entry.hpp"

namespace posthouse::archive {

store::Row row_of(const StoredBody& body)
{
    store::Row row{body.id.bytes(), {}};
    mail::append_bytes(row.value, body.owner);
    mail::append_varint(row.value, body.bytes);
    for (const auto& piece : body.pieces)
        row.value += piece.bytes();
    return row;
}

std::optional<StoredBody> body_of(const store::Row& row)
{
    const auto id = store::BlobId::from_bytes(row.key);
    std::string_view rest = row.value;
    const auto owner = mail::take_bytes(rest);
    const auto bytes = owner ? mail::take_varint(rest) : std::nullopt;
    constexpr auto name_bytes = sizeof(ChunkName::digest);
    if (!id || !bytes || *bytes > Limits::body_bytes || rest.size() % name_bytes != 0 ||
        owner->size() > store::Limits::partition_name)
        return std::nullopt;
    StoredBody body{*id, std::string(*owner), *bytes, {}};
    for (; !rest.empty(); rest.remove_prefix(name_bytes))
        body.pieces.push_back(*ChunkName::from_bytes(rest.substr(0, name_bytes)));
    if (body.pieces.size() !=
        (body.bytes + Limits::body_piece - 1) / Limits::body_piece) // None, of an empty one
        return std::nullopt;
    return body;
}

Result<std::optional<store::Row>> PartitionRows::next()
{
    for (;;) {
        if (auto row = reader_.next())
            return row;
        if (reader_.damaged())
            return fault(Fault::Kind::damaged, std::string(damage_));
        if (next_chunk_ == chunks_.size())
            return std::nullopt;
        auto chunk = repository_->chunk(chunks_[next_chunk_++]);
        if (!chunk)
            return std::unexpected(chunk.error());
        chunk_ = std::move(*chunk);
        reader_ = RowReader(chunk_);
    }
}

Result<std::optional<StoredBody>> BodyTable::next()
{
    const auto row = rows_.next();
    if (!row)
        return std::unexpected(row.error());
    if (!*row)
        return std::nullopt;
    auto body = body_of(**row);
    if (!body)
        return fault(Fault::Kind::damaged, std::string(damage));
    return body;
}

Result<std::string> whole_body(Repository& repository, const StoredBody& body)
{
    std::string bytes;
    for (const auto& piece : body.pieces) {
        auto chunk = repository.chunk(piece);
        if (!chunk)
            return chunk;
        bytes += *chunk;
    }
    if (bytes.size() != body.bytes)
        return fault(Fault::Kind::damaged, "a body is not as long as it was");
    return bytes;
}

} // namespace posthouse::archive
