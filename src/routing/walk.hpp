// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/aliases.hpp"
#include "routing/domains.hpp"
#include "routing/engine.hpp"
#include "routing/failure.hpp"
#include "routing/steps.hpp"

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace posthouse::routing {

/// One question on its way through the rules. An alias is expanded once for a letter, so the work
/// is bounded by the tables' size; what the directory must say is asked for in one go, also where
/// the rules could go on without it.
class Walk {
public:
    enum class Purpose : std::uint8_t {
        deliver, // all deliveries
        probe,   // is there one? The first that is found ends it.
    };
    static constexpr std::size_t probe_persons = 100; // asked about at once by a probe, at first

    struct Ground {
        const Rules& rules;
        const Tables& tables;
        const Directory& directory;
    };
    Walk(const Question&, Ground, Steps&, Purpose);

    Outcome run();
    // After run(), which a probe asks:
    bool has_delivery() const { return delivered_ > 0; }
    const std::string& delivering_rule() const { return delivering_rule_; }
    const std::optional<Failure>& first_failure() const { return first_failure_; }
    const std::string& first_rule() const { return first_rule_; } // of that failure

private:
    /// How it came here.
    struct Spot {
        std::size_t recipient = 0;
        std::size_t depth = 0;
        const ListSender* list = nullptr;
        std::string via; // rules that led here: "virtusertable:3, aliases:12"
    };
    /// A user of this host, or of a domain of ours.
    struct LocalUser {
        std::string name;                  // local part, as written
        std::vector<mail::Domain> domains; // where to look for an account, in this order
        std::vector<LocalDomain> rules;    // theirs
        enum class Aliases : std::uint8_t { look, skip } aliases = Aliases::look;

        std::string address() const;
    };

    void recipient(std::size_t index);
    void copies();
    void copy(const mail::Mailbox& to, std::size_t cause, std::string_view rule);

    void address(const mail::Mailbox&, const Spot&);
    /// Has the virtusertable taken it?
    bool virtual_user(const mail::Mailbox&, const std::optional<Locality>&, const Spot&);
    void remote(const mail::Mailbox&, const Spot&);
    /// "user@domain", or a local user's name; of a table, and so not to be trusted to be either.
    void address_or_name(std::string_view text, const std::string& instead_of,
                         const mail::Domain& context, const Spot&);

    LocalUser user_of(const mail::Mailbox&, const Locality&) const;
    LocalUser user_named(std::string_view name, const mail::Domain& context) const;
    void local(const LocalUser&, const Spot&);
    void catch_all_or_none(const LocalUser&, const Spot&);
    enum class Found : std::uint8_t { no, yes, unknown };
    Found person(const LocalUser&, std::string_view name, const Spot&);
    Found account(const LocalUser&, const std::string& name, const mail::Domain&, const Spot&);
    Found login(const LocalUser&, const std::string& name, const Spot&);
    Found role(const LocalUser&, const Spot&);

    void expand(const tables::Entry&, const LocalUser&, const Spot&);
    void target(const tables::Item&, const tables::Entry&, const LocalUser&, const Spot&);
    bool is_itself(std::string_view target, const tables::Entry&, const LocalUser&) const;

    const Standing* standing(Person);
    void deliver(Delivery, const Spot&, std::string_view rule);
    void refuse(std::string final_address, const Failure&, const Spot&, std::string_view rule);
    void add(Delivery, const Spot&, std::string_view rule);
    bool has_enough() const;
    std::size_t most_unknown() const;
    Spot deeper(const Spot&, std::string_view rule) const;
    bool is_too_deep(const std::string& final_address, const Spot&);

    const Question& question_;
    const Rules& rules_;
    const Tables& tables_;
    const Directory& directory_;
    Steps& steps_;
    Purpose purpose_;

    std::vector<Delivery> deliveries_;
    std::unordered_set<std::string> places_; // of deliveries
    enum class Expansion : std::uint8_t { under_way, done };
    std::unordered_map<std::string, Expansion> expanded_; // aliases by key
    std::set<Person> unknown_;
    std::size_t delivered_ = 0; // that are not refusals
    bool copying_ = false;

    // Of the recipient at hand: taken back if its list is too long.
    bool too_long_ = false;
    std::vector<std::string> its_places_, its_aliases_;

    std::optional<Failure> first_failure_;
    std::string first_rule_, delivering_rule_;
};

} // namespace posthouse::routing
