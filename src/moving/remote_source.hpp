// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "moving/source.hpp"

namespace posthouse::moving {

/// A source that another process reads, at the other end of a stream socket. What it tells is
/// checked for its size alone.
std::unique_ptr<Source> remote_source(UniqueFd);

/// That other process: answers until the socket's other end is closed.
void serve_source(int socket, const std::string& path, const SourceOptions&);

} // namespace posthouse::moving
