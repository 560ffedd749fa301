// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/disk.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace posthouse::archive::tests {

/// Files in memory, of which a power cut leaves what was synced.
class MemoryDisk final : public Disk {
public:
    struct Node {
        std::string data, synced;
    };

    /// The nth operation that changes something (0: the next) is not done, nor any later one.
    void stop_at(std::uint64_t nth) { stop_ = operations_ + nth; }
    std::uint64_t operations() const { return operations_; }
    /// What is on the disk when the power is back.
    void power_cut()
    {
        names_ = durable_;
        for (auto& [path, node] : names_)
            node->data = node->synced;
        stop_ = ~std::uint64_t{0};
    }
    /// The process went, the machine did not.
    void go_on() { stop_ = ~std::uint64_t{0}; }
    std::map<std::string, std::shared_ptr<Node>>& files() { return names_; }

    Result<std::unique_ptr<File>> create(const std::string& path) override
    {
        if (!may_change())
            return stopped();
        if (names_.contains(path))
            return fault(Fault::Kind::files, path + " is there already");
        auto node = std::make_shared<Node>();
        names_[path] = node;
        return std::make_unique<MemoryFile>(*this, std::move(node));
    }
    Result<std::string> read(const std::string& path, std::uint64_t offset,
                             std::size_t length) override
    {
        const auto found = names_.find(path);
        if (found == names_.end())
            return fault(Fault::Kind::absent, path + " is not there");
        const auto& data = found->second->data;
        return offset >= data.size() ? std::string() : data.substr(offset, length);
    }
    Result<std::uint64_t> size(const std::string& path) override
    {
        const auto found = names_.find(path);
        if (found == names_.end())
            return fault(Fault::Kind::absent, path + " is not there");
        return found->second->data.size();
    }
    Result<void> rename(const std::string& from, const std::string& to) override
    {
        if (!may_change())
            return stopped();
        const auto found = names_.find(from);
        if (found == names_.end())
            return fault(Fault::Kind::absent, from + " is not there");
        names_[to] = found->second;
        names_.erase(from);
        return {};
    }
    Result<void> remove(const std::string& path) override
    {
        if (!names_.contains(path))
            return fault(Fault::Kind::absent, path + " is not there");
        if (!may_change())
            return stopped();
        names_.erase(path);
        return {};
    }
    Result<void> make_directory(const std::string& path) override
    {
        directories_.insert(path);
        return {};
    }
    Result<void> sync_directory(const std::string& path) override
    {
        if (!may_change())
            return stopped();
        const auto in = [&](const auto& entry) {
            return entry.first.starts_with(path + "/") &&
                   entry.first.find('/', path.size() + 1) == std::string::npos;
        };
        std::erase_if(durable_, in);
        for (const auto& entry : names_)
            if (in(entry))
                durable_.insert(entry);
        return {};
    }
    Result<std::vector<std::string>> list(const std::string& directory) override
    {
        std::set<std::string> names;
        const auto add = [&](const std::string& path) {
            if (path.starts_with(directory + "/"))
                names.insert(
                    path.substr(directory.size() + 1,
                                path.find('/', directory.size() + 1) - (directory.size() + 1)));
        };
        for (const auto& [path, node] : names_)
            add(path);
        for (const auto& path : directories_)
            add(path);
        return std::vector<std::string>(names.begin(), names.end());
    }
    Result<std::unique_ptr<Lock>> lock(const std::string& path, Sharing sharing) override
    {
        auto& holders = locks_[path];
        if (holders < 0 || (sharing == Sharing::exclusive && holders != 0))
            return fault(Fault::Kind::locked, path + " is locked");
        holders += sharing == Sharing::exclusive ? -1 : 1;
        return std::make_unique<MemoryLock>(holders, sharing);
    }

private:
    class MemoryFile final : public File {
    public:
        MemoryFile(MemoryDisk& disk, std::shared_ptr<Node> node)
            : disk_(disk),
              node_(std::move(node))
        {
        }
        Result<void> append(std::string_view bytes) override
        {
            if (!disk_.may_change()) {
                node_->data += bytes.substr(0, bytes.size() / 2);
                return disk_.stopped();
            }
            node_->data += bytes;
            return {};
        }
        Result<void> sync() override
        {
            if (!disk_.may_change())
                return disk_.stopped();
            node_->synced = node_->data;
            return {};
        }

    private:
        MemoryDisk& disk_;
        std::shared_ptr<Node> node_;
    };
    struct MemoryLock final : Lock {
        MemoryLock(int& h, Sharing s) : holders(h), sharing(s) {}
        ~MemoryLock() override { holders += sharing == Sharing::exclusive ? 1 : -1; }
        int& holders;
        Sharing sharing;
    };

    bool may_change() { return operations_++ < stop_; }
    static std::unexpected<Fault> stopped() { return fault(Fault::Kind::files, "the end"); }

    std::map<std::string, std::shared_ptr<Node>> names_, durable_;
    std::set<std::string> directories_;
    std::map<std::string, int> locks_;
    std::uint64_t operations_ = 0, stop_ = ~std::uint64_t{0};
};

} // namespace posthouse::archive::tests
