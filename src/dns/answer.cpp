// SPDX-License-Identifier: Apache-2.0
#include "dns/answer.hpp"

#include "base/contract.hpp"

#include <utility>

namespace posthouse::dns {

std::string_view describe(RecordType type)
{
    switch (type) {
    case RecordType::a:
        return "A";
    case RecordType::cname:
        return "CNAME";
    case RecordType::ptr:
        return "PTR";
    case RecordType::mx:
        return "MX";
    case RecordType::txt:
        return "TXT";
    case RecordType::aaaa:
        return "AAAA";
    }
    expects(false);
    std::unreachable();
}

std::string_view describe(Status status)
{
    switch (status) {
    case Status::ok:
        return "found";
    case Status::no_data:
        return "no such record";
    case Status::nx_domain:
        return "no such name";
    case Status::servfail:
        return "server failure";
    case Status::timeout:
        return "no answer in time";
    case Status::bogus:
        return "the DNSSEC signature does not hold";
    }
    expects(false);
    std::unreachable();
}

} // namespace posthouse::dns
