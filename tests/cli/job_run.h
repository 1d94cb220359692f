// Runs of the program as jobs, and looks at them as `foresight jobs --json` shows them.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "cli/small_run.h"

namespace foresight {

class JobRun : public SmallRun {
 protected:
  void SetUp() override {
    SmallRun::SetUp();
    // A checkpoint a second: often enough to be cut between two.
    std::string text = kSmallConfig;
    for (const auto& [from, to] :
         {std::pair("steps = 4000", "steps = 6000"),
          std::pair("checkpoint_every_min = 0.001", "checkpoint_every_min = 0.02")}) {
      const auto at = text.find(from);
      ASSERT_NE(at, std::string::npos) << from;
      text.replace(at, std::string(from).size(), to);
    }
    config(text.c_str());
  }

  void TearDown() override {
    if (const pid_t worker = worker_process(); worker > 0) {
      kill(worker, SIGTERM);
      wait_until("the worker is gone", [this] { return worker_process() <= 0; });
    }
    SmallRun::TearDown();
  }

  ProgramOutcome foresight(const std::string& words, const std::string& environment = "") const {
    const std::string line = fmt::format(
        "cd '{0}' && {1} FORESIGHT_HOME='{2}' OMP_NUM_THREADS=1 {3} '{4}' {5} 2>&1",
        folder_.string(), environment_, FORESIGHT_SOURCE_DIR, environment, kProgram, words);
    return run_shell(line);
  }

  std::string submit(const std::string& words) {
    const auto outcome = foresight("submit small.toml --no-trial " + words);
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    return outcome.text;
  }

  nlohmann::json jobs(const std::string& words = "") const {
    const auto outcome = foresight("jobs --json " + words);
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    return nlohmann::json::parse(outcome.text, nullptr, false);
  }

  nlohmann::json job(const std::string& id) const {
    for (const auto& row : jobs()) {
      if (row.at("id") == id) return row;
    }
    ADD_FAILURE() << "no job " << id << " in " << jobs().dump(2);
    return {};
  }

  bool are_over() const {
    const auto rows = jobs();
    return std::all_of(rows.begin(), rows.end(),
                       [](const nlohmann::json& row) { return row.at("is_over").get<bool>(); });
  }

  // Polls; a test that waits in vain fails after eight minutes.
  static void wait_until(const std::string& what, const std::function<bool()>& is_so) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(8);
    while (!is_so()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain: " << what;
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
  }

  fs::path run_of(const std::string& id) const {
    return folder_ / job(id).at("run").get<std::string>();
  }

  // The process that trains a run, -1 if there is none.
  static pid_t trainer_of(const fs::path& run) {
    return process_with({"resume", run.string(), "--as-job"});
  }
  pid_t worker_process() const {
    return process_with({"start", "--foreground", (folder_ / "runs").string()});
  }
  // One whose command line holds all of these.
  static pid_t process_with(const std::vector<std::string>& parts) {
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string number = entry.path().filename().string();
      if (number.find_first_not_of("0123456789") != std::string::npos) continue;
      std::ifstream in(entry.path() / "cmdline", std::ios::binary);
      const std::string line{std::istreambuf_iterator<char>(in), {}};
      const bool fits = std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
        return line.find(part) != std::string::npos;
      });
      if (fits && line.find("foresight") != std::string::npos) return std::stoi(number);
    }
    return -1;
  }

  // A run that nobody disturbed, of the same config and seed.
  fs::path undisturbed(int seed) {
    const fs::path folder = folder_ / fmt::format("whole-{}", seed);
    EXPECT_EQ(run({"train", (folder_ / "small.toml").string(), fmt::format("seed={}", seed),
                   "--run-dir", folder.string()}),
              0)
        << said();
    return folder;
  }

  std::string environment_;  // NAME=value ... before every command
};

}  // namespace foresight
