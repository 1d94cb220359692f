#include "selfplay/rating.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace foresight {
namespace {

TEST(PlackettLuce, BeginsAtNought) { EXPECT_DOUBLE_EQ(Rating{}.ordinal(), 0.0); }

TEST(PlackettLuce, MovesTheWinnerUpAndTheLoserDownAlike) {
  Rating first;
  Rating second;
  PlackettLuce{}.rate(first, second, 1);
  EXPECT_GT(first.mu, 25.0);
  EXPECT_DOUBLE_EQ(first.mu - 25.0, 25.0 - second.mu);
  EXPECT_LT(first.sigma, 25.0 / 3.0);
}

TEST(PlackettLuce, DoesNotCareWhoIsNamedFirst) {
  Rating winner{.mu = 20.0, .sigma = 3.0};
  Rating loser{.mu = 30.0, .sigma = 2.0};
  Rating other_winner = winner;
  Rating other_loser = loser;
  PlackettLuce{}.rate(winner, loser, 1);
  PlackettLuce{}.rate(other_loser, other_winner, -1);
  EXPECT_EQ(winner, other_winner);
  EXPECT_EQ(loser, other_loser);
}

TEST(PlackettLuce, ADrawBringsUnequalPlayersTogether) {
  Rating low{.mu = 20.0, .sigma = 4.0};
  Rating high{.mu = 30.0, .sigma = 4.0};
  PlackettLuce{}.rate(low, high, 0);
  EXPECT_GT(low.mu, 20.0);
  EXPECT_LT(high.mu, 30.0);
}

TEST(PlackettLuce, RefusesAGameOfOne) {
  std::vector<std::vector<Rating>> alone{{Rating{}}};
  EXPECT_THROW(PlackettLuce{}.rate(alone, std::vector<int>{1}), ContractViolation);
  std::vector<std::vector<Rating>> nobody{{Rating{}}, {}};
  EXPECT_THROW(PlackettLuce{}.rate(nobody, std::vector<int>{1, 2}), ContractViolation);
}

}  // namespace
}  // namespace foresight
