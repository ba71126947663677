#include "tests/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "absl/strings/str_format.h"
#include "controlplane/http/openssl_handles.h"

namespace portico {
namespace {

constexpr long kDay = 86400;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void set_subject(X509* certificate, const TestSubject& subject) {
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), subject.expired ? -kDay : kDay);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(subject.common_name.c_str()),
                             -1, -1, 0);
}

}  // namespace

TestIdentity make_identity(const TestSubject& subject, const TestIdentity* issuer) {
  const OpensslKey key(EVP_EC_gen("P-256"));
  const OpensslCertificate certificate(X509_new());
  set_subject(certificate.get(), subject);
  X509_set_pubkey(certificate.get(), key.get());
  OpensslCertificate signer_certificate;
  OpensslKey signer_key;
  if (issuer != nullptr) {
    signer_certificate.reset(
        PEM_read_bio_X509(openssl_reader(issuer->certificate).get(), nullptr, nullptr, nullptr));
    signer_key.reset(
        PEM_read_bio_PrivateKey(openssl_reader(issuer->key).get(), nullptr, nullptr, nullptr));
  }
  X509* const signer = issuer != nullptr ? signer_certificate.get() : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  add_extension(certificate.get(), signer, NID_basic_constraints,
                subject.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  std::string names;
  for (const std::string& name : subject.names) names += (names.empty() ? "" : ",") + name;
  if (!names.empty()) add_extension(certificate.get(), signer, NID_subject_alt_name, names);
  X509_sign(certificate.get(), issuer != nullptr ? signer_key.get() : key.get(), EVP_sha256());

  const OpensslBio certificate_text(BIO_new(BIO_s_mem()));
  const OpensslBio key_text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_text.get(), certificate.get());
  PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate_text.get()), text_of(key_text.get())};
}

std::string file_name(const TestIdentity& authority) {
  const OpensslCertificate certificate(
      PEM_read_bio_X509(openssl_reader(authority.certificate).get(), nullptr, nullptr, nullptr));
  return absl::StrFormat("%08x.0", X509_subject_name_hash(certificate.get()));
}

}  // namespace portico
