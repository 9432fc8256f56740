#include "api/foreign_sources.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "api/alert_action_routes.h"
#include "api/credentials.h"
#include "ingest/config_reader.h"
#include "wire/signature.h"

namespace kizashi {
namespace {

using Key = ConfigReader::Key;
using Kind = YamlNode::Kind;

constexpr size_t kNameBytesMax = 64;
constexpr size_t kFieldBytesMax = 512;
constexpr size_t kListMax = 64;
constexpr std::string_view kSentryHeader = "Sentry-Hook-Signature";

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == name.npos;
}

// RFC 9110, 5.6.2.
bool IsHeaderName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "!#$%&'*+-.^_`|~") == name.npos;
}

// RFC 6901; the empty pointer is not asked for.
bool IsPointer(std::string_view text) {
  if (text.empty() || text[0] != '/' || text.size() > kFieldBytesMax) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') continue;
    if (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')) return false;
  }
  return true;
}

bool IsTopic(std::string_view arn) {
  return arn.starts_with("arn:aws") && arn.find(":sns:") != arn.npos &&
         arn.size() <= kFieldBytesMax;
}

std::string LowerText(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

StatusOr<std::vector<std::string>> ReadLongSecrets(std::string_view flag, const std::string& file) {
  KZ_ASSIGN_OR_RETURN(std::vector<std::string> secrets, ReadSecrets(flag, file));
  for (const std::string& secret : secrets) {
    if (secret.size() >= kForeignSecretCharsMin) continue;
    return InvalidArgument("{} {}: a secret has fewer than {} characters", flag, file,
                           kForeignSecretCharsMin);
  }
  return secrets;
}

ForeignSources BuiltIn() {
  ForeignSources sources;
  for (const AlertSource kind :
       {AlertSource::kAlertmanager, AlertSource::kDatadog, AlertSource::kSentry,
        AlertSource::kCloudWatch, AlertSource::kGeneric}) {
    ForeignSource source;
    source.name = AlertSourceName(kind);
    source.kind = kind;
    if (kind == AlertSource::kSentry) source.hmac_header = kSentryHeader;
    sources.emplace(source.name, source);
  }
  return sources;
}

class Reader {
 public:
  explicit Reader(const std::string& file)
      : in_(file), folder_(std::filesystem::path(file).parent_path()) {}

  ForeignSourcesResult Read(std::string_view text) {
    const YamlFile yaml = ReadYaml(text);
    in_.AddYamlErrors(yaml);
    if (yaml.documents.size() > 1) in_.Fail(yaml.documents[1], "expected one document");
    if (!yaml.documents.empty()) ReadSources(yaml.documents[0]);
    if (!in_.errors().empty()) return {nullptr, std::move(in_.errors())};
    return {std::make_shared<const ForeignSources>(std::move(sources_)), {}};
  }

 private:
  void ReadSources(const YamlNode& root) {
    if (root.kind != Kind::kMapping) return in_.Wrong(root, "", "a mapping of sources");
    if (root.children.size() > kForeignSourcesMax) {
      return in_.Fail(root, fmt::format("at most {} sources", kForeignSourcesMax));
    }
    for (size_t i = 0; i < root.children.size(); ++i) {
      const YamlKey& key = root.keys[i];
      if (!IsName(key.name)) {
        in_.Fail(key.line, key.column,
                 fmt::format("{}: expected small letters, digits, - and _, at most {}",
                             key.name.substr(0, kNameBytesMax), kNameBytesMax));
        continue;
      }
      ReadSource(key, root.children[i]);
    }
  }

  void ReadSource(const YamlKey& key, const YamlNode& node) {
    const bool is_own = !AlertSourceOf(key.name).has_value();
    ForeignSource& source = sources_[key.name];
    source.name = key.name;
    bool has_map = false;
    Strict(node, key.name,
           {Path("secret_file", &source.secret_file),
            Header("header", &source.header),
            Header("hmac", &source.hmac_header),
            {"topics",
             [&](const YamlNode& value, const std::string& at) { Topics(value, at, &source); }},
            {"urgent",
             [&](const YamlNode& value, const std::string& at) {
               source.never_urgent = value.scalar == "never";
               if (value.scalar != "never" && value.scalar != "by_severity") {
                 in_.Wrong(value, at, "by_severity or never");
               }
             }},
            {"map", [&](const YamlNode& value, const std::string& at) {
               has_map = true;
               Map(value, at, &source.mapping.emplace());
             }}});
    if (is_own && !has_map) {
      in_.Fail(key.line, key.column,
               fmt::format("{}: expected map, or one of alertmanager, datadog, sentry, cloudwatch "
                           "and generic",
                           key.name));
    }
    if (!is_own && has_map) in_.Fail(key.line, key.column, key.name + ".map: its form is known");
    CheckProof(key, source);
  }

  void CheckProof(const YamlKey& key, const ForeignSource& source) {
    const auto fail = [&](std::string_view what) {
      in_.Fail(key.line, key.column, fmt::format("{}: {}", key.name, what));
    };
    const bool is_sentry = source.kind == AlertSource::kSentry;
    if (is_sentry && (!source.header.empty() || source.hmac_header != kSentryHeader)) {
      fail("it is always signed by Sentry-Hook-Signature: give secret_file alone");
    } else if (!source.header.empty() && !source.hmac_header.empty()) {
      fail("header and hmac: at most one");
    } else if (source.secret_file.empty() && !is_sentry &&
               (!source.header.empty() || !source.hmac_header.empty())) {
      fail("header and hmac need secret_file");
    }
  }

  void Topics(const YamlNode& node, const std::string& field, ForeignSource* source) {
    if (source->kind != AlertSource::kCloudWatch) return in_.Fail(node, field + ": of cloudwatch");
    in_.Strings(node, field, &source->topics);
    if (source->topics.size() > kListMax) in_.Fail(node, field + ": at most 64");
    for (const std::string& topic : source->topics) {
      if (!IsTopic(topic)) in_.Wrong(node, field, "ARNs of SNS topics");
    }
  }

  void Map(const YamlNode& node, const std::string& field, AlertMapping* map) {
    if (node.kind != Kind::kMapping) return in_.Wrong(node, field, "a mapping");
    Strict(node, field,
           {Pointer("list", &map->list),
            Pointer("id", &map->id),
            Pointer("name", &map->name),
            Pointer("text", &map->text),
            Pointer("url", &map->url),
            Pointer("severity", &map->severity),
            Pointer("time", &map->time),
            Pointer("status", &map->status),
            Pointer("labels", &map->labels),
            Names("resolved", &map->resolved),
            Names("firing", &map->firing),
            {"label", [&](const YamlNode& value, const std::string& at) {
               if (value.kind != Kind::kMapping) return in_.Wrong(value, at, "a mapping");
               if (value.children.size() > kListMax) return in_.Fail(value, at + ": at most 64");
               for (size_t i = 0; i < value.children.size(); ++i) {
                 auto& [name, pointer] = map->label.emplace_back(value.keys[i].name, "");
                 ReadPointer(value.children[i], fmt::format("{}.{}", at, name), &pointer);
               }
             }}});
    if (map->name.empty()) in_.Fail(node, field + ".name: expected a JSON pointer such as /title");
    if (map->status.empty() != map->resolved.empty()) {
      in_.Fail(node, field + ": status and resolved go together");
    }
    if (map->status.empty() && !map->firing.empty()) {
      in_.Fail(node, field + ": firing needs status");
    }
  }

  void Strict(const YamlNode& node, const std::string& field, const std::vector<Key>& keys) {
    in_.Mapping(node, field, keys, [&](const YamlKey& key) {
      in_.Fail(key.line, key.column, fmt::format("{}.{}: unknown field", field, key.name));
      return true;
    });
  }
  void ReadPointer(const YamlNode& node, const std::string& field, std::string* value) {
    in_.String(node, field, value);
    if (!IsPointer(*value)) in_.Wrong(node, field, "a JSON pointer such as /data/title");
  }
  Key Pointer(std::string_view name, std::string* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              ReadPointer(node, field, value);
            }};
  }
  Key Names(std::string_view name, std::vector<std::string>* values) {
    return {name, [this, values](const YamlNode& node, const std::string& field) {
              in_.Strings(node, field, values);
              if (values->size() > kListMax) in_.Fail(node, field + ": at most 64");
              for (std::string& value : *values) value = LowerText(std::move(value));
            }};
  }
  Key Header(std::string_view name, std::string* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.String(node, field, value);
              if (!IsHeaderName(*value)) in_.Wrong(node, field, "the name of a header");
            }};
  }
  Key Path(std::string_view name, std::string* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.String(node, field, value);
              if (value->empty()) in_.Wrong(node, field, "a file");
              if (!value->empty() && (*value)[0] != '/') *value = (folder_ / *value).string();
            }};
  }

  ConfigReader in_;
  const std::filesystem::path folder_;
  ForeignSources sources_ = BuiltIn();
};

bool HasSignature(const ForeignSource& source, const HttpRequest& request) {
  std::string_view given = request.Header(source.hmac_header);
  constexpr std::string_view kPrefix = "sha256=";  // as GitHub and many others write it
  if (given.starts_with(kPrefix)) given.remove_prefix(kPrefix.size());
  return IsSigned(source.secrets, request.body, given);
}

}  // namespace

ForeignSourcesResult ReadForeignSources(std::string_view text, const std::string& file) {
  return Reader(file).Read(text);
}

ForeignSourcesResult LoadForeignSources(const std::string& file,
                                        const std::string& sentry_secret_file) {
  ForeignSourcesResult result = {std::make_shared<const ForeignSources>(BuiltIn()), {}};
  if (!file.empty()) {
    std::ifstream in(file);
    if (!in) return {nullptr, {file + ":1:1: cannot be read"}};
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    result = ReadForeignSources(text, file);
    if (result.sources == nullptr) return result;
  }
  ForeignSources sources = *result.sources;
  if (!sentry_secret_file.empty()) sources["sentry"].secret_file = sentry_secret_file;
  for (auto& [name, source] : sources) {
    auto secrets = ReadLongSecrets(name + ": secret_file", source.secret_file);
    if (!secrets.ok()) {
      result.errors.emplace_back(Message(secrets.status()));
      continue;
    }
    source.secrets = *std::move(secrets);
  }
  if (!result.errors.empty()) return {nullptr, std::move(result.errors)};
  return {std::make_shared<const ForeignSources>(std::move(sources)), {}};
}

bool HoldsSecret(const ForeignSource& source, const HttpRequest& request) {
  if (source.secret_file.empty()) return true;
  if (!source.hmac_header.empty()) return HasSignature(source, request);
  const std::string given =
      source.header.empty() ? SecretOf(request) : std::string(request.Header(source.header));
  bool holds = false;
  for (const std::string& secret : source.secrets) {
    if (SameSecret(secret, given)) holds = true;
  }
  return holds;
}

HttpResponse SecretRefusal(const ForeignSource& source) {
  if (!source.hmac_header.empty()) {
    return ErrorResponse(401, fmt::format("{} is missing or not of a secret of {}",
                                          source.hmac_header, source.name));
  }
  if (!source.header.empty()) {
    return ErrorResponse(
        401, fmt::format("{} is missing or no secret of {}", source.header, source.name));
  }
  HttpResponse refused = ErrorResponse(
      401, fmt::format("Authorization is missing or no secret of {}: Bearer SECRET, or Basic with "
                       "it as the password",
                       source.name));
  // Senders that know Basic alone wait to be asked for it.
  refused.headers.emplace_back("WWW-Authenticate", "Basic realm=\"kizashi\"");
  return refused;
}

}  // namespace kizashi
