// Which slices of the store are learned from.
// Sources: official rule, torchrl SliceSampler as nicklashansen/tdmpc2 uses it; prioritised rule,
// Schaul et al. 2016 in the form of the student hockey project (one priority an episode).
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/rng.h"
#include "config/fields.h"
#include "replay/episode_store.h"
#include "replay/episode_weights.h"

namespace foresight {

struct ReplayConfig {
  std::int64_t capacity = 1'000'000;
  std::string sampling = "uniform_episode";  // or uniform_slice, prioritised
  double priority_exponent = 0.6;
  double weight_exponent = 0.4;
  double weight_exponent_increment = 1e-4;
  double priority_epsilon = 1e-6;

  void visit(FieldVisitor& v) {
    v.field("capacity", capacity, {2, 1e12}, "rows kept: steps plus one an episode");
    v.field("sampling", sampling, {"uniform_episode", "uniform_slice", "prioritised"},
            "an episode then a start (official), any slice alike, or by priority");
    v.field("priority_exponent", priority_exponent, {0, 10}, "alpha of prioritised replay");
    v.field("weight_exponent", weight_exponent, {0, 1}, "beta at the start; grows to 1");
    v.field("weight_exponent_increment", weight_exponent_increment, {0, 1}, "added a batch");
    v.field("priority_epsilon", priority_epsilon, {0, 1}, "added to each new priority");
  }
};

class SliceSampler {
 public:
  SliceSampler(const ReplayConfig& config, const EpisodeStore& store)
      : SliceSampler(config, store.index()) {}
  // Choosing needs no contents; the index must outlive this.
  SliceSampler(const ReplayConfig& config, const EpisodeIndex& index)
      : config_(config), index_(index), beta_(config.weight_exponent) {}

  // To be told after each EpisodeStore::add: new episodes get the highest priority so far. When a
  // store was emptied (begin_at), set_state() must follow once it is filled again.
  void episode_added(std::int64_t number);

  // True if at least one slice of `horizon` + 1 rows is stored.
  bool can_sample(std::int64_t horizon) const;

  // Draws `count` slices; fills batch.slices and, when prioritised, batch.weights. The cost of a
  // draw grows with the logarithm of the number of episodes, if at all; only another horizon than
  // at the call before costs one pass over them.
  void sample(std::int64_t count, std::int64_t horizon, Rng& rng, SliceBatch& batch);

  // Prioritised only: |priority| of each drawn slice's episode; later duplicates win.
  void update_priorities(std::span<const SliceIndex> slices, std::span<const float> priorities);

  // Several replays of which a batch draws alike many slices (base/ranks.h). The share of its
  // replay's priorities that the rarest slice has, prioritised only; and the weights of slices just
  // drawn when `rarest` is the smallest such share of all replays. Of one replay: those of
  // sample().
  double rarest_share(std::int64_t horizon);
  std::vector<float> importance_weights(std::span<const SliceIndex> slices, std::int64_t horizon,
                                        double rarest);
  // New episodes begin with the largest priority seen, here or elsewhere.
  double max_priority() const { return max_priority_; }
  void raise_max_priority(double priority) { max_priority_ = std::max(max_priority_, priority); }

  // For checkpoints and tests. Priorities are held raised to the exponent.
  struct State {
    double beta = 0.4;
    double max_priority = 1.0;
    std::unordered_map<std::int64_t, double> priorities;
  };
  State state() const { return {beta_, max_priority_, priorities_}; }
  void set_state(State state);

  // Probability of each slice in (episode, start) order, and its normalised importance weight.
  std::vector<double> slice_probabilities(std::int64_t horizon) const;
  std::vector<float> importance_weights(std::span<const SliceIndex> slices, std::int64_t horizon);

  // The plain form of drawing by slice or by priority: one pass over all episodes. It defines what
  // sample() does for these two rules; the same random numbers give the same slices.
  void sample_plain(std::int64_t count, std::int64_t horizon, Rng& rng,
                    std::vector<SliceIndex>& slices) const;

 private:
  double priority_of(const EpisodeIndex::Stored& stored) const;
  // Brings weights_ up to the stored episodes, for slices of this horizon.
  void follow(std::int64_t horizon);
  void sample_uniform_episode(std::int64_t count, std::int64_t horizon, Rng& rng,
                              SliceBatch& batch) const;
  void sample_weighted(std::int64_t horizon, Rng& rng, SliceBatch& batch);

  ReplayConfig config_;
  const EpisodeIndex& index_;
  double beta_;
  double max_priority_ = 1.0;
  std::unordered_map<std::int64_t, double> priorities_;
  EpisodeWeights weights_;            // empty when episodes are drawn alike
  std::int64_t weights_horizon_ = 0;  // of the slices counted in them; 0: none counted yet
};

}  // namespace foresight
