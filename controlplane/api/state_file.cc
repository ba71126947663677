#include "controlplane/api/state_file.h"

#include <fcntl.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <google/protobuf/util/time_util.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>

#include "absl/strings/str_cat.h"
#include "controlplane/api/convert.h"
#include "proto/portico/state/v1/state.pb.h"

namespace portico {
namespace {

namespace io = google::protobuf::io;
using state::v1::Record;

constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kObjectsBeforeRest = 64;

absl::Status system_error(absl::string_view what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

// A descriptor that is closed at the end.
class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0640)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Writes records, each with its length before it, and keeps the checksum.
class RecordWriter {
 public:
  explicit RecordWriter(int fd) : stream_(fd) {}

  bool write(const Record& record) {
    bytes_.clear();
    {
      io::StringOutputStream to(&bytes_);
      google::protobuf::util::SerializeDelimitedToZeroCopyStream(record, &to);
    }
    crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(bytes_.data()), bytes_.size());
    io::CodedOutputStream out(&stream_);
    out.WriteString(bytes_);
    return !out.HadError();
  }
  std::uint32_t crc() const { return static_cast<std::uint32_t>(crc_); }
  bool flush() { return stream_.Flush(); }

 private:
  io::FileOutputStream stream_;
  std::string bytes_;
  uLong crc_ = 0;
};

Record header_of(const SourceSnapshot& snapshot) {
  Record record;
  state::v1::Header& header = *record.mutable_header();
  header.set_format(kFormat);
  header.set_version(PORTICO_VERSION);
  header.set_source(snapshot.source);
  header.set_user_agent(snapshot.user_agent);
  header.set_revision(snapshot.revision);
  *header.mutable_accepted_at() = google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
      absl::ToUnixNanos(snapshot.accepted_at));
  return record;
}

bool write_records(const SourceSnapshot& snapshot, RecordWriter& writer,
                   absl::FunctionRef<void()> rest) {
  if (!writer.write(header_of(snapshot))) return false;
  Record record;
  std::uint64_t objects = 0;
  const auto write_object = [&] {
    if (++objects % kObjectsBeforeRest == 0) rest();
    return writer.write(record);
  };
  for (const store::ServicePtr& service : snapshot.services) {
    *record.mutable_service() = to_proto(*service);
    if (!write_object()) return false;
  }
  for (const store::EndpointPtr& endpoint : snapshot.endpoints) {
    *record.mutable_endpoint() = to_proto(*endpoint);
    if (!write_object()) return false;
  }
  for (const store::RoutePtr& route : snapshot.routes) {
    *record.mutable_route() = to_proto(*route);
    if (!write_object()) return false;
  }
  state::v1::Trailer& trailer = *record.mutable_trailer();
  trailer.set_objects(objects);
  trailer.set_crc32(writer.crc());
  return writer.write(record) && writer.flush();
}

// A rename is on disk once its folder is.
absl::Status sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  const File file(folder, O_RDONLY | O_DIRECTORY);
  if (!file.is_open() || ::fsync(file.fd()) != 0) return system_error("can't sync", folder);
  return absl::OkStatus();
}

// Reads records out of a whole file in memory, so that the checksum is over what was read.
class RecordReader {
 public:
  explicit RecordReader(const std::string& bytes)
      : bytes_(bytes), stream_(bytes.data(), static_cast<int>(bytes.size())) {}

  // False at the end, and where the bytes are no record.
  bool read(Record& record) {
    begin_ = static_cast<std::size_t>(stream_.ByteCount());
    record.Clear();
    return google::protobuf::util::ParseDelimitedFromZeroCopyStream(&record, &stream_, nullptr);
  }
  // Where the last record begins.
  std::size_t offset() const { return begin_; }
  std::uint32_t crc_before_last() const {
    return static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(bytes_.data()), begin_));
  }
  bool at_end() const { return static_cast<std::size_t>(stream_.ByteCount()) == bytes_.size(); }

 private:
  const std::string& bytes_;
  io::ArrayInputStream stream_;
  std::size_t begin_ = 0;
};

absl::StatusOr<std::string> read_whole(const std::string& path) {
  const File file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return absl::NotFoundError(absl::StrCat("there is no ", path));
    return system_error("can't read", path);
  }
  struct stat about {};
  if (::fstat(file.fd(), &about) != 0) return system_error("can't read", path);
  // What a protobuf stream counts bytes in.
  if (about.st_size > std::numeric_limits<int>::max()) {
    return absl::DataLossError(absl::StrCat(path, " is of an impossible size"));
  }
  std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.fd(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("can't read", path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

void take_header(const state::v1::Header& header, SourceSnapshot& snapshot) {
  snapshot.source = header.source();
  snapshot.user_agent = header.user_agent();
  snapshot.revision = header.revision();
  snapshot.accepted_at = absl::FromUnixNanos(
      google::protobuf::util::TimeUtil::TimestampToNanoseconds(header.accepted_at()));
}

// False: it is no object.
bool take_object(const Record& record, SourceSnapshot& snapshot) {
  switch (record.record_case()) {
    case Record::kService:
      snapshot.services.push_back(
          std::make_shared<const store::Service>(from_proto(record.service())));
      return true;
    case Record::kEndpoint:
      snapshot.endpoints.push_back(
          std::make_shared<const store::Endpoint>(from_proto(record.endpoint())));
      return true;
    case Record::kRoute:
      snapshot.routes.push_back(std::make_shared<const store::Route>(from_proto(record.route())));
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::Status write_state_file(const std::string& path, const SourceSnapshot& snapshot,
                              absl::FunctionRef<void()> rest) {
  const std::string temporary = path + ".tmp";
  {
    const File file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) return system_error("can't create", temporary);
    RecordWriter writer(file.fd());
    if (!write_records(snapshot, writer, rest) || ::fsync(file.fd()) != 0) {
      const absl::Status status = system_error("can't write", temporary);
      ::unlink(temporary.c_str());
      return status;
    }
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return system_error("can't replace", path);
  return sync_folder_of(path);
}

absl::StatusOr<SourceSnapshot> read_state_file(const std::string& path) {
  const absl::StatusOr<std::string> bytes = read_whole(path);
  if (!bytes.ok()) return bytes.status();
  RecordReader reader(*bytes);
  const auto damaged = [&](absl::string_view why) {
    return absl::DataLossError(
        absl::StrCat(path, " is damaged at byte ", reader.offset(), ": ", why));
  };
  Record record;
  if (!reader.read(record) || !record.has_header()) return damaged("no header");
  if (record.header().format() != kFormat) {
    return absl::UnimplementedError(absl::StrCat(path, " has format ", record.header().format(),
                                                 " of version ", record.header().version()));
  }
  SourceSnapshot snapshot;
  take_header(record.header(), snapshot);
  std::uint64_t objects = 0;
  while (true) {
    if (!reader.read(record)) return damaged("here is no record, or it ends before its trailer");
    if (record.has_trailer()) break;
    if (!take_object(record, snapshot)) return damaged("a record of no known kind");
    ++objects;
  }
  if (record.trailer().objects() != objects) return damaged("objects are missing");
  if (record.trailer().crc32() != reader.crc_before_last()) return damaged("the checksum is wrong");
  if (!reader.at_end()) return damaged("bytes follow the trailer");
  return snapshot;
}

}  // namespace portico
