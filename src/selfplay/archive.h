// A folder of agents kept for later: opponents, tournaments, comparisons.
//
//   index.json          all entries in one file, for other programs
//   lock                held while something is changed
//   agents/NAME/        appears whole or not at all
//     entry.json        what is below in ArchiveEntry
//     model.json, ...   the model folder as it was; any agent word may name it, too
//     config.toml       of the run, if it came from one
//
// The agents' folders are the truth. The index is compared with them whenever the archive is opened
// and written anew if a crash (or a hand) left it behind or damaged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "selfplay/rating.h"

namespace foresight {

struct ArchiveEntry {
  std::string name;
  std::vector<std::string> tags;
  std::string note;
  std::string agent;  // id, for example "tdmpc2"
  std::string env;    // id
  std::int64_t step = 0;
  std::uint64_t seed = 0;
  std::string commit;  // of the program that trained it
  std::string source;  // the folder that it was copied from
  std::string added;   // local time
  std::optional<Rating> rating;
  std::int64_t rated_games = 0;
};

// A folder under agents/ that cannot be used.
struct DamagedAgent {
  std::string name;
  std::string reason;
};

class Archive {
 public:
  // A missing folder is an empty archive.
  explicit Archive(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  const std::vector<ArchiveEntry>& entries() const { return entries_; }  // by name
  const std::vector<DamagedAgent>& damaged() const { return damaged_; }
  // The index was missing, damaged or behind, and has been written anew.
  bool was_index_rebuilt() const { return was_index_rebuilt_; }

  // Error: no such agent, with the nearest name.
  const ArchiveEntry& find(const std::string& name) const;
  std::filesystem::path folder_of(const std::string& name) const;

  // Copies a model folder and, unless empty, its run's config. `entry` brings name, tags, note and
  // time; the rest is read from the model. Error: a bad name, a name that is taken, no model.
  void add(ArchiveEntry entry, const std::filesystem::path& model,
           const std::filesystem::path& config_file);
  // Removes damaged ones, too.
  void remove(const std::string& name);
  void set_rating(const std::string& name, const Rating& rating, std::int64_t games);

 private:
  std::filesystem::path agents_folder() const { return folder_ / "agents"; }
  void read_agents();
  bool is_index_right() const;
  void write_index() const;

  std::filesystem::path folder_;
  std::vector<ArchiveEntry> entries_;
  std::vector<DamagedAgent> damaged_;
  bool was_index_rebuilt_ = false;
};

// For programs: the object that entry.json and index.json hold.
std::string to_json_text(const ArchiveEntry& entry);

// Letters, digits, '.', '-', '_', at most 64, beginning with a letter or digit. Error: anything
// else (a path, for example).
void check_archive_name(const std::string& name);

// The archive of the working folder, and the words that name its agents: "archive:NAME".
inline constexpr const char* kArchiveFolder = "archive";
inline constexpr const char* kArchivePrefix = "archive:";
bool is_archive_word(const std::string& word);
// The model folder behind such a word. Error: no such agent, with the nearest name.
std::filesystem::path find_archived_model(const std::string& word);
// The words of all its agents.
std::vector<std::string> archive_words();

}  // namespace foresight
