// What the tests of loading share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "catalog/load.h"

namespace kizashi {

inline std::vector<std::string> Errors(const std::vector<CatalogSource>& sources) {
  const CatalogLoad load = LoadCatalog(sources);
  EXPECT_EQ(load.catalog == nullptr, !load.errors.empty());
  std::vector<std::string> texts;
  for (const CatalogError& error : load.errors) texts.push_back(error.ToString());
  return texts;
}
inline std::vector<std::string> Errors(std::string text) {
  return Errors({{"a.yaml", std::move(text)}});
}

/// The only error of a text.
inline std::string Error(std::string text) {
  const auto errors = Errors(std::move(text));
  EXPECT_EQ(errors.size(), 1u) << testing::PrintToString(errors);
  return errors.empty() ? "" : errors[0];
}

}  // namespace kizashi
