#include "act/alert/config_fields.h"

#include <fmt/core.h>

#include <utility>

namespace kizashi::alerts {
namespace {

constexpr std::string_view kWhy = "not supported: nothing would be sent without it";

}  // namespace

void ConfigFields::Strict(const YamlNode& node, const std::string& field, const Keys& keys) {
  in_.Mapping(node, field, keys, [&](const YamlKey& key) {
    in_.Fail(key.line, key.column,
             fmt::format("{}{}{}: unknown field", field, field.empty() ? "" : ".", key.name));
    return true;
  });
}

ConfigFields::Read ConfigFields::Each(Read read) {
  return [this, read = std::move(read)](const YamlNode& node, const std::string& field) {
    in_.List(node, field, read);
  };
}

ConfigFields::Key ConfigFields::Text(std::string_view name, std::string* value) {
  return {name, [this, value](const YamlNode& node, const std::string& field) {
            in_.String(node, field, value);
          }};
}

ConfigFields::Key ConfigFields::Path(std::string_view name, std::string* value) {
  return {name, [this, value](const YamlNode& node, const std::string& field) {
            in_.String(node, field, value);
            *value = PathOf(*value);
          }};
}

ConfigFields::Key ConfigFields::Flag(std::string_view name, bool* value) {
  return {name, [this, value](const YamlNode& node, const std::string& field) {
            in_.Bool(node, field, value);
          }};
}

ConfigFields::Key ConfigFields::Span(std::string_view name, Duration* value, bool may_be_zero) {
  return {name, [this, value, may_be_zero](const YamlNode& node, const std::string& field) {
            if (may_be_zero && (node.scalar == "0" || node.scalar == "0s")) {
              *value = Duration(0);
            } else {
              in_.Time(node, field, value);
            }
          }};
}

ConfigFields::Key ConfigFields::Map(std::string_view name,
                                    std::map<std::string, std::string>* value) {
  return {name, [this, value](const YamlNode& node, const std::string& field) {
            if (node.kind == YamlNode::Kind::kNull) return;
            if (node.kind != YamlNode::Kind::kMapping) return in_.Wrong(node, field, "a mapping");
            for (size_t i = 0; i < node.keys.size(); ++i) {
              const std::string& key = node.keys[i].name;
              in_.String(node.children[i], field + "." + key, &(*value)[key]);
            }
          }};
}

ConfigFields::Key ConfigFields::Http(std::string_view name, ScrapeHttp* http) {
  return {name, [this, http](const YamlNode& node, const std::string& field) {
            ReadHttp(node, field, http);
          }};
}

ConfigFields::Key ConfigFields::Tls(std::string_view name, FetchTls* tls) {
  return {name, [this, tls](const YamlNode& node, const std::string& field) {
            Strict(node, field,
                   {Path("ca_file", &tls->ca_file),
                    Path("cert_file", &tls->cert_file),
                    Path("key_file", &tls->key_file),
                    Flag("insecure_skip_verify", &tls->skips_verification),
                    {"min_version", nullptr},
                    {"max_version", nullptr},
                    Refused("server_name", kWhy),
                    Refused("ca", kWhy),
                    Refused("cert", kWhy),
                    Refused("key", kWhy)});
          }};
}

ConfigFields::Key ConfigFields::Refused(std::string_view name, std::string_view why) {
  return {name, [this, why = std::string(why)](const YamlNode& node, const std::string& field) {
            in_.Fail(node, fmt::format("{}: {}", field, why));
          }};
}

std::string ConfigFields::PathOf(const std::string& path) const {
  return path.empty() || path[0] == '/' ? path : (folder_ / path).string();
}

void ConfigFields::AtMostOne(const YamlNode& node, const std::string& field, std::string_view a,
                             std::string_view b) {
  if (node.Find(a) == nullptr || node.Find(b) == nullptr) return;
  in_.Fail(node, fmt::format("{}: at most one of {} & {} must be configured", field, a, b));
}

void ConfigFields::CheckUrl(const YamlNode& node, const std::string& field,
                            const std::string& url) {
  const bool is_http = url.starts_with("http://") || url.starts_with("https://");
  if (!is_http) return in_.Fail(node, field + ": unsupported scheme, expected http or https");
  const size_t host = url.find("//") + 2;
  if (host >= url.size() || url[host] == '/') in_.Fail(node, field + ": missing host for URL");
}

void ConfigFields::ReadHttp(const YamlNode& node, const std::string& field, ScrapeHttp* http) {
  Strict(node, field,
         {{"basic_auth",
           [&](const YamlNode& value, const std::string& at) {
             Strict(value, at,
                    {Text("username", &http->username), Text("password", &http->password.text),
                     Path("password_file", &http->password.file)});
           }},
          {"authorization",
           [&](const YamlNode& value, const std::string& at) {
             Strict(value, at,
                    {Text("type", &http->authorization_type),
                     Text("credentials", &http->credentials.text),
                     Path("credentials_file", &http->credentials.file)});
           }},
          Text("bearer_token", &http->credentials.text),
          Path("bearer_token_file", &http->credentials.file),
          Tls("tls_config", &http->tls),
          Flag("follow_redirects", &http->follow_redirects),
          {"enable_http2", nullptr},
          Refused("oauth2", kWhy),
          Refused("proxy_url", kWhy),
          Refused("no_proxy", kWhy),
          Refused("proxy_from_environment", kWhy),
          Refused("proxy_connect_header", kWhy),
          Refused("http_headers", kWhy)});
  if ((!http->username.empty() || !http->password.empty()) && !http->credentials.empty()) {
    in_.Fail(node, field + ": at most one of basic_auth and authorization may be given");
  }
}

}  // namespace kizashi::alerts
