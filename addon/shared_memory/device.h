// The shared-memory provider: one device, `shm`, on every host.
#pragma once

#include <memory>

#include "../core/provider.h"

namespace untorn {

std::unique_ptr<Provider> CreateSharedMemoryProvider();

}  // namespace untorn
