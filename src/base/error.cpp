#include "base/error.h"

namespace foresight {

void contract_violation(const char* file, int line, const char* condition,
                        const std::string& message) {
  throw ContractViolation(
      fmt::format("{}:{}: internal check failed: {} ({})", file, line, condition, message));
}

}  // namespace foresight
