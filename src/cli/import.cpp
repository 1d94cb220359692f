#include <algorithm>

#include "agent/model_card.h"
#include "agent/tdmpc2/checkpoint_file.h"
#include "base/input_file.h"
#include "cli/command.h"
#include "cli/model_env.h"
#include "env/env.h"
#include "io/atomic_folder.h"
#include "train/build_info.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImported = "imported";
constexpr const char* kSuite = "dmcontrol/";

class ImportCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("FILE", file_,
                   "a checkpoint of the official TD-MPC2 (both layouts) or of the hockey project, "
                   ".pt or .safetensors")
        ->required();
    app.add_option("key=value", overrides_,
                   "what the file does not tell, e.g. agent.planner.horizon=5");
    app.add_option("--task", task_,
                   "the task it learned: walker-walk, or any environment's id. Without one, eval "
                   "takes it from --env");
    app.add_option("--discount", discount_,
                   "gamma it learned with (default: of the task's episode length; hockey: the "
                   "file's)")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--name", name_, "the model's name (default: the file's)");
    app.add_option("--output", output_, "the model's folder (default: imported/<name>)");
  }

  int run() override {
    const CheckpointFile checkpoint = CheckpointFile::open(file_);
    refuse_unknown_kinds(checkpoint);
    const ModelCard card = card_of(checkpoint);
    const fs::path folder = output_folder(card);
    std::error_code ignored;
    if (fs::exists(folder, ignored)) {
      fail("{} is there already: choose another place with --output, or remove it",
           folder.string());
    }
    if (folder.has_parent_path()) fs::create_directories(folder.parent_path());
    const EnvSpec spec = described_env(card);
    replace_folder(folder, [&](const fs::path& unfinished) {
      write(checkpoint, card, unfinished);
      load_agent(unfinished, card, spec);  // every tensor is there and fits, or nothing is left
    });
    report(checkpoint, card, folder);
    return 0;
  }

 private:
  fs::path output_folder(const ModelCard& card) const {
    if (output_.empty()) return fs::path(kImported) / card.name;
    const fs::path folder = fs::path(output_).lexically_normal();
    return folder.has_filename() ? folder : folder.parent_path();  // "rival/" is rival
  }

  void refuse_unknown_kinds(const CheckpointFile& checkpoint) const {
    if (checkpoint.num_tasks() > 0) {
      fail(
          "{}: a model of {} tasks (embeddings of {} numbers); models of several tasks cannot be "
          "built here yet",
          file_, checkpoint.num_tasks(), checkpoint.task_dim());
    }
    if (checkpoint.sees_pixels()) {
      fail("{}: a model that sees pictures; such models cannot be built here yet", file_);
    }
  }

  ModelCard card_of(const CheckpointFile& checkpoint) const {
    Table sections;
    sections.set("agent", {checkpoint.agent_section(), ""});
    sections.set("env", {env_section(checkpoint), ""});
    if (discount_ > 0) apply_override(sections, fmt::format("agent.discount={}", discount_));
    for (const std::string& text : overrides_) {
      if (!text.starts_with("env.") && !text.starts_with("agent.")) {
        fail("\"{}\": a model can be changed in env.* and agent.* only", text);
      }
      apply_override(sections, text);
    }
    ModelCard card;
    card.name = name_.empty() ? fs::path(file_).stem().string() : name_;
    card.note = fmt::format("imported from {} ({} layout)", display_path(file_),
                            name_of(checkpoint.layout()));
    card.commit = program_commit();
    card.env = std::get<Table>(sections.find("env")->data);
    resolve_env(card.env);
    const EnvSpec spec = described_env(card);
    check_fit(checkpoint, spec);
    ConfigProblems problems;
    card.agent = AgentRegistry::instance()
                     .find("tdmpc2", "agent")
                     .resolve(std::get<Table>(sections.find("agent")->data), spec, problems);
    problems.throw_if_any();
    return card;
  }

  Table env_section(const CheckpointFile& checkpoint) const {
    Table env;
    std::string id = task_;
    if (id.empty() && checkpoint.layout() == CheckpointLayout::kHockey) id = "hockey";
    if (id.empty()) return sizes_as_env(checkpoint.observation_dim(), checkpoint.action_dim());
    // A task's own name, as the reference knows it, belongs to the suite; so does a misspelt one.
    const std::string of_suite = kSuite + id;
    env.set("id", {is_env(of_suite) || !is_env(id) ? of_suite : id, "--task"});
    return env;
  }

  static bool is_env(const std::string& id) {
    const EnvRegistry& registry = EnvRegistry::instance();
    return std::ranges::any_of(registry.names(), [&](const std::string& name) {
      const EnvEntry& entry = registry.find(name, "environment");
      return name == id || (entry.accepts && entry.accepts(id));
    });
  }

  // Fills in every field, where there is an environment.
  static void resolve_env(Table& env) {
    const ConfigValue* id = env.find("id");
    if (id == nullptr) return;
    ConfigProblems problems;
    env = find_env_entry(std::get<std::string>(id->data)).resolve(env, problems);
    problems.throw_if_any();
  }

  void check_fit(const CheckpointFile& checkpoint, const EnvSpec& spec) const {
    if (spec.observation_dim == checkpoint.observation_dim() &&
        spec.action_dim == checkpoint.action_dim()) {
      return;
    }
    fail(
        "{}: reads {} observations and gives {} actions, but {} has {} and {}: name another task "
        "with --task",
        file_, checkpoint.observation_dim(), checkpoint.action_dim(), spec.id, spec.observation_dim,
        spec.action_dim);
  }

  static void write(const CheckpointFile& checkpoint, const ModelCard& card,
                    const fs::path& folder) {
    SafetensorsWriter writer;
    writer.set_metadata("format", "foresight tdmpc2 1");
    for (const auto& [name, tensor] : checkpoint.tensors()) {
      writer.add_view(name, tensor.dtype, tensor.shape, tensor.bytes);
    }
    writer.write(folder / "model.safetensors");
    write_model_card(folder, card);
  }

  void report(const CheckpointFile& checkpoint, const ModelCard& card,
              const fs::path& folder) const {
    std::int64_t num_parameters = 0;
    for (const auto& [name, tensor] : checkpoint.tensors()) {
      if (!name.starts_with("target_q.")) num_parameters += tensor.num_elements();
    }
    fmt::print("{}: {} layout, {} observations, {} actions, {} parameters -> {}\n",
               display_path(file_), name_of(checkpoint.layout()), checkpoint.observation_dim(),
               checkpoint.action_dim(), num_parameters, folder.string());
    const bool has_env = card.env.contains("id");
    fmt::print("try it: foresight eval {}{} --games 10\n", folder.string(),
               has_env ? "" : " --env dmcontrol/<task>");
  }

  std::string file_;
  std::vector<std::string> overrides_;
  std::string task_;
  double discount_ = 0.0;
  std::string name_;
  std::string output_;
};

FS_REGISTER_WORD("import", ImportCommand,
                 "makes a model of a checkpoint of the Python implementations",
                 "foresight import walker-walk-1.pt --task walker-walk",
                 "foresight import agent.pt --name rival agent.planner.horizon=5");

}  // namespace
}  // namespace foresight
