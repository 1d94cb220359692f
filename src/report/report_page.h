// The report as one HTML page that fetches nothing: figures as SVG, which a script makes zoomable
// where there is one, tables, notes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "report/comparison.h"

namespace foresight {

struct ReportText {
  std::string title;
  std::string about;  // when and of what it was made
};

struct Report {
  ReportText text;
  std::vector<RunData> runs;
  std::vector<std::string> endings;  // of each run: how it ended, or how far it is
  std::vector<RunGroup> groups;
  std::vector<CurvePanel> panels;  // over steps, then the same ones over minutes
  std::vector<MetricComparison> comparisons;
};

std::string report_page(const Report& report);

// What the page is dressed in (report_style.cpp) and moved by (report_script.cpp).
const char* report_style();
const char* report_script();

}  // namespace foresight
