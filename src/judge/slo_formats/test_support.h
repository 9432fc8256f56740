// What the tests of the formats share.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "judge/slo_formats/slo_import.h"

namespace kizashi {

inline const std::string kSharedSlos = "../shared/data/slo";

inline std::string ReadSharedFile(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The SLOs of a text, which has no errors.
inline SloImport ImportFine(std::string text) {
  SloImport import = ImportSlos({{"a.yaml", std::move(text)}}, {});
  for (const CatalogError& error : import.errors) ADD_FAILURE() << error.ToString();
  return import;
}

inline std::vector<std::string> ErrorsOf(std::string text) {
  std::vector<std::string> out;
  for (const CatalogError& error : ImportSlos({{"a.yaml", std::move(text)}}, {}).errors) {
    out.push_back(error.ToString());
  }
  return out;
}

inline std::vector<std::string> WarningsOf(std::string text) {
  std::vector<std::string> out;
  for (const CatalogWarning& one : ImportSlos({{"a.yaml", std::move(text)}}, {}).warnings) {
    out.push_back(one.ToString());
  }
  return out;
}

}  // namespace kizashi
