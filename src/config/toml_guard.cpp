#include "config/toml_guard.h"

#include "base/error.h"
#include "config/table.h"

namespace foresight {
namespace {

bool is_ascii(char letter) { return static_cast<unsigned char>(letter) < 0x80; }
bool is_space(char letter) { return letter == ' ' || letter == '\t'; }
bool is_line_end(char letter) { return letter == '\n' || letter == '\r'; }

class Guard {
 public:
  Guard(std::string_view text, const std::string& origin) : text_(text), origin_(origin) {
    if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;  // a byte order mark
  }

  void check() {
    while (position_ < text_.size()) {
      const char letter = text_[position_];
      if (letter == '#') {
        skip_comment();
      } else if (letter == '"' || letter == '\'') {
        skip_string(letter);
      } else {
        check_letter(letter);
        ++position_;
      }
    }
  }

 private:
  void check_letter(char letter) {
    if (!is_ascii(letter)) fail_here("letters outside of ASCII must stand in quotes");
    // A key goes on over spaces and dots only, so every other sign begins a new count.
    if (is_line_end(letter) || letter == '=' || letter == ',') num_dots_ = 0;
    if (letter == '.' && ++num_dots_ >= kMaxConfigDepth) {
      fail_here(fmt::format("a key of more than {} parts", kMaxConfigDepth));
    }
  }

  void skip_comment() {
    while (position_ < text_.size() && !is_line_end(text_[position_])) ++position_;
  }

  // Ends behind the closing quotes, or where toml++ will find them missing.
  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool is_multi_line = text_.substr(position_).starts_with(three);
    position_ += is_multi_line ? 3 : 1;
    while (position_ < text_.size()) {
      const char letter = text_[position_];
      if (is_multi_line && text_.substr(position_).starts_with(three)) {
        position_ += 3;
        // Up to two more quotes belong to the text, before the three that close it.
        for (int i = 0; i < 2 && text_.substr(position_).starts_with(quote); ++i) ++position_;
        return;
      }
      if (!is_multi_line && (letter == quote || is_line_end(letter))) {
        ++position_;
        return;
      }
      if (letter == '\\' && quote == '"') {
        skip_escape();
      } else {
        ++position_;
      }
    }
  }

  // A backslash at a line's end joins the next text to it.
  void skip_escape() {
    std::size_t next = position_ + 1;
    while (next < text_.size() && (is_space(text_[next]) || is_line_end(text_[next]))) ++next;
    const bool joins_lines = next > position_ + 1;
    if (joins_lines && next < text_.size() && !is_ascii(text_[next])) {
      fail_here("the letter behind a closing backslash must be ASCII: write \\u and its number");
    }
    position_ = joins_lines ? next : position_ + 2;
  }

  [[noreturn]] void fail_here(std::string_view message) const {
    std::size_t line = 1, column = 1;
    for (const char letter : text_.substr(0, position_)) {
      ++column;
      if (letter == '\n') {
        ++line;
        column = 1;
      }
    }
    fail("{}:{}:{}: {}", origin_, line, column, message);
  }

  std::string_view text_;
  const std::string& origin_;
  std::size_t position_ = 0;
  std::size_t num_dots_ = 0;
};

}  // namespace

void check_toml_text(std::string_view text, const std::string& origin) {
  Guard(text, origin).check();
}

}  // namespace foresight
