#include "api/slo_backfill_plan.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/hash.h"

namespace kizashi {

std::vector<PastPart> DayParts(Time since, Time until) {
  std::vector<PastPart> parts;
  while (since < until) {
    const Time midnight = FloorTo(since, std::chrono::days(1)) + std::chrono::days(1);
    parts.push_back({since, std::min(midnight, until)});
    since = parts.back().until;
  }
  return parts;
}

std::string ResumeFile::KeyOf(std::string_view service, std::string_view slo, uint64_t meaning) {
  return fmt::format("{}\t{}\t{}", service, slo, HexId(meaning));
}

StatusOr<std::unique_ptr<ResumeFile>> ResumeFile::Open(const std::string& path) {
  std::unique_ptr<ResumeFile> resume(new ResumeFile());
  if (path.empty()) return resume;
  resume->path_ = path;
  std::ifstream in(path, std::ios::binary);
  std::stringstream read;
  read << in.rdbuf();
  const std::string text = read.str();
  size_t begin = 0;
  for (size_t end; (end = text.find('\n', begin)) != text.npos; begin = end + 1) {
    KZ_RETURN_IF_ERROR(resume->ReadLine(std::string_view(text).substr(begin, end - begin)));
  }
  // What a crash has cut off goes, so that the next line stands alone.
  std::error_code error;
  if (begin < text.size()) std::filesystem::resize_file(path, begin, error);
  if (error) return Unavailable("{}: {}", path, error.message());
  resume->file_ = std::fopen(path.c_str(), "ab");
  if (resume->file_ == nullptr) return Unavailable("{}: {}", path, std::strerror(errno));
  return resume;
}

ResumeFile::~ResumeFile() {
  if (file_ != nullptr) std::fclose(file_);
}

Status ResumeFile::ReadLine(std::string_view line) {
  const size_t until_at = line.rfind('\t');
  const size_t from_at =
      until_at == 0 || until_at == line.npos ? line.npos : line.rfind('\t', until_at - 1);
  const auto from = from_at == line.npos
                        ? InvalidArgument("none")
                        : ParseTime(line.substr(from_at + 1, until_at - from_at - 1));
  const auto until = from.ok() ? ParseTime(line.substr(until_at + 1)) : from;
  if (!from.ok() || !until.ok()) {
    return InvalidArgument("{}: is no record of a backfill: found '{}'", path_,
                           line.substr(0, 100));
  }
  done_[std::string(line.substr(0, from_at))].push_back({*from, *until});
  return OkStatus();
}

bool ResumeFile::IsDone(const std::string& key, const PastPart& part) const {
  const std::lock_guard lock(mutex_);
  const auto found = done_.find(key);
  if (found == done_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const PastPart& done) {
    return done.from <= part.from && part.until <= done.until;
  });
}

Status ResumeFile::Done(const std::string& key, const PastPart& part) {
  const std::lock_guard lock(mutex_);
  done_[key].push_back(part);
  if (file_ == nullptr) return OkStatus();
  fmt::print(file_, "{}\t{}\t{}\n", key, FormatTime(part.from), FormatTime(part.until));
  if (std::fflush(file_) == 0) return OkStatus();
  return Unavailable("{}: {}", path_, std::strerror(errno));
}

}  // namespace kizashi
