#include "ingest/prometheus_config.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/hash.h"
#include "ingest/config_reader.h"
#include "wire/metric_names.h"
#include "wire/yaml.h"

namespace kizashi {
namespace {

using Kind = YamlNode::Kind;
using Key = ConfigReader::Key;
using Keys = std::vector<Key>;

constexpr size_t kSamplesPerSendMax = 100'000;
constexpr size_t kRequestsAtOnceMax = 16;
constexpr size_t kRemoteCapacityMax = 10'000'000;

/// Everything below a node as text, to tell whether it changed.
void AppendTree(const YamlNode& node, std::string* text) {
  *text += static_cast<char>('0' + static_cast<int>(node.kind));
  *text += node.scalar;
  *text += '\0';
  for (size_t i = 0; i < node.children.size(); ++i) {
    if (i < node.keys.size()) *text += node.keys[i].name + '\0';
    AppendTree(node.children[i], text);
  }
  *text += '\1';
}

class FileReader {
 public:
  explicit FileReader(const std::string& file)
      : folder_(std::filesystem::path(file).parent_path()), in_(file) {}

  PrometheusConfig Read(const YamlFile& yaml) {
    in_.AddYamlErrors(yaml);
    if (yaml.documents.size() > 1) {
      in_.Fail(yaml.documents[1], "found a second document, expected one");
    } else if (!yaml.documents.empty()) {
      ReadRoot(yaml.documents[0]);
    }
    config_.errors = std::move(in_.errors());
    config_.notes = std::move(in_.notes());
    if (!config_.errors.empty()) {
      config_.jobs.clear();
      config_.remotes.clear();
    }
    return std::move(config_);
  }

 private:
  void ReadRoot(const YamlNode& root) {
    // The defaults first, wherever they stand.
    if (const YamlNode* global = root.Find("global")) ReadGlobal(*global);
    const Keys keys = {
        {"global", nullptr},
        {"scrape_configs",
         [this](const YamlNode& node, const std::string& field) {
           in_.List(node, field,
                    [this](const YamlNode& job, const std::string& at) { ReadJob(job, at); });
         }},
        {"remote_write",
         [this](const YamlNode& node, const std::string& field) {
           in_.List(node, field,
                    [this](const YamlNode& one, const std::string& at) { ReadRemote(one, at); });
         }},
    };
    in_.Mapping(root, "", keys, [this](const YamlKey& key) {
      static const std::set<std::string_view> kElsewhere = {
          "rule_files", "alerting", "remote_read", "storage",
          "tracing",    "otlp",     "runtime",     "scrape_config_files"};
      if (kElsewhere.count(key.name) == 0) return false;
      in_.Note(key.line, key.column, key.name + ": not used by Kizashi");
      return true;
    });
  }

  void ReadGlobal(const YamlNode& node) {
    AppendTree(node, &global_text_);
    Keys keys = LimitKeys(&defaults_);
    keys.push_back(TimeKey("scrape_interval", &defaults_.interval));
    keys.push_back({"scrape_timeout", [this](const YamlNode& value, const std::string& field) {
                      in_.Time(value, field, &defaults_.timeout);
                      has_timeout_ = true;
                    }});
    for (const char* name : {"evaluation_interval", "query_log_file", "scrape_protocols",
                             "rule_query_offset", "scrape_failure_log_file"}) {
      keys.push_back({name, nullptr});
    }
    keys.push_back({"external_labels", [this](const YamlNode& value, const std::string& field) {
                      ReadLabels(value, field, &external_labels_);
                    }});
    in_.Mapping(node, "global", keys);
    if (const YamlKey* key = KeyOf(node, "external_labels")) {
      in_.Note(key->line, key->column, "global.external_labels: given to remote_write alone");
    }
    if (!has_timeout_) defaults_.timeout = std::min(defaults_.timeout, defaults_.interval);
  }

  static const YamlKey* KeyOf(const YamlNode& node, std::string_view name) {
    const auto key = std::find_if(node.keys.begin(), node.keys.end(),
                                  [&](const YamlKey& one) { return one.name == name; });
    return key == node.keys.end() ? nullptr : &*key;
  }

  void ReadJob(const YamlNode& node, const std::string& field) {
    auto job = std::make_shared<ScrapeJob>();
    CopyDefaults(job.get());
    PrometheusJob read;
    bool has_timeout = has_timeout_;
    is_usable_ = true;
    what_ = "the job";
    Keys keys = LimitKeys(job.get());
    AddPlainKeys(job.get(), &has_timeout, &keys);
    AddDiscoveryKeys(&read, &keys);
    AddHttpKeys(&job->http, &keys);
    keys.push_back({"relabel_configs", [&](const YamlNode& value, const std::string& at) {
                      ReadRules(value, at, &job->relabel);
                    }});
    keys.push_back({"metric_relabel_configs", [&](const YamlNode& value, const std::string& at) {
                      ReadRules(value, at, &job->metric_relabel);
                    }});
    if (node.kind != Kind::kMapping) return in_.Wrong(node, field, "a mapping with job_name");
    in_.Mapping(node, field, keys, [&](const YamlKey& key) { return IsLeftOut(key, field); });
    CheckJob(node, field, has_timeout, job.get());
    std::string text = global_text_;
    AppendTree(node, &text);
    job->fingerprint = Hash64(text);
    read.job = std::move(job);
    if (is_usable_) config_.jobs.push_back(std::move(read));
  }

  void ReadRemote(const YamlNode& node, const std::string& field) {
    auto remote = std::make_shared<RemoteWriteConfig>();
    is_usable_ = true;
    what_ = "this receiver";
    std::string protocol = "prometheus.WriteRequest";
    Keys keys = {
        StringKey("url", &remote->url),
        StringKey("name", &remote->name),
        TimeKey("remote_timeout", &remote->timeout),
        StringKey("protobuf_message", &protocol),
        {"headers", [&](const YamlNode& value,
                        const std::string& at) { ReadPlainHeaders(value, at, &remote->http); }},
        {"write_relabel_configs",
         [&](const YamlNode& value, const std::string& at) {
           ReadRules(value, at, &remote->relabel);
         }},
        {"queue_config", [&](const YamlNode& value, const std::string& at) {
           ReadQueue(value, at, remote.get());
         }}};
    AddHttpKeys(&remote->http, &keys);
    if (node.kind != Kind::kMapping) return in_.Wrong(node, field, "a mapping with url");
    in_.Mapping(node, field, keys, [&](const YamlKey& key) { return IsNotSent(key, field); });
    if (!remote->url.starts_with("http://") && !remote->url.starts_with("https://")) {
      in_.Fail(node, field + ": url is missing, or is neither http:// nor https://");
    }
    if (protocol != "prometheus.WriteRequest") {
      in_.Fail(node, fmt::format("{}.protobuf_message: found '{}', expected "
                                 "prometheus.WriteRequest (remote write 1.0)",
                                 field, protocol.substr(0, 60)));
    }
    CheckAuth(node, field, remote->http);
    std::string text = remote->name.empty() ? remote->url : remote->name;
    if (remote->name.empty()) remote->name = fmt::format("{:06x}", Hash64(text) & 0xffffff);
    if (!remote_names_.insert(remote->name).second) {
      in_.Fail(node,
               fmt::format("{}: a receiver '{}' is there already; give each a name of its own",
                           field, text.substr(0, 200)));
    }
    text.clear();
    for (const Label& label : external_labels_) text += label.name + '\0' + label.value + '\0';
    AppendTree(node, &text);
    remote->fingerprint = Hash64(text);
    remote->external_labels = external_labels_;
    if (is_usable_) config_.remotes.push_back(std::move(remote));
  }

  void ReadPlainHeaders(const YamlNode& node, const std::string& field, ScrapeHttp* http) {
    if (node.kind != Kind::kMapping) return in_.Wrong(node, field, "a mapping of headers");
    for (size_t i = 0; i < node.keys.size(); ++i) {
      std::string value;
      in_.String(node.children[i], field + "." + node.keys[i].name, &value);
      http->headers.emplace_back(node.keys[i].name, SecretText{std::move(value), ""});
    }
  }

  void ReadQueue(const YamlNode& node, const std::string& field, RemoteWriteConfig* remote) {
    Keys keys = {CountKey("capacity", &remote->capacity),
                 CountKey("max_samples_per_send", &remote->samples_per_send_max),
                 TimeKey("batch_send_deadline", &remote->send_deadline),
                 TimeKey("min_backoff", &remote->backoff_min),
                 TimeKey("max_backoff", &remote->backoff_max),
                 {"sample_age_limit", [&](const YamlNode& value, const std::string& at) {
                    if (value.scalar != "0s") in_.Time(value, at, &remote->sample_age_max);
                  }}};
    keys.push_back(CountKey("max_shards", &remote->requests_at_once));
    // 429 is always tried again, and what waits alone decides how many requests there are.
    for (const char* name : {"retry_on_http_429", "min_shards"}) keys.push_back({name, nullptr});
    in_.Mapping(node, field, keys);
    const auto clamp = [](size_t count, size_t most) { return std::clamp<size_t>(count, 1, most); };
    remote->samples_per_send_max = clamp(remote->samples_per_send_max, kSamplesPerSendMax);
    remote->requests_at_once = clamp(remote->requests_at_once, kRequestsAtOnceMax);
    remote->capacity = clamp(remote->capacity, kRemoteCapacityMax);
    remote->backoff_max = std::max(remote->backoff_min, remote->backoff_max);
  }

  bool IsNotSent(const YamlKey& key, const std::string& field) {
    static const std::set<std::string_view> kNotSent = {
        "metadata_config", "send_exemplars", "send_native_histograms", "round_robin_dns"};
    if (kNotSent.count(key.name) == 0) return IsLeftOut(key, field);
    in_.Note(key.line, key.column,
             fmt::format("{}.{}: not used by Kizashi, which sends samples alone", field, key.name));
    return true;
  }

  void CopyDefaults(ScrapeJob* job) const {
    job->interval = defaults_.interval;
    job->timeout = defaults_.timeout;
    job->limits = defaults_.limits;
    job->target_limit = defaults_.target_limit;
    job->body_bytes_max = defaults_.body_bytes_max;
  }

  void CheckJob(const YamlNode& node, const std::string& field, bool has_timeout, ScrapeJob* job) {
    if (job->name.empty()) {
      in_.Fail(node, field + ": job_name is missing");
    } else if (!names_.insert(job->name).second) {
      in_.Fail(node, fmt::format("{}: a job '{}' is there already", field, job->name));
    }
    if (!has_timeout) job->timeout = std::min(job->timeout, job->interval);
    if (job->timeout > job->interval) {
      in_.Fail(node, fmt::format("{}: scrape_timeout {} is longer than scrape_interval {}", field,
                                 FormatDuration(job->timeout), FormatDuration(job->interval)));
    }
    if (job->scheme != "http" && job->scheme != "https") {
      in_.Fail(node, fmt::format("{}.scheme: found '{}', expected http or https", field,
                                 job->scheme.substr(0, 60)));
    }
    CheckAuth(node, field, job->http);
  }

  void CheckAuth(const YamlNode& node, const std::string& field, const ScrapeHttp& http) {
    const bool has_basic = !http.username.empty() || !http.password.empty();
    if (has_basic && !http.credentials.empty()) {
      in_.Fail(node, field + ": at most one of basic_auth and authorization may be given");
    }
  }

  // Keys that Prometheus knows; true when something was said of it.
  bool IsLeftOut(const YamlKey& key, const std::string& field) {
    const std::string name = field + "." + key.name;
    if (key.name.ends_with("_sd_configs")) {
      in_.Note(key.line, key.column,
               name + ": this discovery is not supported, its targets are not scraped");
      return true;
    }
    static const std::set<std::string_view> kWays = {
        "oauth2", "proxy_url", "no_proxy",  "proxy_from_environment", "proxy_connect_header",
        "sigv4",  "azuread",   "google_iam"};
    if (kWays.count(key.name) == 0) return false;
    LeaveOut(key, name);
    return true;
  }

  void LeaveOut(const YamlKey& key, const std::string& name) {
    in_.Note(key.line, key.column, fmt::format("{}: not supported, {} is left out", name, what_));
    is_usable_ = false;
  }

  Key TimeKey(std::string_view name, Duration* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.Time(node, field, value);
            }};
  }
  Key StringKey(std::string_view name, std::string* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.String(node, field, value);
            }};
  }
  Key BoolKey(std::string_view name, bool* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.Bool(node, field, value);
            }};
  }
  Key CountKey(std::string_view name, size_t* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              uint64_t count = *value;
              in_.Count(node, field, &count);
              *value = count;
            }};
  }
  Key PathKey(std::string_view name, std::string* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.String(node, field, value);
              *value = PathOf(*value);
            }};
  }
  std::string PathOf(const std::string& path) const {
    return path.empty() || path[0] == '/' ? path : (folder_ / path).string();
  }

  Keys LimitKeys(ScrapeJob* job) {
    return {CountKey("sample_limit", &job->limits.sample_limit),
            CountKey("label_limit", &job->limits.label_limit),
            CountKey("label_name_length_limit", &job->limits.label_name_length_limit),
            CountKey("label_value_length_limit", &job->limits.label_value_length_limit),
            CountKey("target_limit", &job->target_limit),
            {"keep_dropped_targets", nullptr},
            {"body_size_limit", [this, job](const YamlNode& node, const std::string& field) {
               size_t bytes = 0;
               in_.Bytes(node, field, &bytes);
               // 0 says: no limit. Then ours stays.
               if (bytes > 0) job->body_bytes_max = std::min(bytes, ScrapeJob().body_bytes_max);
             }}};
  }

  void AddPlainKeys(ScrapeJob* job, bool* has_timeout, Keys* keys) {
    keys->push_back(StringKey("job_name", &job->name));
    keys->push_back(TimeKey("scrape_interval", &job->interval));
    keys->push_back({"scrape_timeout",
                     [this, job, has_timeout](const YamlNode& node, const std::string& field) {
                       in_.Time(node, field, &job->timeout);
                       *has_timeout = true;
                     }});
    keys->push_back(StringKey("scheme", &job->scheme));
    keys->push_back(StringKey("metrics_path", &job->metrics_path));
    keys->push_back(BoolKey("honor_labels", &job->honor_labels));
    keys->push_back(BoolKey("honor_timestamps", &job->honor_timestamps));
    keys->push_back({"params", [this, job](const YamlNode& node, const std::string& field) {
                       ReadParams(node, field, job);
                     }});
    // Of no meaning here: what they ask for is so anyway, or is of histograms that are not kept.
    for (const char* name : {"scrape_protocols", "fallback_scrape_protocol", "enable_compression",
                             "scrape_classic_histograms", "always_scrape_classic_histograms",
                             "native_histogram_bucket_limit", "scrape_failure_log_file"}) {
      keys->push_back({name, nullptr});
    }
  }

  void ReadParams(const YamlNode& node, const std::string& field, ScrapeJob* job) {
    if (node.kind != Kind::kMapping) return in_.Wrong(node, field, "a mapping of lists");
    for (size_t i = 0; i < node.keys.size(); ++i) {
      std::vector<std::string> values;
      in_.Strings(node.children[i], field + "." + node.keys[i].name, &values);
      job->params.emplace_back(node.keys[i].name, std::move(values));
    }
  }

  void AddHttpKeys(ScrapeHttp* http, Keys* keys) {
    keys->push_back(BoolKey("follow_redirects", &http->follow_redirects));
    keys->push_back({"enable_http2", nullptr});
    keys->push_back(StringKey("bearer_token", &http->credentials.text));
    keys->push_back(PathKey("bearer_token_file", &http->credentials.file));
    keys->push_back({"basic_auth", [this, http](const YamlNode& node, const std::string& field) {
                       in_.Mapping(node, field,
                                   {StringKey("username", &http->username),
                                    StringKey("password", &http->password.text),
                                    PathKey("password_file", &http->password.file)});
                     }});
    keys->push_back({"authorization", [this, http](const YamlNode& node, const std::string& field) {
                       in_.Mapping(node, field,
                                   {StringKey("type", &http->authorization_type),
                                    StringKey("credentials", &http->credentials.text),
                                    PathKey("credentials_file", &http->credentials.file)});
                     }});
    keys->push_back({"http_headers", [this, http](const YamlNode& node, const std::string& field) {
                       ReadHeaders(node, field, http);
                     }});
    keys->push_back({"tls_config", [this, http](const YamlNode& node, const std::string& field) {
                       ReadTls(node, field, &http->tls);
                     }});
  }

  void ReadTls(const YamlNode& node, const std::string& field, FetchTls* tls) {
    in_.Mapping(node, field,
                {PathKey("ca_file", &tls->ca_file),
                 PathKey("cert_file", &tls->cert_file),
                 PathKey("key_file", &tls->key_file),
                 BoolKey("insecure_skip_verify", &tls->skips_verification),
                 {"min_version", nullptr}},
                [&](const YamlKey& key) {
                  if (key.name != "server_name" && key.name != "ca" && key.name != "cert" &&
                      key.name != "key") {
                    return false;
                  }
                  LeaveOut(key, field + "." + key.name);
                  return true;
                });
  }

  void ReadHeaders(const YamlNode& node, const std::string& field, ScrapeHttp* http) {
    if (node.kind != Kind::kMapping) return in_.Wrong(node, field, "a mapping of headers");
    for (size_t i = 0; i < node.keys.size(); ++i) {
      std::vector<std::string> values;
      std::vector<std::string> files;
      const auto strings = [this](std::vector<std::string>* list) {
        return [this, list](const YamlNode& value, const std::string& at) {
          in_.Strings(value, at, list);
        };
      };
      in_.Mapping(node.children[i], field + "." + node.keys[i].name,
                  {{"values", strings(&values)},
                   {"secrets", strings(&values)},
                   {"files", strings(&files)}});
      for (std::string& value : values) {
        http->headers.emplace_back(node.keys[i].name, SecretText{std::move(value), ""});
      }
      for (const std::string& file : files) {
        http->headers.emplace_back(node.keys[i].name, SecretText{"", PathOf(file)});
      }
    }
  }

  void AddDiscoveryKeys(PrometheusJob* read, Keys* keys) {
    keys->push_back({"static_configs", [this, read](const YamlNode& node, const std::string& at) {
                       in_.List(node, at, [&](const YamlNode& group, const std::string& field) {
                         ReadGroup(group, field, &read->static_targets);
                       });
                     }});
    keys->push_back({"file_sd_configs", [this, read](const YamlNode& node, const std::string& at) {
                       in_.List(node, at, [&](const YamlNode& item, const std::string& field) {
                         ReadFileDiscovery(item, field, &read->files);
                       });
                     }});
    keys->push_back({"http_sd_configs", [this, read](const YamlNode& node, const std::string& at) {
                       in_.List(node, at, [&](const YamlNode& item, const std::string& field) {
                         ReadHttpDiscovery(item, field, &read->discoveries);
                       });
                     }});
  }

  void ReadGroup(const YamlNode& node, const std::string& field, std::vector<RawTarget>* targets) {
    std::vector<std::string> addresses;
    Labels labels;
    in_.Mapping(node, field,
                {{"targets",
                  [&](const YamlNode& list, const std::string& at) {
                    in_.List(list, at, [&](const YamlNode& item, const std::string& where) {
                      if (item.kind != Kind::kScalar || item.scalar.empty()) {
                        in_.Wrong(item, where, "host:port");
                      } else if (item.scalar.find('/') != std::string::npos) {
                        in_.Wrong(item, where,
                                  "host:port; metrics_path and scheme say the rest of the URL");
                      } else {
                        addresses.push_back(item.scalar);
                      }
                    });
                  }},
                 {"labels", [&](const YamlNode& list, const std::string& at) {
                    ReadLabels(list, at, &labels);
                  }}});
    if (node.kind == Kind::kMapping && node.Find("targets") == nullptr) {
      in_.Fail(node, field + ": targets is missing");
    }
    for (std::string& address : addresses) targets->push_back({std::move(address), labels});
  }

  void ReadLabels(const YamlNode& node, const std::string& field, Labels* labels) {
    if (node.kind != Kind::kMapping && node.kind != Kind::kNull) {
      return in_.Wrong(node, field, "a mapping of label names to values");
    }
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const YamlKey& key = node.keys[i];
      std::string value;
      in_.String(node.children[i], field + "." + key.name, &value);
      if (!IsLabelName(key.name)) {
        in_.Fail(key.line, key.column,
                 fmt::format("{}: found '{}', expected a label name", field, key.name));
      } else {
        labels->Set(key.name, value);
      }
    }
  }

  void ReadFileDiscovery(const YamlNode& node, const std::string& field,
                         std::vector<std::string>* files) {
    std::vector<std::string> globs;
    in_.Mapping(node, field,
                {{"files", [&](const YamlNode& list,
                               const std::string& at) { in_.Strings(list, at, &globs); }},
                 {"refresh_interval", nullptr}});  // files are looked at more often anyway
    for (const std::string& glob : globs) {
      const std::string name = std::filesystem::path(glob).filename().string();
      const bool fits =
          name.ends_with(".json") || name.ends_with(".yml") || name.ends_with(".yaml");
      if (!fits || glob.substr(0, glob.size() - name.size()).find('*') != std::string::npos) {
        in_.Fail(node, fmt::format("{}.files: found '{}', expected a path that ends in .json, .yml "
                                   "or .yaml, with * in its last part at most",
                                   field, glob.substr(0, 60)));
      } else {
        files->push_back(PathOf(glob));
      }
    }
  }

  void ReadHttpDiscovery(const YamlNode& node, const std::string& field,
                         std::vector<HttpDiscovery>* discoveries) {
    HttpDiscovery one;
    Keys keys;
    AddHttpKeys(&one.http, &keys);
    keys.push_back(StringKey("url", &one.url));
    keys.push_back(TimeKey("refresh_interval", &one.refresh));
    in_.Mapping(node, field, keys, [&](const YamlKey& key) { return IsLeftOut(key, field); });
    if (!one.url.starts_with("http://") && !one.url.starts_with("https://")) {
      in_.Fail(node, field + ": url is missing, or is neither http:// nor https://");
    }
    CheckAuth(node, field, one.http);
    discoveries->push_back(std::move(one));
  }

  void ReadRules(const YamlNode& node, const std::string& field, Relabeler* relabeler) {
    in_.List(node, field, [&](const YamlNode& item, const std::string& at) {
      RelabelRule rule;
      in_.Mapping(item, at,
                  {{"source_labels",
                    [&](const YamlNode& value, const std::string& where) {
                      in_.Strings(value, where, &rule.source_labels);
                    }},
                   StringKey("separator", &rule.separator),
                   StringKey("target_label", &rule.target_label),
                   StringKey("regex", &rule.regex),
                   CountKey("modulus", &rule.modulus),
                   StringKey("replacement", &rule.replacement),
                   {"action", [&](const YamlNode& value, const std::string& where) {
                      const auto action = RelabelActionOf(value.scalar);
                      if (!action.ok()) {
                        return in_.Fail(value,
                                        where + ": " + std::string(Message(action.status())));
                      }
                      rule.action = *action;
                    }}});
      const Status added = relabeler->Add(std::move(rule));
      if (!added.ok()) in_.Fail(item, at + ": " + std::string(Message(added)));
    });
  }

  const std::filesystem::path folder_;
  ConfigReader in_;
  PrometheusConfig config_;
  ScrapeJob defaults_;
  bool has_timeout_ = false;
  bool is_usable_ = true;  // the job or receiver that is read
  std::string_view what_;  // it is, for messages
  Labels external_labels_;
  std::set<std::string> remote_names_;
  std::string global_text_;
  std::set<std::string> names_;
};

}  // namespace

PrometheusConfig ParsePrometheusConfig(const std::string& file, std::string_view text) {
  return FileReader(file).Read(ReadYaml(text, YamlAliases::kFollowed));
}

}  // namespace kizashi
