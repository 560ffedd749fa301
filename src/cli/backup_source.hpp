// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/source.hpp"
#include "base/time.hpp"
#include "cli/desk.hpp"

#include <memory>

namespace posthouse::cli {

/// One moment of the store behind a desk.
class DeskSource final : public archive::Source {
public:
    static archive::Result<std::unique_ptr<DeskSource>> begin(Desk&);
    ~DeskSource() override;

    Timestamp taken_at() const { return taken_at_; }
    const std::string& store_id() const override { return store_; }
    archive::Result<std::vector<Partition>> partitions(const std::string& after) override;
    archive::Result<store::Page> rows(const std::string& partition,
                                      const std::string& after) override;
    archive::Result<std::vector<store::Blobs::Listed>> bodies(store::BlobId after) override;
    archive::Result<std::vector<std::string>> read(const std::vector<store::BlobId>&) override;
    archive::Result<std::string> read(store::BlobId, std::uint64_t offset,
                                      std::size_t length) override;

private:
    explicit DeskSource(Desk& desk) : desk_(desk) {}

    Desk& desk_;
    std::uint64_t handle_ = 0;
    std::string store_;
    Timestamp taken_at_;
};

} // namespace posthouse::cli
