// Environments in worker processes: which there are, and whether they run here.
#include "env/env.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "base/rng.h"
#include "cli/command.h"
#include "config/table.h"
#include "env/python/python_env_config.h"

namespace foresight {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void print_suites() {
  for (const PythonSuite& suite : python_suites()) {
    const auto python = venv_python(suite.venv);
    const std::string state = std::filesystem::exists(python)
                                  ? "installed in " + python.parent_path().parent_path().string()
                                  : "not installed: ./foresight env install " + suite.venv;
    fmt::print("  {:<17} {}\n  {:<17}   {}\n", suite.name, suite.help, "", state);
  }
}

// "position[3] velocity[2]" of position[0], position[1], ...
std::string parts_of(const EnvSpec& spec) {
  std::vector<std::pair<std::string, int>> parts;
  for (const std::string& name : spec.observation_names) {
    const std::string part = name.substr(0, name.rfind('['));
    if (parts.empty() || parts.back().first != part) parts.emplace_back(part, 0);
    ++parts.back().second;
  }
  std::string text;
  for (const auto& [part, size] : parts) text += fmt::format(" {}[{}]", part, size);
  return text;
}

void print_spec(const EnvSpec& spec) {
  fmt::print("  observations {}{}\n", spec.observation_dim,
             spec.observation_names.empty() ? "" : ":" + parts_of(spec));
  if (spec.image) {
    fmt::print("  picture      {} x {} x {} x {} bytes (frames, channels, height, width)\n",
               spec.image->num_frames, spec.image->channels, spec.image->height, spec.image->width);
  }
  if (spec.num_discrete_actions > 0) {
    fmt::print("  actions      one of {}\n", spec.num_discrete_actions);
  } else {
    fmt::print("  actions      {} in [-1, 1]\n", spec.action_dim);
  }
  fmt::print("  an episode   at most {} steps, {}; success is {}\n", spec.max_episode_steps,
             spec.can_terminate ? "may terminate" : "never terminates",
             spec.reports_success ? "told" : "not told");
}

class EnvCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("WHAT", what_, "list, or check: start one, play some steps, say what it is")
        ->required()
        ->check(CLI::IsMember({"list", "check"}));
    app.add_option("ID", id_, "of check: metaworld, metaworld/reach, Pendulum-v1, module:Class");
    app.add_option("key=value", overrides_, "of [env], e.g. env.python_path=my_folder");
    app.add_option("--steps", num_steps_, "to play")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000000));
  }

  int run() override {
    if (what_ == "list") {
      print_suites();
    } else {
      check();
    }
    return 0;
  }

 private:
  void check() const {
    if (id_.empty()) fail("foresight env check: which one? For example Pendulum-v1");
    const auto begin = Clock::now();
    const auto env = make_env(section());
    const EnvSpec& spec = env->spec();
    const double start_s = seconds_since(begin);
    fmt::print("{}\n", spec.id);
    print_spec(spec);
    const auto first = play(*env, nullptr);
    double steps_per_s = 0.0;
    const bool is_same = play(*env, &steps_per_s) == first;
    fmt::print("  start        {:.2f} s, then {:.0f} steps/s ({} steps, one environment)\n",
               start_s, steps_per_s, num_steps_);
    fmt::print("  repeatable   {}\n",
               is_same ? "yes: the same seed and actions gave the same episode"
                       : "NO: the same seed and actions gave another episode, so that a resumed "
                         "run loses its unfinished episodes");
  }

  Table section() const {
    const auto is_venv = [this](const PythonSuite& suite) { return suite.venv == id_; };
    const auto names = EnvRegistry::instance().names();
    const bool is_name = std::ranges::find(names, id_) != names.end();
    const auto suite = std::ranges::find_if(python_suites(), is_venv);
    const bool is_other = !is_name && suite != python_suites().end();  // dmcontrol-python
    Table sections;
    Table env;
    env.set("id", {is_other ? suite->name : id_, "command line"});
    sections.set("env", {std::move(env), ""});
    for (const std::string& text : overrides_) apply_override(sections, text);
    return std::get<Table>(sections.find("env")->data);
  }

  // Everything seen and paid in num_steps_ random steps from seed 1.
  std::vector<float> play(Env& env, double* steps_per_s) const {
    Rng rng(1, "check");
    std::vector<float> seen;
    std::vector<float> actions(env.spec().num_players * env.spec().action_dim);
    std::uint64_t seed = 1;
    double busy_s = 0.0;
    env.reset(seed);
    for (std::int64_t step = 0; step < num_steps_; ++step) {
      for (float& action : actions) action = static_cast<float>(rng.uniform(-1.0, 1.0));
      const auto begin = Clock::now();
      const StepResult result = env.step(actions);
      busy_s += seconds_since(begin);
      for (const EnvFault& fault : env.take_faults()) fail("{}", fault.text);
      const auto observation = env.observation(0);
      seen.insert(seen.end(), observation.begin(), observation.end());
      for (const std::uint8_t byte : env.image()) seen.push_back(byte);
      seen.push_back(result.reward);
      if (result.over()) env.reset(++seed);
    }
    if (steps_per_s != nullptr) *steps_per_s = static_cast<double>(num_steps_) / busy_s;
    return seen;
  }

  std::string what_;
  std::string id_;
  std::vector<std::string> overrides_;
  std::int64_t num_steps_ = 10;
};

FS_REGISTER_WORD("env", EnvCommand,
                 "environments in Python: which there are, and whether they run here",
                 "foresight env list", "foresight env check Pendulum-v1",
                 "foresight env check metaworld/assembly --steps 100",
                 "foresight env check my_module:MyEnv env.python_path=my_folder");

}  // namespace
}  // namespace foresight
