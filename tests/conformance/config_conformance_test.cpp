// What every file under configs/ must fulfil.
#include <gtest/gtest.h>

#include "agent/agent.h"
#include "config/experiment_file.h"
#include "env/env.h"
#include "io/scratch_folder.h"
#include "train/experiment_config.h"

namespace foresight {
namespace {

const std::filesystem::path kConfigs = FORESIGHT_SOURCE_DIR "/configs";

class ConfigConformance : public testing::TestWithParam<std::string> {};

TEST_P(ConfigConformance, ParsesAndNamesARegisteredEnvironmentAndAgent) {
  const Table table = load_config(GetParam(), kConfigs);
  Experiment experiment;
  EXPECT_EQ(error_of([&] { experiment = resolve_experiment(table); }), "");
}

TEST_P(ConfigConformance, SaysWhatItIsFor) {
  EXPECT_TRUE(load_config(GetParam(), kConfigs).contains("name"));
  EXPECT_TRUE(load_config(GetParam(), kConfigs).contains("note"));
}

INSTANTIATE_TEST_SUITE_P(Shipped, ConfigConformance, testing::ValuesIn(config_names(kConfigs)),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& letter : name) {
                             if (std::isalnum(static_cast<unsigned char>(letter)) == 0)
                               letter = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace foresight
