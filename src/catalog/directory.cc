#include "catalog/directory.h"

#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"
#include "catalog/locations.h"
#include "wire/yaml.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;

using FileId = std::pair<dev_t, ino_t>;

StatusOr<fs::path> CanonicalRoot(const std::string& directory) {
  std::error_code error;
  fs::path root = fs::canonical(directory, error);
  if (error) return NotFound("the catalog's directory {}: {}", directory, error.message());
  if (!fs::is_directory(root, error)) return NotFound("{} is not a directory", directory);
  return root;
}

bool IsInside(const fs::path& path, const fs::path& root) {
  const auto [root_end, unused] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return root_end == root.end();
}

/// Walks the directory breadth first in order of name.
class Walk {
 public:
  explicit Walk(fs::path root) : root_(std::move(root)) {}

  /// The *.yaml and *.yml files, as paths inside the root, sorted.
  StatusOr<std::vector<std::string>> Run() {
    struct stat root_stat = {};
    if (stat(root_.c_str(), &root_stat) == 0) visited_.insert({root_stat.st_dev, root_stat.st_ino});
    folders_.push_back({});
    while (!folders_.empty()) {
      const fs::path folder = std::move(folders_.front());
      folders_.pop_front();
      KZ_RETURN_IF_ERROR(List(folder));
    }
    std::sort(files_.begin(), files_.end());
    return std::move(files_);
  }

 private:
  Status List(const fs::path& folder) {
    std::error_code error;
    fs::directory_iterator it(root_ / folder, error);
    std::vector<fs::path> names;
    for (; !error && it != fs::directory_iterator(); it.increment(error)) {
      if (++entries_ > kCatalogEntriesMax) {
        return ResourceExhausted("{} has more than {} entries; is it the catalog's directory?",
                                 root_.string(), kCatalogEntriesMax);
      }
      fs::path name = it->path().filename();
      if (!name.string().starts_with('.')) names.push_back(std::move(name));
    }
    if (error) return Unavailable("reading {}: {}", (root_ / folder).string(), error.message());
    std::sort(names.begin(), names.end());
    for (const fs::path& name : names) KZ_RETURN_IF_ERROR(Visit(folder / name));
    return OkStatus();
  }

  Status Visit(const fs::path& file) {
    const fs::path path = root_ / file;
    const bool is_yaml = file.extension() == ".yaml" || file.extension() == ".yml";
    struct stat info = {};
    if (lstat(path.c_str(), &info) != 0) return OkStatus();  // gone since it was listed
    if (S_ISLNK(info.st_mode)) {
      std::error_code error;
      const fs::path target = fs::canonical(path, error);
      if (error || stat(path.c_str(), &info) != 0) {
        if (!is_yaml) return OkStatus();
        return Unavailable("{} is a link to a file that is not there", path.string());
      }
      if (!is_yaml && !S_ISDIR(info.st_mode)) return OkStatus();
      if (!IsInside(target, root_)) {
        return InvalidArgument(
            "{} is a link out of the catalog's directory; put the file itself there",
            path.string());
      }
    }
    const bool is_folder = S_ISDIR(info.st_mode);
    if (!is_folder && !(is_yaml && S_ISREG(info.st_mode))) return OkStatus();
    if (!visited_.insert({info.st_dev, info.st_ino}).second) return OkStatus();
    if (is_folder) {
      folders_.push_back(file);
      return OkStatus();
    }
    if (files_.size() == kCatalogFilesMax) {
      return ResourceExhausted("{} has more than {} YAML files", root_.string(), kCatalogFilesMax);
    }
    files_.push_back(file.string());
    return OkStatus();
  }

  fs::path root_;
  std::deque<fs::path> folders_;
  std::set<FileId> visited_;
  std::vector<std::string> files_;
  size_t entries_ = 0;
};

/// The path of a Location's target when it is a regular file inside the root.
StatusOr<fs::path> ExtraFile(const fs::path& root, const std::string& file) {
  std::error_code error;
  const fs::path path = fs::canonical(root / file, error);
  if (error || !fs::is_regular_file(path, error)) return NotFound("{}", file);
  if (!IsInside(path, root)) {
    return InvalidArgument("{} is a link out of the catalog's directory", (root / file).string());
  }
  return path;
}

class Reader {
 public:
  explicit Reader(fs::path root) : root_(std::move(root)) {}

  StatusOr<DirectoryRead> Run() {
    KZ_ASSIGN_OR_RETURN(const std::vector<std::string> files, Walk(root_).Run());
    known_.insert(files.begin(), files.end());
    for (const std::string& file : files) KZ_RETURN_IF_ERROR(Read(root_ / file, file));
    // Locations may name Locations; what they name is put behind what is already read.
    for (size_t i = 0; i < read_.sources.size(); ++i) {
      for (const std::string& target : FindTargets(read_.sources[i])) {
        const auto file = ResolveTarget(read_.sources[i].file, target);
        if (!file || IsPattern(*file) || !known_.insert(*file).second) continue;
        read_.extra.push_back(*file);
        const auto path = ExtraFile(root_, *file);
        if (path.ok()) {
          KZ_RETURN_IF_ERROR(Read(*path, *file));
        } else if (!absl::IsNotFound(path.status())) {
          return path.status();
        }  // what is not there is an error of the Location, told when the catalog is loaded
      }
    }
    std::sort(read_.sources.begin(), read_.sources.end(),
              [](const CatalogSource& a, const CatalogSource& b) { return a.file < b.file; });
    return std::move(read_);
  }

 private:
  Status Read(const fs::path& path, const std::string& file) {
    if (read_.sources.size() == kCatalogFilesMax) {
      return ResourceExhausted("{} has more than {} files", root_.string(), kCatalogFilesMax);
    }
    std::ifstream in(path, std::ios::binary);
    std::string text(kYamlBytesMax + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.eof() && in.fail()) return Unavailable("{} cannot be read", path.string());
    if (in.gcount() == 0 && !in.is_open()) return Unavailable("{} cannot be read", path.string());
    text.resize(static_cast<size_t>(in.gcount()));
    text.shrink_to_fit();
    if (text.size() > kYamlBytesMax) {
      return ResourceExhausted("{} is larger than {} bytes", path.string(), kYamlBytesMax);
    }
    bytes_ += text.size();
    if (bytes_ > kCatalogBytesMax) {
      return ResourceExhausted("the files in {} are larger than {} bytes together", root_.string(),
                               kCatalogBytesMax);
    }
    read_.sources.push_back({file, std::move(text)});
    return OkStatus();
  }

  fs::path root_;
  DirectoryRead read_;
  std::set<std::string> known_;
  size_t bytes_ = 0;
};

}  // namespace

StatusOr<DirectoryRead> ReadDirectory(const std::string& directory) {
  KZ_ASSIGN_OR_RETURN(fs::path root, CanonicalRoot(directory));
  return Reader(std::move(root)).Run();
}

StatusOr<std::vector<CatalogSource>> ReadCatalogDirectory(const std::string& directory) {
  KZ_ASSIGN_OR_RETURN(DirectoryRead read, ReadDirectory(directory));
  return std::move(read.sources);
}

uint64_t DirectoryStamp(const std::string& directory, const std::vector<std::string>& extra) {
  ByteWriter bytes;
  const auto root = CanonicalRoot(directory);
  if (!root.ok()) return Hash64(Message(root.status()));
  auto files = Walk(*root).Run();
  if (!files.ok()) return Hash64(Message(files.status()));
  files->insert(files->end(), extra.begin(), extra.end());
  for (const std::string& file : *files) {
    struct stat info = {};
    const bool there = stat((*root / file).c_str(), &info) == 0;
    bytes.String(file);
    bytes.U8(there ? 1 : 0);
    if (!there) continue;
    bytes.U64(info.st_ino);
    bytes.U64(static_cast<uint64_t>(info.st_size));
    bytes.U64(static_cast<uint64_t>(info.st_mtim.tv_sec));
    bytes.U64(static_cast<uint64_t>(info.st_mtim.tv_nsec));
    bytes.U64(static_cast<uint64_t>(info.st_ctim.tv_sec));
    bytes.U64(static_cast<uint64_t>(info.st_ctim.tv_nsec));
  }
  return Hash64(bytes.bytes());
}

}  // namespace kizashi
