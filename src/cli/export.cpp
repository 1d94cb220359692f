#include "agent/model_card.h"
#include "agent/tdmpc2/checkpoint_export.h"
#include "base/registry.h"
#include "cli/command.h"
#include "train/run_folder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFormats{"pt", "safetensors"};
const std::vector<CheckpointLayout> kLayouts{
    CheckpointLayout::kOfficial, CheckpointLayout::kOfficialOld, CheckpointLayout::kHockey};

class ExportCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN|MODEL", model_,
                   "a run (its best weights), a model's folder, or a shipped model")
        ->required();
    app.add_option("--format", format_, "pt (torch.load reads it) or safetensors")
        ->capture_default_str();
    app.add_option("--layout", layout_,
                   "names of the tensors: official, official-old, hockey (default: by the model's "
                   "form)");
    app.add_option("--output", output_, "the file (default: <name>.pt or <name>.safetensors)");
    app.add_flag("--overwrite", overwrite_, "replace the file if it is there");
  }

  int run() override {
    const fs::path folder = find_run_or_model(model_);
    const ModelCard card = read_model_card(folder);
    const ConfigValue* id = card.agent.find("id");
    if (id == nullptr || id->data != ConfigValue::Data(std::string("tdmpc2"))) {
      fail("{}: only agents of TD-MPC2 are exported", folder.string());
    }
    const ExportOptions options{format(), layout()};
    const fs::path file = output_.empty() ? default_file(card, folder) : fs::path(output_);
    std::error_code ignored;
    if (!overwrite_ && fs::exists(file, ignored)) {
      fail("{} is there already: --overwrite replaces it, --output names another", file.string());
    }
    const auto model = SafetensorsFile::open(folder / "model.safetensors");
    const CheckpointLayout written = export_checkpoint(model, card.agent, options, file);
    fmt::print("{} -> {} ({} layout)\n", folder.string(), file.string(), name_of(written));
    return 0;
  }

 private:
  CheckpointFormat format() const {
    if (format_ == "pt") return CheckpointFormat::kPt;
    if (format_ == "safetensors") return CheckpointFormat::kSafetensors;
    fail("--format {}: expected pt or safetensors{}", format_, did_you_mean(format_, kFormats));
  }

  std::optional<CheckpointLayout> layout() const {
    if (layout_.empty()) return std::nullopt;
    std::vector<std::string> names;
    for (const CheckpointLayout layout : kLayouts) {
      if (layout_ == name_of(layout)) return layout;
      names.emplace_back(name_of(layout));
    }
    fail("--layout {}: expected one of {}{}", layout_, fmt::join(names, ", "),
         did_you_mean(layout_, names));
  }

  fs::path default_file(const ModelCard& card, const fs::path& folder) const {
    std::string name = card.name.empty() ? folder.filename().string() : card.name;
    std::replace(name.begin(), name.end(), '/', '-');
    return name + "." + format_;
  }

  std::string model_;
  std::string format_ = "pt";
  std::string layout_;
  std::string output_;
  bool overwrite_ = false;
};

FS_REGISTER_WORD("export", ExportCommand, "writes a model as the Python implementations read it",
                 "foresight export last --format pt --output walker.pt",
                 "foresight export hockey-quick --format safetensors");

}  // namespace
}  // namespace foresight
