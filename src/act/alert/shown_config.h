// An alertmanager.yml as it may be shown: the same document without its secrets.
//
// Pure; any thread.
#pragma once

#include <string>

#include "wire/yaml.h"

namespace kizashi::alerts {

/// YAML that Alertmanager's own tools read: a secret is `<secret>`, of a webhook's URL its scheme,
/// host and port remain.
std::string ShownConfig(const YamlNode& root);

}  // namespace kizashi::alerts
