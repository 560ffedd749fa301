// SPDX-License-Identifier: Apache-2.0
#include "process/table_images.hpp"

#include "base/log.hpp"

namespace posthouse::process {

std::shared_ptr<const tables::MappedTables> map_tables(const std::vector<TableImage>& images,
                                                       const tables::MappedTables& before)
{
    auto mapped = std::make_shared<tables::MappedTables>();
    for (const auto& image : images) {
        if (auto one = tables::Mapped::map(image.table, image.file.get())) {
            (*mapped)[image.table] = *std::move(one);
            continue;
        } else {
            log::error("table.refused", {{"table", name_of(image.table)}, {"reason", one.error()}});
        }
        if (const auto old = before.find(image.table); old != before.end())
            mapped->insert(*old);
    }
    return mapped;
}

} // namespace posthouse::process
