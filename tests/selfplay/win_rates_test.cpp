#include "selfplay/win_rates.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace foresight {
namespace {

TEST(WinRates, BeginInTheMiddle) {
  const WinRates rates(100);
  EXPECT_EQ(rates.rate("nobody"), 0.5);
}

TEST(WinRates, CountAWinOneAndADrawHalf) {
  WinRates rates(1e9);  // nothing fades
  for (const double score : {1.0, 1.0, 0.5, 0.0}) rates.note("a", score);
  // Four games and the two imagined ones: (1 + 2.5) / (2 + 4).
  EXPECT_NEAR(rates.rate("a"), 3.5 / 6.0, 1e-8);
  EXPECT_EQ(rates.rate("b"), 0.5);
}

TEST(WinRates, LetOldGamesFade) {
  WinRates rates(4);  // a game weighs 3/4 of the next
  rates.note("a", 1.0);
  EXPECT_DOUBLE_EQ(rates.rate("a"), 2.0 / 3.0);
  rates.note("a", 0.0);
  EXPECT_DOUBLE_EQ(rates.rate("a"), (1.0 + 0.75) / (2.0 + 1.75));
  rates.note("a", 0.0);
  EXPECT_DOUBLE_EQ(rates.rate("a"), (1.0 + 0.75 * 0.75) / (2.0 + 1.0 + 0.75 * 1.75));
}

TEST(WinRates, OfOneGameKnowTheLastOnly) {
  WinRates rates(1);
  rates.note("a", 0.0);
  rates.note("a", 1.0);
  EXPECT_DOUBLE_EQ(rates.rate("a"), 2.0 / 3.0);
}

TEST(WinRates, NeverReachZeroOrOne) {
  WinRates rates(100);
  for (int i = 0; i < 10000; ++i) {
    rates.note("won", 1.0);
    rates.note("lost", 0.0);
  }
  // The fading counts approach 100 games.
  EXPECT_NEAR(rates.rate("won"), 101.0 / 102.0, 1e-9);
  EXPECT_NEAR(rates.rate("lost"), 1.0 / 102.0, 1e-9);
}

TEST(WinRates, ForgetAnOpponent) {
  WinRates rates(100);
  rates.note("a", 1.0);
  rates.forget("a");
  EXPECT_EQ(rates.rate("a"), 0.5);
  EXPECT_TRUE(rates.state().empty());
}

TEST(WinRates, GoOnFromTheirState) {
  WinRates rates(10);
  rates.note("a", 1.0);
  rates.note("b", 0.5);
  WinRates again(10);
  again.set_state(rates.state());
  for (WinRates* each : {&rates, &again}) each->note("a", 0.0);
  EXPECT_EQ(rates.rate("a"), again.rate("a"));
  EXPECT_EQ(rates.state(), again.state());
}

TEST(WinRates, RefuseAScoreThatIsNone) {
  WinRates rates(10);
  EXPECT_THROW(rates.note("a", 1.5), ContractViolation);
}

}  // namespace
}  // namespace foresight
