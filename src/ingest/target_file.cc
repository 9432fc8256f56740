#include "ingest/target_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <system_error>

#include "base/log.h"
#include "net/http.h"
#include "wire/metric_names.h"
#include "wire/yaml.h"

namespace kizashi {
namespace {

constexpr std::string_view kScheme = "__scheme__";
constexpr std::string_view kPath = "__metrics_path__";
constexpr std::string_view kAddress = "__address__";
constexpr const char* kParam = "__param_";

bool IsPort(std::string_view text) {
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, port);
  return result.ec == std::errc() && result.ptr == end && port >= 1 && port <= 65535;
}

/// host:port, with the scheme's own port when there is none.
StatusOr<std::string> CompleteAddress(std::string_view address, std::string_view scheme) {
  const size_t bracket = address.rfind(']');
  const size_t colon = address.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const std::string_view host = address.substr(0, has_port ? colon : address.size());
  const bool is_v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const bool good = !host.empty() && (is_v6 || host.find(':') == std::string_view::npos) &&
                    std::all_of(host.begin(), host.end(), [](char c) {
                      return c > ' ' && c != 0x7f && c != '/' && c != '?' && c != '#' && c != '@';
                    });
  if (!good) return InvalidArgument("found '{}', expected host:port", address);
  if (!has_port) return fmt::format("{}:{}", host, scheme == "https" ? 443 : 80);
  if (!IsPort(address.substr(colon + 1))) {
    return InvalidArgument("found '{}', expected a port from 1 to 65535 after ':'", address);
  }
  return std::string(address);
}

/// Moves scheme and path of an address that is a URL to where labels would have them.
void TakeUrlApart(std::string_view* address, std::string* scheme, std::string* path) {
  const size_t colon = address->find("://");
  if (colon == std::string_view::npos) return;
  *scheme = address->substr(0, colon);
  address->remove_prefix(colon + 3);
  const size_t slash = address->find('/');
  if (slash == std::string_view::npos) return;
  if (slash + 1 < address->size()) *path = address->substr(slash);
  *address = address->substr(0, slash);
}

/// The job's parameters behind a URL; labels __param_<name> say the first value of each.
void AddParams(const ScrapeJob& job, const Labels& labels, std::string* url) {
  char before = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    *url += before;
    *url += PercentEncode(name) + "=" + PercentEncode(value);
    before = '&';
  };
  for (const auto& [name, values] : job.params) {
    const std::string_view first = labels.Get(kParam + name);
    if (!first.empty()) add(name, first);
    for (size_t i = 1; i < values.size(); ++i) add(name, values[i]);
  }
  for (const Label& label : labels) {
    if (!label.name.starts_with(kParam)) continue;
    const std::string name = label.name.substr(std::string_view(kParam).size());
    const bool is_known = std::any_of(job.params.begin(), job.params.end(),
                                      [&](const auto& param) { return param.first == name; });
    if (!is_known) add(name, label.value);
  }
}

/// Walks the tree of one text and collects addresses and errors.
class ListReader {
 public:
  /// `check` says what is wrong with an address; its message is put behind the place.
  using Check = std::function<Status(const RawTarget&)>;
  ListReader(std::string_view file, Check check) : file_(file), check_(std::move(check)) {}

  RawTargetList Read(const YamlFile& yaml) {
    for (const YamlError& error : yaml.errors) {
      const std::string what = error.found.empty() ? "expected " + error.expected
                                                   : Wanted("", error.found, error.expected);
      list_.errors.push_back(fmt::format("{}:{}:{}: {}", file_, error.line, error.column, what));
    }
    if (yaml.documents.size() > 1) {
      Fail(yaml.documents[1], "found a second document, expected one");
    } else if (!yaml.documents.empty()) {
      ReadGroups(yaml.documents[0]);
    }
    if (!list_.errors.empty()) list_.targets.clear();
    return std::move(list_);
  }

 private:
  using Kind = YamlNode::Kind;

  void ReadGroups(const YamlNode& root) {
    if (root.kind == Kind::kNull) return;
    if (root.kind != Kind::kSequence) {
      return Fail(root, Wanted("", KindOf(root), "a list of {targets, labels}"));
    }
    for (size_t i = 0; i < root.children.size(); ++i) {
      ReadGroup(root.children[i], fmt::format("[{}]", i));
    }
  }

  void ReadGroup(const YamlNode& group, const std::string& field) {
    if (group.kind != Kind::kMapping) {
      return Fail(group, Wanted(field, KindOf(group), "a mapping with targets and labels"));
    }
    Labels labels;
    const YamlNode* targets = nullptr;
    for (size_t i = 0; i < group.keys.size(); ++i) {
      const YamlKey& key = group.keys[i];
      if (key.name == "targets") {
        targets = &group.children[i];
      } else if (key.name == "labels") {
        labels = ReadLabels(group.children[i], field + ".labels");
      } else {
        Fail(key.line, key.column, Wanted(field, key.name, "targets or labels"));
      }
    }
    if (targets == nullptr) return Fail(group, field + ": targets is missing");
    if (targets->kind != Kind::kSequence) {
      return Fail(*targets, Wanted(field + ".targets", KindOf(*targets), "a list of host:port"));
    }
    for (size_t i = 0; i < targets->children.size(); ++i) {
      ReadTarget(targets->children[i], labels, fmt::format("{}.targets[{}]", field, i));
    }
  }

  Labels ReadLabels(const YamlNode& node, const std::string& field) {
    Labels labels;
    if (node.kind == Kind::kNull) return labels;
    if (node.kind != Kind::kMapping) {
      Fail(node, Wanted(field, KindOf(node), "a mapping of label names to values"));
      return labels;
    }
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const YamlKey& key = node.keys[i];
      const YamlNode& value = node.children[i];
      if (!IsLabelName(key.name)) {
        Fail(key.line, key.column, Wanted(field, key.name, "a label name"));
      } else if (value.kind != Kind::kScalar && value.kind != Kind::kNull) {
        Fail(value, Wanted(field + "." + key.name, KindOf(value), "a text"));
      } else {
        labels.Set(key.name, value.scalar);
      }
    }
    return labels;
  }

  void ReadTarget(const YamlNode& node, const Labels& labels, const std::string& field) {
    if (node.kind != Kind::kScalar) {
      return Fail(node, Wanted(field, KindOf(node), "host:port"));
    }
    if (list_.targets.size() == kTargetsMax) {
      if (!is_full_) Fail(node, fmt::format("expected at most {} targets", kTargetsMax));
      is_full_ = true;
      return;
    }
    RawTarget target{node.scalar, labels};
    const Status status = check_(target);
    if (!status.ok()) return Fail(node, fmt::format("{}: {}", field, Message(status)));
    list_.targets.push_back(std::move(target));
  }

  static std::string_view KindOf(const YamlNode& node) {
    switch (node.kind) {
      case Kind::kNull: return "nothing";
      case Kind::kScalar: return node.scalar;
      case Kind::kSequence: return "a list";
      case Kind::kMapping: return "a mapping";
    }
    return "";
  }
  static std::string Wanted(std::string_view field, std::string_view found,
                            std::string_view expected) {
    return fmt::format("{}{}found '{}', expected {}", field, field.empty() ? "" : ": ",
                       found.substr(0, 60), expected);
  }
  void Fail(const YamlNode& node, std::string_view what) { Fail(node.line, node.column, what); }
  void Fail(int line, int column, std::string_view what) {
    list_.errors.push_back(fmt::format("{}:{}:{}: {}", file_, line, column, what));
  }

  const std::string file_;
  const Check check_;
  bool is_full_ = false;
  RawTargetList list_;
};

}  // namespace

StatusOr<ScrapeTarget> MakeScrapeTarget(std::string_view address, Labels labels,
                                        std::string_view default_job) {
  std::string scheme(labels.Get(kScheme));
  std::string path(labels.Get(kPath));
  TakeUrlApart(&address, &scheme, &path);
  if (scheme.empty()) scheme = "http";
  if (path.empty()) path = "/metrics";
  if (scheme != "http" && scheme != "https") {
    return InvalidArgument("found scheme '{}', expected http or https", scheme);
  }
  if (path[0] != '/') return InvalidArgument("found path '{}', expected it to begin with /", path);
  KZ_ASSIGN_OR_RETURN(const std::string host_port, CompleteAddress(address, scheme));

  ScrapeTarget target;
  target.url = fmt::format("{}://{}{}", scheme, host_port, path);
  for (const Label& label : labels) {
    if (!label.name.starts_with("__")) target.labels.Set(label.name, label.value);
  }
  if (!target.labels.Has("job")) target.labels.Set("job", default_job);
  if (!target.labels.Has("instance")) target.labels.Set("instance", host_port);
  return target;
}

TargetList ParseTargetFile(std::string_view file, std::string_view text) {
  TargetList list;
  const std::string job = std::filesystem::path(file).stem().string();
  RawTargetList raw = ListReader(file, [&](const RawTarget& target) {
                        StatusOr<ScrapeTarget> made =
                            MakeScrapeTarget(target.address, target.labels, job);
                        if (made.ok()) list.targets.push_back(*std::move(made));
                        return made.status();
                      }).Read(ReadYaml(text));
  list.errors = std::move(raw.errors);
  if (!list.errors.empty()) list.targets.clear();
  return list;
}

RawTargetList ParseRawTargets(std::string_view file, std::string_view text) {
  return ListReader(file, [](const RawTarget&) { return OkStatus(); }).Read(ReadYaml(text));
}

StatusOr<std::optional<ScrapeTarget>> MakeJobTarget(const std::shared_ptr<const ScrapeJob>& job,
                                                    const RawTarget& raw) {
  Labels labels = raw.labels;
  labels.Set(kAddress, raw.address);
  const auto fill = [&](const std::string& name, std::string_view value) {
    if (!labels.Has(name)) labels.Set(name, value);
  };
  fill("job", job->name);
  fill(std::string(kScheme), job->scheme);
  fill(std::string(kPath), job->metrics_path);
  fill("__scrape_interval__", FormatDuration(job->interval));
  fill("__scrape_timeout__", FormatDuration(job->timeout));
  for (const auto& [name, values] : job->params) {
    if (!values.empty()) fill(kParam + name, values[0]);
  }
  if (!job->relabel.Apply(&labels)) return std::optional<ScrapeTarget>();
  const std::string address(labels.Get(kAddress));
  KZ_ASSIGN_OR_RETURN(ScrapeTarget target, MakeScrapeTarget(address, labels, job->name));
  target.job = job;
  KZ_ASSIGN_OR_RETURN(target.interval, ParseDuration(labels.Get("__scrape_interval__")));
  KZ_ASSIGN_OR_RETURN(target.timeout, ParseDuration(labels.Get("__scrape_timeout__")));
  if (target.interval <= Duration(0) || target.timeout <= Duration(0)) {
    return InvalidArgument("interval and timeout of a scrape must be above 0");
  }
  AddParams(*job, labels, &target.url);
  return std::optional<ScrapeTarget>(std::move(target));
}

std::optional<StatusOr<std::string>> WatchedFile::Poll() {
  struct stat info = {};
  std::optional<Stamp> stamp;
  const int error = ::stat(path_.c_str(), &info) == 0 ? 0 : errno;
  if (error == 0) {
    stamp = Stamp{info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec, info.st_size,
                  info.st_ino};
  }
  if (was_looked_at_ && stamp == stamp_) return std::nullopt;
  was_looked_at_ = true;
  stamp_ = stamp;
  if (!stamp) return NotFound("{}: {}", path_, std::strerror(error));
  if (!S_ISREG(info.st_mode)) return InvalidArgument("{}: is not a file", path_);
  if (stamp->size > static_cast<int64_t>(kYamlBytesMax)) {
    return InvalidArgument("{}: is longer than {} bytes", path_, kYamlBytesMax);
  }
  std::ifstream in(path_, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad() || !in.is_open()) return Internal("{}: cannot be read", path_);
  return text;
}

bool TargetFile::Poll(Time) {
  const std::optional<StatusOr<std::string>> text = file_.Poll();
  if (!text) return false;
  if (!text->ok()) return Fail({std::string(Message(text->status()))});
  TargetList list = ParseTargetFile(path(), **text);
  if (!list.errors.empty()) return Fail(list.errors);
  error_.clear();
  targets_ = std::move(list.targets);
  return true;
}

bool TargetFile::Fail(const std::vector<std::string>& errors) {
  constexpr size_t kLoggedMax = 20;
  for (size_t i = 0; i < std::min(errors.size(), kLoggedMax); ++i) {
    Log(LogLevel::kError, "scrape targets not read, the last good list stays",
        {{"error", errors[i]}});
  }
  error_ = errors.front();
  return false;
}

}  // namespace kizashi
