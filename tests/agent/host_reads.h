// Finds operations that read the host's memory, which a CUDA graph cannot hold.
#pragma once

#include <ATen/record_function.h>

#include <memory>
#include <set>
#include <string>

#include "base/tensor.h"

namespace foresight {

// Names the operations of this thread that read numbers of the host's memory while it lives; a
// plain number among the operands of an operation is none.
class HostReads {
 public:
  HostReads()
      : handle_(
            at::addThreadLocalCallback(at::RecordFunctionCallback(&note).needsInputs(true).scopes(
                {at::RecordScope::FUNCTION}))) {
    names().clear();
  }
  ~HostReads() { at::removeCallback(handle_); }
  static std::set<std::string>& names() {
    thread_local std::set<std::string> names;
    return names;
  }

 private:
  static std::unique_ptr<at::ObserverContext> note(const at::RecordFunction& function) {
    const auto look_at = [&](const Tensor& tensor) {
      const bool is_array = tensor.defined() && tensor.dim() > 0;
      if (is_array && tensor.is_cpu()) names().insert(function.name());
    };
    for (const auto& input : function.inputs()) {
      if (input.isTensor()) look_at(input.toTensor());
      if (!input.isTensorList()) continue;
      for (const Tensor& tensor : input.toTensorVector()) look_at(tensor);
    }
    return nullptr;
  }

  at::CallbackHandle handle_;
};

}  // namespace foresight
