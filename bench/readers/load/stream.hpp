// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

typedef struct ssl_st SSL;

namespace posthouse::load {

enum class Channel { plain, tls };

struct Peer {
    std::string host = "127.0.0.1";
    std::uint16_t port = 143;
    Channel channel = Channel::plain;
};

/** Says what went wrong and ends the program: a load that does not run as meant has no figures. */
[[noreturn]] void give_up(std::string_view what);

/** A connection that is read and written by one thread, which waits. */
class Stream {
public:
    explicit Stream(const Peer& peer);
    Stream(Stream&& other) noexcept;
    Stream& operator=(Stream&&) = delete;
    ~Stream();

    /** What comes next; empty at the end. Good until the next call. */
    std::string_view some();
    /** The same without waiting; nothing if nothing is there. Only after `stop_waiting`. */
    std::optional<std::string_view> some_now();
    void write(std::string_view bytes);
    void stop_waiting();
    void wait_again();
    int descriptor() const { return descriptor_; }

private:
    std::string_view filled(long length) const;

    int descriptor_;
    SSL* tls_ = nullptr;
};

} // namespace posthouse::load
