// Any bytes are a valid file of torch.save or an Error; every tensor of it can be read. As a
// checkpoint of TD-MPC2, it tells its sizes or is refused.
#include <cstddef>
#include <cstdint>

#include "agent/tdmpc2/checkpoint_sizes.h"
#include "base/error.h"
#include "io/torch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foresight;
  try {
    // Without checksums, which random changes would nearly never get past.
    const auto checkpoint = CheckpointFile::from(
        TorchFile::parse(std::as_bytes(std::span(data, size)), "fuzz", ZipChecks::kStructure));
    volatile int sum = 0;
    for (const auto& [name, tensor] : checkpoint.tensors()) {
      for (const std::byte byte : tensor.bytes) sum = sum + std::to_integer<int>(byte);
    }
    agent_section(checkpoint);
  } catch (const Error&) {  // the one allowed way to fail
  }
  return 0;
}
