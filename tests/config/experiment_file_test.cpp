#include "config/experiment_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "config/sample_config.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

class ExperimentFile : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) / (std::string("foresight_configs_") + info->name());
    fs::remove_all(root_);
    write("hockey/tdmpc2", "seed = 1\n[planner]\nhorizon = 9\ninverse_temperature = 0.5\n");
    write("hockey/quick", "base = \"hockey/tdmpc2\"\n[planner]\nhorizon = 3\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    const fs::path path = root_ / (name + ".toml");
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  Table load(const std::string& name, std::vector<std::string> overrides = {}) const {
    return load_config(name, root_, overrides);
  }

  fs::path root_;
};

TEST_F(ExperimentFile, LaysTheBaseUnderTheFile) {
  EXPECT_EQ(load("hockey/quick"),
            parse_toml("seed = 1\n[planner]\nhorizon = 3\ninverse_temperature = 0.5", "expected"));
}

TEST_F(ExperimentFile, TakesAPathAsWellAsAName) {
  EXPECT_EQ(load((root_ / "hockey/quick.toml").string()), load("hockey/quick"));
}

TEST_F(ExperimentFile, FindsABaseBesideTheFile) {
  write("hockey/tiny", "base = \"quick\"\nseed = 2");
  write("hockey/tiny2", "base = \"quick.toml\"\nseed = 2");
  EXPECT_EQ(load("hockey/tiny"), load("hockey/tiny2"));
  EXPECT_EQ(std::get<std::int64_t>(load("hockey/tiny").find("seed")->data), 2);
  EXPECT_TRUE(load("hockey/tiny").contains("planner"));
}

TEST_F(ExperimentFile, RefusesACycleOfBases) {
  write("a", "base = \"b\"");
  write("b", "base = \"a\"");
  const std::string error = error_of([&] { load("a"); });
  EXPECT_NE(error.find("its own base"), std::string::npos) << error;
  EXPECT_NE(error.find("a.toml -> "), std::string::npos) << error;
}

TEST_F(ExperimentFile, NamesTheNearestConfigForAnUnknownOne) {
  EXPECT_EQ(error_of([&] { load("hockey/quik"); }),
            "unknown config \"hockey/quik\"; did you mean \"hockey/quick\"?\n  known in " +
                root_.string() + ": hockey/quick, hockey/tdmpc2");
  EXPECT_NE(error_of([&] { load("quick"); }).find("did you mean \"hockey/quick\"?"),
            std::string::npos);
}

TEST_F(ExperimentFile, NamesTheFileAndLineOfABadBase) {
  write("a", "\nbase = \"nowhere\"");
  EXPECT_EQ(error_of([&] { load("a"); }).substr(0, (root_ / "a.toml").string().size() + 3),
            (root_ / "a.toml").string() + ":2:");
  write("b", "base = 3");
  EXPECT_NE(error_of([&] { load("b"); }).find("expected text"), std::string::npos);
}

TEST_F(ExperimentFile, AppliesOverridesInOrder) {
  const Table table = load("hockey/quick", {"seed=5", "planner.horizon=7", "seed=6"});
  EXPECT_EQ(table,
            parse_toml("seed = 6\n[planner]\nhorizon = 7\ninverse_temperature = 0.5", "expected"));
}

TEST_F(ExperimentFile, ReportsEveryBadOverrideAtOnce) {
  const std::string error = error_of([&] { load("hockey/quick", {"seed", "x=1", "=3"}); });
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1) << error;
}

TEST_F(ExperimentFile, ListsEveryNameSorted) {
  write("atari/pong", "");
  std::ofstream(root_ / "hockey/notes.txt") << "not a config";
  EXPECT_EQ(config_names(root_),
            (std::vector<std::string>{"atari/pong", "hockey/quick", "hockey/tdmpc2"}));
}

}  // namespace
}  // namespace foresight
