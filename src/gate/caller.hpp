// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "base/time.hpp"
#include "gate/party.hpp"
#include "gate/terms.hpp"

#include <memory>
#include <string>

namespace posthouse::gate {

struct Desk;

/// What can be found out about a client while its session goes on: its confirmed name in DNS, and
/// what its host says of who is calling. Nothing waits for it before the first recipient.
class Caller {
public:
    struct Limits {
        static constexpr Duration name = std::chrono::seconds(5);
    };

    Caller(Desk&, const Terms&, Party);
    ~Caller();

    /// Asks, if there is anything to ask.
    void begin();
    /// When everything is known that is going to be.
    Task<void> known();

    const Party& party() const { return party_; }
    /// "": none.
    std::string name() const;
    std::string ident() const;

private:
    struct Inquiry;
    struct IdentInquiry;
    static Task<void> wait_for(std::shared_ptr<Inquiry>);

    void ask_for_name();
    void ask_for_ident();

    Desk& desk_;
    const Terms& terms_;
    Party party_;
    std::shared_ptr<Inquiry> name_;
    std::shared_ptr<IdentInquiry> ident_;
};

} // namespace posthouse::gate
