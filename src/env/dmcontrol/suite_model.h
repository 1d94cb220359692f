// Models of the suite, compiled from the XML files of the dm_control wheel as they lie there, after
// the changes a task asks for.
#pragma once

#include <mujoco/mujoco.h>

#include <functional>
#include <memory>
#include <string>

namespace foresight {

struct ModelRecipe {
  std::string file;     // in the suite's folder: "walker.xml"
  std::string variant;  // names what `edit` does; recipes of equal file and variant are the same
  std::function<void(mjSpec& spec)> edit;  // may be empty
};

// Painting the sky is most of the time (70 ms) and memory (12 MB) of a model, and only a camera
// sees it.
enum class Sky { kLeftOut, kPainted };

// Compiled once for all that use it at the same time: a dog takes half a second and 60 MB. Error:
// the suite's files are missing or MuJoCo cannot read them.
std::shared_ptr<const mjModel> load_model(const ModelRecipe& recipe, Sky sky = Sky::kLeftOut);

// For edits. A name that the model lacks is an Error: the files are not those of the pinned wheel.
mjsGeom& spec_geom(mjSpec& spec, const char* name);
mjsBody& spec_body(mjSpec& spec, const char* name);
void remove_from(mjSpec& spec, mjtObj kind, const char* name);

}  // namespace foresight
