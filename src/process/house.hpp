// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "process/role.hpp"

#include <string>
#include <vector>

/// Which processes a configuration asks for, and who talks to whom.
namespace posthouse::process {

struct Member {
    Role role;
    std::string name; // "gate.mail", "keeper", "sorter/1": unique
};

/// `count` links between two members, numbered from 0.
struct Join {
    std::string one, other;
    std::uint32_t count = 1;
};

struct House {
    std::vector<Member> members; // in the order to start them
    std::vector<Join> joins;
};

/// `cores`: what gate_threads = 0 stands for.
House plan_house(const config::Config&, std::size_t cores);

constexpr std::string_view mail_gate = "gate.mail";
constexpr std::string_view submission_gate = "gate.submission";
constexpr std::string_view reader_gate = "gate.readers";
constexpr std::string_view signer = "signer";
/// The gate that serves listeners of this protocol.
std::string_view gate_for(config::Protocol);
constexpr std::string_view tables_compiler = "tables";
/// Beside those of sources: who has the keytab, and who asks the issuer of tokens.
inline constexpr std::string_view kerberos_envoy = "envoy.kerberos";
inline constexpr std::string_view issuer_envoy = "envoy.issuer";

/// The process that asks an outside source of users: "envoy/staff", "pam/system". Empty: none does.
std::string envoy_of(const config::LoginSource&);
/// "sorter/1" -> sorter; "gate.mail" -> gate.
Role role_of_member(std::string_view name);

} // namespace posthouse::process
