// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Which message answers which: THREAD, RFC 5256 §3. Both take n log n time in messages and
/// references, however deep or wide threads are, and recurse nowhere.
namespace posthouse::imap {

/// What a message is threaded by. The texts must outlive the threading.
struct ThreadFacts {
    std::uint32_t number = 0;    ///< Sequence number or UID
    Timestamp sent{};            ///< RFC 5256 §2.2: or the internal date
    std::string_view subject;    ///< Base subject, folded as for SortFacts
    bool is_reply = false;       ///< Finding the base subject took a "Re:", "Fwd:" … off.
    std::string_view message_id; ///< With its brackets; empty if there is none.
    std::span<const std::string> references; ///< The oldest first; or the one of In-Reply-To
};

struct ThreadNode {
    std::uint32_t number = 0;            ///< 0: a message that is not there; only at the top.
    std::vector<std::uint32_t> children; ///< Indices of nodes
};
struct Threads {
    std::vector<ThreadNode> nodes;
    std::vector<std::uint32_t> roots;
};

/// Messages in ascending order of their numbers.
Threads threads_by_references(std::span<const ThreadFacts>);
Threads threads_by_subject(std::span<const ThreadFacts>);

/// "* THREAD (2)(3 6 (4 23)(44 7 96))"
void append_thread_response(std::string& to, const Threads&);

/// A message id as ids are compared: `<"a.b"@c>` is `<a.b@c>`. RFC 5256 §3
std::string normal_message_id(std::string_view);

} // namespace posthouse::imap
