#include "dataplane/net/owner_hash.h"

#include <rte_byteorder.h>
#include <rte_thash.h>

#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace portico {
namespace {

std::string tuple_bytes(const char* source, std::uint16_t source_port, const char* destination,
                        std::uint16_t destination_port, bool with_ports) {
  std::string bytes;
  for (const char* text : {source, destination}) {
    const IpAddress address = IpAddress::parse(text).value();
    bytes.append(reinterpret_cast<const char*>(address.data()), address.size());
  }
  if (!with_ports) return bytes;
  for (const std::uint16_t port : {source_port, destination_port}) {
    bytes.push_back(static_cast<char>(port >> 8));
    bytes.push_back(static_cast<char>(port & 0xff));
  }
  return bytes;
}

std::uint32_t hash_of(const std::string& bytes) {
  return toeplitz_hash(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

// Microsoft, "Verifying the RSS Hash Calculation".
struct Vector {
  const char* destination;
  std::uint16_t destination_port;
  const char* source;
  std::uint16_t source_port;
  std::uint32_t addresses_only;
  std::uint32_t with_ports;
};

constexpr Vector kVectors[] = {
    {"161.142.100.80", 1766, "66.9.149.187", 2794, 0x323e8fc2, 0x51ccc178},
    {"65.69.140.83", 4739, "199.92.111.2", 14230, 0xd718262a, 0xc626b0ea},
    {"12.22.207.184", 38024, "24.19.198.95", 12898, 0xd2d0a5de, 0x5c2b394a},
    {"209.142.163.6", 2217, "38.27.205.30", 48228, 0x82989176, 0xafc7327f},
    {"202.188.127.2", 1303, "153.39.163.191", 44251, 0x5d1809c5, 0x10e828a2},
    {"3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x2cc18cd5, 0x40207d3d},
    {"ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0x0f0c461c, 0xdde51bbf},
    {"fe80::200:f8ff:fe21:67cf", 38024, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, 0x4b61e985,
     0x02d1feef},
};

TEST(ToeplitzHash, VerificationVectors) {
  for (const Vector& v : kVectors) {
    EXPECT_EQ(hash_of(tuple_bytes(v.source, 0, v.destination, 0, false)), v.addresses_only)
        << v.source;
    EXPECT_EQ(
        hash_of(tuple_bytes(v.source, v.source_port, v.destination, v.destination_port, true)),
        v.with_ports)
        << v.source;
  }
}

TEST(ToeplitzHash, OfNothingIsZero) {
  EXPECT_EQ(toeplitz_hash(nullptr, 0), 0u);
}

// rte_softrss() takes 32-bit words in the host's order, and reads the key as such.
std::uint32_t softrss(const std::vector<std::uint8_t>& bytes) {
  alignas(std::uint32_t) const auto key = kToeplitzKey;
  std::vector<std::uint32_t> words(bytes.size() / 4);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint32_t wire;
    std::memcpy(&wire, bytes.data() + 4 * i, sizeof wire);
    words[i] = rte_be_to_cpu_32(wire);
  }
  return rte_softrss(words.data(), static_cast<std::uint32_t>(words.size()), key.data());
}

TEST(ToeplitzHash, AgreesWithSoftrss) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::uint8_t> bytes(4 * (1 + random() % (kToeplitzInputSize / 4)));
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    ASSERT_EQ(toeplitz_hash(bytes.data(), bytes.size()), softrss(bytes)) << bytes.size();
  }
}

// The client's side is 6 or 18 bytes; zeroes behind them add nothing to a linear hash.
template <typename Address>
void expect_client_side_agrees() {
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::uint8_t> bytes(Address::kSize + 4, 0);
    for (std::size_t i = 0; i < Address::kSize + 2; ++i) {
      bytes[i] = static_cast<std::uint8_t>(random());
    }
    std::uint16_t port;
    std::memcpy(&port, bytes.data() + Address::kSize, sizeof port);
    ASSERT_EQ(client_side_hash(Address::from_bytes(bytes.data()), L4Port::from_wire(port)),
              softrss(bytes));
  }
}

TEST(ClientSideHash, AgreesWithSoftrss) {
  expect_client_side_agrees<Ipv4Address>();
  expect_client_side_agrees<Ipv6Address>();
}

TEST(OwnerOf, SharesTheRedirectionTableEvenly) {
  for (std::uint16_t workers = 1; workers <= 8; ++workers) {
    std::vector<unsigned> entries(workers);
    for (std::uint32_t hash = 0; hash < kRedirectionEntries; ++hash) {
      ++entries[owner_of(hash, workers).value];
      EXPECT_EQ(owner_of(hash + 5 * kRedirectionEntries, workers), owner_of(hash, workers));
    }
    for (const unsigned share : entries) {
      EXPECT_GE(share, kRedirectionEntries / workers);
      EXPECT_LE(share, kRedirectionEntries / workers + 1);
    }
  }
}

}  // namespace
}  // namespace portico
