#include "agent/model_card.h"
#include "agent/tdmpc2/checkpoint_sizes.h"
#include "base/input_file.h"
#include "cli/command.h"
#include "cli/imported_env.h"
#include "cli/model_env.h"
#include "env/env.h"
#include "io/atomic_folder.h"
#include "train/build_info.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImported = "imported";

class ImportCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("FILE", file_,
                   "a checkpoint of the official TD-MPC2 (both layouts) or of the hockey project, "
                   ".pt or .safetensors")
        ->required();
    app.add_option("key=value", overrides_,
                   "what the file does not tell, e.g. agent.planner.horizon=5");
    app.add_option("--task", tasks_.task,
                   "the task it learned: walker-walk, or any environment's id. Without one, eval "
                   "takes it from --env");
    app.add_option("--tasks", tasks_.tasks,
                   "of a model of several tasks, in the order in which it learned them: mt30, mt80 "
                   "(default for 30 and 80 tasks), or environments separated by commas");
    app.add_option("--discount", discount_,
                   "gamma it learned with (default: of the task's episode length; hockey: the "
                   "file's)")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--name", name_, "the model's name (default: the file's)");
    app.add_option("--output", output_, "the model's folder (default: imported/<name>)");
  }

  int run() override {
    const CheckpointFile checkpoint = CheckpointFile::open(file_);
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
      write(checkpoint, unfinished);
      write_model_card(unfinished, card);
      // Every tensor is there and fits, or nothing is left. Written again it is complete: with the
      // names of tasks, and the target ensemble and the action masks that some files lack.
      load_agent(unfinished, card, spec)->save_model(unfinished);
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

  ModelCard card_of(const CheckpointFile& checkpoint) const {
    Table sections;
    sections.set("agent", {agent_section(checkpoint), ""});
    sections.set("env", {imported_env(checkpoint, tasks_), ""});
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

  // Fills in every field, where there is an environment.
  static void resolve_env(Table& env) {
    const ConfigValue* id = env.find("id");
    if (id == nullptr) return;
    ConfigProblems problems;
    env = find_env_entry(std::get<std::string>(id->data)).resolve(env, problems);
    problems.throw_if_any();
  }

  // As the file has them, tasks in its own order.
  static void write(const CheckpointFile& checkpoint, const fs::path& folder) {
    SafetensorsWriter writer;
    writer.set_metadata("format", "foresight tdmpc2 1");
    for (const auto& [name, tensor] : checkpoint.tensors()) {
      writer.add_view(name, tensor.dtype, tensor.shape, tensor.bytes);
    }
    writer.write(folder / "model.safetensors");
  }

  void report(const CheckpointFile& checkpoint, const ModelCard& card,
              const fs::path& folder) const {
    std::int64_t num_parameters = 0;
    for (const auto& [name, tensor] : checkpoint.tensors()) {
      const bool is_learned = !name.starts_with("target_q.") && name != "action_masks";
      if (is_learned) num_parameters += tensor.num_elements();
    }
    const CheckpointSizes sizes = sizes_of(checkpoint);
    const std::string tasks =
        sizes.num_tasks > 0 ? fmt::format("{} tasks, ", sizes.num_tasks) : std::string();
    const std::string sees = sizes.image_channels > 0
                                 ? fmt::format("pictures of {} channels", sizes.image_channels)
                                 : fmt::format("{} observations", sizes.observation_dim);
    fmt::print("{}: {} layout, {}{}, {} actions, {} parameters -> {}\n", display_path(file_),
               name_of(checkpoint.layout()), tasks, sees, sizes.action_dim, num_parameters,
               folder.string());
    const bool has_env = card.env.contains("id");
    if (!has_env && sizes.num_tasks > 0) {
      fmt::print("to play, it must know its tasks: import it with --tasks\n");
      return;
    }
    fmt::print("try it: foresight eval {}{} --games 10\n", folder.string(),
               has_env ? "" : " --env dmcontrol/<task>");
  }

  std::string file_;
  std::vector<std::string> overrides_;
  ImportedTasks tasks_;
  double discount_ = 0.0;
  std::string name_;
  std::string output_;
};

FS_REGISTER_WORD("import", ImportCommand,
                 "makes a model of a checkpoint of the Python implementations",
                 "foresight import walker-walk-1.pt --task walker-walk",
                 "foresight import mt30-19M.pt --tasks mt30",
                 "foresight import agent.pt --name rival agent.planner.horizon=5");

}  // namespace
}  // namespace foresight
