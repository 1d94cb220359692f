// What every file under configs/ must fulfil.
#include <gtest/gtest.h>

#include "agent/agent.h"
#include "config/experiment_file.h"
#include "env/env.h"
#include "env/python/python_env_config.h"
#include "io/scratch_folder.h"
#include "train/experiment_config.h"

namespace foresight {
namespace {

const std::filesystem::path kConfigs = FORESIGHT_SOURCE_DIR "/configs";

// Of an environment in Python that cannot be made here; empty: it can.
std::string missing_venv(const Table& section) {
  if (!find_env_entry(id_of(section)).is_external) return "";
  const auto config = read_config<PythonEnvConfig>(section, "env");
  const std::string venv = python_task(config).suite->venv;
  return std::filesystem::exists(venv_python(venv)) ? "" : venv;
}

class ConfigConformance : public testing::TestWithParam<std::string> {};

TEST_P(ConfigConformance, ParsesAndNamesARegisteredEnvironmentAndAgent) {
  const Table table = load_config(GetParam(), kConfigs);
  const std::string venv = missing_venv(std::get<Table>(table.find("env")->data));
  if (!venv.empty()) GTEST_SKIP() << "./foresight env install " << venv;
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
