// SPDX-License-Identifier: Apache-2.0
#include "base/contract.hpp"

#include <cstdio>
#include <cstdlib>

namespace posthouse {

void contract_broken(std::source_location where) noexcept
{
    std::fprintf(stderr, "%s:%u: contract broken in %s\n", where.file_name(),
                 static_cast<unsigned>(where.line()), where.function_name());
    std::abort();
}

} // namespace posthouse
