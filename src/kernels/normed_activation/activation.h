#pragma once

namespace foresight {

enum class Activation { kNone, kMish, kSimNorm, kRelu };

}  // namespace foresight
