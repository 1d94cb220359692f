#include "agent/model_card.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/actor_file.h"
#include "base/error.h"
#include "base/home.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json json_of(const Table& table);

Json json_of(const ConfigValue& value) {
  return std::visit(
      [](const auto& data) -> Json {
        using Data = std::decay_t<decltype(data)>;
        if constexpr (std::is_same_v<Data, Table>) {
          return json_of(data);
        } else if constexpr (std::is_same_v<Data, ValueList>) {
          Json list = Json::array();
          for (const ConfigValue& entry : data) list.push_back(json_of(entry));
          return list;
        } else {
          return data;
        }
      },
      value.data);
}

Json json_of(const Table& table) {
  Json object = Json::object();
  for (const auto& [key, value] : table.values()) object[key] = json_of(value);
  return object;
}

Table table_of(const Json& object, const std::string& origin);

ConfigValue value_of(const Json& json, const std::string& origin) {
  if (json.is_object()) return {table_of(json, origin), origin};
  if (json.is_boolean()) return {json.get<bool>(), origin};
  if (json.is_number_integer()) return {json.get<std::int64_t>(), origin};
  if (json.is_number()) return {json.get<double>(), origin};
  if (json.is_string()) return {json.get<std::string>(), origin};
  if (!json.is_array()) fail("{}: a value of no known type", origin);
  ValueList list;
  for (const Json& entry : json) list.push_back(value_of(entry, origin));
  return {std::move(list), origin};
}

Table table_of(const Json& object, const std::string& origin) {
  Table table;
  for (const auto& [key, value] : object.items()) table.set(key, value_of(value, origin));
  return table;
}

}  // namespace

bool is_model_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kModelCardFile, ignored) || is_actor_file(folder);
}

ModelCard read_model_card(const fs::path& folder) {
  if (is_actor_file(folder)) return card_of_actor_file(folder);
  const fs::path file = folder / kModelCardFile;
  std::ifstream in(file);
  if (!in) fail("{}: no model here (cannot read {})", folder.string(), kModelCardFile);
  try {
    const Json json = Json::parse(in);
    ModelCard card{.name = json.value("name", ""),
                   .note = json.value("note", ""),
                   .commit = json.value("commit", ""),
                   .seed = json.value("seed", std::uint64_t{0}),
                   .steps = json.value("steps", std::int64_t{0}),
                   .env = table_of(json.at("env"), file.string()),
                   .agent = table_of(json.at("agent"), file.string()),
                   .results = {}};
    const Json results = json.value("results", Json::object());
    for (const auto& [name, value] : results.items()) {
      card.results.emplace_back(name, value.get<double>());
    }
    return card;
  } catch (const Json::exception& problem) {
    fail("{}: not a model card: {}", file.string(), problem.what());
  }
}

void write_model_card(const fs::path& folder, const ModelCard& card) {
  Json results = Json::object();
  for (const auto& [name, value] : card.results) results[name] = value;
  const Json json{
      {"format", 1},           {"name", card.name},        {"note", card.note},
      {"commit", card.commit}, {"seed", card.seed},        {"steps", card.steps},
      {"results", results},    {"env", json_of(card.env)}, {"agent", json_of(card.agent)}};
  const fs::path file = folder / kModelCardFile;
  std::ofstream out(file);
  out << json.dump(2) << '\n';
  if (!out.flush()) fail("cannot write {}", file.string());
}

fs::path find_model(const std::string& name_or_folder) {
  if (is_model_folder(name_or_folder)) return name_or_folder;
  const fs::path shipped = home_folder() / "models" / name_or_folder;
  if (is_model_folder(shipped)) return shipped;
  fail("\"{}\" is neither a folder with {} nor a model of {}{}", name_or_folder, kModelCardFile,
       (home_folder() / "models").string(), did_you_mean(name_or_folder, model_names()));
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  const fs::path models = home_folder() / "models";
  if (!fs::is_directory(models)) return names;
  for (const auto& entry : fs::recursive_directory_iterator(models)) {
    if (!entry.is_directory() || !is_model_folder(entry.path())) continue;
    names.push_back(fs::relative(entry.path(), models).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::unique_ptr<Agent> load_agent(const fs::path& folder, const ModelCard& card,
                                  const EnvSpec& env) {
  auto agent = make_agent(card.agent, env, card.seed);
  agent->load_model(folder);
  return agent;
}

}  // namespace foresight
