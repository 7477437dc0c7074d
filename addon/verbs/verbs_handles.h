// Owning handles for libibverbs objects. Members of a class are destroyed in reverse order of
// declaration, so declaring channel, completion queue, queue pair in this order is what keeps the
// only order of destruction that verbs allows.
#pragma once

#include <infiniband/verbs.h>

#include <memory>

namespace untorn {

template <auto kDestroy>
struct VerbsDelete {
  template <typename T>
  void operator()(T* object) const {
    kDestroy(object);
  }
};

using ContextHandle = std::unique_ptr<ibv_context, VerbsDelete<&ibv_close_device>>;
using ProtectionDomainHandle = std::unique_ptr<ibv_pd, VerbsDelete<&ibv_dealloc_pd>>;
using MemoryRegionHandle = std::unique_ptr<ibv_mr, VerbsDelete<&ibv_dereg_mr>>;
using ChannelHandle = std::unique_ptr<ibv_comp_channel, VerbsDelete<&ibv_destroy_comp_channel>>;
using CompletionQueueHandle = std::unique_ptr<ibv_cq, VerbsDelete<&ibv_destroy_cq>>;
using QueuePairHandle = std::unique_ptr<ibv_qp, VerbsDelete<&ibv_destroy_qp>>;

// An opened device. Registrations and queue pairs share it, because a protection domain must
// outlive everything made in it, whatever order the garbage collector drops the objects in.
struct VerbsContext {
  ContextHandle context;
  ProtectionDomainHandle protection_domain;
};

}  // namespace untorn
