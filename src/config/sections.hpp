// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/reader.hpp"

/// Reads the tables of the document into a Config, and checks how their keys relate. `root` is the
/// whole document. What another table must know is read first: call them in this order.
namespace posthouse::config {

void read_domains(const Section& root, Config&);
void read_tls(const Section& root, Config&);
void read_listeners(const Section& root, Config&);
void read_smtp(const Section& root, Config&);
void read_dns(const Section& root, Config&);
void read_limits(const Section& root, Config&);

void read_queue(const Section& root, Config&);
void read_outbound(const Section& root, Config&);
void read_destinations(const Section& root, Config&);
void read_backup_mx(const Section& root, Config&);

void read_tables(const Section& root, Config&);
void read_routing(const Section& root, Config&);
void read_masquerade(const Section& root, Config&);
void read_local_delivery(const Section& root, Config&);
void read_submission(const Section& root, Config&);
void read_notifications(const Section& root, Config&);
void read_milters(const Section& root, Config&);
void read_mailboxes(const Section& root, Config&);
void read_submit(const Section& root, Config&);
void read_pop3(const Section& root, Config&);
void read_login(const Section& root, Config&);
void read_process(const Section& root, Config&);

} // namespace posthouse::config
