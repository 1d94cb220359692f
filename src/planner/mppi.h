// Model predictive path integral control: a Gaussian over action sequences is sampled, scored and
// refitted to the best, several times; one of the best is played.
// Reference: nicklashansen/tdmpc2@e9f5932, tdmpc2.py, TDMPC2._plan; the hockey project's
// differences are options. Axes: B environments, H horizon, N samples of which P proposals of the
// policy and M drawn, E elites, A action, I iterations, Z latent.
#pragma once

#include <string>
#include <vector>

#include "base/rng.h"
#include "base/tensor.h"
#include "config/fields.h"
#include "world_model/latent_model.h"

namespace foresight {

struct MppiConfig {
  std::int64_t horizon = 3;
  std::int64_t num_samples = 512;
  std::int64_t num_elites = 64;
  std::int64_t num_policy_samples = 24;
  std::int64_t iterations = 6;
  double min_std = 0.05;
  double max_std = 2.0;
  double inverse_temperature = 0.5;
  double deadline_ms = 0.0;
  bool normalise_with_epsilon = false;
  bool always_clamp = true;

  void visit(FieldVisitor& v) {
    v.field("horizon", horizon, {1, 1000}, "steps the planner looks ahead");
    v.field("num_samples", num_samples, {2, 65536}, "action sequences scored an iteration");
    v.field("num_elites", num_elites, {1, 65536}, "best sequences the Gaussian is refitted to");
    v.field("num_policy_samples", num_policy_samples, {0, 65536},
            "of the samples, from the policy");
    v.field("iterations", iterations, {1, 1000}, "rounds of sampling and refitting");
    v.field("min_std", min_std, {0, 10}, "lower bound of the Gaussian's std");
    v.field("max_std", max_std, {0, 10}, "upper bound, and the std every plan starts with");
    v.field("inverse_temperature", inverse_temperature, {0, 1000},
            "weight exp(x * value) of an elite; papers call x the temperature");
    v.field("deadline_ms", deadline_ms, {0, 1e6},
            "a plan returns the best so far after so long; 0: all iterations");
    v.field("normalise_with_epsilon", normalise_with_epsilon,
            "elite weights are divided by their sum + 1e-9 (hockey) instead of the sum");
    v.field("always_clamp", always_clamp,
            "clamp the chosen action always (official) or only when noise was added (hockey)");
  }
};

// Every random number of one plan, drawn before it begins.
struct MppiDraws {
  Tensor policy_eps;               // [H, B, P, A] N(0, 1)
  Tensor noise;                    // [I, H, B, M, A] N(0, 1)
  std::vector<ScoreDraws> score;   // I
  ImaginedOpponents opponents;     // whom each sample plays; undefined with num_opponents 0
  std::int64_t num_opponents = 0;  // J > 0: elites are stratified, see stratified_elites.h
  Tensor exponential;              // [B, E] Exponential(1): the Gumbel draw among the elites
  Tensor final_noise;              // [B, A] N(0, 1); undefined: no exploration noise

  template <typename Visit>
  void for_each_tensor(Visit&& visit) {
    for (Tensor* tensor : {&policy_eps, &noise, &opponents.proposals, &opponents.samples,
                           &exponential, &final_noise}) {
      visit(*tensor);
    }
    for (ScoreDraws& draws : score) {
      for (Tensor* tensor : {&draws.policy_eps, &draws.q_pair, &draws.dropout_mask}) {
        visit(*tensor);
      }
    }
  }
};

// One iteration as it happened, for parity tests, pictures and metrics.
struct MppiIteration {
  Tensor actions;       // [H, B, N, A]
  Tensor value;         // [B, N]
  Tensor elite_index;   // [B, E], best first; against J opponents group by group
  Tensor elite_value;   // [B, E]
  Tensor standardised;  // [B, N] against J opponents: what the elites were chosen by
  Tensor elite_weight;  // [B, E], sums to 1
  Tensor mean, std;     // [H, B, A], after the iteration
};

struct MppiPlan {
  Tensor action;          // [B, A]
  Tensor mean, std;       // [H, B, A], final
  Tensor chosen;          // [B] int64, index among the elites
  Tensor elites;          // [H, B, E, A] of the last iteration, in the order of its elite_index
  Tensor elite_value;     // [B, E]
  Tensor num_not_finite;  // [] int64: values that were not a number and counted as 0
  // Completed; fewer than the config's when the deadline came first. 0: the action is the policy's
  // first proposal, or the warm start's where there is none; elites are undefined.
  std::int64_t num_iterations = 0;
};

class MppiPlanner {
 public:
  explicit MppiPlanner(const MppiConfig& config) : config_(config) {}

  // z0 [B, Z]; start_mean [H, B, A] (see shifted()). `trace` takes every iteration if not null. The
  // deadline counts from `begin`, of which the caller may have used some time already. Without a
  // deadline no value is looked at on the host.
  MppiPlan plan(LatentModel& model, const Tensor& z0, const Tensor& start_mean,
                const MppiDraws& draws, std::vector<MppiIteration>* trace = nullptr,
                PlanClock::time_point begin = PlanClock::now()) const;

  // The warm start: the previous mean one step on, its last row 0; all 0 where is_first [B] != 0.
  static Tensor shifted(const Tensor& previous_mean, const Tensor& is_first);

  const MppiConfig& config() const { return config_; }

 private:
  // False: the deadline passed on the way.
  bool iterate(LatentModel& model, const Tensor& proposals, const MppiDraws& draws,
               std::int64_t index, MppiPlan& plan, MppiIteration& it) const;
  // Fills the elites of `it` from its values; returns what they are weighed by, [B, E].
  Tensor choose_elites(const MppiDraws& draws, MppiIteration& it) const;
  PlanClock::time_point deadline_from(PlanClock::time_point begin) const;
  void choose_action(const MppiIteration& last, const MppiDraws& draws, MppiPlan& plan) const;

  MppiConfig config_;
};

// What a draw needs to know beyond the planner's config.
struct MppiDrawShape {
  std::int64_t num_envs = 1;    // B
  std::int64_t action_dim = 1;  // A
  std::int64_t num_q = 5;
  bool sample_terminal_action = true;
  bool explore = false;          // draw final_noise
  double dropout = 0.0;          // > 0: masks for the two Q heads
  std::int64_t dropout_dim = 0;  // hidden0
  std::int64_t num_opponents = 0;
};
MppiDraws draw_mppi(const MppiConfig& config, const MppiDrawShape& shape, Rng& rng);

// The same numbers on another device.
MppiDraws to_device(MppiDraws draws, const at::Device& device);

}  // namespace foresight
