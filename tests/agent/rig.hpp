// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/clock.hpp"
#include "agent/letter.hpp"
#include "base/contract.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <sys/stat.h>

namespace posthouse::agent::testing {

/// A directory of the test's own, gone with it.
class TemporaryDirectory {
public:
    TemporaryDirectory()
    {
        std::string name = std::filesystem::temp_directory_path() / "agent-XXXXXX";
        expects(::mkdtemp(name.data()) != nullptr);
        path_ = std::filesystem::canonical(name);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory()
    {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    const std::string& path() const { return path_; }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

private:
    std::string path_;
};

inline void write_file(const std::string& path, std::string_view text, mode_t mode = 0600)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    expects(::chmod(path.c_str(), mode) == 0);
}

inline std::string read_file(const std::string& path)
{
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

inline LetterFile letter_file(std::string_view text)
{
    auto letter = LetterFile::create();
    expects(letter && letter->append(text) && letter->finish());
    return std::move(*letter);
}

/// Time passes only in pauses.
class FakeClock final : public Clock {
public:
    Instant now() override { return now_; }
    Timestamp wall() override { return wall_; }
    void pause(Duration time) override
    {
        now_ += time;
        wall_ += std::chrono::duration_cast<Timestamp::duration>(time);
        paused += time;
        if (at_pause)
            at_pause();
    }
    void advance(Duration time) { wall_ += std::chrono::duration_cast<Timestamp::duration>(time); }

    Duration paused{};
    std::function<void()> at_pause;

private:
    Instant now_{};
    Timestamp wall_ = wall_clock();
};

} // namespace posthouse::agent::testing
