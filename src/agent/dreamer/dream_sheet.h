// A dream on one sheet: what was seen, what the model sees of it, what it imagines, and how far
// that is from what was seen (gray: right). Time goes from left to right.
// Reference: danijar/dreamerv2, dreamerv2/agent.py, WorldModel.video_pred.
#pragma once

#include "agent/dreamer/dream_film.h"
#include "base/picture.h"

namespace foresight {

// Every `every`-th step of the film, up to its last.
Picture dream_sheet(const DreamFilm& film, const SeenSteps& seen, std::int64_t every);

}  // namespace foresight
