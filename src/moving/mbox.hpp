// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "moving/source.hpp"

namespace posthouse::moving {

/// An mbox, or a tree of them: "Work/2024" is a file in a directory, or "Work.sbd/2024", or
/// "Work/2024.mbox". At the front "inbox" and "mbox" are the INBOX, as is a single file.
Result<std::unique_ptr<Source>> mbox_source(std::unique_ptr<Files>, const SourceOptions&);

} // namespace posthouse::moving
