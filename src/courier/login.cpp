// SPDX-License-Identifier: Apache-2.0
#include "courier/login.hpp"

#include "base/contract.hpp"

#include <cstring>
#include <gsasl.h>
#include <utility>

namespace posthouse::courier {
namespace {

Gsasl* library()
{
    static Gsasl* const handle = [] {
        Gsasl* made = nullptr;
        expects(gsasl_init(&made) == GSASL_OK);
        return made;
    }();
    return handle;
}

class Dialogue final : public smtp::SaslDialogue {
public:
    Dialogue(const std::string& mechanism, const std::string& user, const Secret& password)
    {
        if (gsasl_client_start(library(), mechanism.c_str(), &session_) != GSASL_OK)
            return;
        const auto secret = password.reveal();
        gsasl_property_set(session_, GSASL_AUTHID, user.c_str());
        gsasl_property_set_raw(session_, GSASL_PASSWORD, secret.data(), secret.size());
    }
    Dialogue(const Dialogue&) = delete;
    ~Dialogue() override
    {
        if (session_ != nullptr)
            gsasl_finish(session_);
    }

    std::optional<std::string> answer(std::string_view challenge) override
    {
        if (session_ == nullptr || complete_)
            return std::nullopt;
        char* output = nullptr;
        std::size_t bytes = 0;
        const int result =
            gsasl_step(session_, challenge.data(), challenge.size(), &output, &bytes);
        if (result != GSASL_OK && result != GSASL_NEEDS_MORE)
            return std::nullopt;
        complete_ = result == GSASL_OK;
        std::string said(output, bytes);
        if (output != nullptr)
            ::explicit_bzero(output, bytes);
        gsasl_free(output);
        return said;
    }
    bool is_complete() const override { return complete_; }

private:
    Gsasl_session* session_ = nullptr;
    bool complete_ = false;
};

class Client final : public smtp::SaslClient {
public:
    Client(std::string user, Secret password)
        : user_(std::move(user)),
          password_(std::move(password))
    {
    }
    std::unique_ptr<smtp::SaslDialogue> begin(std::string_view mechanism) const override
    {
        return std::make_unique<Dialogue>(std::string(mechanism), user_, password_);
    }

private:
    std::string user_;
    Secret password_;
};

} // namespace

void warm_up_sasl()
{
    const Client client("user", Secret("password"));
    client.begin("SCRAM-SHA-256")->answer({});
}

std::shared_ptr<const smtp::SaslClient> sasl_client(std::string user, Secret password)
{
    return std::make_shared<Client>(std::move(user), std::move(password));
}

} // namespace posthouse::courier
