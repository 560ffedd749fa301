// SPDX-License-Identifier: Apache-2.0
// fuzzes: dns mail base
// A domain name system whose every answer is the input's: hostile data of records, any status, any
// alias. Whatever it says: the choice of hosts ends after a bounded number of questions, within its
// limits, without this host; and what is read is written the same.

#include "base/contract.hpp"
#include "dns/idna.hpp"
#include "dns/rdata.hpp"
#include "dns/site.hpp"
#include "dns/targets.hpp"
#include "tests/dns/fake_lookup.hpp"

#include <algorithm>

namespace {

using namespace posthouse;
using namespace posthouse::dns;

constexpr std::string_view own_name = "mx.here.test";
constexpr std::string_view own_address = "192.0.2.99";

class Input {
public:
    explicit Input(std::string_view bytes) : rest_(bytes) {}
    std::uint8_t byte()
    {
        const auto taken = take(1);
        return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken[0]);
    }
    std::string_view take(std::size_t most)
    {
        const auto taken = rest_.substr(0, most);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    /// A length and so many bytes.
    std::string_view text()
    {
        const auto length = byte();
        return take(length);
    }

private:
    std::string_view rest_;
};

void check_round_trip(RecordType type, std::string_view rdata)
{
    const auto record = parse_rdata(type, rdata);
    if (!record)
        return;
    const auto written = to_rdata(*record);
    // An IPv4-mapped address becomes an IPv4 one, of four bytes; that is the one change of type.
    expects(parse_rdata(written.size() == 4 && type == RecordType::aaaa ? RecordType::a : type,
                        written) == record);
    if (const auto* name = std::get_if<Name>(&*record))
        expects(name->is_root() || parse_name(name->text) == *name);
}

class HostileLookup final : public Lookup {
public:
    explicit HostileLookup(Input& input) : input_(input) {}

    Task<Answer> lookup(std::string name, RecordType type) override
    {
        ++asked;
        expects(parse_name(name).has_value());
        Answer answer;
        const auto first = input_.byte();
        answer.status = static_cast<Status>(first % 6);
        answer.secure = (first & 64) != 0;
        answer.canonical_name = (first & 128) != 0 ? std::string(input_.text()) : name;
        if (answer.status == Status::ok)
            for (auto count = input_.byte(); count > 0; --count) {
                const auto rdata = input_.text();
                check_round_trip(type, rdata);
                add_rdata(answer, type, rdata);
            }
        co_return answer;
    }

    std::size_t asked = 0;

private:
    Input& input_;
};

bool is_line(std::string_view text)
{
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

void check(const Targets& targets)
{
    expects(!targets.hosts.empty() && targets.hosts.size() <= TargetLimits::mx_hosts);
    expects(!targets.site.empty() && targets.site.size() <= longest_site_key);
    expects(is_line(targets.site));
    std::size_t addresses = 0;
    for (const auto& host : targets.hosts) {
        expects(!host.name.empty() && host.name != own_name);
        expects(!host.addresses.empty() && host.addresses.size() <= TargetLimits::host_addresses);
        addresses += host.addresses.size();
        for (const auto& address : host.addresses)
            expects(address.is_host() && address.text() != own_address);
    }
    expects(addresses <= TargetLimits::addresses);
    expects(std::ranges::is_sorted(targets.hosts, {}, &Host::preference));
}

void check(const Failure& failure)
{
    const bool permanent = failure.kind == Failure::Kind::permanent;
    expects(failure.code / 100 == (permanent ? 5 : 4));
    expects(failure.status.starts_with(permanent ? '5' : '4'));
    expects(!failure.text.empty() && is_line(failure.text));
}

void check_found(const std::expected<Targets, Failure>& found)
{
    found ? check(*found) : check(found.error());
    for (const auto& step : found ? found->steps : found.error().steps)
        expects(is_line(step));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Input input({reinterpret_cast<const char*>(data), size});
    SeededRandom random(input.byte());
    const Self self{.names = {std::string(own_name)}, .addresses = {ip(own_address)}};

    const auto place = input.text();
    if (const auto ascii = to_ascii(place))
        expects(std::ranges::all_of(*ascii, [](char c) { return (c & 0x80) == 0; }));
    if (const auto hop = NextHop::parse(place))
        expects(NextHop::parse(hop->text()) == *hop);
    const auto domain = mail::Domain::parse(place);
    HostileLookup lookup(input);
    if (domain)
        check_found(finish(find_targets(lookup, *domain, self, random)));
    expects(lookup.asked <= 1 + 2 * TargetLimits::mx_hosts);
    return 0;
}
