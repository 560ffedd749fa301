// SPDX-License-Identifier: Apache-2.0
// The supervisor's part in the tables; the test is the compiler.
#include "process/table_desk.hpp"
#include "process/table_images.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace posthouse::process {
namespace {

using tables::Table;

config::Tables of_aliases(std::vector<std::string> paths)
{
    config::Tables config;
    config.aliases = std::move(paths);
    return config;
}

class TableDeskTest : public testing::Test {
protected:
    TableDeskTest()
        : directory_(make_directory()),
          desk_(context_, {.to_compiler = [this](const auto& message,
                                                 auto files) { return take(message, files); },
                           .changed = [this] { ++changes_; }})
    {
    }
    ~TableDeskTest() override { std::filesystem::remove_all(directory_); }

    static std::string make_directory()
    {
        std::string name = std::filesystem::temp_directory_path() / "tables.XXXXXX";
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        return name;
    }
    std::string write(const std::string& name, std::string_view text, mode_t mode = 0644)
    {
        const auto path = directory_ + "/" + name;
        std::ofstream(path + ".new") << text;
        ::chmod((path + ".new").c_str(), mode);
        std::filesystem::rename(path + ".new", path);
        return path;
    }

    bool take(const wire::Control& message, std::span<const int> files)
    {
        asked_ = message;
        files_.clear();
        for (const int file : files)
            files_.emplace_back(::dup(file));
        return compiler_there_;
    }
    /// Answers what was asked, as the compiler does.
    void compile()
    {
        ASSERT_TRUE(asked_.has_compile());
        const auto table = static_cast<Table>(asked_.compile().table());
        std::vector<tables::Source> sources;
        for (const auto& file : files_)
            sources.push_back({"f", *read_table_file(file.get())});
        const auto compiled = tables::compile(table, sources);
        answer(table, text_file(compiled.image));
    }
    void answer(Table table, UniqueFd image)
    {
        asked_.Clear();
        ControlMessage message;
        message.message.mutable_compiled()->set_table(static_cast<std::uint32_t>(table));
        message.descriptors.push_back(std::move(image));
        desk_.take(std::move(message));
    }
    bool include(const std::string& path)
    {
        ControlMessage message;
        message.message.mutable_include()->set_path(path);
        desk_.take(std::move(message));
        return asked_.included().found() && files_.size() == 1;
    }
    /// What keeper and sorters would have now.
    std::shared_ptr<const tables::MappedTables> handed()
    {
        auto [ours, theirs] = ControlChannel::make_pair();
        desk_.hand_to(ours);
        auto received = theirs.receive();
        std::vector<TableImage> images;
        for (std::size_t i = 0; i < received->descriptors.size(); ++i)
            images.push_back(
                {static_cast<Table>(received->message.tables().tables(static_cast<int>(i))),
                 std::move(received->descriptors[i])});
        return map_tables(images);
    }
    bool knows_alias(std::string_view name)
    {
        const auto mapped = handed();
        const auto* aliases = tables::image_of(*mapped, Table::aliases);
        return aliases != nullptr && aliases->find(name);
    }
    void run_until_asked()
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!asked_.has_compile() && std::chrono::steady_clock::now() < deadline)
            context_.run_one_until(deadline);
    }

    boost::asio::io_context context_{1};
    std::string directory_;
    bool compiler_there_ = true;
    int changes_ = 0;
    wire::Control asked_;
    std::vector<UniqueFd> files_;
    TableDesk desk_;
};

TEST_F(TableDeskTest, IsCompleteAtOnceWithoutTables)
{
    desk_.configure({});
    EXPECT_TRUE(desk_.is_complete());
    EXPECT_EQ(changes_, 1);
    EXPECT_TRUE(handed()->empty());
}

TEST_F(TableDeskTest, IsCompleteWhenEachTableIsCompiled)
{
    auto config = of_aliases({write("aliases", "root: bob\n"), write("more", "x: y\n")});
    config.access = {write("access", "example.org REJECT\n")};
    desk_.configure(config);
    EXPECT_FALSE(asked_.has_compile());
    desk_.compiler_ready();
    EXPECT_EQ(files_.size(), 2u);
    compile();
    EXPECT_FALSE(desk_.is_complete());
    EXPECT_EQ(changes_, 0);
    compile();
    EXPECT_TRUE(desk_.is_complete());
    EXPECT_EQ(changes_, 1);
    EXPECT_TRUE(knows_alias("root"));
    EXPECT_TRUE(knows_alias("x"));
    EXPECT_TRUE(tables::image_of(*handed(), Table::access)->find("example.org"));
}

TEST_F(TableDeskTest, HasAChangedTableCompiledAgainAndNoOther)
{
    const auto path = write("aliases", "root: bob\n");
    auto config = of_aliases({path});
    config.access = {write("access", "")};
    desk_.configure(config);
    desk_.compiler_ready();
    compile();
    compile();
    write("aliases", "root: bob\nnew: carol\n");
    run_until_asked();
    ASSERT_TRUE(asked_.has_compile());
    compile();
    EXPECT_TRUE(knows_alias("new"));
    EXPECT_FALSE(asked_.has_compile());
    EXPECT_EQ(changes_, 2);
}

TEST_F(TableDeskTest, HasATableCompiledAgainWhenAListOfItsChanges)
{
    const auto list = directory_ + "/list";
    desk_.configure(of_aliases({write("aliases", "all: :include:" + list + "\n")}));
    desk_.compiler_ready();
    EXPECT_FALSE(include(list));
    answer(Table::aliases, text_file(tables::compile(Table::aliases, {}).image));
    write("list", "bob\n");
    run_until_asked();
    EXPECT_TRUE(asked_.has_compile());
    EXPECT_TRUE(include(list));
}

TEST_F(TableDeskTest, KeepsATableWhoseFileIsGone)
{
    const auto path = write("aliases", "root: bob\n");
    desk_.configure(of_aliases({path}));
    desk_.compiler_ready();
    compile();
    std::filesystem::remove(path);
    desk_.configure(of_aliases({path}));
    EXPECT_FALSE(asked_.has_compile());
    EXPECT_TRUE(knows_alias("root"));
}

TEST_F(TableDeskTest, KeepsATableOfWhichTheCompilerMakesNoSealedImage)
{
    const auto path = write("aliases", "root: bob\n");
    desk_.configure(of_aliases({path}));
    desk_.compiler_ready();
    compile();
    desk_.configure(of_aliases({path}));
    auto opened = open_table_file(path);
    answer(Table::aliases, std::move(opened->file));
    EXPECT_TRUE(knows_alias("root"));
    EXPECT_EQ(changes_, 1);
}

TEST_F(TableDeskTest, ForgetsATableThatIsNoLongerConfigured)
{
    desk_.configure(of_aliases({write("aliases", "root: bob\n")}));
    desk_.compiler_ready();
    compile();
    desk_.configure({});
    EXPECT_EQ(changes_, 2);
    EXPECT_TRUE(handed()->empty());
}

TEST_F(TableDeskTest, AsksANewCompilerForWhatTheOldOneHadInHandUnlessThatIsItsEnd)
{
    desk_.configure(of_aliases({write("aliases", "root: bob\n")}));
    for (int ends = 0; ends < 3; ++ends) {
        asked_.Clear();
        desk_.compiler_ready();
        EXPECT_TRUE(asked_.has_compile()) << ends;
        desk_.compiler_ended();
    }
    asked_.Clear();
    desk_.compiler_ready();
    EXPECT_FALSE(asked_.has_compile());
    EXPECT_TRUE(desk_.is_complete());
}

TEST_F(TableDeskTest, OpensListsThatEverybodyMayReadOrATableNames)
{
    const auto open_list = write("open", "bob\n", 0644);
    const auto named = write("named", "bob\n", 0600);
    const auto secret = write("secret", "root:x:\n", 0600);
    desk_.configure(of_aliases({write("aliases", "all: :include:" + named + "\n")}));
    desk_.compiler_ready();
    EXPECT_TRUE(include(open_list));
    EXPECT_TRUE(include(named));
    EXPECT_FALSE(include(secret));
    EXPECT_FALSE(include("secret"));
    EXPECT_FALSE(include(directory_));
    answer(Table::aliases, text_file(tables::compile(Table::aliases, {}).image));
    EXPECT_FALSE(include(open_list)); // Nothing is being compiled.
}

TEST(TableFiles, AreRegularFiles)
{
    EXPECT_FALSE(open_table_file("/"));
    EXPECT_FALSE(open_table_file("/dev/null"));
    EXPECT_FALSE(open_table_file("/does/not/exist"));
}

TEST(TableFiles, ThatAreMissingAreToldWithTheirTable)
{
    config::Tables config;
    config.mailertable = {"/does/not/exist"};
    EXPECT_THAT(trouble_with_table_files(config),
                testing::ElementsAre(
                    "mailertable: /does/not/exist cannot be read: No such file or directory"));
}

TEST_F(TableDeskTest, TablesAreReadOfflineWithTheirProblems)
{
    const auto aliases = write("aliases", "root: bob\nno alias\n");
    const auto read = read_tables(of_aliases({aliases, "/does/not/exist"}));
    const auto& compiled = read.at(Table::aliases);
    EXPECT_EQ(compiled.entries, 1u);
    ASSERT_EQ(compiled.problems.size(), 2u);
    EXPECT_EQ(compiled.problems[0].file, "/does/not/exist");
    EXPECT_EQ(compiled.problems[1].file, aliases);
    EXPECT_EQ(compiled.problems[1].line, 2u);
}

} // namespace
} // namespace posthouse::process
