// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/fault.hpp"
#include "store/engine.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace posthouse::archive {

/// A store at one moment: the running server's, over its socket, or one that this process has
/// opened. Its calls wait for their answers.
class Source {
public:
    virtual ~Source() = default;

    /// The store's id: which store's blob ids and versions these are.
    virtual const std::string& store_id() const = 0;

    struct Partition {
        std::string name;
        std::uint64_t version = 0;
    };
    /// In the order of their names; none: there are no more.
    virtual Result<std::vector<Partition>> partitions(const std::string& after) = 0;
    virtual Result<store::Page> rows(const std::string& partition, const std::string& after) = 0;

    virtual Result<std::vector<store::Blobs::Listed>> bodies(store::BlobId after) = 0;
    /// The first few of these, each whole: as many as a page holds, at least one. All of them are
    /// no larger than Limits::body_piece.
    virtual Result<std::vector<std::string>> read(const std::vector<store::BlobId>&) = 0;
    virtual Result<std::string> read(store::BlobId, std::uint64_t offset, std::size_t length) = 0;
};

} // namespace posthouse::archive
