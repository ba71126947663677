#pragma once

// Certificates for tests of TLS, made on the spot.

#include <string>
#include <vector>

namespace portico {

struct TestIdentity {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

struct TestSubject {
  std::string common_name;
  std::vector<std::string> names = {};  // "DNS:api.example", "IP:127.0.0.1"
  bool authority = false;
  bool expired = false;
};

// Signed by `issuer`, or by itself if that is null.
TestIdentity make_identity(const TestSubject& subject, const TestIdentity* issuer = nullptr);

// The name under which OpenSSL looks for `authority` in a folder of trusted certificates.
std::string file_name(const TestIdentity& authority);

}  // namespace portico
