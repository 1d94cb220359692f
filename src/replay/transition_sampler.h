// Single steps of the stored episodes, with rewards summed over n of them, for algorithms without a
// world model. Sources: n-step targets, Sutton and Barto 2018, section 7.1, cut short at an
// episode's end; priorities, Schaul et al. 2016, arXiv:1511.05952, one a step. Axes: B steps, O
// observation, A action.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "config/fields.h"
#include "replay/episode_store.h"
#include "replay/sum_tree.h"

namespace foresight {

struct TransitionReplayConfig {
  std::int64_t capacity = 1'000'000;
  std::int64_t n_step = 1;
  std::string sampling = "uniform";  // or prioritised
  double priority_exponent = 0.6;
  double weight_exponent = 0.4;
  double weight_exponent_increment = 1e-6;
  double priority_epsilon = 1e-6;

  void visit(FieldVisitor& v) {
    v.field("capacity", capacity, {2, 1e8}, "rows kept: steps plus one an episode");
    v.field("n_step", n_step, {1, 1000}, "rewards summed before a value takes over");
    v.field("sampling", sampling, {"uniform", "prioritised"},
            "any step alike, or by its last error");
    v.field("priority_exponent", priority_exponent, {0, 10}, "alpha of prioritised replay");
    v.field("weight_exponent", weight_exponent, {0, 1}, "beta at the start; grows to 1");
    v.field("weight_exponent_increment", weight_exponent_increment, {0, 1}, "added a batch");
    v.field("priority_epsilon", priority_epsilon, {0, 1}, "added to each new priority");
  }
};

struct TransitionBatch {
  std::vector<float> observations;  // [2, B, O]: before the action, and up to n steps later
  std::vector<float> actions;       // [B, A]
  std::vector<float> rewards;       // [B], sum over k of discount^k r
  std::vector<float> bootstrap;     // [B], discount^steps, or 0 behind a terminal step
  std::vector<float> weights;       // [B], importance weights; empty when drawn uniformly
  std::vector<std::int64_t> rows;   // [B], to give priorities back
};

class TransitionSampler {
 public:
  TransitionSampler(const TransitionReplayConfig& config, double discount,
                    const EpisodeStore& store);

  // To be told after each EpisodeStore::add: new steps get the highest priority so far.
  void episode_added();
  bool can_sample() const { return store_.num_transitions() > 0; }
  // Draws `count` steps.
  void sample(std::int64_t count, Rng& rng, TransitionBatch& batch);
  // Prioritised only: |error| of each step drawn last; of duplicates the last one counts.
  void update_priorities(std::span<const std::int64_t> rows, std::span<const float> errors);
  bool is_prioritised() const { return tree_.has_value(); }

  // Several replays of which a batch draws alike many steps (base/ranks.h), prioritised only. The
  // share of its replay's priorities that the rarest of the drawn rows has; and the rows' weights
  // when `rarest` is the smallest such share of all replays. Of one replay: those of sample(), to
  // rounding.
  double rarest_share(std::span<const std::int64_t> rows) const;
  void weigh(double rarest, TransitionBatch& batch) const;
  // New steps begin with the largest priority seen, here or elsewhere.
  double max_priority() const { return max_priority_; }
  void raise_max_priority(double priority) { max_priority_ = std::max(max_priority_, priority); }

  // For checkpoints. Priorities are held raised to the exponent, oldest row first.
  struct State {
    double beta = 0.4;
    double max_priority = 1.0;
    std::int64_t first_leaf = 0;     // where the oldest row lies in the tree: sums depend on it
    std::vector<double> priorities;  // [rows stored]; empty when uniform
  };
  State state() const;
  // After the store has been filled. Without priorities every step gets the highest one.
  void set_state(const State& state);

 private:
  std::int64_t leaf_of(std::int64_t row) const { return (row + shift_) % config_.capacity; }
  double highest_priority() const;  // so far, raised to the exponent
  void draw_uniform(std::int64_t count, Rng& rng, TransitionBatch& batch) const;
  void draw_prioritised(std::int64_t count, Rng& rng, TransitionBatch& batch);
  void gather(TransitionBatch& batch) const;

  TransitionReplayConfig config_;
  double discount_;
  const EpisodeStore& store_;
  std::optional<SumTree> tree_;  // prioritised only
  std::int64_t shift_ = 0;
  double beta_;
  double max_priority_ = 1.0;
};

}  // namespace foresight
