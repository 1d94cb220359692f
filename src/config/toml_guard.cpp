#include "config/toml_guard.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "config/table.h"

namespace foresight {
namespace {

bool is_ascii(char letter) { return static_cast<unsigned char>(letter) < 0x80; }

// A code point and the bytes it takes; 0 bytes if `text` does not begin with valid UTF-8.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t num_bytes = 0;
};

CodePoint decode_utf8(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t num_bytes = first < 0x80   ? 1
                                : first < 0xC2 ? 0
                                : first < 0xE0 ? 2
                                : first < 0xF0 ? 3
                                : first < 0xF5 ? 4
                                               : 0;
  if (num_bytes == 0 || num_bytes > text.size()) return {};
  std::uint32_t value = num_bytes == 1 ? first : first & (0xFFu >> (num_bytes + 1));
  for (std::size_t i = 1; i < num_bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    value = (value << 6) | (next & 0x3Fu);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = value >= 0xD800 && value < 0xE000;
  if (value < kSmallest[num_bytes] || is_surrogate || value > 0x10FFFF) return {};
  return {value, num_bytes};
}

class Guard {
 public:
  Guard(std::string_view text, const std::string& origin) : text_(text), origin_(origin) {
    if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;  // a byte order mark
  }

  std::string rewritten() {
    while (!at_end()) {
      if (letter() == '#') {
        rewrite_comment();
      } else if (letter() == '"' || letter() == '\'') {
        rewrite_string(letter());
      } else {
        check_key_depth();
        if (!is_ascii(letter())) {
          next_code_point();
          fail_here("letters outside of ASCII must stand in quotes");
        }
        copy(1);
      }
    }
    return std::move(result_);
  }

 private:
  bool at_end() const { return position_ >= text_.size(); }
  char letter() const { return text_[position_]; }
  bool follows(std::string_view part) const { return text_.substr(position_).starts_with(part); }

  void copy(std::size_t count) {
    result_ += text_.substr(position_, count);
    position_ += count;
  }

  CodePoint next_code_point() const {
    const CodePoint point = decode_utf8(text_.substr(position_));
    if (point.num_bytes == 0) fail_here("not UTF-8");
    return point;
  }

  // A key goes on over dots and spaces only, so these other signs begin a new count.
  void check_key_depth() {
    if (letter() == '\n' || letter() == '=' || letter() == ',') num_dots_ = 0;
    if (letter() == '.' && ++num_dots_ >= kMaxConfigDepth) {
      fail_here(fmt::format("a key of more than {} parts", kMaxConfigDepth));
    }
  }

  void rewrite_comment() {
    while (!at_end() && letter() != '\n') {
      if (is_ascii(letter())) {
        copy(1);
      } else {
        position_ += next_code_point().num_bytes;
        result_ += '?';
      }
    }
  }

  // Where the string beginning here ends: behind its quotes, or where toml++ will find them
  // missing.
  std::size_t end_of_string(char quote, std::size_t num_quotes) const {
    const std::string closing(num_quotes, quote);
    const bool is_multi_line = num_quotes == 3;
    std::size_t end = position_ + num_quotes;
    while (end < text_.size() && (is_multi_line || text_[end] != '\n')) {
      if (text_.substr(end).starts_with(closing)) {
        end += num_quotes;
        // Up to two more quotes belong to the text, before the three that close it.
        for (int i = 0; is_multi_line && i < 2 && text_.substr(end).starts_with(quote); ++i) ++end;
        return end;
      }
      end += text_[end] == '\\' && quote == '"' ? 2 : 1;
    }
    return std::min(end, text_.size());
  }

  void rewrite_string(char quote) {
    const std::size_t num_quotes = follows(std::string(3, quote)) ? 3 : 1;
    const std::size_t end = end_of_string(quote, num_quotes);
    const std::string_view string = text_.substr(position_, end - position_);
    if (std::all_of(string.begin(), string.end(), is_ascii)) {
      copy(string.size());
    } else if (quote == '"') {
      rewrite_basic(end);
    } else {
      rewrite_literal(end, num_quotes);
    }
    // Never TOML; but with the quotes above changed it might have become so.
    if (!at_end() && (letter() == '"' || letter() == '\'')) fail_here("one string behind another");
  }

  // 'caf\é' -> "caf\\\u00E9".
  void rewrite_literal(std::size_t end, std::size_t num_quotes) {
    const bool is_closed = end >= position_ + 2 * num_quotes &&
                           text_.substr(0, end).ends_with(std::string(num_quotes, '\''));
    if (!is_closed) fail_here("a string without closing quotes");
    result_ += std::string(num_quotes, '"');
    position_ += num_quotes;
    while (position_ < end - num_quotes) {
      if (letter() == '\\' || letter() == '"') result_ += '\\';
      escape_letter();
    }
    result_ += std::string(num_quotes, '"');
    position_ = end;
  }

  void rewrite_basic(std::size_t end) {
    while (position_ < end) {
      if (letter() != '\\') {
        escape_letter();
      } else if (position_ + 1 < end && !is_ascii(text_[position_ + 1])) {
        fail_here("a backslash before a letter outside of ASCII");  // else it would escape our own
      } else {
        copy(2);
      }
    }
  }

  void escape_letter() {
    if (is_ascii(letter())) {
      copy(1);
    } else {
      const CodePoint point = next_code_point();
      result_ += fmt::format("\\U{:08X}", point.value);
      position_ += point.num_bytes;
    }
  }

  [[noreturn]] void fail_here(std::string_view message) const {
    const std::string_view before = text_.substr(0, position_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t column = position_ - (before.rfind('\n') + 1) + 1;
    fail("{}:{}:{}: {}", origin_, line, column, message);
  }

  std::string_view text_;
  const std::string& origin_;
  std::size_t position_ = 0;
  std::size_t num_dots_ = 0;
  std::string result_;
};

}  // namespace

std::string guarded_toml(std::string_view text, const std::string& origin) {
  return Guard(text, origin).rewritten();
}

}  // namespace foresight
