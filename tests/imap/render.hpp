// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"

#include <string>

/// What was understood, in words of our own, so that tests can say it on a line.
namespace posthouse::imap {

std::string render(const CommandBody&);
std::string render(const SearchKey&);
std::string render(const FetchItem&);
std::string render(const append::Step&);

} // namespace posthouse::imap
