#include "dataplane/io/device_name.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

TEST(DeviceName, TellsPciAddresses) {
  for (const char* device : {"0000:03:00.0", "03:00.1", "0000:af:1f.7,mprq_en=1"}) {
    EXPECT_TRUE(is_pci_address(device)) << device;
  }
  for (const char* device : {"net_af_packet0,iface=up0", "", "03:00", "03:00.8", "3:00.0",
                             "0000:0000:03:00.0", "net_tap0,mac=02:00:00:00:00:01"}) {
    EXPECT_FALSE(is_pci_address(device)) << device;
  }
}

TEST(DeviceName, IsWhatDpdkCallsIt) {
  EXPECT_EQ(device_name("03:00.1"), "0000:03:00.1");
  EXPECT_EQ(device_name("0000:AF:00.0,a=b"), "0000:af:00.0");
  EXPECT_EQ(device_name("net_af_packet0,iface=up0"), "net_af_packet0");
}

TEST(DeviceName, FindsArguments) {
  EXPECT_EQ(device_argument("net_af_packet0,iface=up0,framesz=4096", "iface"), "up0");
  EXPECT_EQ(device_argument("net_af_packet0,iface=up0,framesz=4096", "framesz"), "4096");
  EXPECT_EQ(device_argument("net_af_packet0,ifaces=up0", "iface"), std::nullopt);
}

// Frames of 12,288 bytes, or what the MTU needs. The kernel (packet_mmap.rst) wants blocks of whole
// pages and frames of a multiple of 16 bytes.
TEST(DeviceName, AfPacketGetsAQueuePairForEachWorkerAndLargeFrames) {
  const std::string frames = ",blocksz=98304,framesz=12288";
  EXPECT_EQ(device_arguments("net_af_packet0,iface=up0", 2, 1500),
            "net_af_packet0,iface=up0,qpairs=2" + frames);
  EXPECT_EQ(device_arguments("net_af_packet0,iface=up0", 1, 9600),
            "net_af_packet0,iface=up0" + frames);
  EXPECT_EQ(device_arguments("net_af_packet0,iface=up0,qpairs=1", 2, 1500),
            "net_af_packet0,iface=up0,qpairs=1" + frames);
  EXPECT_EQ(device_arguments("net_af_packet0,iface=up0,framesz=16384", 1, 9000),
            "net_af_packet0,iface=up0,framesz=16384");
  EXPECT_EQ(device_arguments("net_tap0", 2, 1500), "net_tap0");
}

}  // namespace
}  // namespace portico
