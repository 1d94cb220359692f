#include "selfplay/opponent.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "agent/model_card.h"
#include "selfplay/archive.h"
#include "selfplay/mixture_opponent.h"
#include "selfplay/model_opponent.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPolicySuffix = ":policy";

struct ModelChoice {
  fs::path folder;
  bool use_planner = true;
};

bool is_registered(const std::string& text) {
  return std::ranges::count(OpponentRegistry::instance().names(), text) > 0;
}

// A model's name, or that of a folder of models, and what follows it.
struct ModelText {
  explicit ModelText(const std::string& text) : name(text) {
    if (!text.ends_with(kPolicySuffix)) return;
    suffix = kPolicySuffix;
    name.resize(name.size() - suffix.size());
  }
  std::string name;
  std::string suffix;
};

// The models right below a folder, by name; empty if it is none, or a model itself.
std::vector<WeightedOpponent> models_below(const ModelText& text) {
  std::vector<WeightedOpponent> models;
  std::error_code ignored;
  if (is_model_folder(text.name)) return models;
  for (const auto& entry : fs::directory_iterator(text.name, ignored)) {
    if (is_model_folder(entry.path())) models.push_back({entry.path().string() + text.suffix, 1.0});
  }
  std::ranges::sort(models, {}, &WeightedOpponent::name);
  return models;
}

double read_weight(const std::string& part, std::size_t equals) {
  double weight = 0.0;
  const char* end = part.data() + part.size();
  const auto [rest, error] = std::from_chars(part.data() + equals + 1, end, weight);
  if (error != std::errc{} || rest != end || !(weight > 0.0) || weight > 1e9) {
    fail("\"{}\": expected an opponent and its weight above 0, for example weak=0.5", part);
  }
  return weight;
}

// "weak=0.5,strong=0.5"; empty if it is no mixture.
std::vector<WeightedOpponent> read_mixture(const std::string& text) {
  std::vector<WeightedOpponent> mixture;
  if (text.find('=') == std::string::npos || is_model_folder(ModelText(text).name)) return mixture;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t equals = part.rfind('=');
    if (equals == std::string::npos || equals == 0) {
      fail(
          "\"{}\" in the mixture \"{}\": expected an opponent and its weight, for example weak=0.5",
          part, text);
    }
    mixture.push_back({part.substr(0, equals), read_weight(part, equals)});
    begin = end + 1;
  }
  return mixture;
}

// The parts of what is made of several opponents; empty for a single one.
std::vector<WeightedOpponent> members_of(const std::string& text) {
  auto members = read_mixture(text);
  return members.empty() ? models_below(ModelText(text)) : members;
}

ModelChoice find_model_choice(const std::string& text) {
  const ModelText model(text);
  if (is_archive_word(model.name)) {
    return {.folder = find_archived_model(model.name), .use_planner = model.suffix.empty()};
  }
  try {
    return {.folder = find_model(model.name), .use_planner = model.suffix.empty()};
  } catch (const Error&) {
    if (fs::is_directory(model.name)) {
      fail("{}: neither a model nor a folder of models (no {} in it or right below it)", model.name,
           kModelCardFile);
    }
    auto known = OpponentRegistry::instance().names();
    std::string words;
    for (const std::string& word : known) words += (words.empty() ? "" : ", ") + word;
    for (const std::string& name : model_names()) known.push_back(name);
    for (const std::string& name : archive_words()) known.push_back(name);
    fail(
        "unknown opponent \"{}\"{}\n  known: {}, a model folder, a model's name under models/, "
        "archive:NAME, a folder of models, or a mixture like weak=0.5,strong=0.5",
        text, did_you_mean(model.name, known), words);
  }
}

}  // namespace

std::unique_ptr<Opponent> make_opponent(const std::string& text, const OpponentContext& context) {
  if (is_registered(text)) {
    return OpponentRegistry::instance().find(text, "opponent").make(context);
  }
  if (const auto members = members_of(text); !members.empty()) {
    return std::make_unique<MixtureOpponent>(members, context);
  }
  const ModelChoice choice = find_model_choice(text);
  return std::make_unique<ModelOpponent>(choice.folder, choice.use_planner, context);
}

void check_opponent(const std::string& text) {
  if (is_registered(text)) return;
  const auto members = members_of(text);
  if (members.empty()) find_model_choice(text);
  for (const WeightedOpponent& member : members) check_opponent(member.name);
}

std::optional<std::filesystem::path> opponent_model(const std::string& text) {
  if (is_registered(text) || !members_of(text).empty()) return std::nullopt;
  return find_model_choice(text).folder;
}

}  // namespace foresight
