// What can be said of settings before a server is reached. The texts hold secrets: nothing of them
// is ever quoted.

#include <openssl/err.h>
#include <openssl/pem.h>

#include "absl/strings/str_cat.h"
#include "controlplane/http/http_settings.h"
#include "controlplane/http/openssl_handles.h"
#include "controlplane/http/proxy.h"

namespace portico {
namespace {

// In place of asking at the terminal, which is OpenSSL's way with encrypted keys.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

OpensslCertificate next_certificate(BIO* bio) {
  return OpensslCertificate(PEM_read_bio_X509(bio, nullptr, no_passphrase, nullptr));
}

// Nothing more to read, rather than something that is no certificate.
bool is_at_end() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

absl::Status fault(absl::string_view field, absl::string_view what) {
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
}

absl::Status check_certificates(absl::string_view field, const std::string& text) {
  ERR_clear_error();
  const OpensslBio bio = openssl_reader(text);
  int count = 0;
  while (next_certificate(bio.get()) != nullptr) ++count;
  if (!is_at_end()) return fault(field, absl::StrCat("certificate ", count + 1, " can't be read"));
  if (count == 0) return fault(field, "holds no certificate in PEM");
  ERR_clear_error();
  return absl::OkStatus();
}

absl::Status check_identity(const HttpSettings& settings) {
  if (settings.certificate.empty()) return fault("key", "is there, but no certificate");
  if (settings.key.empty()) return fault("certificate", "is there, but no key");
  const absl::Status status = check_certificates("certificate", settings.certificate);
  if (!status.ok()) return status;
  const OpensslKey key(
      PEM_read_bio_PrivateKey(openssl_reader(settings.key).get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) return fault("key", "holds no private key in PEM, or one with a passphrase");
  const OpensslCertificate certificate =
      next_certificate(openssl_reader(settings.certificate).get());
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return fault("key", "is not the certificate's");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status check(const HttpSettings& settings) {
  if (!settings.ca.empty()) {
    if (settings.insecure) return fault("ca", "is there, but the server is not to be verified");
    const absl::Status status = check_certificates("ca", settings.ca);
    if (!status.ok()) return status;
  }
  if (!settings.certificate.empty() || !settings.key.empty()) {
    const absl::Status status = check_identity(settings);
    if (!status.ok()) return status;
  }
  if (settings.proxy.empty()) return absl::OkStatus();
  const absl::StatusOr<HttpUrl> proxy = parse_proxy(settings.proxy);
  return proxy.ok() ? absl::OkStatus()
                    : fault("proxy", absl::StrCat("the URL ", proxy.status().message()));
}

}  // namespace portico
