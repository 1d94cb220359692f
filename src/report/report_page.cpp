#include "report/report_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/html.h"
#include "report/report_tables.h"
#include "report/svg_chart.h"

namespace foresight {
namespace {

using Json = nlohmann::ordered_json;

// Six digits are more than a figure shows.
double rounded(double value) { return std::stod(fmt::format("{:.6g}", value)); }

Json json_of(const CurvePanel& panel) {
  Json curves = Json::array();
  for (std::size_t i = 0; i < panel.curves.size(); ++i) {
    const GroupCurve& curve = panel.curves[i];
    Json mean = Json::array();
    for (const MeanPoint& point : curve.mean) {
      mean.push_back({rounded(point.x), rounded(point.mean), rounded(point.interval.low),
                      rounded(point.interval.high), point.num_runs});
    }
    Json runs = Json::array();
    for (const auto& points : curve.runs) {
      Json line = Json::array();
      // As many points as a screen has pixels, and the last one.
      const std::size_t stride = 1 + points.size() / 600;
      for (std::size_t p = 0; p < points.size(); p += stride) {
        line.push_back({rounded(points[p].x), rounded(points[p].y)});
      }
      line.push_back({rounded(points.back().x), rounded(points.back().y)});
      runs.push_back(std::move(line));
    }
    curves.push_back({{"group", curve.group},
                      {"color", group_color(i)},
                      {"mean", std::move(mean)},
                      {"runs", std::move(runs)}});
  }
  return {{"title", panel.task + ": " + metric_title(panel.metric)},
          {"y", axis_title(panel.metric)},
          {"curves", std::move(curves)}};
}

const CurvePanel* over_minutes(const Report& report, const CurvePanel& panel) {
  for (const CurvePanel& other : report.panels) {
    if (other.axis == CurveAxis::kMinutes && other.metric == panel.metric &&
        other.task == panel.task) {
      return &other;
    }
  }
  return nullptr;
}

// Every "<" is written as \u003c: no text of a config can end the script.
std::string script_data(const Report& report) {
  Json figures = Json::array();
  for (const CurvePanel& panel : report.panels) {
    if (panel.axis != CurveAxis::kSteps) continue;
    const CurvePanel* minutes = over_minutes(report, panel);
    figures.push_back(
        {{"steps", json_of(panel)}, {"minutes", minutes == nullptr ? Json() : json_of(*minutes)}});
  }
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  std::string text = Json{{"figures", std::move(figures)}}.dump(-1, ' ', false, replace);
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) {
    text.replace(at, 1, "\\u003c");
  }
  return text;
}

std::string tools(const Report& report) {
  std::string text =
      "<div class=\"tools\" data-script hidden><label>x axis <select id=\"axis\">"
      "<option value=\"steps\">environment steps</option><option value=\"minutes\">minutes of "
      "training</option></select></label><label><input type=\"checkbox\" id=\"each\"> each "
      "run</label><button id=\"reset\" type=\"button\">whole range</button>"
      "<small>drag over a figure to zoom, point at it for numbers</small></div>\n"
      "<div class=\"legend\" data-script hidden>";
  for (std::size_t i = 0; i < report.groups.size(); ++i) {
    const std::string name = escape_html(report.groups[i].name);
    text += fmt::format(
        "<label><input type=\"checkbox\" checked data-group=\"{0}\"><span class=\"swatch\" "
        "style=\"background:{1}\"></span>{0}</label>",
        name, group_color(i));
  }
  return text + "</div>\n";
}

std::string figures(const Report& report) {
  std::string text = "<div class=\"panels\">\n";
  std::size_t number = 0;
  for (const CurvePanel& panel : report.panels) {
    if (panel.axis != CurveAxis::kSteps) continue;
    text += fmt::format("<figure id=\"figure{}\">{}</figure>\n", number++, svg_chart(panel));
  }
  return text + "</div>\n";
}

}  // namespace

std::string report_page(const Report& report) {
  const bool has_figures = !report.panels.empty();
  std::string body = fmt::format("<h1>{}</h1>\n<p class=\"dim\">{}</p>\n",
                                 escape_html(report.text.title), escape_html(report.text.about));
  body += group_warnings(report);
  body += "<h2>Learning curves</h2>\n";
  body += has_figures
              ? "<p class=\"dim\">The line is the mean over the runs that got this far; the "
                "band its 95 % interval over seeds (stratified bootstrap).</p>\n" +
                    tools(report) + figures(report)
              : "<p>No evaluation and no episode has been written yet.</p>\n";
  body += score_tables(report) + time_table(report) + difference_table(report) + run_table(report);
  std::string script;
  if (has_figures) {
    script = fmt::format(
        "<script type=\"application/json\" id=\"data\">{}</script>\n<script>{}</script>\n",
        script_data(report), report_script());
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}{}</body>\n</html>\n",
      escape_html(report.text.title), report_style(), body, script);
}

}  // namespace foresight
