#include "env/dmcontrol/suite_model.h"

#include <dlfcn.h>

#include <array>
#include <filesystem>
#include <map>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/home.h"
#include "base/input_file.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

// Where ./foresight and an installation put the models: below the folder of configs/ and models/,
// and, for programs that bring their own configs, near this library.
std::vector<fs::path> candidate_folders() {
  std::vector<fs::path> homes{home_folder()};
  Dl_info library{};
  if (dladdr(reinterpret_cast<const void*>(&candidate_folders), &library) != 0) {
    std::error_code ignored;
    fs::path folder = fs::absolute(library.dli_fname, ignored).parent_path();
    for (; folder.has_relative_path(); folder = folder.parent_path()) {
      homes.push_back(folder);
      homes.push_back(folder / "share" / "foresight");
    }
  }
  std::vector<fs::path> candidates;
  for (const auto& home : homes) {
    candidates.push_back(home / ".deps" / "dm_control" / "suite");
    candidates.push_back(home / "dm_control" / "suite");
  }
  return candidates;
}

fs::path suite_file(const std::string& name) {
  const auto candidates = candidate_folders();
  std::error_code ignored;
  for (const auto& folder : candidates) {
    if (fs::exists(folder / name, ignored)) return folder / name;
  }
  fail(
      "DMControl's model {} is missing: expected in {} or {}\n"
      "  ./foresight build fetches the models of dm_control 1.0.50; FORESIGHT_HOME names the "
      "folder that holds .deps/dm_control or dm_control",
      name, display_path(candidates[0]), display_path(candidates[1]));
}

struct SpecDeleter {
  void operator()(mjSpec* spec) const { mj_deleteSpec(spec); }
};

std::shared_ptr<const mjModel> compile(const ModelRecipe& recipe, Sky sky) {
  // Its own handler writes MUJOCO_LOG.TXT into the working folder; counts stay in mjData.warning.
  mju_user_warning = [](const char*) {};
  const fs::path file = suite_file(recipe.file);
  std::array<char, 1024> message{};
  const std::unique_ptr<mjSpec, SpecDeleter> spec(
      mj_parseXML(file.c_str(), nullptr, message.data(), static_cast<int>(message.size())));
  if (!spec) fail("{}: MuJoCo cannot read it: {}", file.string(), message.data());
  mjsElement* painted = mjs_findElement(spec.get(), mjOBJ_TEXTURE, "skybox");
  if (sky == Sky::kLeftOut && painted != nullptr) mjs_delete(spec.get(), painted);
  if (recipe.edit) recipe.edit(*spec);
  mjModel* model = mj_compile(spec.get(), nullptr);
  if (model == nullptr) {
    fail("{}: MuJoCo cannot compile it: {}", file.string(), mjs_getError(spec.get()));
  }
  return {model, [](mjModel* old) { mj_deleteModel(old); }};
}

}  // namespace

std::shared_ptr<const mjModel> load_model(const ModelRecipe& recipe, Sky sky) {
  // Nothing but a memory of what is in use: an entry dies with the last environment that has it.
  static std::mutex mutex;
  static std::map<std::pair<std::string, Sky>, std::weak_ptr<const mjModel>> loaded;
  const std::lock_guard lock(mutex);
  auto& entry = loaded[{recipe.file + " " + recipe.variant, sky}];
  auto model = entry.lock();
  if (model == nullptr) {
    model = compile(recipe, sky);
    entry = model;
  }
  return model;
}

namespace {

mjsElement* find_in(mjSpec& spec, mjtObj kind, const char* name) {
  mjsElement* element = mjs_findElement(&spec, kind, name);
  if (element == nullptr) {
    fail("the suite's model has no {} \"{}\": these are not the files of dm_control 1.0.50",
         mju_type2Str(kind), name);
  }
  return element;
}

}  // namespace

mjsGeom& spec_geom(mjSpec& spec, const char* name) {
  return *mjs_asGeom(find_in(spec, mjOBJ_GEOM, name));
}

mjsBody& spec_body(mjSpec& spec, const char* name) {
  return *mjs_asBody(find_in(spec, mjOBJ_BODY, name));
}

void remove_from(mjSpec& spec, mjtObj kind, const char* name) {
  const int failed = mjs_delete(&spec, find_in(spec, kind, name));
  FS_CHECK(failed == 0, "cannot remove {}: {}", name, mjs_getError(&spec));
}

}  // namespace foresight
