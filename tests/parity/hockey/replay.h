// Plays a recorded trajectory again and keeps what the recordings keep.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <vector>

#include "env/hockey/hockey_game.h"
#include "parity/hockey/recordings.h"

namespace foresight {

// Hands out the recorded numbers, and insists that they are asked for with the recorded bounds.
class RecordedDraws final : public UniformSource {
 public:
  explicit RecordedDraws(const nlohmann::json& draws) : draws_(draws) {}
  double uniform(double low, double high) override {
    const auto& draw = draws_.at(next_++);
    if (draw[0] != low || draw[1] != high) throw std::runtime_error("a draw with other bounds");
    return draw[2];
  }
  bool is_empty() const { return next_ == draws_.size(); }

 private:
  nlohmann::json draws_;
  std::size_t next_ = 0;
};

// Everything observable at one moment; `reward` to `direction` mean nothing before the first step.
struct Moment {
  std::vector<double> bodies;          // [18] position, angle, velocities; world frame
  std::vector<double> observation[2];  // [18 or 16] left, right
  double reward[2] = {};
  std::vector<double> info[2];   // [4] winner, closeness, touch, direction
  std::vector<double> has_puck;  // [2]
  std::vector<int> awake;        // [3]
  int num_touching = 0;
  bool done = false;
  int winner = 0;
};

inline std::vector<double> bodies_of(const HockeyGame& game) {
  std::vector<double> result;
  for (const auto& body :
       {game.player(HockeySide::kLeft), game.player(HockeySide::kRight), game.puck()}) {
    for (const float value :
         {body.x, body.y, body.angle, body.vx, body.vy, body.angular_velocity}) {
      result.push_back(value);
    }
  }
  return result;
}

inline Moment moment_of(const HockeyGame& game) {
  Moment moment;
  moment.bodies = bodies_of(game);
  for (const auto side : {HockeySide::kLeft, HockeySide::kRight}) {
    const int index = static_cast<int>(side);
    moment.observation[index].resize(game.observation_dim());
    game.observe(side, std::span<double>(moment.observation[index]));
    moment.reward[index] = game.reward(side);
    const auto info = game.info(side);
    moment.info[index] = {static_cast<double>(info.winner), info.closeness, info.touch,
                          info.direction};
    moment.has_puck.push_back(game.has_puck(side));
    moment.awake.push_back(game.player(side).is_awake);
  }
  moment.awake.push_back(game.puck().is_awake);
  moment.num_touching = game.num_touching_contacts();
  moment.done = game.done();
  moment.winner = game.winner();
  return moment;
}

struct Replay {
  int id = 0;
  nlohmann::json recorded;
  Moment after_reset;
  std::array<float, 2> pending_puck_force{};
  int max_steps = 0;
  Moment start;  // after set_state, if there was one
  std::vector<Moment> steps;
};

// Episodes of one environment follow each other in one game, as they were recorded.
class Replayer {
 public:
  Replay play(const nlohmann::json& recorded) {
    Replay replay;
    replay.id = recorded.at("id");
    replay.recorded = recorded;
    HockeyGame& game = game_for(recorded);
    const auto& init = recorded.at("init");
    game.set_mode(static_cast<HockeyMode>(recorded.at("mode").get<int>()));
    game.reset(init.at("one_starts").get<bool>(), recorded.at("seed").get<std::uint64_t>());
    replay.after_reset = moment_of(game);
    replay.pending_puck_force = game.pending_puck_force();
    replay.max_steps = game.max_steps();
    if (!recorded.at("set_state").is_null()) {
      game.set_state(recorded.at("set_state").get<std::vector<double>>());
    }
    replay.start = moment_of(game);
    for (const auto& action : recorded.at("actions")) {
      game.step(action.get<std::vector<double>>());
      replay.steps.push_back(moment_of(game));
    }
    return replay;
  }

 private:
  HockeyGame& game_for(const nlohmann::json& recorded) {
    auto& game = games_[recorded.at("env").get<int>()];
    if (game == nullptr) {
      const auto& layout = recorded.at("ctor");
      RecordedDraws draws(layout.at("draws"));
      game = std::make_unique<HockeyGame>(static_cast<HockeyMode>(layout.at("mode").get<int>()),
                                          recorded.at("keep_mode").get<bool>(), draws);
    }
    return *game;
  }

  std::map<int, std::unique_ptr<HockeyGame>> games_;
};

inline std::vector<Replay> replay_all() {
  Replayer replayer;
  std::vector<Replay> replays;
  for (const auto& recorded : read_recordings("trajectories.jsonl.gz", "trajectory")) {
    replays.push_back(replayer.play(recorded));
  }
  return replays;
}

inline bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

}  // namespace foresight
