// How the C library keeps memory that was freed.
#pragma once

namespace foresight {

// From now on large blocks that are freed stay with the program (up to 2 GB) instead of going back
// to the system at once: an update that takes and frees gigabytes of pictures would have all their
// pages made and zeroed anew every time.
void keep_freed_memory();

}  // namespace foresight
