// SPDX-License-Identifier: Apache-2.0
#include "tables/report.hpp"

namespace posthouse::tables {

void Report::add(Problem problem)
{
    if (problems.size() >= Limits::problems)
        ++untold;
    else
        problems.push_back(std::move(problem));
}

} // namespace posthouse::tables
