// The folder of a tournament, from which it goes on after any end:
//
//   setup.json     what is played; another setup is refused in the same folder
//   games.jsonl    one line for each finished chunk of games
//   lock           held while it runs
//   table.json, table.csv, index.html    what came out (cli/tournament.cpp)
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/table.h"
#include "selfplay/tournament_table.h"

namespace foresight {

class AppendFile;
class FolderLock;

struct TournamentAgent {
  std::string name;         // as asked for; tables show it
  std::string word;         // as make_opponent takes it
  std::string fingerprint;  // of a model's files; empty for a bot
};

struct TournamentSetup {
  std::vector<TournamentAgent> agents;
  Table env;                // complete section
  std::int64_t games = 50;  // a pair, an even number
  std::uint64_t seed = 1;
  std::int64_t batch = 32;  // at most so many games of a pair side by side
};

// A 32-bit checksum in hexadecimal over names and bytes of a model folder's files, or over the
// bytes of a policy's file (agent/actor_file.h).
std::string model_fingerprint(const std::filesystem::path& model);

// As setup.json holds it.
std::string setup_json(const TournamentSetup& setup);

// Games of one pair that are played side by side, by one thread.
struct TournamentChunk {
  std::size_t pair = 0;  // which of make_pairs()
  std::int64_t first_game = 0;
  std::int64_t num_games = 0;
};

// Everyone against everyone, without games.
std::vector<PairResult> make_pairs(std::size_t num_agents);
// Depends on the setup alone, never on threads.
std::vector<TournamentChunk> make_chunks(const TournamentSetup& setup);

struct ChunkResult {
  std::vector<int> outcomes;          // of the chunk's games, in order; as in PairResult
  std::vector<std::int64_t> lengths;  // steps
};

class TournamentLog {
 public:
  // Makes the folder or goes on in it. Error: another process plays there, the folder holds
  // another setup (with the differences) or files that are none of a tournament.
  TournamentLog(std::filesystem::path folder, const TournamentSetup& setup);
  ~TournamentLog();

  const std::filesystem::path& folder() const { return folder_; }
  // The chunks still to be played.
  std::vector<TournamentChunk> open_chunks() const;
  // Any thread.
  void add(const TournamentChunk& chunk, const ChunkResult& result);
  // Games of finished chunks; complete pairs once no chunk is open.
  std::vector<PairResult> pairs() const;

 private:
  void check_setup(const std::string& wanted);
  void read_games();

  std::filesystem::path folder_;
  std::unique_ptr<FolderLock> lock_;
  std::size_t num_agents_ = 0;
  std::vector<TournamentChunk> chunks_;
  std::vector<ChunkResult> results_;  // one a chunk, empty while it is open
  std::unique_ptr<AppendFile> file_;
  mutable std::mutex mutex_;
};

}  // namespace foresight
