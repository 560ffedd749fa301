// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"
#include "cli/sendmail_options.hpp"

#include <boost/json/fwd.hpp>

#include <vector>

/// What sendmail's other names tell: mailq, newaliases, praliases, and sendmail -q.
namespace posthouse::cli {

/// `letter`: as the queue's list has it. A recipient that the list leaves out is not looked at.
bool takes(const std::vector<QueuePattern>&, const boost::json::object& letter);

process::Exit mail_queue(Context&, const std::vector<QueuePattern>&);
/// Tries letters now; says how many only where that is asked for, since cron mails what is said.
process::Exit run_queue(Context&, const SendmailCall&);
/// The tables need no building; this says what is in them, and what is wrong with them.
process::Exit check_tables(Context&);
/// All aliases, or those that are named, as the server would understand them.
process::Exit list_aliases(Context&, const SendmailCall&);

} // namespace posthouse::cli
