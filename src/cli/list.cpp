#include <nlohmann/json.hpp>

#include "agent/model_card.h"
#include "cli/command.h"
#include "config/experiment_file.h"
#include "env/env.h"
#include "selfplay/opponent.h"
#include "train/experiment_config.h"
#include "train/run_folder.h"
#include "train/run_record.h"

namespace foresight {
namespace {

struct Item {
  std::string name;
  std::string about;
};

template <typename Entry>
std::vector<Item> registered(std::string_view what) {
  std::vector<Item> items;
  for (const std::string& name : Registry<Entry>::instance().names()) {
    items.push_back({name, Registry<Entry>::instance().find(name, what).help});
  }
  return items;
}

std::vector<Item> configs() {
  std::vector<Item> items;
  for (const std::string& name : config_names(configs_folder())) {
    const Table table = load_experiment_table(name, {});
    const ConfigValue* note = table.find("note");
    const auto* text = note == nullptr ? nullptr : std::get_if<std::string>(&note->data);
    items.push_back({name, text == nullptr ? "" : *text});
  }
  return items;
}

std::string about_model(const std::filesystem::path& folder) {
  const ModelCard card = read_model_card(folder);
  std::string text =
      fmt::format("{} on {}, {} steps", id_of(card.agent), id_of(card.env), card.steps);
  for (const auto& [name, value] : card.results) {
    if (name.ends_with("/win_rate")) {
      text += fmt::format(", {} {:.0f} % won", name.substr(5, name.size() - 14), 100.0 * value);
    }
  }
  return text;
}

std::vector<Item> models() {
  std::vector<Item> items;
  for (const std::string& name : model_names())
    items.push_back({name, about_model(find_model(name))});
  return items;
}

// What it was for, how far it came, what came out.
std::vector<Item> runs() {
  std::vector<Item> items;
  for (const std::string& name : run_names()) {
    const auto folder = find_run(name);
    const RunRecord record = read_run_record(folder);
    std::string about = is_model_folder(folder / "model") ? about_model(folder / "model")
                                                          : std::string("no weights yet");
    if (!record.note.empty()) about += "; note: " + record.note;
    if (!record.verdicts.empty()) about += "; verdict: " + record.verdicts.back().text;
    items.push_back({name, about});
  }
  return items;
}

using Lister = std::vector<Item> (*)();
const std::vector<std::pair<std::string, Lister>>& kinds() {
  static const std::vector<std::pair<std::string, Lister>> all{
      {"envs", [] { return registered<EnvEntry>("environment"); }},
      {"agents", [] { return registered<AgentEntry>("agent"); }},
      {"opponents", [] { return registered<OpponentEntry>("opponent"); }},
      {"configs", configs},
      {"models", models},
      {"runs", runs}};
  return all;
}

class ListCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("WHAT", what_,
                   "envs, agents, opponents, configs, models or runs (default: all)");
    app.add_flag("--json", json_, "for programs");
  }

  int run() override {
    std::vector<std::string> known;
    nlohmann::ordered_json all = nlohmann::ordered_json::object();
    for (const auto& [kind, list] : kinds()) {
      known.push_back(kind);
      if (!what_.empty() && what_ != kind) continue;
      all[kind] = nlohmann::ordered_json::array();
      for (const Item& item : list()) {
        all[kind].push_back({{"name", item.name}, {"about", item.about}});
      }
    }
    if (all.empty()) fail("cannot list \"{}\"{}", what_, did_you_mean(what_, known));
    if (json_) {
      fmt::print("{}\n", all.dump(2));
    } else {
      print(all);
    }
    return 0;
  }

 private:
  static void print(const nlohmann::ordered_json& all) {
    for (const auto& [kind, items] : all.items()) {
      fmt::print("{}:\n", kind);
      if (items.empty()) fmt::print("  (none)\n");
      for (const auto& item : items) {
        fmt::print("  {:<32} {}\n", item["name"].get<std::string>(),
                   item["about"].get<std::string>());
      }
    }
  }

  std::string what_;
  bool json_ = false;
};

FS_REGISTER_WORD("list", ListCommand,
                 "shows environments, agents, opponents, configs, models, runs", "foresight list",
                 "foresight list configs --json");

}  // namespace
}  // namespace foresight
