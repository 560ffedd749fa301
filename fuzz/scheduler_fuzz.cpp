// SPDX-License-Identifier: Apache-2.0
// fuzzes: spool base
#include "tests/spool/scheduler_storm.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    posthouse::spool::Storm storm({data, size});
    storm.rage();
    posthouse::expects(storm.clear_up() == 0);
    return 0;
}
