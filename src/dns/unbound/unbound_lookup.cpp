// SPDX-License-Identifier: Apache-2.0
#include "dns/unbound/unbound_lookup.hpp"

#include "dns/rdata.hpp"
#include "dns/unbound/context.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <unordered_map>
#include <utility>

namespace asio = boost::asio;

namespace posthouse::dns {
namespace {

constexpr int class_in = 1;

} // namespace

/// Shared with the lookups under way, whose coroutines may be destroyed later than the
/// UnboundLookup.
struct UnboundLookup::State : std::enable_shared_from_this<UnboundLookup::State> {
    /// Until libunbound has answered or given it up, it is kept in `questions`, so that what the
    /// callback is given is always there, even if its coroutine is not.
    struct Question {
        Question(State& of, RecordType asked)
            : state(of),
              type(asked),
              answered(of.descriptor.get_executor(), of.timeout)
        {
        }
        State& state;
        RecordType type;
        int id = 0;
        std::optional<Answer> answer;
        asio::steady_timer answered; // Expires when it is not in time; cancelled when it is.
    };

    /// Gives the question up when its coroutine ends, for whatever reason.
    class Asking {
    public:
        Asking(std::shared_ptr<State> state, RecordType type)
            : state_(std::move(state)),
              question_(std::make_shared<Question>(*state_, type))
        {
        }
        ~Asking() { state_->abandon(question_.get()); }
        Asking(const Asking&) = delete;
        Question* operator->() const { return question_.get(); }
        const std::shared_ptr<Question>& get() const { return question_; }

    private:
        std::shared_ptr<State> state_;
        std::shared_ptr<Question> question_;
    };

    State(asio::any_io_executor executor, Context made, std::chrono::milliseconds patience)
        : context(std::move(made)),
          descriptor(executor, ub_fd(context.get())),
          timeout(patience)
    {
    }
    ~State() { close(); }

    void close();
    bool ask(const std::string& name, const std::shared_ptr<Question>&);
    void abandon(Question*);
    void watch();
    static void on_answer(void* question, int error, ub_result*);

    Context context;                           // null once closed
    asio::posix::stream_descriptor descriptor; // libunbound's own: released, not closed
    std::chrono::milliseconds timeout;
    std::unordered_map<Question*, std::shared_ptr<Question>> questions;
    bool watching = false;
};

void UnboundLookup::State::close()
{
    if (!context)
        return;
    descriptor.release();
    context.reset(); // No callback is called after this.
    for (const auto& [question, kept] : std::exchange(questions, {})) {
        question->answer = Answer{};
        question->answered.cancel();
    }
}

bool UnboundLookup::State::ask(const std::string& name, const std::shared_ptr<Question>& question)
{
    if (!context || questions.size() >= Limits::under_way)
        return false;
    questions.emplace(question.get(), question);
    if (ub_resolve_async(context.get(), name.c_str(), static_cast<int>(question->type), class_in,
                         question.get(), &State::on_answer, &question->id) != 0) {
        questions.erase(question.get());
        return false;
    }
    watch();
    return true;
}

void UnboundLookup::State::abandon(Question* question)
{
    const auto found = questions.find(question);
    if (found == questions.end())
        return;
    // If it cannot be cancelled the callback still comes, and lets go of it.
    if (ub_cancel(context.get(), question->id) == 0)
        questions.erase(found);
    if (questions.empty())
        descriptor.cancel();
}

/// Waits only while there are questions, so that an executor without other work may end.
void UnboundLookup::State::watch()
{
    if (std::exchange(watching, true))
        return;
    descriptor.async_wait(descriptor.wait_read, [weak = weak_from_this()](auto error) {
        const auto state = weak.lock();
        if (!state)
            return;
        state->watching = false;
        if (state->context && !error)
            ub_process(state->context.get());
        if (!state->questions.empty())
            state->watch();
    });
}

void UnboundLookup::State::on_answer(void* of, int error, ub_result* result)
{
    auto* question = static_cast<Question*>(of);
    question->answer = to_answer(error, result, question->type);
    ub_resolve_free(result);
    question->answered.cancel();
    question->state.questions.erase(question);
}

std::expected<std::unique_ptr<UnboundLookup>, std::string>
UnboundLookup::create(asio::any_io_executor executor, const UnboundOptions& options)
{
    auto context = make_context(options);
    if (!context)
        return std::unexpected(context.error());
    auto state = std::make_shared<State>(std::move(executor), std::move(*context), options.timeout);
    return std::unique_ptr<UnboundLookup>(new UnboundLookup(std::move(state)));
}

UnboundLookup::UnboundLookup(std::shared_ptr<State> state) : state_(std::move(state)) {}
UnboundLookup::~UnboundLookup()
{
    state_->close();
}

Task<Answer> UnboundLookup::lookup(std::string name, RecordType type)
{
    const auto proper = parse_name(name);
    if (!proper)
        co_return Answer{.status = Status::nx_domain, .records = {}, .canonical_name = {}};
    const State::Asking question(state_, type);
    if (!state_->ask(proper->text + ".", question.get()))
        co_return Answer{};
    if (!question->answer)
        co_await question->answered.async_wait(asio::as_tuple(asio::use_awaitable));
    if (question->answer)
        co_return std::move(*question->answer);
    co_return Answer{.status = Status::timeout, .records = {}, .canonical_name = {}};
}

} // namespace posthouse::dns
