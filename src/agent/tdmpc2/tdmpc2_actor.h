// Plans for B games in one call and keeps each game's warm start.
#pragma once

#include <map>
#include <vector>

#include "agent/agent.h"
#include "nn/captured_body.h"
#include "planner/mppi.h"

namespace foresight {

class Tdmpc2Agent;

// All that changes from plan to plan. Axes: K games.
struct PlanInputs {
  Tensor observation;    // [K, O]
  Tensor is_first;       // [K]
  Tensor previous_mean;  // [H, K, A]
  MppiDraws draws;

  template <typename Visit>
  void for_each_tensor(Visit&& visit) {
    for (Tensor* tensor : {&observation, &is_first, &previous_mean}) visit(*tensor);
    draws.for_each_tensor(visit);
  }
};

class Tdmpc2Actor : public Actor {
 public:
  Tdmpc2Actor(Tdmpc2Agent& agent, const ActorOptions& options);

  void see(std::span<const std::uint8_t> images) override { images_ = images; }
  void act(std::span<const float> observations, std::span<const std::uint8_t> first_step,
           std::span<float> actions) override;
  void act_some(std::span<const std::int64_t> games, std::span<const float> observations,
                std::span<const std::uint8_t> first_step, std::span<float> actions) override;
  Metrics metrics() const override;
  const PlanTrace* trace(std::int64_t game) const override;
  void save(const std::filesystem::path& folder, const std::string& name) const override;
  void load(const std::filesystem::path& folder, const std::string& name) override;

 private:
  // What all B games see now: [B, O], or pictures [B, C, 64, 64], in the caller's memory.
  Tensor seen(std::span<const float> observations) const;
  // Pictures shifted at random, as the reference does while it plans, too; numbers as they are.
  Tensor shifted(const Tensor& observation);
  // observation [K, ...], is_first [K], previous_mean [H, K, A], which becomes the new plan's mean
  // -> action [K, A].
  Tensor choose(const Tensor& observation, const Tensor& is_first, Tensor& previous_mean);
  MppiDraws draw(std::int64_t num_games);
  // Recorded as a graph and replayed where that is possible.
  MppiPlan plan(LatentModel& scorer, PlanInputs inputs, PlanClock::time_point begin);
  void note_metrics(const MppiPlan& plan);
  void keep_trace(const MppiPlan& plan);

  Tdmpc2Agent& agent_;
  ActorOptions options_;
  MppiPlanner planner_;
  Rng rng_;
  std::span<const std::uint8_t> images_;                                 // [B, bytes of one]
  Tensor previous_mean_;                                                 // [H, B, A]
  std::int64_t task_;                                                    // -1: a model of one
  std::map<std::int64_t, CapturedBody<PlanInputs, MppiPlan>> captured_;  // by the number of games
  std::vector<PlanTrace> traces_;
  Metrics metrics_;
};

}  // namespace foresight
