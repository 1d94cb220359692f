#include "agent/tdmpc2/tdmpc2_actor.h"

#include <algorithm>

#include "agent/tdmpc2/tdmpc2_agent.h"
#include "base/error.h"
#include "base/profile.h"
#include "nn/tensor_file.h"

namespace foresight {
namespace {

constexpr std::int64_t kTracedElites = 16;
// Games end at different times, so that plans are made for any number of them: the commonest
// numbers come first, and the rest is planned without a graph.
constexpr std::ptrdiff_t kMostGraphs = 8;

std::vector<float> to_vector(const Tensor& tensor) {
  const Tensor plain = tensor.to(torch::kCPU).contiguous();
  const float* data = plain.data_ptr<float>();
  return {data, data + plain.numel()};
}

// Tensors that borrow the caller's memory.
Tensor view_of(std::span<const float> rows, std::int64_t num_rows) {
  const std::int64_t width = std::ssize(rows) / num_rows;
  return torch::from_blob(const_cast<float*>(rows.data()), {num_rows, width}, torch::kFloat32);
}

Tensor view_of(std::span<const std::uint8_t> flags) {
  return torch::from_blob(const_cast<std::uint8_t*>(flags.data()), {std::ssize(flags)},
                          torch::kUInt8);
}

}  // namespace

Tdmpc2Actor::Tdmpc2Actor(Tdmpc2Agent& agent, const ActorOptions& options)
    : agent_(agent),
      options_(options),
      planner_(agent.config().planner),
      rng_(options.seed, "tdmpc2/actor"),
      previous_mean_(torch::zeros(
          {agent.config().planner.horizon, options.num_games, agent.model().action_dim()},
          torch::TensorOptions().device(agent.model().device()))),
      task_(options.task >= 0 ? options.task : agent.played_task()) {}

Tensor Tdmpc2Actor::seen(std::span<const float> observations) const {
  const std::int64_t num_games = options_.num_games;
  std::vector<std::int64_t> shape = agent_.picture_shape();
  if (shape.empty()) return view_of(observations, num_games);
  shape.insert(shape.begin(), num_games);
  const Tensor pictures =
      torch::from_blob(const_cast<std::uint8_t*>(images_.data()), shape, torch::kUInt8);
  FS_CHECK(std::ssize(images_) == pictures.numel(), "an actor of {} games got {} bytes of pictures",
           num_games, images_.size());
  return pictures;
}

Tensor Tdmpc2Actor::shifted(const Tensor& observation) {
  if (!agent_.model().sees_pixels()) return observation;
  return shift_images(observation,
                      draw_shifts({observation.size(0)}, rng_).to(observation.device()));
}

void Tdmpc2Actor::act(std::span<const float> observations, std::span<const std::uint8_t> first_step,
                      std::span<float> actions) {
  const torch::NoGradGuard no_grad;
  const auto& model = agent_.model();
  const std::int64_t num_games = options_.num_games;
  FS_CHECK(std::ssize(observations) == num_games * model.observation_dim() &&
               std::ssize(first_step) == num_games &&
               std::ssize(actions) == num_games * model.action_dim(),
           "an actor of {} games got {} observations and {} actions", num_games,
           observations.size(), actions.size());
  const Tensor action =
      choose(seen(observations), view_of(first_step), previous_mean_).contiguous();
  std::copy_n(action.data_ptr<float>(), action.numel(), actions.begin());
}

void Tdmpc2Actor::act_some(std::span<const std::int64_t> games, std::span<const float> observations,
                           std::span<const std::uint8_t> first_step, std::span<float> actions) {
  const std::int64_t num_games = options_.num_games;
  if (std::ssize(games) == num_games || options_.keep_traces) {
    act(observations, first_step, actions);
    return;
  }
  const torch::NoGradGuard no_grad;
  const std::int64_t action_dim = agent_.model().action_dim();
  const Tensor index = torch::tensor(at::IntArrayRef(games.data(), games.size()), torch::kLong);
  const Tensor index_there = index.to(agent_.model().device());
  Tensor previous_mean = previous_mean_.index_select(1, index_there);
  const Tensor action = choose(seen(observations).index_select(0, index),
                               view_of(first_step).index_select(0, index), previous_mean)
                            .contiguous();
  previous_mean_.index_copy_(1, index_there, previous_mean);
  for (std::size_t row = 0; row < games.size(); ++row) {
    std::copy_n(action.data_ptr<float>() + row * action_dim, action_dim,
                actions.begin() + games[row] * action_dim);
  }
}

Tensor Tdmpc2Actor::choose(const Tensor& observation, const Tensor& is_first,
                           Tensor& previous_mean) {
  const auto begin = PlanClock::now();
  const auto device = agent_.model().device();
  LatentModel& scorer = agent_.scorer(task_);
  const Tensor looked_at = shifted(observation.to(device));
  if (options_.use_planner) {
    const ProfileScope scope("plan");
    const MppiPlan result = plan(scorer,
                                 {.observation = looked_at,
                                  .is_first = is_first.to(device),
                                  .previous_mean = previous_mean,
                                  .draws = draw(observation.size(0))},
                                 begin);
    previous_mean = result.mean;
    note_metrics(result);
    if (options_.keep_traces) keep_trace(result);
    return result.action.to(torch::kCPU);
  }
  const Tensor z = scorer.encode(looked_at);  // [K, Z]
  Tensor eps;
  if (options_.explore) {
    eps = torch::empty({observation.size(0), agent_.model().action_dim()});
    rng_.fill_normal({eps.data_ptr<float>(), static_cast<std::size_t>(eps.numel())});
    eps = eps.to(device);
  }
  return scorer.act(z, eps).to(torch::kCPU);
}

MppiDraws Tdmpc2Actor::draw(std::int64_t num_games) {
  const auto& config = agent_.config();
  const auto& model = agent_.model();
  MppiDrawShape shape{
      .num_envs = num_games, .action_dim = model.action_dim(), .num_q = config.model.num_q};
  shape.sample_terminal_action = config.sequence_value.last_action == "sampled";
  shape.explore = options_.explore;
  shape.num_opponents = model.opponents().size();
  if (options_.explore && config.learner.target_dropout) {
    shape.dropout = config.model.dropout;
    shape.dropout_dim = config.model.q_hidden.front();
  }
  return to_device(draw_mppi(config.planner, shape, rng_), model.device());
}

MppiPlan Tdmpc2Actor::plan(LatentModel& scorer, PlanInputs inputs, PlanClock::time_point begin) {
  const auto think = [&](const PlanInputs& now) {
    const Tensor z = scorer.encode(now.observation);  // [K, Z]
    return planner_.plan(scorer, z, MppiPlanner::shifted(now.previous_mean, now.is_first),
                         now.draws, /*trace=*/nullptr, begin);
  };
  const auto device = agent_.model().device();
  const std::int64_t num_games = inputs.observation.size(0);
  const bool is_captured = device.is_cuda() && agent_.config().graphs &&
                           planner_.config().deadline_ms <= 0.0 &&
                           (captured_.contains(num_games) || std::ssize(captured_) < kMostGraphs);
  if (!is_captured) return think(inputs);
  return captured_.try_emplace(num_games, device).first->second.run(std::move(inputs), think);
}

void Tdmpc2Actor::note_metrics(const MppiPlan& plan) {
  const bool has_elites = plan.num_iterations > 0;
  // One copy to the host for all numbers.
  const Tensor numbers =
      torch::stack({plan.std.mean(), plan.num_not_finite.to(torch::kFloat32),
                    has_elites ? plan.elite_value.mean() : plan.std.new_zeros({})})
          .to(torch::kCPU, torch::kDouble);
  const double* values = numbers.data_ptr<double>();
  metrics_ = {{"plan/std", values[0]},
              {"plan/iterations", static_cast<double>(plan.num_iterations)},
              {"plan/not_finite", values[1]}};
  if (has_elites) metrics_.emplace_back("plan/elite_value", values[2]);
}

void Tdmpc2Actor::keep_trace(const MppiPlan& plan) {
  traces_.assign(static_cast<std::size_t>(options_.num_games), {});
  if (plan.num_iterations == 0) return;  // nothing was thought
  const std::int64_t num_elites = std::min(kTracedElites, plan.elites.size(2));
  for (std::int64_t game = 0; game < options_.num_games; ++game) {
    PlanTrace& trace = traces_[static_cast<std::size_t>(game)];
    trace.horizon = plan.mean.size(0);
    trace.mean_actions = to_vector(plan.mean.select(1, game));
    // Against several opponents the elites come group by group.
    const Tensor best = plan.elite_value[game].argsort(/*dim=*/0, /*descending=*/true);
    for (std::int64_t e = 0; e < num_elites; ++e) {
      const auto index = best[e].item<std::int64_t>();
      trace.elite_actions.push_back(to_vector(plan.elites.select(2, index).select(1, game)));
    }
    trace.elite_values =
        to_vector(plan.elite_value[game].index_select(0, best.narrow(0, 0, num_elites)));
  }
}

Metrics Tdmpc2Actor::metrics() const { return metrics_; }

const PlanTrace* Tdmpc2Actor::trace(std::int64_t game) const {
  const auto index = static_cast<std::size_t>(game);
  return index < traces_.size() ? &traces_[index] : nullptr;
}

void Tdmpc2Actor::save(const std::filesystem::path& folder, const std::string& name) const {
  SafetensorsWriter writer;
  add_tensor(writer, "previous_mean", previous_mean_);
  const RngState& state = rng_.state();
  const std::vector<std::int64_t> words{static_cast<std::int64_t>(state.key),
                                        static_cast<std::int64_t>(state.stream),
                                        static_cast<std::int64_t>(state.counter)};
  writer.add("rng", {3}, std::span<const std::int64_t>(words));
  writer.write(folder / (name + ".safetensors"));
}

void Tdmpc2Actor::load(const std::filesystem::path& folder, const std::string& name) {
  const auto file = SafetensorsFile::open(folder / (name + ".safetensors"));
  read_tensor_into(file, "previous_mean", previous_mean_);
  const auto words = to_integers(file.at("rng", DType::kI64, {3}));
  rng_.set_state({static_cast<std::uint64_t>(words[0]), static_cast<std::uint64_t>(words[1]),
                  static_cast<std::uint64_t>(words[2])});
}

}  // namespace foresight
