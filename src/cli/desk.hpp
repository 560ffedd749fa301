// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "process/premises.hpp"
#include "store/engine.hpp"
#include "wire/link.hpp"
#include "wire/messages.pb.h"

#include <expected>
#include <functional>
#include <memory>

namespace posthouse::cli {

/// The administrator's desk, wherever it stands.
class Desk {
public:
    virtual ~Desk() = default;
    /// What went wrong, on the way too, is in the answer.
    virtual wire::AdminAnswer ask(const wire::Admin&) = 0;
    /// Another request of the control socket's.
    virtual wire::Result<wire::Answer> call(wire::Method, std::string /*message*/,
                                            std::string /*raw*/)
    {
        return std::unexpected(wire::Failure::refused);
    }
    template <class Response>
    wire::Result<wire::Typed<Response>>
    call(wire::Method method, const google::protobuf::MessageLite& request, std::string raw = {})
    {
        auto answer = this->call(method, request.SerializeAsString(), std::move(raw));
        if (!answer)
            return std::unexpected(answer.error());
        wire::Typed<Response> typed;
        if (!typed.message.ParseFromString(answer->message))
            return std::unexpected(wire::Failure::invalid);
        typed.raw = std::move(answer->raw);
        return typed;
    }
    /// The store, where this process has it open: no server is running.
    virtual store::Engine* engine() { return nullptr; }
    /// To its end, where engine() is.
    virtual void run_task(std::function<Task<void>()>) {}
};

using OpenDesk = std::expected<std::unique_ptr<Desk>, process::Obstacle>;

/// The running server's, over its control socket; else one on the locked store itself. For that,
/// root becomes the data directory's owner for good: no file in there shall be root's.
OpenDesk open_desk(const config::Config&);

/// Whom the data directory belongs to, or will: the service user.
std::expected<process::Identity, process::Obstacle> store_owner(const config::Config&);
/// Root becomes that user for good; anybody else stays who he is.
std::expected<void, process::Obstacle> act_as(process::Identity);

} // namespace posthouse::cli
