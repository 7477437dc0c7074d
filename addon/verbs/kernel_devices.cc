// Reads /sys/class/infiniband. Software devices are told apart first: rxe and siw have the
// network interface's device as parent, so their `device/driver` link, where there is one, names
// the Ethernet driver underneath and not the RDMA driver.
#include "kernel_devices.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace untorn {
namespace {

constexpr char kClassFolder[] = "/sys/class/infiniband/";

// Vendor ids which the software drivers report (drivers/infiniband/sw in the kernel's source).
constexpr uint32_t kVendorRxe = 0xffffff;
constexpr uint32_t kVendorSiw = 0x626d74;

}  // namespace

std::vector<std::string> KernelDeviceNames() {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(kClassFolder, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    names.push_back(entries->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string KernelDriver(const std::string& device, uint32_t vendor_id) {
  const std::string folder = kClassFolder + device;
  std::error_code error;
  if (vendor_id == kVendorSiw) return "siw";
  // Only rxe has this attribute: the name of the network interface it sits on.
  if (vendor_id == kVendorRxe || std::filesystem::exists(folder + "/parent", error)) return "rxe";
  const auto driver = std::filesystem::read_symlink(folder + "/device/driver", error);
  return error ? "unknown" : driver.filename().string();
}

std::string KernelFirmware(const std::string& device) {
  std::ifstream file(kClassFolder + device + "/fw_ver");
  std::string version;
  std::getline(file, version);
  return version;
}

}  // namespace untorn
