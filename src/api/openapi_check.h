// Checks a JSON answer against what src/api/openapi.yaml says about it, for tests.
//
// Knows what that file uses: $ref, type, required, properties, additionalProperties, items,
// minItems, maxItems, enum, nullable, allOf and oneOf. It is stricter than OpenAPI in one thing: a
// member that the schema does not name is wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/yaml.h"

namespace kizashi {

class OpenApi {
 public:
  /// Reads the file, from the project's root.
  OpenApi();

  /// "get /board", ... : every operation that the file names.
  std::vector<std::string> Operations() const;

  /// What is wrong with `json` as the answer `status` of an operation such as "get /board".
  std::vector<std::string> Problems(const std::string& operation, int status,
                                    std::string_view json) const;
  /// The same against a schema by name, such as "Error".
  std::vector<std::string> ProblemsOf(std::string_view schema, std::string_view json) const;

 private:
  const YamlNode& root() const { return yaml_.documents.at(0); }
  std::vector<std::string> ProblemsOf(const YamlNode& schema, std::string_view json) const;

  YamlFile yaml_;
};

}  // namespace kizashi
