#include "selfplay/opponent.h"

#include <filesystem>

#include "agent/model_card.h"
#include "selfplay/archive.h"
#include "selfplay/model_opponent.h"

namespace foresight {
namespace {

constexpr std::string_view kPolicySuffix = ":policy";

struct ModelChoice {
  std::filesystem::path folder;
  bool use_planner = true;
};

bool is_registered(const std::string& text) {
  for (const std::string& name : OpponentRegistry::instance().names()) {
    if (name == text) return true;
  }
  return false;
}

ModelChoice find_model_choice(const std::string& text) {
  const bool is_policy = text.ends_with(kPolicySuffix);
  const std::string model = is_policy ? text.substr(0, text.size() - kPolicySuffix.size()) : text;
  if (is_archive_word(model)) {
    return {.folder = find_archived_model(model), .use_planner = !is_policy};
  }
  try {
    return {.folder = find_model(model), .use_planner = !is_policy};
  } catch (const Error&) {
    auto known = OpponentRegistry::instance().names();
    std::string words;
    for (const std::string& word : known) words += (words.empty() ? "" : ", ") + word;
    for (const std::string& name : model_names()) known.push_back(name);
    for (const std::string& name : archive_words()) known.push_back(name);
    fail(
        "unknown opponent \"{}\"{}\n  known: {}, a model folder, a model's name under models/, "
        "archive:NAME",
        text, did_you_mean(model, known), words);
  }
}

}  // namespace

std::unique_ptr<Opponent> make_opponent(const std::string& text, const OpponentContext& context) {
  if (is_registered(text)) {
    return OpponentRegistry::instance().find(text, "opponent").make(context);
  }
  const ModelChoice choice = find_model_choice(text);
  return std::make_unique<ModelOpponent>(choice.folder, choice.use_planner, context);
}

void check_opponent(const std::string& text) {
  if (!is_registered(text)) find_model_choice(text);
}

std::optional<std::filesystem::path> opponent_model(const std::string& text) {
  if (is_registered(text)) return std::nullopt;
  return find_model_choice(text).folder;
}

}  // namespace foresight
