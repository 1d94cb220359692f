// The tables of a report's page, as HTML.
#pragma once

#include <string>

#include "report/report_page.h"

namespace foresight {

// Runs of one group that differ in keys nobody grouped by; empty if there are none.
std::string group_warnings(const Report& report);
// Last values by group, and who is probably better.
std::string score_tables(const Report& report);
std::string time_table(const Report& report);
std::string difference_table(const Report& report);
// Notes, verdicts and endings.
std::string run_table(const Report& report);

}  // namespace foresight
