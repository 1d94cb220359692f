#include "selfplay/archive.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/model_card.h"
#include "base/input_file.h"
#include "cli/command.h"
#include "train/run_folder.h"
#include "train/run_record.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json json_of(const ArchiveEntry& entry) { return Json::parse(to_json_text(entry)); }

std::string rating_text(const ArchiveEntry& entry) {
  return entry.rating ? fmt::format("{:.2f}", entry.rating->ordinal()) : "-";
}

// The config of the run that these weights come from, empty if they come from none.
fs::path config_beside(const fs::path& model) {
  for (const fs::path& folder : {model, fs::absolute(model).parent_path()}) {
    std::error_code ignored;
    if (fs::is_regular_file(folder / "config.toml", ignored)) return folder / "config.toml";
  }
  return {};
}

class ArchiveCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ACTION", action_, "add, list, show or remove")->required();
    app.add_option(
        "AGENT", agent_,
        "add: a run (its best weights), a model's folder, a shipped model; show, remove: "
        "a name in the archive");
    app.add_option("--name", name_, "add: its name in the archive (default: the model's own)");
    app.add_option("--tag", tags_, "add: may be given several times; list: only agents with it")
        ->allow_extra_args(false);
    app.add_option("--note", note_, "add: a word about it");
    app.add_option("--folder", folder_, "the archive")->capture_default_str();
    app.add_flag("--json", json_, "for programs");
  }

  int run() override {
    using Action = void (ArchiveCommand::*)();
    static const std::vector<std::pair<std::string, Action>> actions{
        {"add", &ArchiveCommand::add},
        {"list", &ArchiveCommand::list},
        {"show", &ArchiveCommand::show},
        {"remove", &ArchiveCommand::remove}};
    std::vector<std::string> known;
    for (const auto& [word, action] : actions) {
      known.push_back(word);
      if (word != action_) continue;
      if (word != "list" && agent_.empty()) {
        fail("foresight archive {}: which agent? (see: foresight help archive)", word);
      }
      (this->*action)();
      return 0;
    }
    fail("foresight archive: unknown action \"{}\"{}\n  known: {}", action_,
         did_you_mean(action_, known), fmt::join(known, ", "));
  }

 private:
  void add() {
    const fs::path model = find_run_or_model(agent_);
    ArchiveEntry entry;
    entry.name = name_.empty() ? default_name(model) : name_;
    entry.tags = tags_;
    entry.note = note_;
    entry.added = local_time();
    Archive archive(folder_);
    archive.add(entry, model, config_beside(model));
    tell(archive.find(entry.name), fmt::format("added {}", entry.name));
  }

  // A model's own name; where several come from one run or config, --name tells them apart.
  static std::string default_name(const fs::path& model) {
    std::string name = read_model_card(model).name;
    std::ranges::replace(name, '/', '-');
    return name.empty() ? model.filename().string() : name;
  }

  void list() {
    const Archive archive(folder_);
    Json all{{"agents", Json::array()}, {"damaged", Json::array()}};
    if (!json_) {
      fmt::print("{:<28} {:>9} {:>7}  {:<16} {}\n", "name", "step", "rating", "agent",
                 "tags; note");
    }
    for (const ArchiveEntry& entry : by_rating(archive.entries())) {
      const bool is_wanted = std::ranges::all_of(tags_, [&](const std::string& tag) {
        return std::ranges::find(entry.tags, tag) != entry.tags.end();
      });
      if (!is_wanted) continue;
      all["agents"].push_back(json_of(entry));
      if (json_) continue;
      fmt::print("{:<28} {:>9} {:>7}  {:<16} {}{}{}\n", entry.name, entry.step, rating_text(entry),
                 entry.agent + " " + entry.env, fmt::join(entry.tags, ", "),
                 entry.tags.empty() || entry.note.empty() ? "" : "; ", entry.note);
    }
    for (const DamagedAgent& agent : archive.damaged()) {
      all["damaged"].push_back({{"name", agent.name}, {"reason", agent.reason}});
      if (!json_) {
        fmt::print("{}: damaged: {} (foresight archive remove {})\n", agent.name, agent.reason,
                   agent.name);
      }
    }
    if (json_) fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
    if (archive.was_index_rebuilt() && !json_) {
      fmt::print("(index.json was behind the agents' folders and has been written anew)\n");
    }
  }

  // Best first, those without a rating last.
  static std::vector<ArchiveEntry> by_rating(std::vector<ArchiveEntry> entries) {
    std::ranges::stable_sort(entries, [](const ArchiveEntry& a, const ArchiveEntry& b) {
      if (a.rating && b.rating) return a.rating->ordinal() > b.rating->ordinal();
      return a.rating.has_value() && !b.rating.has_value();
    });
    return entries;
  }

  void show() {
    const Archive archive(folder_);
    const ArchiveEntry& entry = archive.find(agent_);
    const fs::path folder = archive.folder_of(agent_);
    const ModelCard card = read_model_card(folder);
    if (json_) {
      Json json = json_of(entry);
      json["folder"] = folder.string();
      json["model"] = Json::parse(read_text_file(folder / kModelCardFile, std::size_t{1} << 24));
      fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
      return;
    }
    fmt::print("{}\n  folder: {}\n  from:   {}, added {}\n  step:   {}, seed {}, commit {}\n",
               entry.name, folder.string(), entry.source, entry.added, entry.step, entry.seed,
               entry.commit);
    if (!entry.tags.empty()) fmt::print("  tags:   {}\n", fmt::join(entry.tags, ", "));
    if (!entry.note.empty()) fmt::print("  note:   {}\n", entry.note);
    if (entry.rating) {
      fmt::print("  rating: {:.2f} (mu {:.2f}, sigma {:.2f}) after {} games\n",
                 entry.rating->ordinal(), entry.rating->mu, entry.rating->sigma, entry.rated_games);
    }
    Table config;
    config.set("env", {card.env, ""});
    config.set("agent", {card.agent, ""});
    fmt::print("\n{}", to_toml(config));
  }

  void remove() {
    Archive archive(folder_);
    archive.remove(agent_);
    if (json_) {
      fmt::print("{}\n", Json{{"removed", agent_}}.dump());
    } else {
      fmt::print("removed {}\n", agent_);
    }
  }

  void tell(const ArchiveEntry& entry, const std::string& line) const {
    if (json_) {
      fmt::print("{}", to_json_text(entry));
    } else {
      fmt::print("{} ({} steps); play it as {}{}\n", line, entry.step, kArchivePrefix, entry.name);
    }
  }

  std::string action_;
  std::string agent_;
  std::string name_;
  std::vector<std::string> tags_;
  std::string note_;
  std::string folder_ = kArchiveFolder;
  bool json_ = false;
};

FS_REGISTER_WORD("archive", ArchiveCommand, "keeps agents for later: add, list, show, remove",
                 "foresight archive add last --name early --tag tdmpc2 --note \"before self-play\"",
                 "foresight archive list --json", "foresight archive show early",
                 "foresight archive remove early");

}  // namespace
}  // namespace foresight
