// SPDX-License-Identifier: Apache-2.0
#include "process/supervisor.hpp"

#include "process/premises.hpp"
#include "process/supervision.hpp"

namespace posthouse::process {

Exit supervise(const std::string& config_path, Salvage salvage)
{
    auto premises = prepare_premises(config_path);
    if (!premises)
        return report(premises.error());
    Supervision supervision(config_path, std::move(*premises), salvage);
    return supervision.run();
}

} // namespace posthouse::process
