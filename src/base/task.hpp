// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>

namespace posthouse {

/// What an operation that may suspend returns. The one place outside net/, wire/ and the roles
/// that names Asio.
template <class T = void>
using Task = boost::asio::awaitable<T>;

} // namespace posthouse
