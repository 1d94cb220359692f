// Where the steps that an agent learns from come from: games of this process (own_games.h), or of
// actor processes beside the learner (actors/remote_games.h). The loop asks for steps and does not
// know which.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "base/registry.h"
#include "selfplay/copy_pool.h"
#include "train/episode_summary.h"
#include "train/experiment_config.h"
#include "train/loop_state.h"
#include "train/metrics_log.h"
#include "train/speed_meter.h"

namespace foresight {

class StepSource {
 public:
  enum class Actions { kRandom, kOfAgent };

  virtual ~StepSource() = default;

  // Begins episodes everywhere; load() takes its place in a resumed run.
  virtual void begin(std::size_t phase) = 0;
  // Into a checkpoint's folder, and into the loop's own state; and back.
  virtual void save(const std::filesystem::path& folder, LoopState& state) const = 0;
  virtual void load(const std::filesystem::path& folder, const LoopState& state) = 0;
  // For episodes that begin from now on, of which `num_episodes` of the phase are over.
  virtual void set_phase(std::size_t phase, std::int64_t num_episodes) = 0;

  // Plays the next steps, or waits for them; where others play there may be none yet, so that the
  // loop can look after its own affairs. What came is shown until advance().
  virtual void play(Actions actions, SpeedMeter& speed, MetricWindow& window) = 0;
  virtual void show_to(Observer& observer) const = 0;
  // The same as past selves on the other side saw it.
  virtual void show_past_selves_to(Observer& observer) const = 0;
  virtual std::int64_t num_played() const = 0;
  virtual const std::vector<FinishedEpisode>& finished() const = 0;
  // What was shown is remembered by now: goes on behind it. Counts stay as they are until play().
  virtual void advance() = 0;
  // What was lost since the last call.
  virtual std::vector<LostEpisode> take_lost() = 0;
  // Whether episodes may be lost at all.
  virtual bool can_lose() const = 0;

  // The learner's weights are those after so many updates now.
  virtual void note_updates([[maybe_unused]] std::int64_t num_updates) {}
};

struct StepSourceContext {
  const Experiment& experiment;
  Agent& agent;            // that learns
  const CopyPool& copies;  // past selves
  std::filesystem::path run_folder;
  std::function<void(const std::string& line)> say;
  std::function<bool()> should_stop;  // a signal came: nothing new shall be begun
};

// Makers of sources that other folders bring.
using StepSourceRegistry =
    Registry<std::function<std::unique_ptr<StepSource>(const StepSourceContext& context)>>;
inline constexpr const char* kActorProcesses = "actor processes";

// As train.actors says.
std::unique_ptr<StepSource> make_step_source(const StepSourceContext& context);

}  // namespace foresight
