// The fields that an alertmanager.yml's parts have in common: texts, secrets, spans, http_config.
//
// One thread; used while a file is read.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ingest/config_reader.h"
#include "ingest/scrape_job.h"
#include "wire/yaml.h"

namespace kizashi::alerts {

class ConfigFields {
 public:
  using Key = ConfigReader::Key;
  using Keys = std::vector<Key>;
  using Read = std::function<void(const YamlNode& node, const std::string& field)>;

  /// Relative files are relative to `file`, whose name errors begin with.
  explicit ConfigFields(const std::string& file)
      : in_(file), folder_(std::filesystem::path(file).parent_path()) {}

  /// A mapping. A key that is not known is an error: it is a misspelled one.
  void Strict(const YamlNode& node, const std::string& field, const Keys& keys);
  Read Each(Read read);
  Key Text(std::string_view name, std::string* value);
  /// A file, relative to that of the configuration.
  Key Path(std::string_view name, std::string* value);
  Key Flag(std::string_view name, bool* value);
  Key Span(std::string_view name, Duration* value, bool may_be_zero);
  Key Map(std::string_view name, std::map<std::string, std::string>* value);
  Key Http(std::string_view name, ScrapeHttp* http);
  Key Tls(std::string_view name, FetchTls* tls);
  /// It would be of no effect here, and leaving it out would surprise.
  Key Refused(std::string_view name, std::string_view why);
  std::string PathOf(const std::string& path) const;
  /// An error when both are given.
  void AtMostOne(const YamlNode& node, const std::string& field, std::string_view a,
                 std::string_view b);
  void CheckUrl(const YamlNode& node, const std::string& field, const std::string& url);

  ConfigReader& in() { return in_; }

 protected:
  ConfigReader in_;

 private:
  void ReadHttp(const YamlNode& node, const std::string& field, ScrapeHttp* http);

  const std::filesystem::path folder_;
};

}  // namespace kizashi::alerts
