#include "config/config_printer.h"

#include <gtest/gtest.h>

#include <limits>

#include "config/sample_config.h"

namespace foresight {
namespace {

TEST(ConfigPrinter, ExplainsEachLineInOneColumn) {
  EXPECT_EQ(to_commented_toml(SampleConfig{}), R"(name = "sample"         # shown in lists
seed = 1                # of every random stream
learning_rate = 0.0003  # Adam's step size [1e-06, 1]
compile = false         # fuse the update
mode = "normal"         # what is played (normal | shooting | defense)
widths = [512, 512]     # hidden layers [1, 8192]

# how actions are searched
[planner]
horizon = 3                # steps the planner looks ahead [1, 1000]
inverse_temperature = 0.5  # larger is greedier (at least 0)

# phases of training
[[curriculum]]
steps = 100        # steps of this phase (at least 1)
opponent = "weak"  # who plays against it (weak | strong)

# the environment's own section
[env]
)");
}

SampleConfig unusual_config() {
  SampleConfig config;
  config.name = "quotes \" and \\ and \n\t\r\x01\x7f, caf\xc3\xa9 # not a comment";
  config.seed = std::numeric_limits<std::int64_t>::min();
  config.learning_rate = 0.1 + 0.2;
  config.widths = {};
  config.planner.inverse_temperature = std::numeric_limits<double>::denorm_min();
  config.curriculum = {{.steps = 7}, {.opponent = "strong"}};
  config.env = parse_toml(R"(
id = "hockey"
"odd key.=" = [[1, 2], ["a"], [], {}]
list = [{a = 1}, {b = [{c = 2}]}]
mixed = [1, {x = 1.0}]
deep.er.still = -0.0
empty = {}
)",
                          "env");
  return config;
}

TEST(ConfigPrinter, PrintsWhatReadsBackAsTheSameConfig) {
  for (const SampleConfig& config : {SampleConfig{}, unusual_config()}) {
    const std::string text = to_commented_toml(config);
    const Table table = parse_toml(text, "printed");
    EXPECT_EQ(table, to_table(config)) << text;
    EXPECT_EQ(to_table(read_config<SampleConfig>(table, "")), to_table(config)) << text;
  }
}

TEST(ConfigPrinter, PrintsAnEmptyListSoThatItStaysEmpty) {
  SampleConfig config;
  config.curriculum.clear();
  const Table table = parse_toml(to_commented_toml(config), "printed");
  EXPECT_TRUE(read_config<SampleConfig>(table, "").curriculum.empty());
}

}  // namespace
}  // namespace foresight
