// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dns/unbound/unbound_lookup.hpp"

#include <memory>
#include <unbound.h>

namespace posthouse::dns {

struct ContextDeleter {
    void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
using Context = std::unique_ptr<ub_ctx, ContextDeleter>;

/// A resolver set up by the options, with its thread running and its pipes open.
std::expected<Context, std::string> make_context(const UnboundOptions&);

/// What libunbound says about one question. `error` is its own; `result` may then be null.
Answer to_answer(int error, const ub_result* result, RecordType);

} // namespace posthouse::dns
