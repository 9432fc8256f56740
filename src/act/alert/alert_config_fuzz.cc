// Any bytes as an alertmanager.yml: a configuration or errors, and what is shown of it is read
// again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "act/alert/alert_config.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi::alerts;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const AlertConfigResult read =
      ReadAlertConfig(text, "f.yml", {"email", "pagerduty", "slack", "webhook"});
  KZ_CHECK((read.config == nullptr) != read.errors.empty());
  if (read.config)
    MatchRoutes(read.config->root, kizashi::Labels(std::vector<kizashi::Label>{{"a", "b"}}));
  return 0;
}
