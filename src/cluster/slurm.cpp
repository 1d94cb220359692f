#include "cluster/slurm.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <sstream>

#include "base/error.h"
#include "cluster/process.h"

namespace foresight {
namespace {

constexpr const char* kSqueueFormat = "%i|%P|%j|%u|%T|%M|%D|%R";
constexpr std::size_t kNumColumns = 8;

// In single quotes, as a shell reads it back.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) result += letter == '\'' ? "'\\''" : std::string(1, letter);
  return result + "'";
}

std::string one_line(std::string text) {
  for (char& letter : text) {
    if (static_cast<unsigned char>(letter) < 0x20) letter = ' ';
  }
  return text;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

ProgramResult run_slurm(const std::vector<std::string>& words) {
  ProgramResult result = run_program(words);
  if (result.status == 127 && result.error.empty()) {
    fail("{}: there is no such program here; without SLURM use --local", words.front());
  }
  if (result.status != 0) {
    fail("{} failed (status {}): {}", words.front(), result.status, trimmed(result.error));
  }
  return result;
}

}  // namespace

std::string batch_script(const BatchRequest& request) {
  std::string text = "#!/bin/bash\n";
  const auto option = [&](const std::string& words) { text += "#SBATCH " + words + "\n"; };
  option("--job-name=" + one_line(request.name));
  option(fmt::format("--array=0-{}", request.runs.size() - 1));
  option("--requeue");
  option("--signal=B:USR1@300");
  option("--open-mode=append");
  option("--chdir=" + std::filesystem::current_path().string());
  option("--output=" + (request.folder / "%a.out").string());
  if (!request.partition.empty()) option("--partition=" + request.partition);
  if (!request.time.empty()) option("--time=" + request.time);
  if (request.gpus > 0) option(fmt::format("--gpus={}", request.gpus));
  if (request.cpus > 0) option(fmt::format("--cpus-per-task={}", request.cpus));
  if (!request.memory.empty()) option("--mem=" + request.memory);
  for (const std::string& line : request.extra) option(line);
  if (!request.note.empty()) text += "\n# " + one_line(request.note) + "\n";
  text += "\nruns=(\n";
  for (const std::string& run : request.runs) text += "  " + quoted(run) + "\n";
  text += ")\n";
  text += "export FORESIGHT_HOME=" + quoted(request.home.string()) + "\n";
  text += fmt::format("exec {} job {}/\"${{runs[$SLURM_ARRAY_TASK_ID]}}\"\n",
                      quoted(request.program.string()), quoted(request.folder.string()));
  return text;
}

bool has_slurm() { return run_program({"sh", "-c", "command -v sbatch"}).status == 0; }

std::string submit_batch(const std::filesystem::path& script, const std::string& tasks) {
  const auto result = run_slurm({"sbatch", "--parsable", "--array=" + tasks, script.string()});
  // "1234", or "1234;cluster".
  const std::string number = trimmed(result.output.substr(0, result.output.find(';')));
  if (number.empty() || number.find_first_not_of("0123456789") != std::string::npos) {
    fail("sbatch said \"{}\", expected the number of a job", trimmed(result.output));
  }
  return number;
}

std::vector<QueueLine> queue_lines() {
  const std::string user = std::to_string(getuid());
  return parse_queue(run_slurm({"squeue", "--array", "--noheader", "--user=" + user,
                                std::string("--format=") + kSqueueFormat})
                         .output);
}

std::vector<QueueLine> parse_queue(const std::string& squeue_output) {
  std::vector<QueueLine> lines;
  std::istringstream in(squeue_output);
  for (std::string text; std::getline(in, text);) {
    std::vector<std::string> parts(1);
    for (const char letter : text) {
      // The last column, a reason, may hold anything.
      if (letter == '|' && parts.size() < kNumColumns) {
        parts.emplace_back();
      } else {
        parts.back() += letter;
      }
    }
    if (parts.size() != kNumColumns) continue;
    lines.push_back({.id = trimmed(parts[0]),
                     .partition = parts[1],
                     .name = parts[2],
                     .user = parts[3],
                     .state = parts[4],
                     .time = parts[5],
                     .nodes = parts[6],
                     .place = trimmed(parts[7])});
  }
  return lines;
}

std::string scontrol_word(const std::string& job) {
  const auto result = run_program({"scontrol", "--oneliner", "show", "job", job});
  return result.status == 0 ? parse_scontrol(result.output) : "";
}

std::string parse_scontrol(const std::string& scontrol_output) {
  std::map<std::string, std::string> values;
  std::istringstream in(scontrol_output);
  for (std::string word; in >> word;) {
    const auto equals = word.find('=');
    if (equals != std::string::npos)
      values.emplace(word.substr(0, equals), word.substr(equals + 1));
  }
  std::string text = values["JobState"];
  if (text.empty()) return "";
  const std::string reason = values["Reason"];
  if (!reason.empty() && reason != "None") text += ", " + reason;
  const std::string code = values["ExitCode"];  // "2:0": status and signal
  const auto colon = code.find(':');
  if (colon != std::string::npos && code != "0:0") {
    const bool is_signal = code.substr(colon + 1) != "0";
    text +=
        is_signal ? ", signal " + code.substr(colon + 1) : ", exit code " + code.substr(0, colon);
  }
  return text;
}

void cancel_batch(const std::string& job) { run_slurm({"scancel", job}); }

bool requeue_own_job() {
  const std::string array = environment("SLURM_ARRAY_JOB_ID");
  const std::string job = array.empty() ? environment("SLURM_JOB_ID")
                                        : array + "_" + environment("SLURM_ARRAY_TASK_ID");
  if (job.empty()) return false;
  const auto result = run_program({"scontrol", "requeue", job});
  if (result.status != 0) {
    fmt::print(stderr, "scontrol requeue {}: {}\n", job,
               result.error.empty() ? "there is no scontrol here" : trimmed(result.error));
  }
  return result.status == 0;
}

}  // namespace foresight
