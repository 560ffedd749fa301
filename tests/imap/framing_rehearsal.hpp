// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/framing.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

/// What a framer makes of a client's words, told as lines of text: one a frame, but for a message's
/// bytes, which stand together however they came. Shared with the fuzzer.
namespace posthouse::imap {

struct FramingScript {
    FramingLimits limits;
    bool trusted = true;
    /// What the session does about a message announced so.
    enum class Verdict : std::uint8_t { accept, refuse, abandon_at_bytes, abandon_at_end };
    std::function<Verdict(const frame::MessageHead&)> judge = [](const auto&) {
        return Verdict::accept;
    };
    /// A command with this in it is followed by expect_line(line_bytes).
    std::string line_after = "IDLE";
    std::size_t line_bytes = 20;
};

inline std::string_view name_of(frame::Refused::Why why)
{
    using enum frame::Refused::Why;
    switch (why) {
    case line_too_long:
        return "line_too_long";
    case literal_too_long:
        return "literal_too_long";
    case message_too_long:
        return "message_too_long";
    case literal_minus:
        return "literal_minus";
    case line_not_text:
        return "line_not_text";
    }
    return "?";
}

class FramingRehearsal {
public:
    explicit FramingRehearsal(FramingScript script)
        : script_(std::move(script)),
          framer_(script_.limits)
    {
        if (script_.trusted)
            framer_.trust();
    }

    /// The client's words, `piece` bytes at a time from `first` on.
    std::string play(std::string_view input, std::size_t first, std::size_t piece)
    {
        take(input, first);
        while (!input.empty())
            take(input, piece);
        end_bytes();
        return std::move(told_);
    }

private:
    using Verdict = FramingScript::Verdict;

    void take(std::string_view& input, std::size_t piece)
    {
        framer_.feed(input.substr(0, piece));
        input.remove_prefix(std::min(piece, input.size()));
        while (true) {
            const auto frame = framer_.next();
            if (std::holds_alternative<frame::NeedsInput>(frame))
                return;
            std::visit([&](const auto& each) { tell(each); }, frame);
        }
    }

    void line(std::string_view word, std::string_view text)
    {
        end_bytes();
        told_ += word;
        told_ += '[';
        told_ += text;
        told_ += "]\n";
    }
    void end_bytes()
    {
        if (in_bytes_)
            told_ += "]\n";
        in_bytes_ = false;
    }

    void tell(const frame::NeedsInput&) {}
    void tell(const frame::Continue&) { line("continue", ""); }
    void tell(const frame::Command& command)
    {
        line("command", command.text);
        if (command.text.contains(script_.line_after))
            framer_.expect_line(script_.line_bytes);
    }
    void tell(const frame::MessageHead& head)
    {
        line(head.first ? "head" : "more", head.text);
        verdict_ = script_.judge(head);
        if (verdict_ == Verdict::refuse) {
            line("refuse", "");
            framer_.refuse_message();
        } else {
            framer_.accept_message();
        }
    }
    void tell(const frame::MessageBytes& bytes)
    {
        if (verdict_ == Verdict::abandon_at_bytes) {
            line("abandon", "");
            framer_.abandon_message();
            return;
        }
        if (!in_bytes_)
            told_ += "bytes[";
        in_bytes_ = true;
        told_ += bytes.bytes;
        if (bytes.last)
            end_bytes();
        if (bytes.last && verdict_ == Verdict::abandon_at_end) {
            line("abandon", "");
            framer_.abandon_message();
        }
    }
    void tell(const frame::MessageTail& tail) { line("tail", tail.text); }
    void tell(const frame::Line& text) { line("line", text.text); }
    void tell(const frame::Refused& refused)
    {
        line("refused", std::string(name_of(refused.why)) + " " + refused.tag);
    }

    FramingScript script_;
    Framer framer_;
    std::string told_;
    bool in_bytes_ = false;
    Verdict verdict_ = Verdict::accept;
};

/// All at once.
inline std::string frames_of(std::string_view input, const FramingScript& script = {})
{
    return FramingRehearsal(script).play(input, input.size(), 1);
}

} // namespace posthouse::imap
