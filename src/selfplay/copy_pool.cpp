#include "selfplay/copy_pool.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "selfplay/model_opponent.h"
#include "selfplay/weighted_choice.h"

namespace foresight {
namespace {

constexpr std::string_view kPrefix = "self/";

std::string name_of(std::int64_t number) { return fmt::format("{}copy_{:04}", kPrefix, number); }

}  // namespace

CopyPool::CopyPool(const SelfplayConfig& config, std::filesystem::path folder)
    : config_(config),
      folder_(std::move(folder)),
      win_rates_(static_cast<double>(config.win_rate_games)) {}

bool CopyPool::is_due(std::int64_t episodes) const {
  if (episodes < config_.begin_episode) return false;
  if (num_copies_ == 0) return true;
  if (config_.copy_every_episodes > 0 &&
      episodes - last_copy_episode_ >= config_.copy_every_episodes) {
    return true;
  }
  return config_.copy_margin > 0.0 && games_since_copy_ >= config_.margin_games &&
         win_rate_against_pool() >= 0.5 + config_.copy_margin;
}

std::string CopyPool::add(std::int64_t episodes) {
  while (std::ssize(numbers_) >= config_.pool_size) {
    const std::size_t leaver = find_leaver();
    win_rates_.forget(name_of(numbers_[leaver]));
    numbers_.erase(numbers_.begin() + static_cast<std::ptrdiff_t>(leaver));
  }
  numbers_.push_back(++num_copies_);
  last_copy_episode_ = episodes;
  games_since_copy_ = 0;
  return name_of(num_copies_);
}

std::size_t CopyPool::find_leaver() const {
  if (config_.evict == "oldest") return 0;
  const auto rate = [this](std::int64_t number) { return win_rates_.rate(name_of(number)); };
  // The first of equals, that is the oldest.
  return static_cast<std::size_t>(std::ranges::max_element(numbers_, {}, rate) - numbers_.begin());
}

std::vector<std::string> CopyPool::names() const {
  std::vector<std::string> names;
  for (const std::int64_t number : numbers_) names.push_back(name_of(number));
  return names;
}

bool CopyPool::contains(std::string_view name) const {
  return std::ranges::any_of(numbers_,
                             [&](std::int64_t number) { return name_of(number) == name; });
}

bool CopyPool::is_copy(std::string_view name) { return name.starts_with(kPrefix); }

std::filesystem::path CopyPool::folder_of(std::string_view name) const {
  FS_CHECK(is_copy(name), "{} is no copy", name);
  return folder_ / name.substr(kPrefix.size());
}

std::vector<double> CopyPool::weights() const {
  std::vector<double> weights;
  for (const std::string& name : names()) {
    const double p = win_rates_.rate(name);
    double weight = 1.0;
    if (config_.draw == "newest") weight = name == name_of(numbers_.back()) ? 1.0 : 0.0;
    if (config_.draw == "even") weight = p * (1.0 - p);
    if (config_.draw == "hard") weight = std::pow(1.0 - p, config_.hardness);
    weights.push_back(weight);
  }
  return weights;
}

std::string CopyPool::draw(std::uint64_t seed) const {
  Rng rng(seed, "past self");
  return name_of(numbers_[choose_by_weight(weights(), rng)]);
}

std::unique_ptr<Opponent> CopyPool::make(std::string_view name,
                                         const OpponentContext& context) const {
  return std::make_unique<ModelOpponent>(folder_of(name), config_.copies_plan, context);
}

void CopyPool::note_result(const std::string& opponent, double score) {
  if (is_copy(opponent)) {
    ++games_since_copy_;
    if (!contains(opponent)) return;
  }
  win_rates_.note(opponent, score);
}

double CopyPool::win_rate_against_pool() const {
  if (numbers_.empty()) return 0.5;
  double sum = 0.0;
  for (const std::string& name : names()) sum += win_rates_.rate(name);
  return sum / static_cast<double>(numbers_.size());
}

CopyPool::State CopyPool::state() const {
  return {.numbers = numbers_,
          .num_copies = num_copies_,
          .last_copy_episode = last_copy_episode_,
          .games_since_copy = games_since_copy_,
          .win_rates = win_rates_.state()};
}

void CopyPool::set_state(State state) {
  const bool is_rising = std::ranges::adjacent_find(state.numbers, std::ranges::greater_equal{}) ==
                         state.numbers.end();
  if (!is_rising || (!state.numbers.empty() &&
                     (state.numbers.front() < 1 || state.numbers.back() > state.num_copies))) {
    fail("the checkpoint's pool of past selves is damaged: copies {} of {}",
         fmt::join(state.numbers, ", "), state.num_copies);
  }
  numbers_ = std::move(state.numbers);
  num_copies_ = state.num_copies;
  last_copy_episode_ = state.last_copy_episode;
  games_since_copy_ = state.games_since_copy;
  win_rates_.set_state(std::move(state.win_rates));
}

}  // namespace foresight
