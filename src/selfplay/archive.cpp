#include "selfplay/archive.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "agent/actor_file.h"
#include "agent/model_card.h"
#include "base/error.h"
#include "base/input_file.h"
#include "base/registry.h"
#include "env/env.h"
#include "io/atomic_file.h"
#include "io/atomic_folder.h"
#include "io/folder_lock.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kEntryFile = "entry.json";
constexpr const char* kIndexFile = "index.json";
constexpr std::size_t kMaxEntryBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxIndexBytes = std::size_t{1} << 28;
constexpr std::size_t kMaxNameLetters = 64;

Json json_of(const ArchiveEntry& entry) {
  Json json{{"name", entry.name},   {"tags", entry.tags},     {"note", entry.note},
            {"agent", entry.agent}, {"env", entry.env},       {"step", entry.step},
            {"seed", entry.seed},   {"commit", entry.commit}, {"source", entry.source},
            {"added", entry.added}, {"rating", nullptr}};
  if (entry.rating) {
    json["rating"] = {{"mu", entry.rating->mu},
                      {"sigma", entry.rating->sigma},
                      {"ordinal", entry.rating->ordinal()},
                      {"games", entry.rated_games}};
  }
  return json;
}

ArchiveEntry entry_of(const Json& json) {
  ArchiveEntry entry{.name = json.at("name").get<std::string>(),
                     .tags = json.at("tags").get<std::vector<std::string>>(),
                     .note = json.at("note").get<std::string>(),
                     .agent = json.at("agent").get<std::string>(),
                     .env = json.at("env").get<std::string>(),
                     .step = json.at("step").get<std::int64_t>(),
                     .seed = json.at("seed").get<std::uint64_t>(),
                     .commit = json.at("commit").get<std::string>(),
                     .source = json.at("source").get<std::string>(),
                     .added = json.at("added").get<std::string>(),
                     .rating = {}};
  if (const Json& rating = json.at("rating"); !rating.is_null()) {
    entry.rating = {.mu = rating.at("mu").get<double>(), .sigma = rating.at("sigma").get<double>()};
    entry.rated_games = rating.at("games").get<std::int64_t>();
  }
  return entry;
}

// A note may hold bytes that are no UTF-8, which JSON cannot.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

ArchiveEntry read_entry(const fs::path& folder) {
  const std::string text = read_text_file(folder / kEntryFile, kMaxEntryBytes);
  ArchiveEntry entry;
  try {
    entry = entry_of(Json::parse(text));
  } catch (const Json::exception& problem) {
    fail("{}: {}", kEntryFile, problem.what());
  }
  if (entry.name != folder.filename()) {
    fail("{} is of an agent named \"{}\"", kEntryFile, entry.name);
  }
  read_model_card(folder);
  return entry;
}

std::string id_in(const Table& section) {
  const ConfigValue* id = section.find("id");
  const auto* text = id == nullptr ? nullptr : std::get_if<std::string>(&id->data);
  return text == nullptr ? "" : *text;
}

// A policy in a file becomes a folder like any other.
void copy_model(const fs::path& model, const ModelCard& card, const fs::path& fresh) {
  if (is_actor_file(model)) {
    load_agent(model, card, make_env(card.env)->spec())->save_model(fresh);
    write_model_card(fresh, card);
    return;
  }
  for (const auto& file : fs::directory_iterator(model)) {
    if (file.is_regular_file()) fs::copy_file(file.path(), fresh / file.path().filename());
  }
}

}  // namespace

std::string to_json_text(const ArchiveEntry& entry) { return text_of(json_of(entry)); }

void check_archive_name(const std::string& name) {
  const auto is_alphanumeric = [](char c) { return std::isalnum(static_cast<unsigned char>(c)); };
  const bool is_good = !name.empty() && name.size() <= kMaxNameLetters &&
                       is_alphanumeric(name[0]) && !name.ends_with(".unfinished") &&
                       std::all_of(name.begin(), name.end(), [&](char c) {
                         return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
                       });
  if (is_good) return;
  fail(
      "\"{}\" cannot be a name in the archive: use 1 to {} letters, digits, '.', '-', '_', the "
      "first a letter or a digit",
      name, kMaxNameLetters);
}

Archive::Archive(fs::path folder) : folder_(std::move(folder)) {
  read_agents();
  if (is_index_right()) return;
  const FolderLock lock(folder_, FolderLock::WhenTaken::kWait);
  remove_unfinished_folders(agents_folder());
  read_agents();
  if (is_index_right()) return;  // whoever held the lock was just about to write it
  write_index();
  was_index_rebuilt_ = true;
}

void Archive::read_agents() {
  entries_.clear();
  damaged_.clear();
  std::error_code ignored;
  for (const auto& item : fs::directory_iterator(agents_folder(), ignored)) {
    const std::string name = item.path().filename().string();
    if (!item.is_directory() || name.ends_with(".unfinished")) continue;
    try {
      entries_.push_back(read_entry(item.path()));
    } catch (const Error& problem) {
      damaged_.push_back({.name = name, .reason = problem.what()});
    }
  }
  std::ranges::sort(entries_, {}, &ArchiveEntry::name);
  std::ranges::sort(damaged_, {}, &DamagedAgent::name);
}

bool Archive::is_index_right() const {
  std::error_code ignored;
  if (!fs::exists(folder_ / kIndexFile, ignored)) return entries_.empty() && damaged_.empty();
  Json expected = Json::array();
  for (const ArchiveEntry& entry : entries_) expected.push_back(json_of(entry));
  try {
    const Json index = Json::parse(read_text_file(folder_ / kIndexFile, kMaxIndexBytes));
    return index.at("agents") == expected;
  } catch (const Json::exception&) {
    return !fs::exists(agents_folder(), ignored);  // not ours: a folder that happens to be here
  }
}

void Archive::write_index() const {
  Json index{{"format", 1}, {"agents", Json::array()}};
  for (const ArchiveEntry& entry : entries_) index["agents"].push_back(json_of(entry));
  write_file_atomically(folder_ / kIndexFile, text_of(index));
}

const ArchiveEntry& Archive::find(const std::string& name) const {
  std::vector<std::string> names;
  for (const ArchiveEntry& entry : entries_) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  for (const DamagedAgent& agent : damaged_) {
    if (agent.name == name) {
      fail("{}: the agent {} is damaged: {}", display_path(folder_), name, agent.reason);
    }
  }
  fail("no agent \"{}\" in {}{} (see: foresight archive list)", name, display_path(folder_),
       did_you_mean(name, names));
}

fs::path Archive::folder_of(const std::string& name) const {
  return agents_folder() / find(name).name;
}

void Archive::add(ArchiveEntry entry, const fs::path& model, const fs::path& config_file) {
  check_archive_name(entry.name);
  const ModelCard card = read_model_card(model);
  entry.agent = id_in(card.agent);
  entry.env = id_in(card.env);
  entry.step = card.steps;
  entry.seed = card.seed;
  entry.commit = card.commit;
  entry.source = model.string();
  // A byte that is no UTF-8 becomes what the file will hold.
  entry = entry_of(Json::parse(to_json_text(entry)));

  const FolderLock lock(folder_, FolderLock::WhenTaken::kWait);
  read_agents();
  const fs::path target = agents_folder() / entry.name;
  std::error_code error;
  if (fs::exists(target, error)) {
    fail(
        "{} already holds an agent \"{}\"; remove it first (foresight archive remove {}) or choose "
        "another --name",
        display_path(folder_), entry.name, entry.name);
  }
  fs::create_directories(agents_folder(), error);
  if (error) fail("cannot make the folder {}: {}", agents_folder().string(), error.message());
  replace_folder(target, [&](const fs::path& fresh) {
    copy_model(model, card, fresh);
    if (!config_file.empty()) {
      fs::copy_file(config_file, fresh / "config.toml", fs::copy_options::overwrite_existing);
    }
    write_file_atomically(fresh / kEntryFile, to_json_text(entry));
  });
  read_agents();
  write_index();
}

void Archive::remove(const std::string& name) {
  const FolderLock lock(folder_, FolderLock::WhenTaken::kWait);
  read_agents();
  const bool is_damaged =
      std::ranges::any_of(damaged_, [&](const DamagedAgent& agent) { return agent.name == name; });
  remove_folder(is_damaged ? agents_folder() / name : folder_of(name));
  read_agents();
  write_index();
}

void Archive::set_rating(const std::string& name, const Rating& rating, std::int64_t games) {
  const FolderLock lock(folder_, FolderLock::WhenTaken::kWait);
  read_agents();
  ArchiveEntry entry = find(name);
  entry.rating = rating;
  entry.rated_games = games;
  write_file_atomically(folder_of(name) / kEntryFile, to_json_text(entry));
  read_agents();
  write_index();
}

bool is_archive_word(const std::string& word) { return word.starts_with(kArchivePrefix); }

fs::path find_archived_model(const std::string& word) {
  const Archive archive(kArchiveFolder);
  return archive.folder_of(word.substr(std::string_view(kArchivePrefix).size()));
}

std::vector<std::string> archive_words() {
  std::vector<std::string> words;
  const Archive archive(kArchiveFolder);
  for (const ArchiveEntry& entry : archive.entries()) {
    words.push_back(kArchivePrefix + entry.name);
  }
  return words;
}

}  // namespace foresight
