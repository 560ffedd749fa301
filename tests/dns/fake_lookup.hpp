// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dns/lookup.hpp"
#include "dns/rdata.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace posthouse::dns {

/// Runs a task that never waits for anything outside.
template <class T>
T finish(Task<T> task)
{
    boost::asio::io_context io;
    std::optional<T> result;
    boost::asio::co_spawn(io, std::move(task), [&result](std::exception_ptr error, T value) {
        if (error)
            std::rethrow_exception(error);
        result.emplace(std::move(value));
    });
    io.run();
    return std::move(result.value());
}

inline IpAddress ip(std::string_view text)
{
    return IpAddress::parse(text).value();
}

/// A domain name system of a few names. A name without a row does not exist.
class FakeLookup final : public Lookup {
public:
    FakeLookup& mx(const std::string& name, std::uint16_t preference, std::string_view exchange)
    {
        auto& answer = row(name, RecordType::mx);
        answer.records.push_back(
            MailExchange{preference, exchange == "." ? Name{"."} : parse_name(exchange).value()});
        return *this;
    }
    FakeLookup& address(const std::string& name, std::string_view text)
    {
        const auto address = ip(text);
        const bool v4 = address.family() == IpAddress::Family::v4;
        row(name, v4 ? RecordType::a : RecordType::aaaa).records.push_back(address);
        return *this;
    }
    FakeLookup& alias(const std::string& name, const std::string& target)
    {
        aliases_[name] = target;
        return *this;
    }
    FakeLookup& pointer(const std::string& name, std::string_view target)
    {
        row(name, RecordType::ptr).records.push_back(Name{std::string(target)});
        return *this;
    }
    /// The name exists, whether or not it has records.
    FakeLookup& exists(const std::string& name)
    {
        names_[name];
        return *this;
    }
    FakeLookup& says(const std::string& name, RecordType type, Status status)
    {
        names_[name][type].status = status;
        return *this;
    }
    FakeLookup& malformed(const std::string& name, RecordType type)
    {
        ++row(name, type).dropped;
        return *this;
    }
    FakeLookup& secure(const std::string& name, RecordType type)
    {
        row(name, type).secure = true;
        return *this;
    }

    Task<Answer> lookup(std::string name, RecordType type) override
    {
        asked.emplace_back(name, type);
        for (auto found = aliases_.find(name); found != aliases_.end(); found = aliases_.find(name))
            name = found->second;
        co_return answer(name, type);
    }

    std::vector<std::pair<std::string, RecordType>> asked;

private:
    Answer& row(const std::string& name, RecordType type)
    {
        auto& answer = names_[name][type];
        answer.status = Status::ok;
        return answer;
    }
    Answer answer(const std::string& name, RecordType type) const
    {
        const auto found = names_.find(name);
        Answer answer;
        answer.status = found == names_.end() ? Status::nx_domain : Status::no_data;
        if (found != names_.end())
            if (const auto row = found->second.find(type); row != found->second.end())
                answer = row->second;
        answer.canonical_name = name;
        return answer;
    }

    std::map<std::string, std::map<RecordType, Answer>> names_;
    std::map<std::string, std::string> aliases_;
};

} // namespace posthouse::dns
