#include "train/schedule.h"

#include <limits>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/registry.h"

namespace foresight {
namespace {

constexpr double kLargest = 1e6;

std::optional<double> number_in(const ConfigValue* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* integer = std::get_if<std::int64_t>(&value->data)) {
    return static_cast<double>(*integer);
  }
  const auto* real = std::get_if<double>(&value->data);
  return real == nullptr ? std::nullopt : std::optional(*real);
}

std::string at_origin(const ConfigValue& value, const std::string& text) {
  return value.origin.empty() ? text : value.origin + ": " + text;
}

void check_range(const LinearSchedule& schedule, Range range, const ConfigValue& value,
                 const std::string& path, ConfigProblems& problems) {
  for (const double number : {schedule.from, schedule.to}) {
    if (number >= range.min && number <= range.max) continue;
    problems.lines.push_back(at_origin(value, fmt::format("{}: expected numbers in [{:g}, {:g}], "
                                                          "found {:g}",
                                                          path, range.min, range.max, number)));
    return;
  }
}

}  // namespace

void LinearSchedule::visit(FieldVisitor& visitor) {
  constexpr double kEndless = std::numeric_limits<double>::infinity();
  visitor.field("from", from, {-kLargest, kLargest}, "before episode `begin`");
  visitor.field("to", to, {-kLargest, kLargest}, "from episode `end` on");
  visitor.field("begin", begin, {0, kEndless}, "episode of the phase where the change begins");
  visitor.field("end", end, {0, kEndless}, "and where it is complete");
}

// The sum of the source, not std::lerp: the same bits.
double LinearSchedule::at(std::int64_t episode) const {
  if (episode >= end) return to;
  if (episode < begin) return from;
  const double share = static_cast<double>(episode - begin) / static_cast<double>(end - begin);
  return from * (1.0 - share) + to * share;
}

LinearSchedule read_schedule(const ConfigValue& value, double otherwise, const std::string& path,
                             ConfigProblems& problems) {
  LinearSchedule schedule{.from = otherwise, .to = otherwise};
  if (const auto number = number_in(&value)) {
    schedule.from = schedule.to = *number;
    return schedule;
  }
  const auto* table = std::get_if<Table>(&value.data);
  if (table == nullptr) {
    problems.lines.push_back(at_origin(
        value, fmt::format("{}: expected a number or {{ from, to, begin, end }}, found {}", path,
                           describe_value(value))));
    return schedule;
  }
  read_config(*table, schedule, path, problems);
  if (schedule.end < schedule.begin) {
    problems.lines.push_back(
        at_origin(value, fmt::format("{}: it ends (episode {}) before it begins (episode {})", path,
                                     schedule.end, schedule.begin)));
  }
  return schedule;
}

EnvSchedules read_env_schedules(const Table& shaping, const Table& env, const std::string& path,
                                ConfigProblems& problems) {
  std::vector<std::string> known;
  for (const auto& [key, value] : env.values()) {
    if (std::holds_alternative<double>(value.data)) known.push_back(key);
  }
  EnvSchedules schedules;
  for (const auto& [key, value] : shaping.values()) {
    const std::string full = path + "." + key;
    const ConfigValue* present = env.find(key);
    if (present == nullptr || !std::holds_alternative<double>(present->data)) {
      problems.lines.push_back(
          at_origin(value, fmt::format("{}: no number of [env] to change{}\n  known: {}", full,
                                       did_you_mean(key, known), fmt::join(known, ", "))));
      continue;
    }
    schedules[key] = read_schedule(value, std::get<double>(present->data), full, problems);
  }
  return schedules;
}

Table env_at(const Table& env, const EnvSchedules& schedules, std::int64_t episode) {
  Table changed = env;
  for (const auto& [key, schedule] : schedules) changed.set(key, {schedule.at(episode), ""});
  return changed;
}

WinBonusSchedule read_win_bonus(const Table& win_bonus, const Table& agent, const std::string& path,
                                ConfigProblems& problems) {
  const auto bonus = number_in(agent.find("win_bonus"));
  const auto discount = number_in(agent.find("win_bonus_discount"));
  if (!bonus || !discount) {
    problems.lines.push_back(
        fmt::format("{}: this agent does not spread rewards back over won games", path));
    return {};
  }
  const std::vector<std::string> known{"bonus", "discount"};
  WinBonusSchedule schedule{.bonus = {.from = *bonus, .to = *bonus},
                            .discount = {.from = *discount, .to = *discount}};
  for (const auto& [key, value] : win_bonus.values()) {
    const std::string full = path + "." + key;
    if (key == "bonus") {
      schedule.bonus = read_schedule(value, *bonus, full, problems);
      check_range(schedule.bonus, {0, kLargest}, value, full, problems);
    } else if (key == "discount") {
      schedule.discount = read_schedule(value, *discount, full, problems);
      check_range(schedule.discount, {0, 1}, value, full, problems);
    } else {
      problems.lines.push_back(
          at_origin(value, fmt::format("{}: unknown key{}", full, did_you_mean(key, known))));
    }
  }
  return schedule;
}

}  // namespace foresight
