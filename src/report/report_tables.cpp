#include "report/report_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/ticks.h"
#include "io/html.h"
#include "report/svg_chart.h"
#include "train/live_line.h"

namespace foresight {
namespace {

std::string number(double value) {
  const double size = value < 0.0 ? -value : value;
  if (size >= 1000.0) return fmt::format("{:.0f}", value);
  return size >= 10.0 ? fmt::format("{:.1f}", value) : fmt::format("{:.3f}", value);
}

std::string estimate_cell(const Estimate& estimate, std::size_t num_runs) {
  if (num_runs < 2) return fmt::format("<td>{}<small>one run</small></td>", number(estimate.value));
  return fmt::format("<td>{}<small>{} to {}</small></td>", number(estimate.value),
                     number(estimate.interval.low), number(estimate.interval.high));
}

// "300k", or "120k to 300k" where runs did not get equally far.
std::string ends_of(const GroupScore& score) {
  const std::string last = tick_label(score.last_end);
  const std::string first = tick_label(score.first_end);
  return first == last ? last : fmt::format("<b>{} to {}</b>", first, last);
}

std::string swatch(const Report& report, const std::string& group) {
  const auto found = std::ranges::find(report.groups, group, &RunGroup::name);
  return fmt::format("<span class=\"swatch\" style=\"background:{}\"></span> {}",
                     group_color(static_cast<std::size_t>(found - report.groups.begin())),
                     escape_html(group));
}

// The darker, the surer; blue for better, orange for worse.
std::string improvement_cell(const std::optional<Estimate>& estimate, std::size_t num_runs) {
  if (!estimate) return "<td>&ndash;</td>";
  const std::string about = num_runs == 2 ? "one run each"
                                          : fmt::format("{:.2f} to {:.2f}", estimate->interval.low,
                                                        estimate->interval.high);
  const double clearness = num_runs == 2 ? 0.0 : std::abs(2.0 * estimate->value - 1.0);
  return fmt::format("<td style=\"background:rgba({},{:.2f})\">{:.2f}<small>{}</small></td>",
                     estimate->value >= 0.5 ? "0,114,178" : "213,94,0", 0.55 * clearness,
                     estimate->value, about);
}

std::string improvement_table(const Report& report, const MetricComparison& comparison) {
  std::string text =
      "<p class=\"dim\">Probability that a run of the row ends better than one of the column, with "
      "its 95 % interval.</p>\n<div class=\"scroll\"><table><thead><tr><th></th>";
  for (const GroupScore& score : comparison.scores) {
    text += fmt::format("<th class=\"text\">{}</th>", swatch(report, score.group));
  }
  text += "</tr></thead><tbody>\n";
  for (std::size_t i = 0; i < comparison.scores.size(); ++i) {
    text +=
        fmt::format("<tr><th class=\"text\">{}</th>", swatch(report, comparison.scores[i].group));
    for (std::size_t j = 0; j < comparison.scores.size(); ++j) {
      text += improvement_cell(comparison.improvement[i][j],
                               comparison.scores[i].num_runs + comparison.scores[j].num_runs);
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

struct TimePart {
  const char* name;
  const char* color;
  double seconds;
};

std::array<TimePart, 5> parts_of(const TimeSplit& split) {
  return {{{"acting", "#0072b2", split.act_s},
           {"games", "#009e73", split.game_s},
           {"updates", "#d55e00", split.update_s},
           {"evaluation", "#cc79a7", split.evaluation_s},
           {"other", "#8a949e", std::max(0.0, split.other_s())}}};
}

std::string shown(const std::string& text) { return text.empty() ? "&ndash;" : escape_html(text); }

}  // namespace

std::string group_warnings(const Report& report) {
  const auto hidden = hidden_differences(report.runs, report.groups);
  if (hidden.empty()) return "";
  return fmt::format(
      "<p><b>Runs of one group differ in more than the seed:</b> {}. Their intervals hold these "
      "differences, too.</p>\n",
      escape_html(fmt::format("{}", fmt::join(hidden, ", "))));
}

std::string score_tables(const Report& report) {
  std::string text;
  for (const MetricComparison& comparison : report.comparisons) {
    if (comparison.scores.empty()) continue;
    text += fmt::format(
        "<h2>At the end: {}</h2>\n<div class=\"scroll\"><table><thead><tr><th class=\"text\">Group"
        "</th><th>Runs</th><th>Tasks</th><th>Steps</th><th>Interquartile "
        "mean</th><th>Mean</th><th>Lowest</th>"
        "<th>Highest</th></tr></thead><tbody>\n",
        escape_html(metric_title(comparison.metric)));
    for (const GroupScore& score : comparison.scores) {
      text += fmt::format(
          "<tr><td "
          "class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td>{}{}<td>{}</td><td>{}</td>"
          "</tr>\n",
          swatch(report, score.group), score.num_runs, score.num_tasks, ends_of(score),
          estimate_cell(score.interquartile_mean, score.num_runs),
          estimate_cell(score.mean, score.num_runs), number(score.lowest), number(score.highest));
    }
    text += "</tbody></table></div>\n";
    if (comparison.scores.size() > 1) text += improvement_table(report, comparison);
  }
  return text;
}

std::string time_table(const Report& report) {
  std::string text = "<h2>Where time went</h2>\n<p class=\"legend\">";
  for (const TimePart& part : parts_of({})) {
    text += fmt::format("<span><span class=\"swatch\" style=\"background:{}\"></span> {}</span> ",
                        part.color, part.name);
  }
  text += "</p>\n<div class=\"time\">\n";
  for (const RunData& run : report.runs) {
    const TimeSplit split = time_split(run);
    std::string bar;
    for (const TimePart& part : parts_of(split)) {
      const double share = split.total_s > 0.0 ? 100.0 * part.seconds / split.total_s : 0.0;
      if (share < 0.05) continue;
      bar += fmt::format(
          "<span style=\"width:{0:.2f}%;background:{1}\" title=\"{2}: {0:.1f} %\"></span>", share,
          part.color, part.name);
    }
    text += fmt::format(
        "<span class=\"name\">{}</span><span class=\"bar\">{}</span><span class=\"total\">{}</span>"
        "\n",
        escape_html(run.name), bar, duration_text(split.total_s));
  }
  return text + "</div>\n";
}

std::string difference_table(const Report& report) {
  const auto differences = config_differences(report.runs);
  if (differences.empty()) return "<h2>What differs</h2>\n<p>Nothing: equal configs.</p>\n";
  std::string text =
      "<h2>What differs between the configs</h2>\n<div class=\"scroll\"><table><thead><tr>"
      "<th class=\"text\">Key</th>";
  for (const RunData& run : report.runs) {
    text += fmt::format("<th class=\"text\">{}</th>", escape_html(run.name));
  }
  text += "</tr></thead><tbody>\n";
  for (const auto& [key, values] : differences) {
    text += fmt::format("<tr><td class=\"text\">{}</td>", escape_html(key));
    for (const std::string& value : values) {
      text += fmt::format("<td class=\"text{}\">{}</td>", value == values.front() ? "" : " changed",
                          escape_html(value));
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string run_table(const Report& report) {
  std::string text =
      "<h2>Runs, notes, verdicts</h2>\n<div class=\"scroll\"><table><thead><tr><th class=\"text\">"
      "Run</th><th class=\"text\">Note</th><th class=\"text\">Verdict</th><th class=\"text\">How "
      "it "
      "ended</th><th>Seed</th><th class=\"text\">Started</th><th class=\"text\">Commit</th></tr>"
      "</thead><tbody>\n";
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const RunRecord& record = report.runs[i].record;
    std::string verdicts;
    for (const Verdict& verdict : record.verdicts) {
      verdicts += (verdicts.empty() ? "" : "\n") + verdict.text;
    }
    text += fmt::format(
        "<tr><td class=\"text\">{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td>"
        "<td class=\"text\">{}</td><td>{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td>"
        "</tr>\n",
        escape_html(report.runs[i].name), shown(record.note), shown(verdicts),
        shown(report.endings[i]), record.seed, escape_html(record.started),
        escape_html(record.commit));
  }
  return text + "</tbody></table></div>\n";
}

}  // namespace foresight
