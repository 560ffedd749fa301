// SPDX-License-Identifier: Apache-2.0
#include "net/deflate.hpp"

#include <zlib.h>

#include <array>

namespace posthouse::net {
namespace {

constexpr int raw_window = -15; // Negative: no zlib header.
constexpr int memory_level = 7; // With the window: some 200 KiB a connection.

void point_at(z_stream& stream, std::string_view bytes)
{
    // zlib does not change its input.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
}

} // namespace

struct Deflate::Streams {
    z_stream out{}, in{};
    bool out_ready = false, in_ready = false;
    ~Streams()
    {
        if (out_ready)
            ::deflateEnd(&out);
        if (in_ready)
            ::inflateEnd(&in);
    }
};

Deflate::Deflate(std::unique_ptr<Streams> streams) : streams_(std::move(streams)) {}
Deflate::~Deflate() = default;

std::unique_ptr<Deflate> Deflate::create()
{
    auto streams = std::make_unique<Streams>();
    streams->out_ready = ::deflateInit2(&streams->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                                        raw_window, memory_level, Z_DEFAULT_STRATEGY) == Z_OK;
    streams->in_ready = ::inflateInit2(&streams->in, raw_window) == Z_OK;
    if (!streams->out_ready || !streams->in_ready)
        return nullptr;
    return std::unique_ptr<Deflate>(new Deflate(std::move(streams)));
}

std::string Deflate::deflate(std::string_view bytes)
{
    auto& stream = streams_->out;
    std::string out;
    std::array<char, 16 * 1024> piece;
    point_at(stream, bytes);
    do {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = piece.size();
        ::deflate(&stream, Z_SYNC_FLUSH);
        out.append(piece.data(), piece.size() - stream.avail_out);
    } while (stream.avail_out == 0);
    return out;
}

std::optional<std::string> Deflate::inflate(std::string_view bytes, std::size_t most)
{
    kept_ += bytes;
    auto& stream = streams_->in;
    std::string out;
    std::array<char, 16 * 1024> piece;
    point_at(stream, kept_);
    output_left_ = false;
    while (stream.avail_in > 0 || output_left_) {
        if (out.size() >= most) {
            output_left_ = true;
            break;
        }
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = piece.size();
        const int result = ::inflate(&stream, Z_SYNC_FLUSH);
        if (result != Z_OK && result != Z_BUF_ERROR)
            return std::nullopt; // Also at its end: the client may not end it.
        out.append(piece.data(), piece.size() - stream.avail_out);
        output_left_ = stream.avail_out == 0;
        if (result == Z_BUF_ERROR)
            break;
    }
    kept_.erase(0, kept_.size() - stream.avail_in);
    return out;
}

} // namespace posthouse::net
