#include <algorithm>

#include "agent/model_card.h"
#include "cli/command.h"
#include "cli/model_env.h"
#include "cli/task_map.h"
#include "train/experiment_config.h"
#include "train/run_folder.h"

namespace foresight {
namespace {

// 1063424 -> "1,063,424".
std::string with_commas(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::int64_t i = std::ssize(digits) - 3; i > 0; i -= 3) digits.insert(i, ",");
  return digits;
}

void print_component(const ComponentDescription& part) {
  const std::string count =
      part.trainable == part.parameters
          ? fmt::format("{} parameters", with_commas(part.parameters))
          : fmt::format("{} parameters, {} trainable", with_commas(part.parameters),
                        with_commas(part.trainable));
  fmt::print("{}: {} ({})\n", part.name, part.purpose, count);
  for (const std::string& layer : part.layers) fmt::print("    {}\n", layer);
}

void print_sums(const AgentDescription& agent) {
  std::vector<std::string> groups;
  for (const ComponentDescription& part : agent.components) {
    if (part.trainable > 0 && std::find(groups.begin(), groups.end(), part.group) == groups.end()) {
      groups.push_back(part.group);
    }
  }
  std::int64_t total = 0;
  for (const std::string& group : groups) {
    std::int64_t sum = 0;
    for (const ComponentDescription& part : agent.components) {
      if (part.group == group) sum += part.trainable;
    }
    total += sum;
    fmt::print("{:<16} {:>12} trainable parameters\n", group, with_commas(sum));
  }
  fmt::print("{:<16} {:>12} trainable parameters\n", "total", with_commas(total));
}

void print_lines(const char* title, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  fmt::print("\n{}\n", title);
  for (const std::string& line : lines) fmt::print("    {}\n", line);
}

class DescribeCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CONFIG|MODEL", subject_, "a config, a run or a model")->required();
    app.add_option("key=value", overrides_, "overrides of a config");
    app.add_flag("--tasks", shows_tasks_,
                 "of a model of several tasks: how alike their embeddings are");
    app.add_option("--picture", picture_,
                   "with --tasks: draw the embeddings in two dimensions into this .png");
  }

  int run() override {
    const auto agent = make_subject();
    const AgentDescription description = agent->describe();
    if (shows_tasks_ || !picture_.empty()) {
      print_tasks(description);
      return 0;
    }
    for (const ComponentDescription& part : description.components) print_component(part);
    fmt::print("\n");
    print_sums(description);
    print_lines("optimisers", description.optimisers);
    print_lines("planner", description.planner);
    return 0;
  }

 private:
  void print_tasks(const AgentDescription& description) const {
    if (description.tasks.empty()) fail("{}: a model of one task has no embeddings", subject_);
    fmt::print("{}", cosine_table(description.tasks));
    if (picture_.empty()) return;
    draw_task_map(description.tasks).write_png(picture_);
    fmt::print("picture: {}\n", picture_);
  }

  // A config is described as it would be built; a model as it is.
  std::unique_ptr<Agent> make_subject() const {
    if (is_model()) {
      if (!overrides_.empty()) fail("overrides are for configs; {} is trained", subject_);
      const auto folder = find_run_or_model(subject_);
      const ModelCard card = read_model_card(folder);
      return load_agent(folder, card, described_env(card));
    }
    const Experiment experiment = resolve_experiment(load_experiment_table(subject_, overrides_));
    return make_agent(experiment.config.agent, experiment.env_spec,
                      static_cast<std::uint64_t>(experiment.config.seed));
  }

  bool is_model() const {
    const auto runs = run_names();
    const auto models = model_names();
    return subject_ == "last" || is_model_folder(subject_) || is_run_folder(subject_) ||
           std::find(runs.begin(), runs.end(), subject_) != runs.end() ||
           std::find(models.begin(), models.end(), subject_) != models.end();
  }

  std::string subject_;
  std::vector<std::string> overrides_;
  bool shows_tasks_ = false;
  std::string picture_;
};

FS_REGISTER_WORD("describe", DescribeCommand,
                 "prints an agent's parts, layers, parameters, optimisers and planner",
                 "foresight describe hockey/tdmpc2-512",
                 "foresight describe hockey/quick agent.latent_dim=256",
                 "foresight describe multitask/mt80 agent.model_size=19",
                 "foresight describe MULTITASK-MODEL --tasks --picture tasks.png");

}  // namespace
}  // namespace foresight
