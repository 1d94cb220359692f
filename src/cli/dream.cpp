#include <algorithm>

#include "agent/dreamer/dream_film.h"
#include "agent/model_card.h"
#include "base/error.h"
#include "base/rng.h"
#include "cli/command.h"
#include "cli/dream_picture.h"
#include "env/env.h"
#include "render/video_writer.h"
#include "train/build_info.h"
#include "train/run_folder.h"

namespace foresight {
namespace {

constexpr int kFramesPerSecond = 10;  // slow enough to compare three pictures

class DreamCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN|MODEL", model_, "a run of DreamerV2 (its best weights) or a model's folder")
        ->required();
    app.add_option("--video", video_, "this .mp4: what is, what the model sees, what it imagines");
    app.add_option("--steps", num_steps_, "of the episode")
        ->capture_default_str()
        ->check(CLI::Range(2, 100000));
    app.add_option("--context", num_context_, "steps that the model sees before it dreams")
        ->capture_default_str()
        ->check(CLI::Range(1, 99999));
    app.add_option("--seed", seed_, "of the episode and of the dream")->capture_default_str();
  }

  int run() override {
    if (num_context_ >= num_steps_) {
      fail("--context {} leaves nothing of --steps {} to imagine", num_context_, num_steps_);
    }
    set_compute_threads(0);
    const auto folder = find_run_or_model(model_);
    const ModelCard card = read_model_card(folder);
    const auto env = make_env(card.env);
    const auto agent = load_agent(folder, card, env->spec());
    const SeenSteps seen = play(*agent, *env);
    if (seen.num_steps <= num_context_) {
      fail(
          "the episode of seed {} ends after {} steps, before the dream begins: use another --seed "
          "or fewer --context",
          seed_, seen.num_steps - 1);
    }
    const DreamFilm film = film_dream(*agent, seen, num_context_, seed_);
    print(film);
    if (video_.empty()) return 0;
    if (film.channels == 0) {
      fail(
          "{}: this model looks at numbers, not at pictures: there is nothing to film. Leave "
          "--video out",
          folder.string());
    }
    write_video(film, seen);
    fmt::print("video: {}\n", video_);
    return 0;
  }

 private:
  // The agent's own actions, one player against itself where there are two.
  SeenSteps play(Agent& agent, Env& env) const {
    const EnvSpec& spec = env.spec();
    const auto actor = agent.make_actor({.num_games = spec.num_players, .seed = seed_});
    env.reset(seed_);
    SeenSteps seen;
    seen.actions.assign(static_cast<std::size_t>(spec.action_dim), 0.0f);
    const auto look = [&] {
      ++seen.num_steps;
      const auto observation = env.observation(0);
      const auto image = env.image();
      seen.observations.insert(seen.observations.end(), observation.begin(), observation.end());
      seen.images.insert(seen.images.end(), image.begin(), image.end());
    };
    look();
    std::vector<float> actions(static_cast<std::size_t>(spec.num_players * spec.action_dim));
    std::vector<std::uint8_t> first_step(static_cast<std::size_t>(spec.num_players), 1);
    while (seen.num_steps < num_steps_) {
      std::vector<float> observations;
      for (int player = 0; player < spec.num_players; ++player) {
        const auto observation = env.observation(player);
        observations.insert(observations.end(), observation.begin(), observation.end());
      }
      const std::vector<std::uint8_t> image(env.image().begin(), env.image().end());
      actor->see(image);
      actor->act(observations, first_step, actions);
      std::ranges::fill(first_step, std::uint8_t{0});
      const StepResult result = env.step(actions);
      if (result.broken) fail("{} broke after {} steps", spec.id, seen.num_steps - 1);
      seen.actions.insert(seen.actions.end(), actions.begin(), actions.begin() + spec.action_dim);
      look();
      if (result.over()) break;
    }
    return seen;
  }

  static void print(const DreamFilm& film) {
    fmt::print(
        "mean squared error of what the model makes of a step ({} steps seen, {} imagined)\n",
        film.num_context, film.num_steps - film.num_context);
    fmt::print("{:>6} {:>14} {:>14}\n", "step", "while seeing", "imagined");
    for (std::int64_t t = 0; t < film.num_steps; ++t) {
      const bool is_shown = t < film.num_context || t + 1 == film.num_steps || t % 5 == 0;
      if (!is_shown) continue;
      const auto i = static_cast<std::size_t>(t);
      fmt::print("{:>6} {:>14.6f} {:>14.6f}{}\n", t, film.reconstruction_error[i],
                 film.imagination_error[i], t < film.num_context ? "  (seen)" : "");
    }
  }

  void write_video(const DreamFilm& film, const SeenSteps& seen) const {
    const DreamPicture picture(film, seen);
    VideoWriter writer(video_, {.width = DreamPicture::kWidth,
                                .height = DreamPicture::kHeight,
                                .frames_per_second = kFramesPerSecond});
    for (std::int64_t t = 0; t < film.num_steps; ++t) writer.write(picture.draw(t).bgra());
    writer.finish();
  }

  std::string model_;
  std::string video_;
  std::int64_t num_steps_ = 50;
  std::int64_t num_context_ = 5;
  std::uint64_t seed_ = 1;
};

FS_REGISTER_WORD("dream", DreamCommand,
                 "shows what a DreamerV2 model imagines beside what really happens",
                 "foresight dream last --video out.mp4",
                 "foresight dream last --context 5 --steps 50 --seed 3");

}  // namespace
}  // namespace foresight
