// A number that may change with the agent's steps, written as in the original's configs:
// "0.1", "linear(a,b,duration)", "warmup(duration,value)", "exp(a,b,half_life)",
// "horizon(a,b,duration)". Reference: danijar/dreamerv2, common/tfutils.py / other.py, schedule.
#pragma once

#include <cstdint>
#include <string>

namespace foresight {

class Schedule {
 public:
  Schedule() = default;
  // Error: what does not fit, with the forms that do. `key` names the setting in the message.
  Schedule(const std::string& text, const std::string& key);
  double at(std::int64_t steps) const;

 private:
  enum class Kind { kConstant, kLinear, kWarmup, kExponential, kHorizon };
  Kind kind_ = Kind::kConstant;
  double first_ = 0.0;
  double last_ = 0.0;
  double duration_ = 1.0;
};

}  // namespace foresight
