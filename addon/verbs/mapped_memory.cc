// Maps the memory that gets registered. It is kept out of children: a fork shares pages
// copy-on-write, and then this process's next store to a page gives *it* a fresh copy while the
// NIC goes on reading and writing the old one. Node forks for every child process, so the mapping
// is marked MADV_DONTFORK (a child that touches it faults, which none does between fork and exec).
#include "mapped_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <limits>
#include <string>

#include "failures.h"

namespace untorn {
namespace {

// The size that plain MAP_HUGETLB hands out, bytes; 2 MiB where the kernel does not say.
size_t HugePageBytes() {
  std::ifstream meminfo("/proc/meminfo");
  std::string word;
  while (meminfo >> word) {
    if (word != "Hugepagesize:") continue;
    size_t kib = 0;
    if (meminfo >> kib && kib != 0) return kib * 1024;
  }
  return size_t{2} << 20;
}

}  // namespace

std::shared_ptr<MappedMemory> MappedMemory::Allocate(size_t bytes, bool huge_pages,
                                                     Failure* failure) {
  const size_t page = huge_pages ? HugePageBytes() : static_cast<size_t>(sysconf(_SC_PAGESIZE));
  if (bytes == 0 || bytes > std::numeric_limits<size_t>::max() - page) {
    *failure = {"ERR_UNTORN_ARGUMENT",
                "cannot allocate " + std::to_string(bytes) + " bytes: a region has at least one", 0,
                ""};
    return nullptr;
  }
  const size_t mapped_bytes = (bytes + page - 1) / page * page;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | (huge_pages ? MAP_HUGETLB : 0);
  void* data = mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (data == MAP_FAILED) {
    const std::string what = "allocating " + std::to_string(mapped_bytes) + " bytes";
    *failure = SystemFailure("mmap", errno, what);
    if (huge_pages) {
      failure->code = "ERR_UNTORN_HUGE_PAGES";
      failure->message += "; this needs " + std::to_string(mapped_bytes / page) +
                          " free huge pages of " + std::to_string(page / 1024) +
                          " KiB: reserve them with `sysctl vm.nr_hugepages=N`";
    }
    return nullptr;
  }
  auto memory = std::make_shared<MappedMemory>(static_cast<uint8_t*>(data), bytes, mapped_bytes);
  if (madvise(data, mapped_bytes, MADV_DONTFORK) != 0) {
    *failure = SystemFailure("madvise", errno, "keeping a region out of child processes");
    return nullptr;
  }
  return memory;
}

MappedMemory::~MappedMemory() { munmap(data_, mapped_bytes_); }

}  // namespace untorn
