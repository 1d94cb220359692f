#include "train/rank_share.h"

#include <algorithm>
#include <optional>
#include <thread>

#include "agent/agent.h"
#include "base/error.h"
#include "base/rng.h"
#include "train/recorded_data.h"

namespace foresight {
namespace {

constexpr const char* kBatchKeys[] = {"learner.batch_size", "replay.batch_size"};
constexpr const char* kShared[] = {kBatchKeys[0], kBatchKeys[1], "replay.capacity"};

// A whole number of the agent's section by its dotted name.
std::optional<std::int64_t> number_at(const Table& section, std::string_view path) {
  const std::size_t dot = path.find('.');
  const ConfigValue* value = section.find(path.substr(0, dot));
  if (value == nullptr) return std::nullopt;
  if (dot == std::string_view::npos) {
    const auto* number = std::get_if<std::int64_t>(&value->data);
    return number == nullptr ? std::nullopt : std::optional(*number);
  }
  const auto* table = std::get_if<Table>(&value->data);
  return table == nullptr ? std::nullopt : number_at(*table, path.substr(dot + 1));
}

void check_divides(std::int64_t whole, std::string_view key, std::int64_t num_ranks,
                   ConfigProblems& problems) {
  if (whole % num_ranks == 0) return;
  const std::int64_t next = (whole / num_ranks + 1) * num_ranks;
  problems.lines.push_back(fmt::format(
      "{} = {} cannot be shared out over ranks = {}: set it to a multiple, for example {}", key,
      whole, num_ranks, next));
}

}  // namespace

void check_ranks(const Experiment& experiment, ConfigProblems& problems) {
  const ExperimentConfig& config = experiment.config;
  if (config.ranks == 1) return;
  if (!learns_from_data(config)) {
    check_divides(config.train.num_games, "train.num_games", config.ranks, problems);
  }
  if (config.train.actors > 0) {
    problems.lines.push_back(fmt::format(
        "ranks = {}: each plays its own games; set train.actors = 0, or ranks = 1", config.ranks));
  }
  for (const char* key : kBatchKeys) {
    const auto batch = number_at(config.agent, key);
    if (batch) check_divides(*batch, fmt::format("agent.{}", key), config.ranks, problems);
  }
  const std::string id = id_of(config.agent);
  const auto names = AgentRegistry::instance().names();
  if (std::ranges::find(names, id) == names.end()) return;  // said elsewhere
  if (!AgentRegistry::instance().find(id, "agent").can_join) {
    problems.lines.push_back(fmt::format(
        "ranks = {}: the agent {} learns in one process only; set ranks = 1", config.ranks, id));
  }
}

Experiment share_of(const Experiment& experiment, const Ranks& ranks, std::uint64_t stream) {
  Experiment share = experiment;
  ExperimentConfig& config = share.config;
  if (stream != 0) {
    const Rng rng(static_cast<std::uint64_t>(config.seed), "rank", stream);
    config.seed = static_cast<std::int64_t>(Rng(rng.state()).next_u64() >> 1);
  }
  const std::int64_t size = ranks.size();
  if (size == 1) return share;
  config.train.num_games = std::max<std::int64_t>(config.train.num_games / size, 1);
  if (config.train.threads == 0) {
    config.train.threads =
        std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / ranks.num_here());
  }
  for (const char* key : kShared) {
    const auto whole = number_at(config.agent, key);
    if (!whole) continue;
    apply_override(config.agent,
                   fmt::format("{}={}", key, std::max<std::int64_t>(*whole / size, 1)));
  }
  return share;
}

}  // namespace foresight
