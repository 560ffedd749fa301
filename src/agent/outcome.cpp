// SPDX-License-Identifier: Apache-2.0
#include "agent/outcome.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>

namespace posthouse::agent {
namespace {

Outcome outcome(wire::Attempted::Result result, std::string_view status, std::string text)
{
    Outcome made;
    made.set_result(result);
    made.set_status(std::string(status));
    made.set_text(std::move(text));
    return made;
}

std::string_view status_of(int error)
{
    switch (error) {
    case ENOSPC:
    case ENOMEM:
        return "4.3.1";
    case EDQUOT:
    case EFBIG:
        return "4.2.2";
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EROFS:
        return "4.2.1";
    default:
        return "4.3.0";
    }
}

} // namespace

Outcome delivered(std::string text)
{
    return outcome(wire::Attempted::DELIVERED, "2.0.0", std::move(text));
}

Outcome deferred(std::string_view status, std::string text)
{
    return outcome(wire::Attempted::DEFERRED, status, std::move(text));
}

Outcome failed(std::string_view status, std::string text)
{
    return outcome(wire::Attempted::FAILED, status, std::move(text));
}

Outcome trouble(int error, std::string_view what)
{
    return deferred(status_of(error), fmt::format("{}: {}", what, std::strerror(error)));
}

} // namespace posthouse::agent
