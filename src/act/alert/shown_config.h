// An alertmanager.yml as it may be shown: the same document without its secrets; and of a
// destination where it is.
//
// Pure; any thread.
#pragma once

#include <string>

#include "act/alert/alert_config.h"
#include "wire/yaml.h"

namespace kizashi::alerts {

/// YAML that Alertmanager's own tools read: a secret is `<secret>`, of a webhook's URL its scheme,
/// host and port remain.
std::string ShownConfig(const YamlNode& root);

/// The host, with its port when it has one, that a destination is sent to. Reads the file of an
/// address that stands in one; "" when that cannot be read.
std::string HostOf(const Integration& destination);

}  // namespace kizashi::alerts
