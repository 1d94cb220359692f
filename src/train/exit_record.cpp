#include "train/exit_record.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "io/atomic_file.h"
#include "train/run_record.h"

namespace foresight {
namespace {

constexpr const char* kFile = "exit.json";
constexpr std::size_t kNumLines = 10;
constexpr std::array<std::pair<Ending, std::string_view>, 4> kWords{{{Ending::kDone, "done"},
                                                                     {Ending::kStopped, "stopped"},
                                                                     {Ending::kFailed, "failed"},
                                                                     {Ending::kKilled, "killed"}}};

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

Ending ending_of(const std::string& word) {
  for (const auto& [ending, text] : kWords) {
    if (text == word) return ending;
  }
  fail("\"{}\" is no ending of a run", word);
}

// On one line, and not longer than one.
std::string first_line(const std::string& text) {
  constexpr std::size_t kLongest = 300;
  const std::string line = text.substr(0, text.find('\n'));
  return line.size() <= kLongest ? line : line.substr(0, kLongest) + " ...";
}

}  // namespace

std::string_view ending_word(Ending ending) {
  return kWords.at(static_cast<std::size_t>(ending)).second;
}

void write_exit_record(const std::filesystem::path& run_folder, ExitRecord record) {
  record.last_lines = last_lines_of(run_folder / "log.txt", kNumLines);
  const nlohmann::ordered_json json{{"ending", ending_word(record.ending)},
                                    {"time", local_time()},
                                    {"host", host_name()},
                                    {"signal", record.signal},
                                    {"out_of_memory", record.out_of_memory},
                                    {"message", record.message},
                                    {"last_lines", record.last_lines}};
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  write_file_atomically(run_folder / kFile, json.dump(2, ' ', false, replace) + "\n");
}

void remove_exit_record(const std::filesystem::path& run_folder) {
  std::error_code ignored;  // there may be none
  std::filesystem::remove(run_folder / kFile, ignored);
}

std::optional<ExitRecord> read_exit_record(const std::filesystem::path& run_folder) {
  const auto path = run_folder / kFile;
  std::ifstream in(path);
  if (!in) return std::nullopt;
  try {
    const auto json = nlohmann::json::parse(in);
    return ExitRecord{.ending = ending_of(json.at("ending")),
                      .time = json.at("time"),
                      .host = json.at("host"),
                      .signal = json.at("signal"),
                      .out_of_memory = json.at("out_of_memory"),
                      .message = json.at("message"),
                      .last_lines = json.at("last_lines")};
  } catch (const std::exception& problem) {
    fail("{}: {}", path.string(), problem.what());
  }
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

std::string describe_ending(const ExitRecord& record) {
  std::string text(ending_word(record.ending));
  if (record.out_of_memory) text += ", out of memory";
  if (record.signal != 0) text += " by " + signal_name(record.signal);
  if (!record.message.empty()) text += ": " + first_line(record.message);
  return text;
}

std::vector<std::string> last_lines_of(const std::filesystem::path& file, std::size_t count) {
  constexpr std::streamoff kMostBytes = 64 * 1024;
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return {};
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - kMostBytes));
  std::deque<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    lines.push_back(line);
    if (lines.size() > count) lines.pop_front();
  }
  return {lines.begin(), lines.end()};
}

}  // namespace foresight
