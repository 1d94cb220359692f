// The list of jobs for people, programs and lab books.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "cluster/job_list.h"
#include "train/live_line.h"

namespace foresight {
namespace {

int percent(const JobRow& row) {
  return row.total_steps == 0 ? 0 : static_cast<int>(100 * row.steps / row.total_steps);
}

std::string progress_text(const JobRow& row) {
  if (row.total_steps == 0) return "";
  std::string text = fmt::format("{} of {} steps ({} %)", row.steps, row.total_steps, percent(row));
  if (!row.score_name.empty()) text += fmt::format(", {} {:.3g}", row.score_name, row.score);
  const bool is_going_on = row.state == "RUNNING" && row.left_s >= 0.0;
  if (is_going_on) text += ", ETA " + duration_text(row.left_s);
  return text;
}

// In a table's cell.
std::string cell(const std::string& text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '|') {
      result += "\\|";
    } else {
      result += letter == '\n' ? ' ' : letter;
    }
  }
  return result;
}

void add_line(std::string& text, std::string_view title, const std::string& words) {
  if (!words.empty()) text += fmt::format("    {:<10} {}\n", title, words);
}

}  // namespace

std::string text_of(const std::vector<JobRow>& rows) {
  if (rows.empty()) {
    return "no jobs; begin some: foresight submit CONFIG key=v1,v2 --seeds 3 --note \"why\"\n";
  }
  constexpr const char* kLine = "{:<12} {:<9} {:<20.20} {:<8.8} {:<13} {:>10} {:>5} {}\n";
  std::string text = fmt::format(kLine, "JOBID", "PARTITION", "NAME", "USER", "STATE", "TIME",
                                 "NODES", "NODELIST(REASON)");
  for (const JobRow& row : rows) {
    text += fmt::format(kLine, row.id, row.partition, row.name, row.user, row.state, row.time,
                        row.nodes, row.place);
    add_line(text, "run", row.run.string());
    add_line(text, "overrides", row.overrides);
    add_line(text, "note", row.note);
    add_line(text, "progress", progress_text(row));
    add_line(text, "ended", row.ending);
    if (!row.last_lines.empty()) add_line(text, "last words", row.last_lines.back());
    add_line(text, "verdict", row.verdict);
  }
  return text;
}

std::string json_of(const std::vector<JobRow>& rows) {
  auto all = nlohmann::ordered_json::array();
  for (const JobRow& row : rows) {
    nlohmann::ordered_json json{{"id", row.id},
                                {"partition", row.partition},
                                {"name", row.name},
                                {"user", row.user},
                                {"state", row.state},
                                {"time", row.time},
                                {"nodes", row.nodes},
                                {"place", row.place},
                                {"run", row.run.string()},
                                {"note", row.note},
                                {"overrides", row.overrides},
                                {"steps", row.steps},
                                {"total_steps", row.total_steps},
                                {"percent", percent(row)},
                                {"score_name", row.score_name},
                                {"score", nullptr},
                                {"left_s", nullptr},
                                {"is_over", row.is_over},
                                {"ending", row.ending},
                                {"last_lines", row.last_lines},
                                {"verdict", row.verdict}};
    if (!row.score_name.empty()) json["score"] = row.score;
    if (row.left_s >= 0.0) json["left_s"] = row.left_s;
    all.push_back(std::move(json));
  }
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string markdown_of(const std::vector<JobRow>& rows) {
  std::string text =
      "| Job | State | Note | Overrides | Progress | Ended | Verdict |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const JobRow& row : rows) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", cell(row.id), cell(row.state),
                        cell(row.note), cell(row.overrides), cell(progress_text(row)),
                        cell(row.ending), cell(row.verdict));
  }
  return text;
}

}  // namespace foresight
