#include "act/incident/report_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "act/incident/incident_book.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "net/http.h"

namespace kizashi::incidents {
namespace {

/// 0 when there is no file.
uint64_t StampOf(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return 0;
  ByteWriter bytes;
  bytes.U64(info.st_ino);
  bytes.U64(static_cast<uint64_t>(info.st_size));
  bytes.U64(static_cast<uint64_t>(info.st_mtim.tv_sec));
  bytes.U64(static_cast<uint64_t>(info.st_mtim.tv_nsec));
  const uint64_t stamp = Hash64(bytes.bytes());
  return stamp == 0 ? 1 : stamp;
}

StatusOr<std::string> ReadText(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return Internal("{} is no file", path);
  }
  std::ifstream in(path, std::ios::binary);
  std::string text(IncidentBook::kReportBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || !in.eof()) {
    return in.good() ? ResourceExhausted("{}: a report has at most {} bytes", path,
                                         IncidentBook::kReportBytesMax)
                     : Internal("cannot read {}: {}", path, std::strerror(errno));
  }
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

}  // namespace

std::string ReportPath(const ReportPlaces& places, const Incident& incident,
                       const Catalog& catalog) {
  const Team* team = catalog.FindTeam(incident.team);
  std::string folder;
  if (team != nullptr && !places.catalog_directory.empty()) {
    const std::string inside = std::filesystem::path(team->file).parent_path().string();
    folder = places.catalog_directory + (inside.empty() ? "" : "/" + inside) + "/incidents";
  } else {
    // Never above it, whatever a team calls itself.
    folder = places.own_directory + "/team-" + PercentEncode(incident.team);
  }
  return fmt::format("{}/{}-incident-{}.md", folder, FormatTime(incident.begin).substr(0, 10),
                     incident.number);
}

const ReportFiles::Known* ReportFiles::Find(uint64_t incident) const {
  const auto found = files_.find(incident);
  return found == files_.end() ? nullptr : &found->second.known;
}

void ReportFiles::GiveAgain(uint64_t incident) {
  const auto found = files_.find(incident);
  if (found == files_.end()) return;
  // A stamp of no file, which is not that of the file either.
  found->second.stamp = 0;
}

std::optional<std::string> ReportFiles::Look(const Incident& incident, const std::string& path) {
  if (incident.report.empty()) return std::nullopt;
  File& file = files_[incident.number];
  if (file.known.path != path) {
    file = File{};
    file.known.path = path;
  }
  const ReportVersion& newest = incident.report.back();
  const uint64_t stamp = StampOf(path);
  if (stamp != 0 && stamp == file.stamp) {
    const bool refused = !file.known.errors.empty();
    if (file.written != newest.version && !refused) Write(newest, &file);
    return std::nullopt;
  }
  if (stamp == 0) {
    file.seen = true;
    Write(newest, &file);
    return std::nullopt;
  }
  auto text = ReadText(path);
  if (!text.ok()) {
    file.known.trouble = Message(text.status());
    return std::nullopt;
  }
  file.known.trouble.clear();
  file.stamp = stamp;
  return LookAtChanged(incident, *text, &file);
}

std::optional<std::string> ReportFiles::LookAtChanged(const Incident& incident,
                                                      const std::string& text, File* file) {
  const ReportVersion& newest = incident.report.back();
  const bool first = !std::exchange(file->seen, true);
  file->known.errors.clear();
  if (text == newest.text) {
    file->written = newest.version;
    return std::nullopt;
  }
  // A file that the server left behind when it was killed between a version and its writing.
  for (const ReportVersion& version : incident.report) {
    if (text != version.text || (!first && version.version != file->written)) continue;
    Write(newest, file);
    return std::nullopt;
  }
  ReportRead read = ReadReport(text, incident.number);
  if (!read.errors.empty()) {
    file->known.errors = std::move(read.errors);
    return std::nullopt;
  }
  file->written = newest.version + 1;  // what its owner makes of it
  return text;
}

/// Whole or not at all: written beside and renamed.
void ReportFiles::Write(const ReportVersion& version, File* file) {
  const std::string& path = file->known.path;
  const auto fail = [file](std::string_view what, std::string_view why) {
    file->known.trouble = fmt::format("cannot write {}: {}", what, why);
  };
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return fail(path, error.message());
  const std::string beside = path + ".new";
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << version.text;
  out.close();
  if (!out) return fail(beside, std::strerror(errno));
  std::filesystem::rename(beside, path, error);
  if (error) return fail(path, error.message());
  file->known.trouble.clear();
  file->written = version.version;
  file->stamp = StampOf(path);
}

}  // namespace kizashi::incidents
