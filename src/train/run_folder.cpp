#include "train/run_folder.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "agent/model_card.h"
#include "base/error.h"
#include "base/home.h"
#include "base/registry.h"
#include "io/atomic_file.h"
#include "io/file_name.h"
#include "selfplay/archive.h"
#include "train/build_info.h"
#include "train/checkpoint.h"
#include "train/run_record.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRunsFolder = "runs";
constexpr const char* kConfigFile = "config.toml";

// "1234", or "1234_7" for a member of an array; empty outside of a batch job.
std::string slurm_job() {
  const auto value = [](const char* name) {
    const char* text = std::getenv(name);
    return std::string(text == nullptr ? "" : text);
  };
  const std::string array = value("SLURM_ARRAY_JOB_ID");
  return array.empty() ? value("SLURM_JOB_ID") : array + "_" + value("SLURM_ARRAY_TASK_ID");
}

fs::path fresh_folder(const fs::path& parent, const std::string& name) {
  const std::string job = slurm_job();
  const std::string stem = local_time("%Y%m%d-%H%M%S") + "_" + as_file_name(name) +
                           (job.empty() ? "" : "_job" + as_file_name(job));
  fs::path folder = parent / stem;
  for (int i = 2; fs::exists(folder); ++i) folder = parent / fmt::format("{}-{}", stem, i);
  return folder;
}

std::string read_to_end(int descriptor) {
  std::string text;
  std::array<char, 1 << 16> buffer{};
  for (ssize_t size = 1; size != 0;) {
    size = ::read(descriptor, buffer.data(), buffer.size());
    if (size < 0 && errno != EINTR) break;
    if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

// What the checkout has beyond its commit, as a patch; empty if there is nothing, or no git. Read
// from a pipe: git must not make a file in the folder of a run that was killed meanwhile.
std::string difference_of_checkout(std::string home) {
  std::array<int, 2> pipe{};
  if (!fs::exists(fs::path(home) / ".git") || ::pipe2(pipe.data(), O_CLOEXEC) != 0) return "";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<std::string> words{"git",           "-C",  std::move(home), "--no-pager", "diff",
                                 "--no-ext-diff", "HEAD"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t git = 0;
  const int problem = posix_spawnp(&git, "git", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  const std::string text = problem == 0 ? read_to_end(pipe[0]) : "";
  ::close(pipe[0]);
  if (problem == 0) waitpid(git, nullptr, 0);
  return text;
}

void save_difference(const fs::path& file) {
  const std::string difference = difference_of_checkout(home_folder().string());
  if (!difference.empty()) write_file_atomically(file, difference);
}

// A run's folder or name, or "last".
bool is_run(const std::string& text) {
  const std::vector<std::string> names = run_names();
  return text == "last" || is_run_folder(text) ||
         std::find(names.begin(), names.end(), text) != names.end();
}

}  // namespace

fs::path create_run_folder(const Experiment& experiment, const fs::path& parent,
                           const fs::path& folder, const std::string& command) {
  const ExperimentConfig& config = experiment.config;
  if (!folder.empty() && is_run_folder(folder)) {
    fail("{} already holds a run; go on with it (foresight resume {}) or choose another folder",
         folder.string(), folder.string());
  }
  const fs::path run = folder.empty() ? fresh_folder(parent, config.name) : folder;
  std::error_code error;
  fs::create_directories(run, error);
  if (error) fail("cannot make the folder {}: {}", run.string(), error.message());
  save_config(run, config);
  write_run_record(run, {.name = config.name,
                         .note = config.note,
                         .seed = config.seed,
                         .version = program_version(),
                         .commit = program_commit(),
                         .started = local_time(),
                         .command = command,
                         .slurm_job = slurm_job(),
                         .verdicts = {}});
  write_machine_file(run / "machine.json");
  save_difference(run / "uncommitted.patch");
  return run;
}

void note_place(const fs::path& folder) {
  RunRecord record = read_run_record(folder);
  record.slurm_job = slurm_job();
  write_run_record(folder, record);
  write_machine_file(folder / "machine.json");
}

void forget_beginning(const fs::path& folder) {
  FS_CHECK(checkpoints_of(folder).empty(), "{} has a checkpoint", folder.string());
  for (const char* part :
       {"checkpoints", "ranks", "actors", "model", "best", "selfplay", "videos", "tensorboard"}) {
    fs::remove_all(folder / part);
  }
}

void save_config(const fs::path& folder, const ExperimentConfig& config) {
  write_file_atomically(folder / kConfigFile, to_commented_toml(config));
}

bool is_run_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kConfigFile, ignored) &&
         fs::is_regular_file(folder / "run.json", ignored);
}

std::vector<std::string> run_names() {
  std::vector<std::string> names;
  if (!fs::is_directory(kRunsFolder)) return names;
  for (const auto& entry : fs::directory_iterator(kRunsFolder)) {
    const std::string name = entry.path().filename().string();
    if (is_run_folder(entry.path())) {
      names.push_back(name);
    } else if (entry.is_directory()) {
      for (const auto& inner : fs::directory_iterator(entry.path())) {
        if (is_run_folder(inner.path()))
          names.push_back(name + "/" + inner.path().filename().string());
      }
    }
  }
  std::sort(names.begin(), names.end());  // names begin with the time
  return names;
}

fs::path find_run(const std::string& name_or_folder) {
  if (is_run_folder(name_or_folder)) return name_or_folder;
  const std::vector<std::string> names = run_names();
  if (name_or_folder == "last") {
    if (names.empty()) fail("there are no runs under {}/ yet", kRunsFolder);
    return fs::path(kRunsFolder) / names.back();
  }
  const fs::path run = fs::path(kRunsFolder) / name_or_folder;
  if (is_run_folder(run)) return run;
  fail("no run \"{}\"{} (see: foresight list runs)", name_or_folder,
       did_you_mean(name_or_folder, names));
}

fs::path find_run_or_model(const std::string& name_or_folder) {
  if (is_model_folder(name_or_folder)) return name_or_folder;
  if (is_archive_word(name_or_folder)) return find_archived_model(name_or_folder);
  std::vector<std::string> known = run_names();
  if (is_run(name_or_folder)) {
    const fs::path run = find_run(name_or_folder);
    for (const char* part : {"best", "model"}) {
      if (is_model_folder(run / part)) return run / part;
    }
    fail("{} holds no weights yet", run.string());
  }
  try {
    return find_model(name_or_folder);
  } catch (const Error&) {
    for (const std::string& name : model_names()) known.push_back(name);
    for (const std::string& name : archive_words()) known.push_back(name);
    known.emplace_back("last");
    fail("\"{}\" is neither a run nor a model{} (see: foresight list models, foresight list runs)",
         name_or_folder, did_you_mean(name_or_folder, known));
  }
}

std::string opponent_word(const std::string& text) {
  const auto colon = text.rfind(":policy");
  const std::string suffix = colon == std::string::npos ? "" : text.substr(colon);
  const std::string name = text.substr(0, text.size() - suffix.size());
  return is_run(name) ? find_run_or_model(name).string() + suffix : text;
}

}  // namespace foresight
