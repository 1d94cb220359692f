// What an agent needs to know of an environment, and nothing more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace foresight {

// A picture as Env::image() gives it: [F, C, H, W] bytes, the newest of F frames last.
struct ImageShape {
  std::int64_t num_frames = 1;
  std::int64_t channels = 3;
  std::int64_t height = 64;
  std::int64_t width = 64;
  std::int64_t num_bytes() const { return num_frames * channels * height * width; }
  bool operator==(const ImageShape&) const = default;
};

// One of the tasks of an environment that has several.
struct TaskSpec {
  std::string name;                  // "walker-walk", "mw-assembly"
  std::int64_t observation_dim = 0;  // its own; the environment pads with zeros
  std::int64_t action_dim = 0;
  std::int64_t max_episode_steps = 0;
  bool operator==(const TaskSpec&) const = default;
};

struct EnvSpec {
  std::string id;
  std::int64_t observation_dim = 0;
  std::int64_t action_dim = 0;   // of one player; every action is in [-1, 1]
  std::int64_t num_players = 1;  // 2: the reward is player 0's
  std::int64_t max_episode_steps = 0;
  bool can_terminate = false;                  // false: episodes end by the clock only
  bool rewards_opponent = false;               // StepResult::opponent_reward is filled
  std::vector<std::string> reward_terms;       // names of Env::reward_terms()
  std::vector<std::string> observation_names;  // empty or one an entry
  // More than 0: a choice of so many actions, action_dim entries of which the largest is played.
  std::int64_t num_discrete_actions = 0;
  std::optional<ImageShape> image;  // what Env::image() shows; none: numbers alone
  bool reports_success = false;     // with one player: an episode's outcome is win or loss
  // Lives in another process, of which nothing is known: it may break in the middle of an episode
  // (StepResult::broken), and an episode played again may end elsewhere.
  bool is_external = false;
  // Several tasks for one model, observations and actions padded to the largest. Empty: one task.
  std::vector<TaskSpec> tasks = {};
  std::int64_t task = -1;     // which of them is played; -1: none, there are sizes only
  std::string task_set = {};  // "mt30", "mt80", or empty
};

}  // namespace foresight
