#include "selfplay/tournament_log.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "agent/actor_file.h"
#include "base/error.h"
#include "base/input_file.h"
#include "io/append_file.h"
#include "io/atomic_file.h"
#include "io/crc32c.h"
#include "io/folder_lock.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kSetupFile = "setup.json";
constexpr const char* kGamesFile = "games.jsonl";
constexpr std::size_t kMaxSetupBytes = std::size_t{1} << 24;
constexpr int kMaxSetupDepth = 8;

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::uint32_t file_checksum(const fs::path& file, std::uint32_t previous) {
  std::ifstream in = open_input_file(file);
  std::vector<char> block(std::size_t{1} << 20);
  while (in.read(block.data(), std::ssize(block)) || in.gcount() > 0) {
    const auto size = static_cast<std::size_t>(in.gcount());
    previous = crc32c(std::as_bytes(std::span(block).first(size)), previous);
  }
  return previous;
}

// Error: nested deeper than any setup is, which would overflow the stack of whatever walks it.
Json parse_setup(const std::string& text, const fs::path& file) {
  return Json::parse(text, [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxSetupDepth) fail("{}: nested too deeply", display_path(file));
    return true;
  });
}

// "games: 50 there, 100 asked for", for all that differs.
std::string differences(const Json& there, const Json& wanted) {
  const Json old = there.flatten();
  const Json fresh = wanted.flatten();
  std::map<std::string, std::pair<std::string, std::string>> found;
  for (const auto& [key, value] : old.items()) found[key].first = dumped(value);
  for (const auto& [key, value] : fresh.items()) found[key].second = dumped(value);
  std::string text;
  for (const auto& [key, values] : found) {
    if (values.first == values.second) continue;
    text += fmt::format("\n  {}: {} there, {} asked for", key.empty() ? key : key.substr(1),
                        values.first.empty() ? "nothing" : values.first,
                        values.second.empty() ? "nothing" : values.second);
  }
  return text;
}

// Plain values as they are; a list or a table, which no environment has yet, as TOML.
Json env_json(const Table& env) {
  Json json = Json::object();
  for (const auto& [key, value] : env.values()) {
    json[key] = std::visit(
        [](const auto& data) -> Json {
          using Data = std::decay_t<decltype(data)>;
          if constexpr (std::is_same_v<Data, Table> || std::is_same_v<Data, ValueList>) {
            Table table;
            table.set("value", {data});
            return to_toml(table);
          } else {
            return data;
          }
        },
        value.data);
  }
  return json;
}

char letter_of(int outcome) { return outcome > 0 ? 'W' : outcome < 0 ? 'L' : 'D'; }

// The chunk that a line of games.jsonl is of and what came out. Json::exception or Error: it is
// none of ours.
struct LogLine {
  TournamentChunk chunk;
  ChunkResult result;
};

LogLine parse_line(const std::string& text) {
  const Json json = Json::parse(text);
  LogLine line;
  line.chunk = {.pair = json.at("pair").get<std::size_t>(),
                .first_game = json.at("first_game").get<std::int64_t>()};
  for (const char letter : json.at("outcomes").get<std::string>()) {
    if (letter != 'W' && letter != 'D' && letter != 'L') fail("an outcome is '{}'", letter);
    line.result.outcomes.push_back(letter == 'W' ? 1 : letter == 'L' ? -1 : 0);
  }
  line.result.lengths = json.at("lengths").get<std::vector<std::int64_t>>();
  line.chunk.num_games = std::ssize(line.result.outcomes);
  if (line.result.lengths.size() != line.result.outcomes.size()) {
    fail("{} lengths of {} games", line.result.lengths.size(), line.result.outcomes.size());
  }
  return line;
}

}  // namespace

std::string model_fingerprint(const fs::path& model) {
  if (is_actor_file(model)) return fmt::format("{:08x}", file_checksum(model, 0));
  std::vector<fs::path> files;
  for (const auto& item : fs::directory_iterator(model)) {
    if (item.is_regular_file()) files.push_back(item.path());
  }
  std::ranges::sort(files);
  std::uint32_t checksum = 0;
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    if (name == "entry.json") continue;  // the archive's own, which a new rating changes
    checksum = crc32c(std::as_bytes(std::span(name)), checksum);
    checksum = file_checksum(file, checksum);
  }
  return fmt::format("{:08x}", checksum);
}

std::string setup_json(const TournamentSetup& setup) {
  Json agents = Json::array();
  for (const TournamentAgent& agent : setup.agents) {
    agents.push_back({{"name", agent.name}, {"fingerprint", agent.fingerprint}});
  }
  const Json json{{"games_a_pair", setup.games},
                  {"seed", setup.seed},
                  {"batch", setup.batch},
                  {"env", env_json(setup.env)},
                  {"agents", agents}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<PairResult> make_pairs(std::size_t num_agents) {
  std::vector<PairResult> pairs;
  for (std::size_t first = 0; first < num_agents; ++first) {
    for (std::size_t second = first + 1; second < num_agents; ++second) {
      pairs.push_back({.first = first, .second = second, .outcomes = {}, .lengths = {}});
    }
  }
  return pairs;
}

// A pair's games are divided evenly.
std::vector<TournamentChunk> make_chunks(const TournamentSetup& setup) {
  const std::int64_t num_parts = (setup.games + setup.batch - 1) / setup.batch;
  const std::size_t num_pairs = make_pairs(setup.agents.size()).size();
  std::vector<TournamentChunk> chunks;
  for (std::size_t pair = 0; pair < num_pairs; ++pair) {
    for (std::int64_t part = 0; part < num_parts; ++part) {
      const std::int64_t begin = setup.games * part / num_parts;
      const std::int64_t end = setup.games * (part + 1) / num_parts;
      chunks.push_back({.pair = pair, .first_game = begin, .num_games = end - begin});
    }
  }
  return chunks;
}

TournamentLog::TournamentLog(fs::path folder, const TournamentSetup& setup)
    : folder_(std::move(folder)),
      lock_(std::make_unique<FolderLock>(folder_, FolderLock::WhenTaken::kFail)),
      num_agents_(setup.agents.size()),
      chunks_(make_chunks(setup)),
      results_(chunks_.size()) {
  check_setup(setup_json(setup));
  read_games();
  file_ = std::make_unique<AppendFile>(folder_ / kGamesFile);
}

TournamentLog::~TournamentLog() = default;

void TournamentLog::check_setup(const std::string& wanted) {
  const fs::path file = folder_ / kSetupFile;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    if (fs::exists(folder_ / kGamesFile, ignored)) {
      fail("{} holds {} without {}; choose another folder", display_path(folder_), kGamesFile,
           kSetupFile);
    }
    write_file_atomically(file, wanted);
    return;
  }
  try {
    const Json there = parse_setup(read_text_file(file, kMaxSetupBytes), file);
    const std::string different = differences(there, Json::parse(wanted));
    if (different.empty()) return;
    fail("{} holds another tournament; choose another --folder, or play that one again:{}",
         display_path(folder_), different);
  } catch (const Json::exception& problem) {
    fail("{}: not the setup of a tournament: {}", display_path(file), problem.what());
  }
}

void TournamentLog::read_games() {
  const fs::path file = folder_ / kGamesFile;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  std::ifstream in = open_input_file(file);
  std::int64_t number = 0;
  for (std::string text; std::getline(in, text);) {
    ++number;
    if (in.eof()) return;  // half a line of a killed run, which AppendFile will cut off
    try {
      LogLine line = parse_line(text);
      const auto chunk = std::ranges::find_if(chunks_, [&](const TournamentChunk& known) {
        return known.pair == line.chunk.pair && known.first_game == line.chunk.first_game &&
               known.num_games == line.chunk.num_games;
      });
      if (chunk == chunks_.end()) fail("games that this tournament does not have");
      results_[static_cast<std::size_t>(chunk - chunks_.begin())] = std::move(line.result);
    } catch (const std::exception& problem) {
      fail("{}:{}: {}; remove the line (its games are then played again)", display_path(file),
           number, problem.what());
    }
  }
}

std::vector<TournamentChunk> TournamentLog::open_chunks() const {
  const std::lock_guard guard(mutex_);
  std::vector<TournamentChunk> open;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    if (results_[i].outcomes.empty()) open.push_back(chunks_[i]);
  }
  return open;
}

void TournamentLog::add(const TournamentChunk& chunk, const ChunkResult& result) {
  std::string letters;
  for (const int outcome : result.outcomes) letters += letter_of(outcome);
  const Json json{{"pair", chunk.pair},
                  {"first_game", chunk.first_game},
                  {"outcomes", letters},
                  {"lengths", result.lengths}};
  const std::lock_guard guard(mutex_);
  file_->write_line(json.dump());
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    if (chunks_[i].pair == chunk.pair && chunks_[i].first_game == chunk.first_game) {
      results_[i] = result;
    }
  }
}

std::vector<PairResult> TournamentLog::pairs() const {
  const std::lock_guard guard(mutex_);
  std::vector<PairResult> pairs = make_pairs(num_agents_);
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    PairResult& pair = pairs[chunks_[i].pair];
    const ChunkResult& result = results_[i];
    pair.outcomes.insert(pair.outcomes.end(), result.outcomes.begin(), result.outcomes.end());
    pair.lengths.insert(pair.lengths.end(), result.lengths.begin(), result.lengths.end());
  }
  return pairs;
}

}  // namespace foresight
