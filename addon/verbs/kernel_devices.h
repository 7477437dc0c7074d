// What the kernel's sysfs says about RDMA devices, readable without any right to open them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace untorn {

// Names of every RDMA device the kernel has, whether or not user space can reach it.
std::vector<std::string> KernelDeviceNames();

// Kernel driver of a device: `mlx5_core`, `rxe`, `siw` …; `unknown` when nothing says.
// `vendor_id` is that of ibv_query_device, 0 when the device could not be opened.
std::string KernelDriver(const std::string& device, uint32_t vendor_id);

// Firmware version as sysfs has it; empty when the driver publishes none.
std::string KernelFirmware(const std::string& device);

}  // namespace untorn
