// Refuses what toml++ 3.3 cannot take safely, before it sees it. It follows strings and comments
// and nothing else of the grammar.
#pragma once

#include <string>
#include <string_view>

namespace foresight {

// Error, with line and column: a key of more than kMaxConfigDepth parts (they are opened and
// destroyed by recursion, so a long enough one overflows the stack); letters outside of ASCII that
// stand neither in quotes nor in a comment, or behind a line's closing backslash (toml++ runs into
// __builtin_unreachable() when it asks whether they are spaces).
void check_toml_text(std::string_view text, const std::string& origin);

}  // namespace foresight
